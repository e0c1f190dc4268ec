//! One body, one event.

use serde_json::value::RawValue;
use trunkline_sdk::json::milliseconds;
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::mapping::{ACCOUNT, ERROR, EVENT, MESSAGE, Mapping, Meaning, REPLY_TO, TEXT, THREAD, TIME, TYPE};
use crate::message::{contact, message};

/// The name of what says nothing of its type.
const UNTYPED: &str = "untyped";

/// What a body means. What the mapping does not reach is kept as it is, under the name of its type.
pub fn event(body: &[u8], webhook_id: &str, mapping: &Mapping) -> Event {
    let Ok(body) = serde_json::from_slice::<&RawValue>(body) else {
        let payload = String::from_utf8_lossy(body).into_owned();
        let kind = EventKind::Other(Opaque { name: UNTYPED.to_owned(), payload });
        return Event::new(webhook_id, &*mapping.account, kind);
    };
    let name = mapping.text(TYPE, body);
    let meaning = name.as_deref().and_then(|name| mapping.meaning(name));
    let contact = contact(body, mapping);
    let kind = meaning.and_then(|meaning| kind(meaning, contact.is_some(), body, webhook_id, mapping));
    let is_known = kind.is_some();
    let kind = kind.unwrap_or_else(|| {
        let name = name.clone().unwrap_or_else(|| UNTYPED.to_owned());
        EventKind::Other(Opaque { name, payload: body.get().to_owned() })
    });
    let id = mapping.text(EVENT, body).unwrap_or_else(|| webhook_id.to_owned());
    let account = mapping.text(ACCOUNT, body).unwrap_or_else(|| mapping.account.clone());
    let mut event = Event::new(id, account, kind);
    event.occurred_at =
        mapping.text(TIME, body).and_then(|time| iso8601(&time).or_else(|| milliseconds(&time)));
    event.contact = contact;
    let thread = mapping.text(THREAD, body);
    event.thread = thread.map(|id| Thread { id, kind: ThreadKind::Direct, title: None });
    if is_known {
        // What is kept as it is has all of this in it.
        event.attributes = mapping.attributes(body);
        event.attributes.retain(|(name, _)| name != "type");
        event.attributes.extend(name.map(|name| ("type".to_owned(), name)));
    }
    event
}

/// The kind of event. None where the body lacks what such an event has to have.
fn kind(
    meaning: &Meaning,
    has_contact: bool,
    body: &RawValue,
    webhook_id: &str,
    mapping: &Mapping,
) -> Option<EventKind> {
    let id = mapping.text(MESSAGE, body);
    let with_contact = |kind: EventKind| has_contact.then_some(kind);
    match meaning {
        Meaning::Message => {
            let id = id.unwrap_or_else(|| webhook_id.to_owned());
            with_contact(EventKind::Message(message(id, body, mapping)?))
        }
        Meaning::Echo => {
            let id = id.unwrap_or_else(|| webhook_id.to_owned());
            with_contact(EventKind::Echo(message(id, body, mapping)?))
        }
        Meaning::Edited => with_contact(EventKind::Edited(message(id?, body, mapping)?)),
        Meaning::Unsent => Some(EventKind::Unsent(MessageRef::new(id?))),
        Meaning::Reaction => {
            let target = MessageRef::new(mapping.text(REPLY_TO, body)?);
            let emoji = mapping.text(TEXT, body);
            with_contact(EventKind::Reaction(Reaction { target, emoji, name: None }))
        }
        Meaning::Typing => with_contact(EventKind::Typing(Typing::Started)),
        Meaning::Status(state) => {
            let failure = (*state == DeliveryState::Failed).then(|| Failure {
                reason: FailureReason::Other,
                code: None,
                message: mapping.text(ERROR, body),
            });
            let (message_id, state) = (id?, state.clone());
            Some(EventKind::Status(Status { message_id, state, failure, client_reference: None }))
        }
        Meaning::Consent(state) => with_contact(EventKind::Consent(Consent {
            state: state.clone(),
            scope: "all".to_owned(),
            origin: "user_preferences".to_owned(),
        })),
    }
}
