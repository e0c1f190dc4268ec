//! What became of messages that we sent: one event for each recipient.

use trunkline_sdk::json::RawValue;
use trunkline_sdk::prelude::*;

use crate::envelope::{Head, opaque};
use crate::message::{self, pair};
use crate::wire::{Party, Payload, items, parse, present};
use crate::{failure, party};

/// What stands before our own id of a message in its tags.
pub const REFERENCE_TAG: &str = "ref:";

/// The statuses of a message. None where it is none of ours, or says nothing of a recipient.
pub fn events(head: &Head, raw: &RawValue) -> Option<Vec<Event>> {
    let item: Payload = parse(raw)?;
    let message_id = present(&item.id)?;
    if item.direction.as_deref() == Some("inbound") {
        return None;
    }
    let account = party::address(item.from)
        .or_else(|| present(&item.messaging_profile_id).map(str::to_owned))
        .unwrap_or_default();
    let tags = Tags::of(&item);
    let recipients = items(item.to);
    let events: Vec<Event> = recipients
        .into_iter()
        .map(|recipient| {
            status(head, message_id, &account, recipient, &item, &tags)
                .map(|mut event| {
                    event.attributes.splice(0..0, message::attributes(&item, raw));
                    event
                })
                .unwrap_or_else(|| {
                    let mut event = opaque("recipient", &account, recipient);
                    event.id = signature::content_id("recipient", &[&head.id, recipient.get()]);
                    event
                })
        })
        .collect();
    events.iter().any(|event| matches!(event.kind, EventKind::Status(_))).then_some(events)
}

fn status(
    head: &Head,
    message_id: &str,
    account: &str,
    recipient: &RawValue,
    item: &Payload,
    tags: &Tags,
) -> Option<Event> {
    let party: Party = parse(recipient)?;
    let name = present(&party.status)?.to_ascii_lowercase();
    let address = party.address();
    let state = delivery_state(&name);
    let failure = (state == DeliveryState::Failed).then(|| {
        let errors = items(party.errors).into_iter().chain(items(item.errors));
        errors.into_iter().find_map(parse).map_or_else(failure::unknown, failure::of_problem)
    });
    let plain = state.as_str() == name;
    let status = Status {
        message_id: message_id.to_owned(),
        state,
        failure,
        client_reference: tags.client_reference.clone(),
    };
    // One webhook speaks of every recipient of a group.
    let id = format!("{}:{}", head.id, address.unwrap_or_default());
    let mut event = Event::new(id, account, EventKind::Status(status));
    event.occurred_at = head.occurred_at;
    event.contact = address
        .map(party::identifier)
        .map(|identifier| Contact { identifiers: vec![identifier], ..Contact::default() });
    event.thread = party::group(item);
    event.attributes.push(("event_type".to_owned(), head.name.clone()));
    if !plain {
        event.attributes.push(("message_status".to_owned(), name));
    }
    event.attributes.extend(pair(("carrier", &party.carrier)));
    event.attributes.extend(pair(("line_type", &party.line_type)));
    if !tags.others.is_empty() {
        event.attributes.push(("tags".to_owned(), serde_json::to_string(&tags.others).unwrap_or_default()));
    }
    Some(event)
}

/// What we gave along.
struct Tags {
    client_reference: Option<String>,
    others: Vec<String>,
}

impl Tags {
    fn of(item: &Payload) -> Self {
        let mut tags = Self { client_reference: None, others: Vec::new() };
        for tag in items(item.tags).into_iter().filter_map(parse::<String>) {
            match tag.strip_prefix(REFERENCE_TAG).filter(|id| !id.is_empty()) {
                Some(id) if tags.client_reference.is_none() => tags.client_reference = Some(id.to_owned()),
                _ => tags.others.push(tag),
            }
        }
        tags
    }
}

/// `delivery_unconfirmed`: the carrier never said what became of it.
pub fn delivery_state(name: &str) -> DeliveryState {
    match name {
        "queued" | "sending" => DeliveryState::Accepted,
        "sent" | "delivery_unconfirmed" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "expired" | "sending_failed" | "delivery_failed" => DeliveryState::Failed,
        other => DeliveryState::Other(other.replace([' ', '-'], "_")),
    }
}
