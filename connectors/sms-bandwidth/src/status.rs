//! What became of messages that we sent.

use trunkline_sdk::prelude::*;

use crate::callback::{Callback, contact, identifier};
use crate::failure;

/// The status of a callback. None of a type that is none.
pub fn event(callback: &Callback) -> Option<Event> {
    let content = &callback.message;
    let (name, state) = match callback.name.as_str() {
        "message-sending" => ("sending", DeliveryState::Accepted),
        "message-sent" => ("sent", DeliveryState::Sent),
        "message-delivered" => ("delivered", DeliveryState::Delivered),
        "message-read" => ("read", DeliveryState::Read),
        "message-failed" => ("failed", DeliveryState::Failed),
        _ => return None,
    };
    let failure = (state == DeliveryState::Failed).then(|| {
        let code = callback.error_code.clone();
        let reason = code.as_deref().map_or(FailureReason::Other, failure::of_code);
        Failure { reason, code, message: callback.description.clone() }
    });
    let ours = content.owner.as_deref().or(content.from.as_deref());
    let theirs = callback.to.as_deref().or(content.to.first().map(String::as_str));
    // One message to a group has a status for each of its members.
    let id = match theirs.filter(|_| content.to.len() > 1) {
        Some(member) => format!("{}:{name}:{member}", content.id),
        None => format!("{}:{name}", content.id),
    };
    let status =
        Status { message_id: content.id.clone(), state, failure, client_reference: content.tag.clone() };
    let ours = ours.map(|text| identifier(text).value).unwrap_or_default();
    let mut event = Event::new(id, ours, EventKind::Status(status));
    // The message's own time is when it was sent.
    event.occurred_at = callback.time.or(content.time);
    event.contact = theirs.map(contact);
    event.thread = content.thread();
    event.attributes.extend(content.channel.clone().map(|channel| ("channel".to_owned(), channel)));
    if name == "sending" {
        event.attributes.push(("status".to_owned(), name.to_owned()));
    }
    event.attributes.extend(content.attributes(&["tag"]));
    Some(event)
}
