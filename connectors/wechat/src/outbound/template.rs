//! Template messages: what may be sent at any time, to followers. WeChat has approved the words around the values.

use serde_json::{Map, Value, json};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

/// What WeChat has besides the values: a link, a Mini Program, other members of `data`.
const RESERVED: [&str; 3] = ["touser", "template_id", "client_msg_id"];

/// The message without its recipient. The language is that of the template.
pub fn content(part: usize, template: &Template) -> Result<Value, Failure> {
    let wrong = |what: String| refuse("unsupported", format!("part {part}: {what}"));
    if template.name.trim().is_empty() {
        return Err(refuse("missing", format!("part {part}: the template has no id")));
    }
    let mut body = match template.components.as_deref().filter(|text| !text.trim().is_empty()) {
        None => Map::new(),
        Some(text) => match serde_json::from_str(text) {
            Ok(Value::Object(members)) => members,
            _ => return Err(wrong("`components` is no JSON object".to_owned())),
        },
    };
    if let Some(name) = RESERVED.iter().find(|name| body.contains_key(**name)) {
        return Err(wrong(format!("`components` has `{name}`, which the message itself says")));
    }
    let data = body.entry("data").or_insert_with(|| json!({}));
    let Some(data) = data.as_object_mut() else {
        return Err(wrong("`data` of `components` is no JSON object".to_owned()));
    };
    for (name, value) in &template.parameters {
        data.insert(name.clone(), json!({ "value": value }));
    }
    body.insert("template_id".to_owned(), json!(template.name));
    Ok(Value::Object(body))
}

/// With its recipient. `key` is said to keep a second message from being sent within ten minutes; that is not confirmed.
pub fn body(content: &Value, to: &str, key: &str) -> Value {
    let mut body = content.clone();
    body["touser"] = json!(to);
    body["client_msg_id"] = json!(key);
    body
}
