//! Messages that a contact wrote.

use trunkline_sdk::json::{self, RawValue};
use trunkline_sdk::keyword::{self, keyword};
use trunkline_sdk::{calls, mms, prelude::*};

use crate::callback::{Callback, Content, contact, identifier};
use crate::media::DOMAIN;

/// The message, and a consent where it is an opt-out or opt-in keyword. None where it is not one that we received: statuses
/// may come to the same URL, and what we sent ourselves must not be answered.
pub fn events(callback: &Callback) -> Option<Vec<Event>> {
    let content = &callback.message;
    if content.direction.as_deref().is_some_and(|direction| direction != "in") {
        return None;
    }
    let from = content.from.as_deref()?;
    let ours = content.owner.as_deref().or(callback.to.as_deref()).or(content.to.first().map(String::as_str));
    let ours = ours.map(|text| identifier(text).value).unwrap_or_default();
    let parts = parts(content);
    let typed = parts.iter().find_map(|part| match part {
        Part::Text(text) => keyword(text, &[]),
        _ => None,
    });
    let message = Message::new(&*content.id, parts);
    let mut event = Event::new(&*content.id, ours, EventKind::Message(message));
    event.occurred_at = callback.occurred_at();
    event.contact = Some(contact(from));
    event.thread = content.thread();
    let default = if content.media.is_empty() { "sms" } else { "mms" };
    let channel = content.channel.as_deref().unwrap_or(default);
    event.attributes.push(("channel".to_owned(), channel.to_owned()));
    event.attributes.extend(typed.map(|typed| ("keyword".to_owned(), typed.name().to_owned())));
    event.attributes.extend(content.attributes(&[]));
    let kept = ["channel", "application_id"];
    let consent = typed.and_then(|typed| keyword::consent(&event, typed, &kept));
    Some(std::iter::once(event).chain(consent).collect())
}

fn parts(content: &Content) -> Vec<Part> {
    let mut parts = Vec::new();
    parts.extend(content.text.and_then(|raw| match json::text(raw) {
        Some(text) if text.is_empty() => None,
        Some(text) => Some(Part::Text(text.replace('\0', ""))),
        None => odd("text", raw),
    }));
    parts.extend(content.media.iter().filter_map(|raw| match json::text(raw) {
        // The layout of a multimedia message is not for the reader.
        Some(url) => (!mms::is_layout(None, &url)).then(|| Part::Media(file(&url))),
        None => odd("media", raw),
    }));
    if parts.is_empty() {
        parts.push(Part::Text(String::new()));
    }
    parts
}

/// What has another form than it should, as it is.
fn odd(name: &str, raw: &RawValue) -> Option<Part> {
    let payload = raw.get().to_owned();
    (payload != "null").then(|| Part::Other(Opaque { name: name.to_owned(), payload }))
}

/// A file at Bandwidth needs the credential of the account.
pub fn file(url: &str) -> Media {
    let source = match calls::is_at(url, DOMAIN) {
        true => MediaSource::Reference(url.to_owned()),
        false => MediaSource::Url(url.to_owned()),
    };
    Media::new(mms::kind(None, url), source)
}
