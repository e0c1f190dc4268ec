//! Parameters of Twilio's as they are: a JSON object of form fields.

use serde_json::{Map, Value};
use trunkline_sdk::{outbound, prelude::*};

/// Names and values of form fields. A name may repeat.
pub type FormFields = Vec<(String, String)>;

/// The fields in a part, or in the `components` of a template. A list is a field that repeats, an object is its
/// JSON text (`ContentVariables`).
pub fn fields(part: usize, payload: &str) -> Result<FormFields, Failure> {
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(payload) else {
        return Err(outbound::refuse(
            "unsupported",
            format!("part {part}: not a JSON object of form fields"),
        ));
    };
    let mut fields = FormFields::new();
    for (name, value) in object {
        // It would write to somebody else in this conversation's name.
        if name == "To" {
            let what = format!("part {part}: `To` is the contact, and cannot be replaced");
            return Err(outbound::refuse("unsupported", what));
        }
        match value {
            Value::Array(values) => {
                fields.extend(values.into_iter().map(|value| (name.clone(), text(value))))
            }
            value => fields.push((name, text(value))),
        }
    }
    Ok(fields)
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Adds fields. They replace those of the same name.
pub fn merge(fields: &mut FormFields, more: FormFields) {
    fields.retain(|(name, _)| first(&more, name).is_none());
    fields.extend(more);
}

/// The first value of that name.
pub fn first<'a>(fields: &'a FormFields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Whether the fields are a message of their own, and not options of one.
pub fn has_content(fields: &FormFields) -> bool {
    ["Body", "MediaUrl", "ContentSid"].iter().any(|name| first(fields, name).is_some())
}
