//! Messages that WhatsApp has approved: the only ones outside of the window.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;

use super::content::UNIT;
use super::{Draft, TEMPLATE};

/// Of all parameters together, in a template that is nothing but its body. Where it has more, WhatsApp allows
/// 1,024: which it is cannot be seen from here.
const PARAMETERS_UNITS_MAX: usize = 32_768;

/// `parameters` fill the body; header and buttons stand in `components`, in WhatsApp's notation.
pub fn draft(part: usize, template: &Template) -> Result<Draft, Failure> {
    for (field, value) in [("name", &template.name), ("language", &template.language)] {
        if value.trim().is_empty() {
            return Err(refuse("missing", format!("part {part}: the template has no `{field}`")));
        }
    }
    let mut components = components(part, template)?;
    if !template.parameters.is_empty() {
        let is_body = |component: &Value| {
            component["type"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("body"))
        };
        if components.iter().any(is_body) {
            return Err(unsupported(part, "template whose body stands in `components` and in `parameters`"));
        }
        components.push(json!({ "type": "body", "parameters": parameters(part, template)? }));
    }
    // WhatsApp writes `es_MX`, where everybody else writes `es-MX`.
    let language = template.language.replace('-', "_");
    let mut content = json!({ "name": template.name, "language": { "code": language } });
    if !components.is_empty() {
        content["components"] = Value::Array(components);
    }
    Ok(Draft::new(part, TEMPLATE, content))
}

fn components(part: usize, template: &Template) -> Result<Vec<Value>, Failure> {
    let Some(text) = template.components.as_deref().filter(|text| !text.trim().is_empty()) else {
        return Ok(Vec::new());
    };
    match serde_json::from_str::<Vec<Value>>(text) {
        Ok(components) if components.iter().all(Value::is_object) => Ok(components),
        _ => Err(unsupported(part, "template whose `components` are no JSON list of objects")),
    }
}

/// By number, in order and without a gap; or by name. Never both: a template has one kind of placeholder.
fn parameters(part: usize, template: &Template) -> Result<Vec<Value>, Failure> {
    let mut total = 0;
    for (name, value) in &template.parameters {
        if value.trim().is_empty() {
            return Err(refuse("missing", format!("part {part}: the parameter `{name}` is empty")));
        }
        total += UNIT.length(value);
    }
    if total > PARAMETERS_UNITS_MAX {
        let what =
            format!("part {part}: the parameters have {total} characters, at most {PARAMETERS_UNITS_MAX}");
        return Err(refuse("too_long", what));
    }
    let numbers: Vec<Option<usize>> = template.parameters.iter().map(|(name, _)| name.parse().ok()).collect();
    if numbers.iter().all(Option::is_none) {
        let named = |(name, value): &(String, String)| json!({ "type": "text", "parameter_name": name, "text": value });
        return Ok(template.parameters.iter().map(named).collect());
    }
    if numbers.iter().any(Option::is_none) {
        return Err(unsupported(part, "template with parameters by name and by number"));
    }
    let value = |number: usize| {
        let at = numbers.iter().position(|found| *found == Some(number));
        let Some(at) = at else {
            return Err(refuse("missing", format!("part {part}: the parameter `{number}` is missing")));
        };
        Ok(json!({ "type": "text", "text": template.parameters[at].1 }))
    };
    (1..=numbers.len()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_an_end() {
        let template = |length: usize| Template {
            name: "order_ready".to_owned(),
            language: "es_MX".to_owned(),
            parameters: vec![("1".to_owned(), "x".repeat(length)), ("2".to_owned(), "y".to_owned())],
            components: None,
        };
        assert!(draft(0, &template(32_767)).is_ok());
        let failure = draft(0, &template(32_768)).expect_err("too long");
        assert_eq!(failure.code.as_deref(), Some("too_long"));
    }
}
