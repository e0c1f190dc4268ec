//! Mailgun's own fields: those of its templates, and whatever else a sender gives in `native`.

use serde_json::Value;
use trunkline_sdk::email::compose::{self, is_free_header};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use super::MAILGUN;

type Fields = Vec<(String, String)>;

/// The fields of a part that only Mailgun has, and what is to be said of it.
pub fn own(index: usize, part: &OutgoingPart, notes: &mut Vec<String>) -> Result<Fields, Failure> {
    match part {
        OutgoingPart::Template(given) => {
            let fields = template(index, given)?;
            if !given.language.trim().is_empty() {
                let what = "Mailgun's templates have no language, it is left out";
                notes.push(format!("part {index}: {what}"));
            }
            Ok(fields)
        }
        OutgoingPart::Native(given) => native(index, given),
        _ => Ok(Fields::new()),
    }
}

/// A template that is stored at Mailgun. `components` holds further `t:` fields, `{"t:version":"v2"}`; variables
/// in `t:variables` there may be more than texts.
fn template(part: usize, template: &Template) -> Result<Fields, Failure> {
    let odd = |what: &str| refuse("unsupported", format!("part {part}: {what}"));
    if template.name.trim().is_empty() {
        return Err(refuse("missing", format!("part {part}: the template has no name")));
    }
    if template.name.contains(char::is_control) {
        return Err(odd("the template's name has control characters"));
    }
    let (variables, components) = compose::native::template_values(part, template, "t:variables")?;

    let mut fields = vec![("template".to_owned(), template.name.clone())];
    for (name, value) in components {
        if !name.starts_with("t:") {
            return Err(odd(&format!("`{}` is no `t:` field", name.escape_debug())));
        }
        fields.extend(field(part, &name, &value)?);
    }
    // The text alternative, which some people read instead.
    if !fields.iter().any(|(name, _)| name == "t:text") {
        fields.push(("t:text".to_owned(), "yes".to_owned()));
    }
    if !variables.is_empty() {
        fields.push(("t:variables".to_owned(), Value::Object(variables).to_string()));
    }
    Ok(fields)
}

/// `native` with the name `fields`: a JSON object of fields beside those that are made of the message.
fn native(part: usize, native: &Opaque) -> Result<Fields, Failure> {
    let object = compose::native::fields(part, native, &MAILGUN)?;
    let mut fields = Fields::new();
    for (name, value) in &object {
        if !is_allowed(name) {
            let what = format!(
                "part {part}: the field `{}` is made of the message, or unknown",
                name.escape_debug()
            );
            return Err(refuse("unsupported", what));
        }
        fields.extend(field(part, name, value)?);
    }
    Ok(fields)
}

/// Options, headers and variables that are not ours. Names are compared without regard to case, as headers are.
fn is_allowed(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let Some((kind, rest)) = lower.split_once(':') else {
        return matches!(name, "template" | "amp-html");
    };
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match kind {
        "o" | "t" => is_token(rest),
        "v" => is_token(rest) && rest != "msg",
        "h" => is_free_header(rest) && !rest.starts_with("x-mailgun-"),
        _ => false,
    }
}

/// A field once, or for each item of a list (`o:tag`).
fn field(part: usize, name: &str, value: &Value) -> Result<Fields, Failure> {
    let odd = |what: &str| refuse("unsupported", format!("part {part}: `{}` {what}", name.escape_debug()));
    let values = match value {
        Value::Array(items) if !name.starts_with("v:") => items.iter().collect(),
        other => vec![other],
    };
    let mut fields = Fields::new();
    for value in values {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Object(_) | Value::Array(_) if name.starts_with("v:") || name == "t:variables" => {
                value.to_string()
            }
            _ => return Err(odd("has a value that is no text")),
        };
        // Headers and options end up in lines of the mail.
        if name != "amp-html" && text.contains(char::is_control) {
            return Err(odd("has a value with control characters"));
        }
        fields.push((name.to_owned(), text));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_not_overridden() {
        for name in [
            "o:tag",
            "o:tracking-clicks",
            "v:order",
            "t:version",
            "template",
            "amp-html",
            "h:X-Order",
            "h:Reply-To",
        ] {
            assert!(is_allowed(name), "{name}");
        }
        for name in [
            "to",
            "from",
            "cc",
            "text",
            "attachment",
            "recipient-variables",
            "v:msg",
            "V:Msg",
            "h:to",
            "h:BCC",
            "h:Message-Id",
            "h:Content-Type",
            "h:X-Mailgun-Variables",
            "h:Resent-To",
            "h:",
            "h:X Y",
            "h:X\r\nBcc",
            "h:a:b",
            "x:y",
            "",
        ] {
            assert!(!is_allowed(name), "{name:?}");
        }
    }
}
