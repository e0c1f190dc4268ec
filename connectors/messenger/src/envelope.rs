//! From the body to events: entries, lists, items. Nothing here fails but a body that is no envelope.

use trunkline_sdk::json::{RawValue, Text, milliseconds};
use trunkline_sdk::{Interrupt, malformed, prelude::*};

use crate::item::{Item, Members, Origin, members, parse, present, remainder};
use crate::wire::{Change, Envelope};
use crate::{account, conversation, message, receipt};

/// The members of an item that say what happened, in the order in which they are looked for.
const KEYS: [&str; 15] = [
    "optin",
    "postback",
    "referral",
    "reaction",
    "message_edit",
    "order",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
    "policy-enforcement",
    "policy_enforcement",
    "delivery",
    "read",
    "message",
];

/// Members of an item that only go along with what happened.
const CONTEXT: [&str; 5] = ["sender", "recipient", "timestamp", "hop_context", "prior_message"];

/// Every event of a verified body, in the order of the body.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    // The parser's own words quote the body.
    let nowhere = |error: serde_json::Error| {
        malformed(format!("no envelope: line {}, column {}", error.line(), error.column()))
    };
    let envelope: Envelope = serde_json::from_slice(body).map_err(nowhere)?;
    let object = present(&envelope.object).unwrap_or("page");
    let mut events = Vec::new();
    for raw in envelope.entry.unwrap_or_default() {
        match members(raw) {
            // Another product of the app (`instagram`, `permissions`): its items mean something else.
            Some(entry) if object != "page" => events.push(unreadable(object, &page(&entry), raw)),
            Some(entry) => entry_events(raw, &entry, &mut events),
            None => events.push(unreadable("entry", "", raw)),
        }
    }
    Ok(events)
}

fn page(entry: &Members) -> String {
    entry.get("id").and_then(|raw| parse::<Text>(raw)).unwrap_or_default().into()
}

fn entry_events(raw: &RawValue, entry: &Members, events: &mut Vec<Event>) {
    let time = entry.get("time").and_then(|raw| parse::<Text>(raw));
    let rest = remainder(entry, &["id", "time", "messaging", "standby", "changes"]);
    let mut origin = Origin {
        page: page(entry),
        time: time.as_deref().and_then(milliseconds),
        standby: false,
        attributes: rest,
    };
    let lists = ["messaging", "standby", "changes"].map(|name| (name, entry.get(name)));
    if lists.iter().all(|(_, list)| list.is_none()) && !origin.attributes.is_empty() {
        return events.push(unreadable("entry", &origin.page, raw));
    }
    for (name, list) in lists {
        let Some(list) = list else { continue };
        let Some(items) = parse::<Vec<&RawValue>>(list) else {
            events.push(unreadable(name, &origin.page, list));
            continue;
        };
        origin.standby = name == "standby";
        for raw in items {
            match name {
                "changes" => events.extend(change_events(raw, &origin)),
                _ => events.extend(item_events(name, raw, &origin)),
            }
        }
    }
}

fn change_events(raw: &RawValue, origin: &Origin) -> Vec<Event> {
    let Some(change) = parse::<Change>(raw) else {
        return vec![unreadable("change", &origin.page, raw)];
    };
    let value = change.value.unwrap_or(raw);
    // What the dashboard's test button sends: an item of `messaging`.
    if &*change.field == "messages" {
        return item_events("messages", value, origin);
    }
    let mut event = unreadable(&change.field, &origin.page, value);
    event.occurred_at = origin.time;
    vec![event]
}

/// An item may hold more than one thing that happened; each is an event. Where none is known, the item is
/// handed on as a whole.
fn item_events(list: &str, raw: &RawValue, origin: &Origin) -> Vec<Event> {
    let Some(item) = Item::read(raw, origin, &KEYS) else {
        return vec![unreadable(list, &origin.page, raw)];
    };
    // The `referral` of a lead belongs to it.
    let keys = if item.members.contains_key("lead") { &[] } else { &KEYS[..] };
    let mut events = Vec::new();
    for key in keys {
        if let Some(raw) = item.members.get(*key) {
            events.extend(content(key, raw, &item).unwrap_or_else(|| vec![item.opaque(key)]));
        }
    }
    if events.is_empty() {
        events.push(item.opaque(unknown_key(&item.members).unwrap_or(list)));
    }
    events
}

/// None where the content has not the form expected.
fn content(key: &str, raw: &RawValue, item: &Item) -> Option<Vec<Event>> {
    let event = match key {
        "optin" => conversation::consent(raw, item),
        "postback" => message::postback(raw, item),
        "referral" => conversation::referral(raw, item),
        "reaction" => message::reaction(raw, item),
        "message_edit" => message::edit(raw, item),
        "order" => message::order(raw, item),
        "pass_thread_control" | "take_thread_control" | "request_thread_control" => {
            conversation::handover(key, raw, item)
        }
        "app_roles" => account::roles(raw, item),
        "policy-enforcement" | "policy_enforcement" => account::policy(key, raw, item),
        "delivery" => return receipt::delivery(raw, item),
        "read" => receipt::read(raw, item),
        "message" => message::event(raw, item),
        _ => None,
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
