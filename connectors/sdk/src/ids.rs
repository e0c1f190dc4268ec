//! Ids within the bounds of the contract, whatever a provider or a sender put there: an event without an id, or with one
//! that is too long, would cost the whole webhook.

use trunkline_model::{EVENT_ID_BYTES_MAX, Event, MESSAGE_ID_BYTES_MAX, Receipt, event_json};

use crate::signature::content_id;

/// Gives an event an id that depends on its content where it has none, and a hash of its id where that is too long.
pub fn bound(event: &mut Event) {
    if event.id.is_empty() {
        event.id = content_id("event", &[&event_json(event)]);
    } else if event.id.len() > EVENT_ID_BYTES_MAX {
        event.id = content_id("long", &[&event.id]);
    }
}

/// No provider has ids that long: what stands there instead keeps the receipts apart.
pub fn bound_receipt(receipt: &mut Receipt) {
    if receipt.message_id.len() > MESSAGE_ID_BYTES_MAX {
        receipt.message_id = content_id("long", &[&receipt.message_id]);
    }
}

#[cfg(test)]
mod tests {
    use trunkline_model::{EventKind, Opaque};

    use super::*;

    fn event(id: &str, name: &str) -> Event {
        let opaque = Opaque { name: name.to_owned(), payload: String::new() };
        let mut event = Event::new(id, "a", EventKind::Other(opaque));
        bound(&mut event);
        event
    }

    #[test]
    fn an_id_is_there_and_not_too_long() {
        assert_eq!(event(&"x".repeat(512), "n").id, "x".repeat(512));
        let (long, empty) = (event(&"x".repeat(513), "n").id, event("", "n").id);
        assert!(long.starts_with("long:") && empty.starts_with("event:"), "{long} {empty}");
        assert_eq!(event("", "n").id, empty, "the same content has the same id");
        assert_ne!(event("", "m").id, empty);
    }

    #[test]
    fn a_receipt_keeps_its_id_where_it_can() {
        for (length, kept) in [(0, true), (1_024, true), (1_025, false)] {
            let mut receipt = Receipt { message_id: "x".repeat(length), ..Receipt::default() };
            bound_receipt(&mut receipt);
            assert_eq!(receipt.message_id == "x".repeat(length), kept, "{length}");
        }
    }
}
