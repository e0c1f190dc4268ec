//! From the body to events: entries, lists, items. Nothing here fails but a body that is no envelope.

use trunkline_model::{Event, EventKind, Opaque};

use super::item::{Item, Members, Origin, members, parse, present, remainder};
use super::wire::{Change, Envelope};
use super::{Product, conversation, message};
use crate::json::{RawValue, Text, milliseconds};
use crate::{Interrupt, malformed, signature};

/// Members of an item that only go along with what happened.
const CONTEXT: [&str; 5] = ["sender", "recipient", "timestamp", "hop_context", "prior_message"];

/// Every event of a verified body, in the order of the body.
pub fn events<P: Product>(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    // The parser's own words quote the body.
    let nowhere = |error: serde_json::Error| {
        malformed(format!("no envelope: line {}, column {}", error.line(), error.column()))
    };
    let mut events = Vec::new();
    if body.trim_ascii_start().starts_with(b"[") {
        // Some of Meta's documents show a list of envelopes.
        for raw in serde_json::from_slice::<Vec<&RawValue>>(body).map_err(nowhere)? {
            match members(raw).and_then(|_| parse::<Envelope>(raw)) {
                Some(Envelope { object, entry: Some(entries) }) => {
                    entries_events::<P>(&object, &entries, &mut events);
                }
                _ => events.push(unreadable("envelope", "", raw)),
            }
        }
    } else {
        let envelope: Envelope = serde_json::from_slice(body).map_err(nowhere)?;
        entries_events::<P>(&envelope.object, &envelope.entry.unwrap_or_default(), &mut events);
    }
    Ok(events)
}

fn entries_events<P: Product>(object: &Option<Text>, entries: &[&RawValue], events: &mut Vec<Event>) {
    let object = present(object).unwrap_or(P::OBJECT);
    for raw in entries {
        match members(raw) {
            // Another product of the app: its items mean something else.
            Some(entry) if object != P::OBJECT => events.push(unreadable(object, &account(&entry), raw)),
            Some(entry) => entry_events::<P>(raw, &entry, events),
            None => events.push(unreadable("entry", "", raw)),
        }
    }
}

fn account(entry: &Members) -> String {
    entry.get("id").and_then(|raw| parse::<Text>(raw)).unwrap_or_default().into()
}

fn entry_events<P: Product>(raw: &RawValue, entry: &Members, events: &mut Vec<Event>) {
    let time = entry.get("time").and_then(|raw| parse::<Text>(raw));
    // A change may stand in the entry itself, without a list around it.
    let flat = entry.contains_key("field");
    let mut read = vec!["id", "time", "messaging", "standby", "changes"];
    read.extend(flat.then_some(["field", "value"]).into_iter().flatten());
    let mut origin = Origin {
        account: account(entry),
        time: time.as_deref().and_then(milliseconds),
        standby: false,
        attributes: remainder(entry, &read),
    };
    let lists = ["messaging", "standby", "changes"].map(|name| (name, entry.get(name)));
    if lists.iter().all(|(_, list)| list.is_none()) && !flat && !origin.attributes.is_empty() {
        return events.push(unreadable("entry", &origin.account, raw));
    }
    for (name, list) in lists {
        let Some(list) = list else { continue };
        let Some(items) = parse::<Vec<&RawValue>>(list) else {
            events.push(unreadable(name, &origin.account, list));
            continue;
        };
        origin.standby = name == "standby";
        for raw in items {
            match name {
                "changes" => events.extend(change_events::<P>(raw, &origin)),
                _ => events.extend(item_events::<P>(name, raw, &origin)),
            }
        }
    }
    if flat {
        origin.standby = false;
        events.extend(change_events::<P>(raw, &origin));
    }
}

fn change_events<P: Product>(raw: &RawValue, origin: &Origin) -> Vec<Event> {
    match parse::<Change>(raw) {
        Some(Change { field, value: Some(value) }) => P::change(&field, value, origin),
        Some(Change { field, value: None }) => vec![change(&field, raw, origin)],
        None => vec![unreadable("change", &origin.account, raw)],
    }
}

/// A change that is kept as it is.
pub fn change(field: &str, value: &RawValue, origin: &Origin) -> Event {
    let mut event = unreadable(field, &origin.account, value);
    event.occurred_at = origin.time;
    event
}

/// The events of an item, which may hold more than one thing that happened. Where none is known, the item is
/// handed on as a whole, under the name of its list where it has no better one.
pub fn item_events<P: Product>(list: &str, raw: &RawValue, origin: &Origin) -> Vec<Event> {
    let Some(item) = Item::read(raw, origin, P::KEYS) else {
        return vec![unreadable(list, &origin.account, raw)];
    };
    // The `referral` of a lead belongs to it.
    let keys: &[&str] = if item.members.contains_key("lead") { &[] } else { P::KEYS };
    let mut events = Vec::new();
    for key in keys {
        if let Some(raw) = item.members.get(*key) {
            events.extend(content::<P>(key, raw, &item).unwrap_or_else(|| vec![item.opaque(key)]));
        }
    }
    if events.is_empty() {
        events.push(item.opaque(unknown_key(&item.members).unwrap_or(list)));
    }
    events
}

/// None where the content has not the form expected.
fn content<P: Product>(key: &str, raw: &RawValue, item: &Item) -> Option<Vec<Event>> {
    let event = match key {
        "optin" => conversation::consent(raw, item),
        "postback" => message::postback(raw, item),
        "referral" => conversation::referral(raw, item),
        "reaction" => message::reaction(raw, item),
        "message_edit" => message::edit(raw, item),
        "pass_thread_control" | "take_thread_control" | "request_thread_control" => {
            conversation::handover(key, raw, item)
        }
        "message" => message::event::<P>(raw, item),
        _ => return P::content(key, raw, item),
    };
    event.map(|event| vec![event])
}

/// The name of an item that is not known: its first member with an inside, or else its first member.
fn unknown_key<'a>(members: &'a Members) -> Option<&'a str> {
    let mut named = members.iter().filter(|(name, _)| !CONTEXT.contains(&name.as_str()));
    let first = named.clone().next();
    named.find(|(_, raw)| raw.get().starts_with(['{', '['])).or(first).map(|(name, _)| name.as_str())
}

/// What could not be read, kept as it is.
fn unreadable(name: &str, account: &str, raw: &RawValue) -> Event {
    let payload = raw.get().to_owned();
    let id = signature::content_id(name, &[account, &payload]);
    Event::new(id, account, EventKind::Other(Opaque { name: name.to_owned(), payload }))
}
