//! Utility messages: the templates that Meta approves for a Page, and the only thing that may be sent at any
//! time.
//!
//! `https://developers.facebook.com/docs/messenger-platform/send-messages/utility-messages`, as of 2026-03.

use serde_json::{Value, json};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

/// The value of `message`. The parameters fill the body; a header or buttons come in `components`.
pub fn message(index: usize, template: &Template) -> Result<Value, Failure> {
    for (what, text) in [("name", &template.name), ("language", &template.language)] {
        if text.trim().is_empty() {
            return Err(refuse("missing", format!("part {index}: the template has no {what}")));
        }
    }
    let mut components = match template.components.as_deref().filter(|text| !text.trim().is_empty()) {
        None => Vec::new(),
        Some(text) => serde_json::from_str::<Vec<Value>>(text)
            .map_err(|_| refuse("missing", format!("part {index}: `components` is no JSON list")))?,
    };
    if !template.parameters.is_empty() {
        let is_body = |component: &Value| {
            component["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("body"))
        };
        if components.iter().any(is_body) {
            let what = format!("part {index}: the body is filled twice, by `parameters` and by `components`");
            return Err(refuse("too_many", what));
        }
        components.push(json!({ "type": "body", "parameters": parameters(index, template)? }));
    }
    let language = json!({ "code": template.language });
    Ok(json!({ "template": { "name": template.name, "language": language, "components": components } }))
}

/// Numbers are positions from 1 without a gap; anything else is a name. A template has either.
fn parameters(index: usize, template: &Template) -> Result<Vec<Value>, Failure> {
    let numbers: Vec<Option<usize>> = template.parameters.iter().map(|(name, _)| name.parse().ok()).collect();
    if numbers.iter().all(Option::is_none) {
        let named = template
            .parameters
            .iter()
            .map(|(name, value)| json!({ "type": "text", "parameter_name": name, "text": value }));
        return Ok(named.collect());
    }
    let mut positions: Vec<(Option<usize>, &str)> =
        numbers.into_iter().zip(template.parameters.iter().map(|(_, value)| value.as_str())).collect();
    positions.sort_by_key(|(number, _)| *number);
    let whole = positions.iter().enumerate().all(|(at, (number, _))| *number == Some(at + 1));
    if !whole {
        let what = format!("part {index}: the parameters are neither numbered from 1 on nor all named");
        return Err(refuse("missing", what));
    }
    Ok(positions.into_iter().map(|(_, value)| json!({ "type": "text", "text": value })).collect())
}
