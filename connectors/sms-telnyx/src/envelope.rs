//! From a verified body to events.

use trunkline_sdk::json::RawValue;
use trunkline_sdk::time::iso8601;
use trunkline_sdk::{Interrupt, malformed_json, prelude::*};

use crate::wire::{Data, Envelope, parse, present};
use crate::{message, status};

/// The longest name that is taken from a webhook.
const NAME_BYTES_MAX: usize = 64;

/// What every event of a webhook has from its envelope.
pub struct Head {
    /// The same at every attempt.
    pub id: String,
    /// `message.received`
    pub name: String,
    pub occurred_at: Option<u64>,
}

/// The events of a verified body. Only a body that is no JSON is refused.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    let Some(envelope) = parse::<Envelope>(raw) else { return Ok(vec![opaque("webhook", "", raw)]) };
    let Some(data) = parse::<Data>(envelope.data) else { return Ok(vec![opaque("data", "", raw)]) };
    let head = Head {
        id: match present(&data.id) {
            Some(id) => id.to_owned(),
            None => signature::content_id("event", &[envelope.data.get()]),
        },
        name: present(&data.event_type)
            .filter(|name| name.len() <= NAME_BYTES_MAX)
            .unwrap_or("event")
            .to_owned(),
        occurred_at: data.occurred_at.as_deref().and_then(iso8601),
    };
    let events = data.payload.and_then(|payload| match &*head.name {
        "message.received" => message::events(&head, payload),
        // The other side of the webhook may be a call, with events of other names.
        name if name.starts_with("message.") => status::events(&head, payload),
        _ => None,
    });
    let mut events = events.unwrap_or_else(|| {
        let mut event = opaque(&head.name, "", envelope.data);
        event.id.clone_from(&head.id);
        event.occurred_at = head.occurred_at;
        vec![event]
    });
    let attempt = envelope.meta.and_then(|meta| meta.attempt).map_or(1.0, |attempt| attempt.0);
    if attempt > 1.0 {
        for event in &mut events {
            event.attributes.push(("redelivery".to_owned(), "true".to_owned()));
        }
    }
    Ok(events)
}

/// What could not be read, or is of no kind that is known here: kept as it is.
pub fn opaque(name: &str, account: &str, raw: &RawValue) -> Event {
    let payload = raw.get().to_owned();
    let id = signature::content_id(name, &[account, &payload]);
    Event::new(id, account, EventKind::Other(Opaque { name: name.to_owned(), payload }))
}
