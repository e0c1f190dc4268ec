//! The inverse: LINE's JSON for an event.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use trunkline_sdk::prelude::*;

use crate::envelope;
use crate::message::STICKER_URL;

/// Borrows the item as text, so that what is unknown comes back letter by letter.
#[derive(Serialize)]
struct Webhook<'a> {
    destination: &'a str,
    events: [&'a RawValue; 1],
}

/// The body with one event. None for kinds and contents that LINE has no webhook for.
pub fn body(event: &Event, now: u64) -> Option<String> {
    let item = match &event.kind {
        EventKind::Other(opaque) => opaque_item(event, opaque, now)?,
        _ => item(event, now)?,
    };
    let body = serde_json::to_string(&Webhook { destination: &event.account, events: [&item] }).ok()?;
    // What this module has not thought of (an unknown item with the name of a known one) is not sent.
    let back = envelope::events(body.as_bytes(), None).ok()?;
    matches!(back.as_slice(), [only] if only.kind.name() == event.kind.name()).then_some(body)
}

/// An item that has its type is sent as it is; another one gets what every event has.
fn opaque_item(event: &Event, opaque: &Opaque, now: u64) -> Option<Box<RawValue>> {
    let content: Map<String, Value> = serde_json::from_str(&opaque.payload).ok()?;
    if let Some(kind) = content.get("type") {
        let same = *kind == opaque.name;
        return same.then(|| RawValue::from_string(opaque.payload.clone()).ok())?;
    }
    let mut item = frame(event, now);
    item["type"] = json!(opaque.name);
    item.as_object_mut()?.extend(content);
    to_raw_value(&item).ok()
}

fn item(event: &Event, now: u64) -> Option<Box<RawValue>> {
    let mut item = frame(event, now);
    let (kind, field) = match &event.kind {
        EventKind::Message(message) => match message.parts.as_slice() {
            [Part::Choice(choice)] => {
                // A postback has no message id of its own.
                item["webhookEventId"] = json!(message.id);
                ("postback", Some(("postback", postback(choice)?)))
            }
            _ => ("message", Some(("message", content(event, message)?))),
        },
        EventKind::Edited(message) => ("messageEdited", Some(("message", content(event, message)?))),
        EventKind::Unsent(target) => ("unsend", Some(("unsend", json!({ "messageId": target.id })))),
        EventKind::Consent(consent) => match (&consent.state, consent.origin.as_str()) {
            (ConsentState::Granted, origin @ ("follow" | "unblock")) => {
                ("follow", Some(("follow", json!({ "isUnblocked": origin == "unblock" }))))
            }
            (ConsentState::Revoked, "unfollow") => ("unfollow", None),
            _ => return None,
        },
        EventKind::Membership(membership) => self::membership(membership)?,
        EventKind::Handover(handover) => match handover.action {
            HandoverAction::GivenToUs => {
                let expiry = event.attribute("expire_at").and_then(|time| time.parse::<u64>().ok());
                ("activated", Some(("chatControl", json!({ "expireAt": expiry }))))
            }
            HandoverAction::TakenFromUs => ("deactivated", None),
            _ => return None,
        },
        EventKind::Status(status) if status.state == DeliveryState::Delivered => {
            ("delivery", Some(("delivery", json!({ "data": status.message_id }))))
        }
        _ => return None,
    };
    item["type"] = json!(kind);
    if let Some((name, value)) = field {
        item[name] = value;
    }
    let about_nobody = item["source"].is_null();
    (!about_nobody).then(|| to_raw_value(&item).ok())?
}

/// What every event has but its type.
fn frame(event: &Event, now: u64) -> Value {
    let standby = event.attribute("standby") == Some("true");
    let mut item = json!({
        "mode": if standby { "standby" } else { "active" },
        "timestamp": event.occurred_at.unwrap_or(now),
        "webhookEventId": event.id,
        "deliveryContext": { "isRedelivery": event.attribute("redelivery") == Some("true") },
    });
    if let Some(token) = event.attribute("reply_token") {
        item["replyToken"] = json!(token);
    }
    if let Some(source) = source(event) {
        item["source"] = source;
    }
    item
}

