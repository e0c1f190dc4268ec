//! What was read. Unlike Messenger, Instagram names the message instead of a time; it has no delivery receipts, and
//! what could not be sent is refused at once, in the answer to the send request.

use serde::Deserialize;
use trunkline_sdk::json::{RawValue, Text};
use trunkline_sdk::meta::messaging::item::{Item, parse};
use trunkline_sdk::prelude::*;

/// `{"mid":"aWdf…"}`
#[derive(Deserialize)]
struct Read {
    mid: Text,
}

/// The contact has seen a message of ours.
pub fn event(raw: &RawValue, item: &Item) -> Option<Event> {
    let mid = parse::<Read>(raw)?.mid;
    // What the account itself has seen says nothing of a message that we sent.
    if mid.is_empty() || item.ours {
        return None;
    }
    let status = Status {
        message_id: mid.0.clone(),
        state: DeliveryState::Read,
        failure: None,
        client_reference: None,
    };
    Some(item.event(format!("{}:read", &*mid), EventKind::Status(status)))
}
