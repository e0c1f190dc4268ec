//! The inverse: Infobip's batch of one for an event.

use serde_json::{Map, Value, json};
use trunkline_sdk::{mms, prelude::*, time};

use crate::message::file;
use crate::result::identifier;

/// None for kinds and parts that Infobip has no webhook for. `now` is milliseconds since the Unix epoch.
pub fn body(event: &Event, now: u64) -> Option<String> {
    // An offset without a colon, as Infobip writes it.
    let at = time::to_iso8601(event.occurred_at.unwrap_or(now)).replace('Z', "+0000");
    let result = match &event.kind {
        EventKind::Message(message) => {
            let mut members = Map::new();
            members.insert("messageId".to_owned(), json!(required(&message.id)?));
            members.insert("from".to_owned(), json!(address(&contact(event)?)?));
            members.insert("to".to_owned(), json!(address(&identifier(&event.account))?));
            members.insert("receivedAt".to_owned(), json!(at));
            let (name, content) = content(message)?;
            members.insert(name.to_owned(), content);
            members.insert("price".to_owned(), json!({ "pricePerMessage": 0, "currency": "EUR" }));
            Value::Object(members)
        }
        EventKind::Status(status) => json!({
            "messageId": required(&status.message_id)?,
            "from": address(&identifier(&event.account))?,
            "to": address(&contact(event)?)?,
            "sentAt": at,
            "doneAt": at,
            "callbackData": status.client_reference,
            "status": self::status(status)?,
        }),
        EventKind::Other(opaque) => unknown(opaque)?,
        _ => return None,
    };
    Some(json!({ "results": [result], "messageCount": 1, "pendingMessageCount": 0 }).to_string())
}

fn required(id: &str) -> Option<&str> {
    Some(id).filter(|id| !id.is_empty())
}

fn contact(event: &Event) -> Option<Identifier> {
    let identifiers = &event.contact.as_ref()?.identifiers;
    identifiers
        .iter()
        .find(|one| matches!(one.scheme, IdentifierScheme::Phone | IdentifierScheme::Id))
        .cloned()
}

/// As Infobip writes it. None where that would be read as something else.
fn address(one: &Identifier) -> Option<String> {
    let text = one.value.strip_prefix('+').unwrap_or(&one.value);
    (identifier(text) == *one && !text.is_empty()).then(|| text.to_owned())
}

/// A text alone is an SMS, everything else an MMS.
fn content(message: &Message) -> Option<(&'static str, Value)> {
    if let [Part::Text(text)] = message.parts.as_slice() {
        return Some(("text", json!(text)));
    }
    let segments: Option<Vec<Value>> = message.parts.iter().map(segment).collect();
    Some(("message", Value::Array(segments.filter(|segments| !segments.is_empty())?)))
}

fn segment(part: &Part) -> Option<Value> {
    match part {
        Part::Text(text) => Some(json!({ "contentType": "text/plain", "value": text })),
        Part::Media(media) => {
            let (MediaSource::Reference(url) | MediaSource::Url(url)) = &media.source else { return None };
            let content_type = media.content_type.clone();
            let same = file(content_type.clone(), url) == *media && !url.is_empty();
            let shown = same && !mms::is_layout(content_type.as_deref(), "");
            shown.then(|| json!({ "contentType": content_type, "url": url }))
        }
        _ => None,
    }
}

fn status(status: &Status) -> Option<Value> {
    let (id, group) = match &status.state {
        DeliveryState::Accepted => (1, "PENDING".to_owned()),
        DeliveryState::Delivered => (3, "DELIVERED".to_owned()),
        DeliveryState::Failed => (5, "REJECTED".to_owned()),
        DeliveryState::Other(name) => (9, name.to_ascii_uppercase()),
        DeliveryState::Sent | DeliveryState::Read | DeliveryState::Played => return None,
    };
    let failure = status.failure.as_ref();
    Some(json!({
        "groupId": id,
        "groupName": group,
        "name": failure.and_then(|failure| failure.code.as_deref()),
        "description": failure.and_then(|failure| failure.message.as_deref()),
    }))
}

fn unknown(opaque: &Opaque) -> Option<Value> {
    let mut members: Map<String, Value> = serde_json::from_str(&opaque.payload).ok()?;
    // With an id it could come back as a message or a report.
    if members.contains_key("messageId") {
        return None;
    }
    members.insert("event".to_owned(), json!(opaque.name));
    Some(Value::Object(members))
}
