//! What only Messenger's webhooks have, for an event: receipts.

use serde_json::{Value, json};
use trunkline_sdk::prelude::*;

/// The member of an item. None for what Messenger has no webhook for.
pub fn content(event: &Event, time: u64) -> Option<(&'static str, Value)> {
    Some(match &event.kind {
        EventKind::Status(status) => ("delivery", json!({ "mids": [status.message_id], "watermark": time })),
        EventKind::Watermark(watermark) => {
            let key = if watermark.state == DeliveryState::Read { "read" } else { "delivery" };
            (key, json!({ "watermark": watermark.up_to }))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
