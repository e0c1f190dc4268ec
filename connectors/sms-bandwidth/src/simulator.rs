//! The inverse: Bandwidth's callback for an event.

use serde_json::{Map, Value, json};
use trunkline_sdk::{mms, prelude::*, time};

use crate::callback::identifier;
use crate::message::file;

/// None for kinds and parts that Bandwidth has no callback for. `now` is milliseconds since the Unix epoch.
pub fn body(event: &Event, now: u64) -> Option<String> {
    let at = time::to_iso8601(event.occurred_at.unwrap_or(now));
    let item = match &event.kind {
        EventKind::Message(message) => {
            let (text, media) = content(message)?;
            json!({
                "type": "message-received",
                "time": at,
                "description": "Incoming message received",
                "to": event.account,
                "message": {
                    "id": required(&message.id)?,
                    "owner": event.account,
                    "time": at,
                    "direction": "in",
                    "to": members(event)?,
                    "from": contact(event)?,
                    "text": text,
                    "media": media,
                    "segmentCount": 1,
                    "channel": if media.is_empty() { "SMS" } else { "MMS" },
                },
            })
        }
        EventKind::Status(status) => {
            let failure = status.failure.as_ref();
            json!({
                "type": name(&status.state)?,
                "time": at,
                "description": failure.and_then(|failure| failure.message.as_deref()),
                "errorCode": failure.and_then(|failure| failure.code.as_deref()),
                "to": contact(event)?,
                "message": {
                    "id": required(&status.message_id)?,
                    "owner": event.account,
                    "time": at,
                    "direction": "out",
                    "to": [contact(event)?],
                    "from": event.account,
                    "text": "",
                    "tag": status.client_reference,
                    "segmentCount": 1,
                },
            })
        }
        EventKind::Other(opaque) => unknown(opaque)?,
        _ => return None,
    };
    // What would come back as somebody else.
    (identifier(&event.account).value == event.account).then(|| json!([item]).to_string())
}

fn required(id: &str) -> Option<&str> {
    Some(id).filter(|id| !id.is_empty())
}

fn contact(event: &Event) -> Option<&str> {
    let identifiers = &event.contact.as_ref()?.identifiers;
    let usable = |one: &&Identifier| identifier(&one.value) == **one && !one.value.is_empty();
    identifiers.iter().find(usable).map(|one| one.value.as_str())
}

/// Whom it was written to: us, and the others of a group.
fn members(event: &Event) -> Option<Vec<String>> {
    let Some(thread) = &event.thread else { return Some(vec![event.account.clone()]) };
    let from = contact(event)?;
    let others = thread.id.split(',').filter(|member| *member != from).map(str::to_owned);
    Some(others.collect()).filter(|others: &Vec<String>| others.len() > 1 && thread.kind == ThreadKind::Group)
}

fn content(message: &Message) -> Option<(&str, Vec<&str>)> {
    let mut text: Option<&str> = None;
    let mut media = Vec::new();
    for part in &message.parts {
        match part {
            // It always comes before the files; beside them, an empty one is none.
            Part::Text(body) if text.is_none() && media.is_empty() => text = Some(body),
            Part::Media(item) => media.push(url(item)?),
            _ => return None,
        }
    }
    if text == Some("") && !media.is_empty() {
        return None;
    }
    Some((text.unwrap_or_default(), media))
}

fn url(media: &Media) -> Option<&str> {
    let (MediaSource::Reference(url) | MediaSource::Url(url)) = &media.source else { return None };
    // Nothing but the URL says what it is.
    (file(url) == *media && !mms::is_layout(None, url)).then_some(url.as_str())
}

fn name(state: &DeliveryState) -> Option<&'static str> {
    match state {
        DeliveryState::Accepted => Some("message-sending"),
        DeliveryState::Sent => Some("message-sent"),
        DeliveryState::Delivered => Some("message-delivered"),
        DeliveryState::Read => Some("message-read"),
        DeliveryState::Failed => Some("message-failed"),
        DeliveryState::Played | DeliveryState::Other(_) => None,
    }
}

fn unknown(opaque: &Opaque) -> Option<Value> {
    let mut members: Map<String, Value> = serde_json::from_str(&opaque.payload).ok()?;
    // With a message it could come back as one, or as a status.
    if members.contains_key("message") {
        return None;
    }
    members.insert("type".to_owned(), json!(opaque.name));
    Some(Value::Object(members))
}
