//! From the body to events: entries, changes, items. Nothing here fails but a body that is no envelope.

use serde::Deserialize;
use trunkline_sdk::json::RawValue;
use trunkline_sdk::{Interrupt, malformed_json, prelude::*};

use crate::wire::{Change, Entry, Envelope, Profile, Value};
use crate::{account, message, status};

/// What an item needs to know of what it stands in.
pub struct Scope<'a> {
    /// Phone number id, or the business account where there is none.
    pub account: String,
    /// The contacts of this change.
    pub contacts: &'a [Profile],
    /// Another application owns the conversation.
    pub standby: bool,
}

/// Every event of a verified body, in the order of the body.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    let mut events = Vec::new();
    for raw in envelope.entry {
        match parse::<Entry>(raw) {
            Some(entry) => {
                for change in &entry.changes {
                    change_events(&entry, change, &mut events);
                }
            }
            None => events.push(unreadable("entry", "", raw)),
        }
    }
    Ok(events)
}

fn change_events(entry: &Entry, raw: &RawValue, events: &mut Vec<Event>) {
    let Some(change) = parse::<Change>(raw) else {
        return events.push(unreadable("change", &entry.id, raw));
    };
    let Some(raw_value) = change.value else {
        return events.push(unreadable(&change.field, &entry.id, raw));
    };
    let field = &*change.field;
    if !matches!(
        field,
        "messages"
            | "standby"
            | "smb_message_echoes"
            | "calls"
            | "user_preferences"
            | "user_id_update"
            | "messaging_handovers"
    ) {
        return events.push(account::notice(entry, field, raw_value));
    }
    let Some(value) = parse::<Value>(raw_value) else {
        return events.push(unreadable(field, &entry.id, raw));
    };
    let phone_number_id = value.metadata.and_then(|metadata| metadata.phone_number_id);
    let scope = Scope {
        account: phone_number_id.unwrap_or_else(|| entry.id.clone()).into(),
        contacts: value.contacts.as_deref().unwrap_or_default(),
        standby: field == "standby",
    };
    let before = events.len();
    push_items(&value.messages, "message", &scope, events, message::event);
    push_items(&value.message_echoes, "message_echo", &scope, events, message::echo);
    // In the field `calls`, statuses are about calls.
    let status = if field == "calls" { account::phone_call } else { status::event };
    push_items(&value.statuses, "status", &scope, events, status);
    push_items(&value.calls, "call", &scope, events, account::phone_call);
    push_items(&value.user_preferences, "user_preference", &scope, events, account::preference);
    push_items(&value.user_id_update, "user_id_update", &scope, events, account::id_update);
    push_items(&value.messaging_handovers, "messaging_handover", &scope, events, account::handover);
    push_items(&value.errors, "error", &scope, events, account::error);
    if events.len() == before {
        // A shape of this field that has none of the known lists: handed on whole.
        events.push(account::notice(entry, field, raw_value));
    }
}

/// Reads each item on its own, so that one bad item costs only itself.
fn push_items(
    items: &[&RawValue],
    name: &str,
    scope: &Scope,
    events: &mut Vec<Event>,
    read: fn(&RawValue, &Scope) -> Option<Event>,
) {
    for raw in items {
        let mut event = read(raw, scope).unwrap_or_else(|| unreadable(name, &scope.account, raw));
        if scope.standby {
            event.attributes.push(("standby".to_owned(), "true".to_owned()));
        }
        events.push(event);
    }
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
