//! Parts in a provider's own notation, as far as they are JSON: fields beside those of the message, headers, template values.

use serde_json::{Map, Value};
use trunkline_model::{Failure, Opaque, Template};

use super::{Provider, is_free_header};
use crate::outbound::{refuse, unsupported};

/// A JSON object.
pub type Object = Map<String, Value>;

/// The fields of a native part with the name `fields`: a JSON object. Which of them a sender may give is the connector's to say.
pub fn fields(index: usize, native: &Opaque, provider: &Provider) -> Result<Object, Failure> {
    if native.name != "fields" {
        let what = format!("native part `{}`, only `fields`", native.name.escape_debug());
        return Err(unsupported(index, &what));
    }
    let odd = || format!("part {index}: `fields` is a JSON object of {}'s fields", provider.name);
    serde_json::from_str(&native.payload).map_err(|_| refuse("unsupported", odd()))
}

/// Texts that come back with statuses, under names that are not ours.
pub fn texts(index: usize, field: &str, given: &Object, own: &[&str]) -> Result<Object, Failure> {
    match given.iter().find(|(name, value)| own.contains(&name.as_str()) || !value.is_string()) {
        None => Ok(given.clone()),
        Some((name, _)) => {
            let what = format!("part {index}: `{field}` cannot hold `{}`", name.escape_debug());
            Err(refuse("unsupported", what))
        }
    }
}

/// Headers that a sender gives along. `own` are the beginnings of those that are the provider's, in lower case; where the
/// contact is to answer is an attribute.
pub fn free_headers(index: usize, given: &Object, own: &[&str]) -> Result<Vec<(String, String)>, Failure> {
    let header = |(name, value): (&String, &Value)| {
        let lower = name.to_ascii_lowercase();
        let is_own = lower == "reply-to" || own.iter().any(|family| lower.starts_with(family));
        let value = value.as_str().filter(|value| !value.contains(char::is_control));
        match value.filter(|_| !is_own && is_free_header(name)) {
            Some(value) => Ok((name.clone(), value.to_owned())),
            None => {
                let name = name.escape_debug();
                let what = format!("part {index}: the header `{name}` is made of the message, or odd");
                Err(refuse("unsupported", what))
            }
        }
    };
    given.iter().map(header).collect()
}

/// The values of a template, those in the member `member` of its components and its parameters; and what else its components
/// hold.
pub fn template_values(index: usize, template: &Template, member: &str) -> Result<(Object, Object), Failure> {
    let odd = |what: String| refuse("unsupported", format!("part {index}: {what}"));
    let components = template.components.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or("{}");
    let mut others: Object = serde_json::from_str(components)
        .map_err(|_| odd("`components` of a template is a JSON object".to_owned()))?;
    let mut values = match others.remove(member) {
        None => Map::new(),
        Some(Value::Object(values)) => values,
        Some(_) => return Err(odd(format!("`{member}` is a JSON object"))),
    };
    values.extend(template.parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
    Ok((values, others))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_the_senders_is_refused() {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let headers = |value| free_headers(0, &object(value), &["x-own-"]).is_ok();
        assert!(headers(json!({ "X-Order": "7", "List-Id": "a" })) && headers(json!({})));
        for odd in [
            json!({ "Bcc": "a" }),
            json!({ "Reply-To": "a" }),
            json!({ "X-Own-Id": "a" }),
            json!({ "X-A": "1\r\nBcc: a" }),
            json!({ "X-A": 1 }),
        ] {
            assert!(!headers(odd.clone()), "{odd}");
        }
        let given = object(json!({ "order": "7" }));
        assert_eq!(texts(0, "x", &given, &["own"]), Ok(given));
        for odd in [json!({ "own": "7" }), json!({ "order": 7 })] {
            assert!(texts(0, "x", &object(odd.clone()), &["own"]).is_err(), "{odd}");
        }
    }
}
