//! The inverse: the Messages API's JSON for an event.

use serde_json::{Map, Value, json};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::to_iso8601;

use crate::address::bare;
use crate::envelope;

/// The body of the webhook. None for kinds and parts that Vonage has no webhook for.
pub fn body(event: &Event, context: &Context) -> Option<Value> {
    if let EventKind::Other(opaque) = &event.kind {
        return other(opaque);
    }
    let contact = event.contact.as_ref()?;
    let theirs = bare(&contact.identifiers.first()?.value).to_owned();
    let ours = bare(&event.account).to_owned();
    let (content, usual) = match &event.kind {
        EventKind::Message(message) => message_content(message)?,
        EventKind::Reaction(reaction) => {
            let action = if reaction.emoji.is_some() { "react" } else { "unreact" };
            let content = json!({
                "message_uuid": event.id,
                "message_type": "reaction",
                "reaction": { "action": action, "emoji": reaction.emoji },
                "context": { "message_uuid": reaction.target.id },
            });
            (content, "whatsapp")
        }
        EventKind::Status(status) => (status_content(status)?, "sms"),
        _ => return None,
    };
    let mut body = content;
    let is_status = matches!(event.kind, EventKind::Status(_));
    let (from, to) = if is_status { (ours, theirs) } else { (theirs, ours) };
    body["from"] = json!(from);
    body["to"] = json!(to);
    body["channel"] = json!(event.attribute("channel").unwrap_or(usual));
    body["timestamp"] = json!(to_iso8601(event.occurred_at.unwrap_or(context.now)));
    if let Some(name) = &contact.name {
        body["profile"] = json!({ "name": name });
    }
    Some(body)
}

/// With the channel on which there is such a message.
fn message_content(message: &Message) -> Option<(Value, &'static str)> {
    let [part] = message.parts.as_slice() else { return None };
    let (kind, content, channel) = match part {
        Part::Text(text) => ("text", json!(text), "sms"),
        Part::Media(media) => {
            let (MediaSource::Url(url) | MediaSource::Reference(url)) = &media.source else { return None };
            let kind = match media.kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio => "audio",
                MediaKind::Sticker => "sticker",
                MediaKind::File => "file",
                _ => return None,
            };
            let content = json!({
                "url": url,
                "caption": media.caption,
                "name": media.name,
                "mime_type": media.content_type,
            });
            (kind, content, "whatsapp")
        }
        Part::Location(place) => {
            let content = json!({
                "lat": place.latitude,
                "long": place.longitude,
                "name": place.name,
                "address": place.address,
                "url": place.url,
            });
            ("location", content, "whatsapp")
        }
        Part::Choice(choice) if choice.data.is_none() => {
            ("reply", json!({ "id": choice.id, "title": choice.title }), "whatsapp")
        }
        _ => return None,
    };
    let mut body = json!({ "message_uuid": message.id, "message_type": kind });
    body[kind] = content;
    if let Some(quoted) = &message.reply_to {
        let author = quoted.author.as_ref().map(|author| bare(&author.value));
        body["context"] = json!({ "message_uuid": quoted.id, "message_from": author });
    }
    (!message.id.is_empty() && message.subject.is_none() && message.referral.is_none())
        .then_some((body, channel))
}

fn status_content(status: &Status) -> Option<Value> {
    let name = match &status.state {
        DeliveryState::Sent => "submitted",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Read => "read",
        DeliveryState::Failed => "rejected",
        DeliveryState::Other(name) => name.as_str(),
        DeliveryState::Accepted | DeliveryState::Played => return None,
    };
    let mut body = json!({ "message_uuid": status.message_id, "status": name });
    if let Some(failure) = &status.failure {
        body["error"] = json!({ "title": failure.code, "detail": failure.message });
    }
    if let Some(reference) = &status.client_reference {
        body["client_ref"] = json!(reference);
    }
    Some(body)
}

/// As it is, with its name where that would be looked for.
fn other(opaque: &Opaque) -> Option<Value> {
    let mut object: Map<String, Value> = serde_json::from_str(&opaque.payload).ok()?;
    if ["message_uuid", "messageId"].iter().any(|name| object.contains_key(*name)) {
        return None;
    }
    if envelope::name(&object) != opaque.name {
        object.insert("event".to_owned(), json!(opaque.name));
    }
    (envelope::name(&object) == opaque.name).then_some(Value::Object(object))
}
