//! The batch: which kind each result is, and what they have in common.

use trunkline_sdk::json::{RawValue, Text, members, scalars};
use trunkline_sdk::{Interrupt, fields, malformed_json, phone, prelude::*};

use crate::{message, report};

/// The longest message id that is taken: an event id is made of it.
const ID_LENGTH_MAX: usize = 200;

/// The events of a verified body: `{"results":[…],"messageCount":1,"pendingMessageCount":0}`. One result that cannot be read
/// becomes `other` and leaves its neighbours alone.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    if !whole.get().starts_with('{') {
        return Err(trunkline_sdk::malformed("not a JSON object"));
    }
    let [results] = members(whole, ["results"]);
    let Some(results) = results else {
        // A batch may be empty; what has no batch is of another kind.
        let [count] = members(whole, ["messageCount"]);
        return Ok(if count.is_some() { Vec::new() } else { vec![opaque(whole)] });
    };
    let items: Vec<&RawValue> = serde_json::from_str(results.get()).unwrap_or_else(|_| vec![results]);
    Ok(items.into_iter().flat_map(of_item).collect())
}

fn of_item(item: &RawValue) -> Vec<Event> {
    let [id, status, from] = members(item, ["messageId", "status", "from"]);
    let id = id.and_then(scalar).filter(|id| id.len() <= ID_LENGTH_MAX);
    let known = match (id, status, from.and_then(scalar)) {
        (Some(id), Some(status), _) => report::event(item, &id, status).map(|event| vec![event]),
        (Some(id), None, Some(from)) => message::events(item, &id, &from),
        _ => None,
    };
    known.unwrap_or_else(|| vec![opaque(item)])
}

/// A text, number or boolean that is not empty.
pub fn scalar(raw: &RawValue) -> Option<String> {
    let text: Text = serde_json::from_str(raw.get()).ok()?;
    Some(text.replace('\0', "")).filter(|text| !text.is_empty())
}

/// What nothing else reads, the price included.
pub fn attributes(item: &RawValue, leave_out: &[&str]) -> Attributes {
    let mut found = scalars(item, leave_out);
    let [price] = members(item, ["price"]);
    found.extend(price.map(|price| scalars(price, &[])).unwrap_or_default());
    let found = found.iter().filter(|(_, value)| !value.is_empty()).take(fields::ATTRIBUTES_MAX);
    found.map(|(name, value)| fields::attribute(name, value)).collect()
}

/// Infobip writes numbers without `+`. What is no such number is a short code or the name of a sender.
pub fn identifier(text: &str) -> Identifier {
    match phone::e164(text) {
        Some(number) => Identifier::new(IdentifierScheme::Phone, number),
        None => Identifier::new(IdentifierScheme::Id, text.trim()),
    }
}

/// Somebody by number or name.
pub fn contact(text: &str) -> Contact {
    Contact { identifiers: vec![identifier(text)], ..Contact::default() }
}

fn opaque(item: &RawValue) -> Event {
    let [event, to, received] = members(item, ["event", "to", "receivedAt"]);
    let name = event.and_then(scalar).filter(|name| name.len() <= ID_LENGTH_MAX);
    // Of a report it is the contact.
    let to = to.filter(|_| received.is_some()).and_then(scalar);
    let account = to.map_or_else(String::new, |text| identifier(&text).value);
    let id = signature::content_id("result", &[item.get()]);
    let name = name.unwrap_or_else(|| "result".to_owned());
    Event::new(id, account, EventKind::Other(Opaque { name, payload: item.get().to_owned() }))
}
