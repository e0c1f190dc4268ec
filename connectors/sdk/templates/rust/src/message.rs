//! What the provider's JSON means, in both directions.

use serde::{Deserialize, Serialize};
use trunkline_sdk::json::{RawValue, Text, lenient, milliseconds};
use trunkline_sdk::{Interrupt, malformed, malformed_json, prelude::*};

/// A list of millions of empty items must not take the memory.
const ITEMS_MAX: usize = 1_000;

/// `{"messages":[{…},{…}]}`. Items are read one by one, so that a bad one leaves its neighbours alone.
#[derive(Serialize, Deserialize)]
struct Webhook<'a> {
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

/// `{"id":"m-1","account":"shop-1","from":"visitor-1","name":"Visitor","at":1790000300,"text":"hello"}`
///
/// A `Text` takes numbers as well: ids are often one and the other. What is only nice to have is `lenient`: absent where it has
/// another form than expected.
#[derive(Deserialize)]
struct Item {
    id: Text,
    account: Text,
    from: Text,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<Text>,
    /// Seconds since the Unix epoch.
    #[serde(default, deserialize_with = "lenient")]
    at: Option<Text>,
    text: String,
}

/// Every event of a verified body, in the order of the body.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    // The refusal says where the body is wrong, and never quotes it.
    let webhook: Webhook = serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    if webhook.messages.len() > ITEMS_MAX {
        return Err(malformed(format!("{} messages, at most {ITEMS_MAX}", webhook.messages.len())));
    }
    Ok(webhook.messages.into_iter().map(event).collect())
}

fn event(raw: &RawValue) -> Event {
    let Some(item) = serde_json::from_str::<Item>(raw.get()).ok().filter(|item| !item.id.is_empty()) else {
        return unreadable(raw);
    };
    let mut contact = Contact::new(IdentifierScheme::Id, &*item.from);
    contact.name = item.name.map(String::from);
    let message = Message::new(&*item.id, vec![Part::Text(item.text)]);
    // The provider's own id, the same whenever it sends this again: what duplicates are recognized by.
    let mut event = Event::new(&*item.id, &*item.account, EventKind::Message(message));
    event.occurred_at = item.at.as_deref().and_then(milliseconds);
    event.contact = Some(contact);
    event
}

/// What cannot be read is kept as it came, under an id that depends on nothing but its content.
fn unreadable(raw: &RawValue) -> Event {
    let payload = raw.get().to_owned();
    let id = signature::content_id("message", &[&payload]);
    Event::new(id, "", EventKind::Other(Opaque { name: "message".to_owned(), payload }))
}

/// The body with one event. None where the provider has no such webhook.
pub fn body(event: &Event) -> Option<String> {
    let EventKind::Message(message) = &event.kind else { return None };
    let [Part::Text(text)] = message.parts.as_slice() else { return None };
    let contact = event.contact.as_ref()?;
    let item = serde_json::json!({
        "id": message.id,
        "account": event.account,
        "from": contact.identifiers.first()?.value,
        "name": contact.name,
        "at": event.occurred_at.map(|milliseconds| milliseconds / 1000),
        "text": text,
    });
    Some(serde_json::json!({ "messages": [item] }).to_string())
}
