//! What became of messages that we sent.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::{prelude::*, reference};

use crate::{failure, message};

/// A status: `state` is `Status` in lower case, `query` that of the URL.
///
/// A long text travels in parts with ids of their own, each of which has statuses. They are about the message that the answer
/// to our call named, the parent.
pub fn event(id: String, state: &str, mut fields: Fields, query: &str) -> Event {
    let (account, contact) = (message::account(&mut fields, "From"), message::contact(&mut fields, "To"));
    fields.take("Status");
    let delivery = delivery_state(state);
    let failure = (delivery == DeliveryState::Failed).then(|| failure(&mut fields));
    let plain = delivery.as_str() == state;
    let parent = fields.take("ParentMessageUUID");
    let part = parent.as_ref().filter(|parent| **parent != id).map(|_| id.clone());
    // With `GET` it is one of the fields as well.
    fields.take(reference::PARAMETER);
    let status = Status {
        message_id: parent.unwrap_or_else(|| id.clone()),
        state: delivery,
        failure,
        client_reference: reference::of_query(query),
    };
    let mut event = Event::new(format!("{id}:{state}"), account, EventKind::Status(status));
    event.contact = contact;
    event.attributes.extend(part.map(|part| ("message_uuid".to_owned(), part)));
    if !plain {
        event.attributes.push(("status".to_owned(), state.to_owned()));
    }
    // The times in it are in no known time zone: they stay attributes.
    event.attributes.extend(fields.attributes());
    event
}

fn delivery_state(state: &str) -> DeliveryState {
    match state {
        "queued" => DeliveryState::Accepted,
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "failed" | "undelivered" | "rejected" => DeliveryState::Failed,
        other => DeliveryState::Other(other.replace([' ', '-'], "_")),
    }
}

fn failure(fields: &mut Fields) -> Failure {
    let code = fields.take("ErrorCode");
    let (reason, words) = code.as_deref().map_or((FailureReason::Other, None), failure::of_code);
    Failure { reason, code, message: words.map(str::to_owned) }
}
