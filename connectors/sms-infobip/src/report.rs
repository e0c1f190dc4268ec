//! Delivery reports: what became of messages that we sent.

use trunkline_sdk::json::{RawValue, members};
use trunkline_sdk::{prelude::*, time};

use crate::result::{attributes, contact, identifier, scalar};
use crate::{failure, reference};

const TAKEN: [&str; 6] = ["messageId", "to", "from", "sentAt", "doneAt", "callbackData"];

/// The status of one report. None where it does not say which.
pub fn event(item: &RawValue, id: &str, status: &RawValue) -> Option<Event> {
    let [to, from, sender, sent, done, callback, error] =
        members(item, ["to", "from", "sender", "sentAt", "doneAt", "callbackData", "error"]);
    let [group_id, group, name, words] = members(status, ["groupId", "groupName", "name", "description"]);
    let (name, words) = (name.and_then(scalar), words.and_then(scalar));
    let group = group.and_then(scalar).map(|group| group.to_ascii_uppercase());
    let group = group.or_else(|| by_number(&group_id.and_then(scalar)?))?;
    let state = match group.as_str() {
        "ACCEPTED" | "PENDING" => DeliveryState::Accepted,
        "DELIVERED" => DeliveryState::Delivered,
        // It was given up.
        "UNDELIVERABLE" | "EXPIRED" | "REJECTED" => DeliveryState::Failed,
        other => DeliveryState::Other(other.to_ascii_lowercase().replace([' ', '-'], "_")),
    };
    let failure =
        (state == DeliveryState::Failed).then(|| failure::of_report(&group, name.as_deref(), words, error));
    // Intermediate reports of one group differ in the name.
    let event_id = format!("{id}:{}", name.as_deref().unwrap_or(&group).to_ascii_lowercase());
    let callback = callback.and_then(scalar);
    let (reference, given) = callback.as_deref().map(reference::taken_apart).unzip();
    let client_reference = reference.map(str::to_owned);
    let status = Status { message_id: id.to_owned(), state, failure, client_reference };
    let ours = from.or(sender).and_then(scalar).or_else(|| given.flatten().map(str::to_owned));
    let ours = ours.map_or_else(String::new, |from| identifier(&from).value);
    let mut event = Event::new(event_id, ours, EventKind::Status(status));
    let at = |raw: Option<&RawValue>| raw.and_then(scalar).and_then(|at| time::iso8601(&at));
    event.occurred_at = at(done).or_else(|| at(sent));
    event.contact = to.and_then(scalar).map(|to| contact(&to));
    event.attributes.extend(name.map(|name| ("status".to_owned(), name)));
    event.attributes.extend(attributes(item, &TAKEN));
    Some(event)
}

fn by_number(id: &str) -> Option<String> {
    let name = match id {
        "0" => "ACCEPTED",
        "1" => "PENDING",
        "2" => "UNDELIVERABLE",
        "3" => "DELIVERED",
        "4" => "EXPIRED",
        "5" => "REJECTED",
        _ => return None,
    };
    Some(name.to_owned())
}
