//! Parameters of Twilio's as they are: a JSON object of form fields.

use std::collections::BTreeMap;

use trunkline_sdk::json::RawValue;
use trunkline_sdk::{outbound, prelude::*};

/// Names and values of form fields. A name may repeat.
pub type FormFields = Vec<(String, String)>;

/// The fields in a part, or in the `components` of a template. A list is a field that repeats, an object is its
/// JSON text (`ContentVariables`). Sorted by name, lest the order hang on the JSON library.
pub fn fields(part: usize, payload: &str) -> Result<FormFields, Failure> {
    let Ok(object) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(payload) else {
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
        match serde_json::from_str::<Vec<Box<RawValue>>>(value.get()) {
            Ok(values) => {
                for value in &values {
                    fields.push((name.clone(), text(part, value)?));
                }
            }
            Err(_) => fields.push((name, text(part, &value)?)),
        }
    }
    Ok(fields)
}

/// Nothing is not the word `null`.
fn text(part: usize, value: &RawValue) -> Result<String, Failure> {
    if value.get() == "null" {
        return Err(outbound::refuse("unsupported", format!("part {part}: a form field cannot be `null`")));
    }
    Ok(serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned()))
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
