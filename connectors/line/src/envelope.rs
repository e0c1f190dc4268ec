//! From the body to its events. Nothing here fails but a body that is no envelope at all.

use serde::Deserialize;
use trunkline_sdk::json::RawValue;
use trunkline_sdk::{Interrupt, malformed, prelude::*};

use crate::event;
use crate::wire::Envelope;

/// LINE sends a handful; a list of millions of empty items must not take the memory.
const EVENTS_MAX: usize = 5_000;
/// A bot's user id has 33 characters. It is copied into every event.
const DESTINATION_BYTES_MAX: usize = 256;

/// Every event of a verified body, in the order of the body.
pub fn events(body: &[u8], bot_user_id: Option<&str>) -> Result<Vec<Event>, Interrupt> {
    // Where, but not what: serde's own words quote the body.
    let wrong = |error: serde_json::Error| {
        malformed(format!("not a JSON object: line {} column {}", error.line(), error.column()))
    };
    let raw: &RawValue = serde_json::from_slice(body).map_err(wrong)?;
    let envelope: Envelope = serde_json::from_str(raw.get()).map_err(wrong)?;
    let destination = envelope.destination.as_deref().filter(|destination| !destination.is_empty());
    if destination.is_some_and(|destination| destination.len() > DESTINATION_BYTES_MAX) {
        return Err(malformed(format!("`destination` has more than {DESTINATION_BYTES_MAX} bytes")));
    }
    let account = destination.or(bot_user_id).unwrap_or_default();
    let Some(items) = envelope.events.and_then(parse::<Vec<&RawValue>>) else {
        return Ok(vec![unreadable("webhook", account, raw)]);
    };
    if items.len() > EVENTS_MAX {
        return Err(malformed(format!("`events` has {} items, more than {EVENTS_MAX}", items.len())));
    }
    let mut events: Vec<Event> = items.iter().map(|item| event::event(item, account)).collect();
    // Signed with our secret, so it is kept; but somebody configured another bot than the one that writes.
    if bot_user_id.is_some_and(|expected| expected != account) {
        for event in &mut events {
            event.attributes.push(("destination_mismatch".to_owned(), "true".to_owned()));
        }
    }
    Ok(events)
}

/// Whether a body is an envelope with an empty list of events.
pub fn has_no_events(body: &[u8]) -> bool {
    let envelope = serde_json::from_slice::<Envelope>(body).ok();
    let items = envelope.and_then(|envelope| parse::<Vec<&RawValue>>(envelope.events?));
    items.is_some_and(|items| items.is_empty())
}

/// Parses an item. None where it has not the form expected.
pub fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// What could not be read, kept as it is.
pub fn unreadable(name: &str, account: &str, raw: &RawValue) -> Event {
    let payload = raw.get().to_owned();
    let id = signature::content_id(name, &[account, &payload]);
    Event::new(id, account, EventKind::Other(Opaque { name: name.to_owned(), payload }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(items: &str) -> Result<Vec<Event>, Interrupt> {
        events(format!(r#"{{"destination":"U01","events":[{items}]}}"#).as_bytes(), None)
    }

    #[test]
    fn the_number_of_events_is_bounded() {
        let items = |count| vec!["{}"; count].join(",");
        assert_eq!(read(&items(EVENTS_MAX)).expect("as many as may be").len(), EVENTS_MAX);
        let Err(Interrupt::Refuse(refusal)) = read(&items(EVENTS_MAX + 1)) else { panic!("one too many") };
        assert_eq!((refusal.reason, refusal.status), (RefusalReason::Malformed, 400));
    }

    /// Neither the stack nor the ids suffer: each is told apart by its own text.
    #[test]
    fn deep_nesting_is_kept_as_it_is() {
        let deep = |depth| format!(r#"{{"type":"x","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let found = read(&format!("{},{}", deep(50_000), deep(50_001))).expect("JSON");
        assert!(matches!(&found[0].kind, EventKind::Other(opaque) if opaque.payload == deep(50_000)));
        assert_ne!(found[0].id, found[1].id);
    }
}
