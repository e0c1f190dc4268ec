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

/// The entry that a change stands in.
pub struct Origin<'a> {
    /// The business account.
    pub id: &'a str,
    /// Seconds.
    pub time: Option<&'a str>,
}

impl<'a> Origin<'a> {
    fn of<C>(entry: &'a Entry<C>) -> Self {
        Self { id: &entry.id, time: entry.time.as_deref() }
    }
}

/// Every event of a verified body, in the order of the body.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    match regular(body) {
        Some(events) => Ok(events),
        None => one_by_one(body),
    }
}

/// Reads entries and changes at once. None where any is not as it should be.
fn regular(body: &[u8]) -> Option<Vec<Event>> {
    let envelope: Envelope<Entry<Change>> = serde_json::from_slice(body).ok()?;
    let mut events = Vec::new();
    for entry in &envelope.entry {
        for change in &entry.changes {
            change_events(&Origin::of(entry), change, &mut events)?;
        }
    }
    Some(events)
}

/// Reads each entry and change on its own, so that one that is not as it should be costs only itself.
fn one_by_one(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    let envelope: Envelope<&RawValue> =
        serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    let mut events = Vec::new();
    for raw in envelope.entry {
        let Some(entry) = parse::<Entry<&RawValue>>(raw) else {
            events.push(unreadable("entry", "", raw));
            continue;
        };
        for raw in &entry.changes {
            let Some(change) = parse::<Change>(raw) else {
                events.push(unreadable("change", &entry.id, raw));
                continue;
            };
            if change_events(&Origin::of(&entry), &change, &mut events).is_none() {
                events.push(unreadable(&change.field, &entry.id, raw));
            }
        }
    }
    Ok(events)
}

/// Adds the events of a change. None, and no event, where it has no value or one that cannot be read.
fn change_events(entry: &Origin, change: &Change, events: &mut Vec<Event>) -> Option<()> {
    let raw_value = change.value?;
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
        events.push(account::notice(entry, field, raw_value));
        return Some(());
    }
    let value: Value = parse(raw_value)?;
    let phone_number_id = value.metadata.and_then(|metadata| metadata.phone_number_id);
    let scope = Scope {
        account: phone_number_id.map_or_else(|| entry.id.to_owned(), String::from),
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
    Some(())
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
