//! What became of messages that we sent, by the Messages API.

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::scalar::{attributes, member};
use crate::{address, failure};

/// Members that are told otherwise.
const TOLD: [&str; 8] =
    ["channel", "client_ref", "error", "from", "message_uuid", "status", "timestamp", "to"];

/// The status of a message.
pub fn event(message_id: &str, status: &str, object: &Map<String, Value>) -> Event {
    let channel =
        member(object, "channel").map_or_else(|| "sms".to_owned(), |name| name.to_ascii_lowercase());
    let name = status.to_ascii_lowercase();
    let error = object.get("error").and_then(Value::as_object);
    let mut failure = error.map_or_else(failure::unknown, failure::of_problem);
    let mut state = state(&name);
    if state == DeliveryState::Failed && failure.code.as_deref() == Some(failure::SENT_BEFORE) {
        // What was refused is a repetition: the message itself is on its way.
        state = DeliveryState::Sent;
    }
    let code = failure.code.take_if(|_| state != DeliveryState::Failed);
    let failure = (state == DeliveryState::Failed).then_some(failure);
    let plain = state.as_str() == name;
    let ours = member(object, "from").unwrap_or_default();
    let kind = EventKind::Status(Status {
        message_id: message_id.to_owned(),
        state,
        failure,
        client_reference: member(object, "client_ref"),
    });
    let mut event = Event::new(format!("{message_id}:{name}"), address::account(&ours, &channel), kind);
    event.occurred_at = member(object, "timestamp").as_deref().and_then(iso8601);
    event.contact = address::contact(member(object, "to").as_deref(), &channel, None);
    event.attributes.push(("channel".to_owned(), channel));
    if !plain {
        event.attributes.push(("message_status".to_owned(), name));
    }
    event.attributes.extend(code.map(|code| ("error_code".to_owned(), code)));
    event.attributes.extend(attributes(object, &TOLD));
    event
}

fn state(name: &str) -> DeliveryState {
    match name {
        "submitted" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "rejected" | "undeliverable" => DeliveryState::Failed,
        other => DeliveryState::Other(other.replace([' ', '-'], "_")),
    }
}
