//! Messages that a contact wrote.

use trunkline_sdk::json::{RawValue, members, text};
use trunkline_sdk::keyword::{self, keyword};
use trunkline_sdk::{calls, mms, prelude::*, time};

use crate::media::DOMAIN;
use crate::result::{attributes, contact, identifier, scalar};

const TAKEN: [&str; 7] = ["messageId", "from", "to", "text", "message", "receivedAt", "price"];

/// The message, and a consent where it is an opt-out or opt-in keyword. None of a result that holds no message.
pub fn events(item: &RawValue, id: &str, from: &str) -> Option<Vec<Event>> {
    let [to, body, clean, segments, received] =
        members(item, ["to", "text", "cleanText", "message", "receivedAt"]);
    let clean = clean.and_then(text);
    let body = body.and_then(text).or_else(|| clean.clone());
    // The text without the keyword at its head, where there is one.
    let repeated = clean == body;
    let body = body.map(|body| body.replace('\0', ""));
    let parts = match segments {
        Some(segments) => self::parts(segments),
        None => vec![Part::Text(body?)],
    };
    let ours = to.and_then(scalar).map_or_else(String::new, |to| identifier(&to).value);
    let typed = match parts.as_slice() {
        [Part::Text(text)] => keyword(text, &[]),
        _ => None,
    };
    let mut event = Event::new(id, ours, EventKind::Message(Message::new(id, parts)));
    event.occurred_at = received.and_then(scalar).and_then(|at| time::iso8601(&at));
    event.contact = Some(contact(from));
    let channel = if segments.is_some() { "mms" } else { "sms" };
    event.attributes.push(("channel".to_owned(), channel.to_owned()));
    event.attributes.extend(typed.map(|typed| ("keyword".to_owned(), typed.name().to_owned())));
    let taken = TAKEN.iter().copied().chain(repeated.then_some("cleanText"));
    event.attributes.extend(attributes(item, &taken.collect::<Vec<_>>()));
    let kept = ["channel", "entity_id", "application_id"];
    let consent = typed.and_then(|typed| keyword::consent(&event, typed, &kept));
    Some(std::iter::once(event).chain(consent).collect())
}

/// `[{"contentType":"text/plain","value":"…"},{"contentType":"image/jpeg","url":"https://…"}]`
fn parts(segments: &RawValue) -> Vec<Part> {
    let segments: Vec<&RawValue> = serde_json::from_str(segments.get()).unwrap_or_else(|_| vec![segments]);
    let mut parts: Vec<Part> = segments.into_iter().filter_map(part).collect();
    if parts.is_empty() {
        parts.push(Part::Text(String::new()));
    }
    parts
}

/// None of the layout of a multimedia message, which is not for the reader.
fn part(segment: &RawValue) -> Option<Part> {
    let [content_type, value, url] = members(segment, ["contentType", "value", "url"]);
    let content_type = content_type.and_then(scalar);
    if mms::is_layout(content_type.as_deref(), "") {
        return None;
    }
    if let Some(url) = url.and_then(scalar) {
        return Some(Part::Media(file(content_type, &url)));
    }
    Some(match value.and_then(text) {
        Some(value) => Part::Text(value.replace('\0', "")),
        None => {
            let name = content_type.unwrap_or_else(|| "segment".to_owned());
            Part::Other(Opaque { name, payload: segment.get().to_owned() })
        }
    })
}

/// A file at Infobip needs the credential of the account.
pub fn file(content_type: Option<String>, url: &str) -> Media {
    let source = match calls::is_at(url, DOMAIN) {
        true => MediaSource::Reference(url.to_owned()),
        false => MediaSource::Url(url.to_owned()),
    };
    let mut media = Media::new(mms::kind(content_type.as_deref(), url), source);
    media.content_type = content_type;
    media
}