fn source(event: &Event) -> Option<Value> {
    let identifiers =
        event.contact.as_ref().map(|contact| contact.identifiers.as_slice()).unwrap_or_default();
    let user = identifiers.iter().find(|identifier| identifier.scheme == IdentifierScheme::Id);
    let mut source = match &event.thread {
        Some(Thread { id, kind: ThreadKind::Group, .. }) => json!({ "type": "group", "groupId": id }),
        Some(Thread { id, kind: ThreadKind::Other(_), .. }) => json!({ "type": "room", "roomId": id }),
        Some(Thread { kind: ThreadKind::Direct, .. }) | None => {
            user?;
            json!({ "type": "user" })
        }
    };
    if let Some(user) = user {
        source["userId"] = json!(user.value);
    }
    Some(source)
}

/// The field `message` for a message of one part.
fn content(event: &Event, message: &Message) -> Option<Value> {
    let [part] = message.parts.as_slice() else { return None };
    let mut content = match part {
        Part::Text(text) => json!({ "type": "text", "id": message.id, "text": text }),
        Part::Media(media) => self::media(media, &message.id)?,
        // LINE's places have no link.
        Part::Location(place) if place.url.is_none() => json!({
            "type": "location",
            "id": message.id,
            "title": place.name,
            "address": place.address,
            "latitude": place.latitude,
            "longitude": place.longitude,
        }),
        _ => return None,
    };
    let tokens = [("quoteToken", "quote_token"), ("markAsReadToken", "mark_as_read_token")];
    for (name, attribute) in tokens {
        if let Some(token) = event.attribute(attribute) {
            content[name] = json!(token);
        }
    }
    for name in ["emojis", "mention"] {
        if let Some(value) = event.attribute(name) {
            content[name] = serde_json::from_str(value).ok()?;
        }
    }
    if let Some(quoted) = &message.reply_to {
        content["quotedMessageId"] = json!(quoted.id);
    }
    Some(content)
}

fn media(media: &Media, message_id: &str) -> Option<Value> {
    let kind = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::File => "file",
        MediaKind::Sticker => return sticker(media, message_id),
        _ => return None,
    };
    // Only message stickers have words.
    if media.caption.is_some() {
        return None;
    }
    let mut content = json!({ "type": kind, "id": message_id });
    match &media.source {
        // What LINE holds is fetched by the message's id.
        MediaSource::Reference(id) => {
            content["id"] = json!(id);
            content["contentProvider"] = json!({ "type": "line" });
        }
        MediaSource::Url(url) if media.kind != MediaKind::File => {
            let preview = attribute(media, "preview_image_url");
            content["contentProvider"] =
                json!({ "type": "external", "originalContentUrl": url, "previewImageUrl": preview });
        }
        _ => return None,
    }
    if media.kind == MediaKind::File {
        content["fileName"] = json!(media.name);
        content["fileSize"] = json!(media.size);
    } else {
        content["duration"] = json!(media.duration_ms);
    }
    if let Some(id) = attribute(media, "image_set_id") {
        let [index, total] = ["image_set_index", "image_set_total"].map(|name| attribute(media, name));
        content["imageSet"] = json!({ "id": id, "index": index, "total": total });
    }
    Some(content)
}

fn sticker(media: &Media, message_id: &str) -> Option<Value> {
    let MediaSource::Url(url) = &media.source else { return None };
    let id = url.strip_prefix(STICKER_URL.0)?.strip_suffix(STICKER_URL.1)?;
    let keywords = attribute(media, "keywords").and_then(|words| serde_json::from_str::<Value>(words).ok());
    Some(json!({
        "type": "sticker",
        "id": message_id,
        "packageId": attribute(media, "package_id"),
        "stickerId": id,
        "stickerResourceType": attribute(media, "sticker_resource_type"),
        "keywords": keywords,
        "text": media.caption,
    }))
}

fn attribute<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    media.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// LINE does not send the words on a button.
fn postback(choice: &Choice) -> Option<Value> {
    if choice.title.is_some() {
        return None;
    }
    let mut postback = json!({ "data": choice.id });
    if let Some(data) = &choice.data {
        postback["params"] = serde_json::from_str(data).ok()?;
    }
    Some(postback)
}

type Field = Option<(&'static str, Value)>;

fn membership(membership: &Membership) -> Option<(&'static str, Field)> {
    let (own, others, field) = match membership.change {
        MembershipChange::Joined => ("join", "memberJoined", "joined"),
        MembershipChange::Left => ("leave", "memberLeft", "left"),
        MembershipChange::Other(_) => return None,
    };
    if membership.members.is_empty() {
        return Some((own, None));
    }
    let mut members = Vec::new();
    for member in &membership.members {
        let [identifier] = member.identifiers.as_slice() else { return None };
        members.push(json!({ "type": "user", "userId": identifier.value }));
    }
    Some((others, Some((field, json!({ "members": members })))))
}
