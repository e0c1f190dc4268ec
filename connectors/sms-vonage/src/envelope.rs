//! From a verified body to events.

use serde_json::{Map, Value};
use trunkline_sdk::form::Form;
use trunkline_sdk::{Interrupt, malformed_json, prelude::*};

use crate::scalar::{self, member};
use crate::{message, sms, status};

/// The longest name that is taken from a webhook.
const NAME_BYTES_MAX: usize = 64;
/// Where something unknown may say what it is.
const NAMES: [&str; 4] = ["event", "type", "message_type", "status"];

/// The events of a verified body. Only a body that is no JSON is refused.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    let found = value.as_object().and_then(known);
    Ok(found.unwrap_or_else(|| {
        let name = value.as_object().map_or("webhook".to_owned(), name);
        vec![opaque(&name, "", &String::from_utf8_lossy(body))]
    }))
}

/// None where it is neither of the Messages API nor of the SMS API.
fn known(object: &Map<String, Value>) -> Option<Vec<Event>> {
    if let Some(id) = member(object, "message_uuid") {
        // Both have a channel, and a message of the kind `text` no `status`.
        return match (member(object, "message_type"), member(object, "status")) {
            (None, Some(status)) => Some(vec![status::event(&id, &status, object)]),
            (None, None) if !object.contains_key("text") => None,
            (kind, _) => Some(message::events(&id, kind.as_deref().unwrap_or("text"), object)),
        };
    }
    // A signed number whose messages come by the SMS API.
    object.contains_key("messageId").then(|| {
        let fields = object.iter().filter_map(scalar::pair).collect();
        sms::events(&Form { fields })
    })
}

/// What something unknown calls itself.
pub fn name(object: &Map<String, Value>) -> String {
    let mut names = NAMES.iter().filter_map(|name| object.get(*name)?.as_str());
    let name = names.find(|name| !name.is_empty() && name.len() <= NAME_BYTES_MAX);
    name.unwrap_or("webhook").to_owned()
}

/// What is of no kind that is known here: kept as it is.
pub fn opaque(name: &str, account: &str, payload: &str) -> Event {
    let id = signature::content_id("webhook", &[account, payload]);
    let opaque = Opaque { name: name.to_owned(), payload: payload.to_owned() };
    Event::new(id, account, EventKind::Other(opaque))
}
