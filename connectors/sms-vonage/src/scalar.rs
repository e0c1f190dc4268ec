//! JSON values as text: for parameters, and for attributes of what nothing else reads.

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;

/// How deep objects are looked into.
const DEPTH_MAX: usize = 4;
const ATTRIBUTES_MAX: usize = 64;

/// Attribute names to which the contract or this connector gives a meaning.
const RESERVED: [&str; 6] = ["channel", "keyword", "message_status", "redelivery", "reply_token", "standby"];

/// A text, number or boolean. None of anything else.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A member that is a text, number or boolean, and not empty.
pub fn member(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(text).filter(|text| !text.is_empty())
}

/// A member as name and text.
pub fn pair((name, value): (&String, &Value)) -> Option<(String, String)> {
    text(value).map(|text| (name.clone(), text))
}

/// Everything that is not left out: `usage.price` as `usage_price`. Lists in JSON's notation.
pub fn attributes(object: &Map<String, Value>, leave_out: &[&str]) -> Attributes {
    let mut found = Attributes::new();
    for (name, value) in object {
        if !leave_out.contains(&name.as_str()) {
            add(name, value, 0, &mut found);
        }
    }
    found.truncate(ATTRIBUTES_MAX);
    found
}

fn add(name: &str, value: &Value, depth: usize, found: &mut Attributes) {
    match value {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::Object(members) if depth < DEPTH_MAX => {
            for (inner, value) in members {
                add(&format!("{name}_{inner}"), value, depth + 1, found);
            }
        }
        value => found.push(attribute(name, text(value).unwrap_or_else(|| value.to_string()))),
    }
}

/// An attribute whose name has no other meaning.
pub fn attribute(name: &str, value: String) -> (String, String) {
    let name = name.replace('-', "_").to_ascii_lowercase();
    (if RESERVED.contains(&&*name) { format!("parameter_{name}") } else { name }, value)
}
