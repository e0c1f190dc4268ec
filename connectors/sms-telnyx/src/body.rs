//! What a message consists of: the text and files of SMS and MMS, and the `body` of RCS and WhatsApp.

use serde_json::{Map, Value};
use trunkline_sdk::json::{RawValue, Text};
use trunkline_sdk::prelude::*;

use crate::wire::{File, Payload, Place, Reference, Reply, items, parse, present};

/// Members of a `body` that say what it is, and are no part of it.
const ABOUT: [&str; 9] =
    ["context", "edit", "from", "from_user_id", "id", "reaction", "revoke", "timestamp", "type"];

/// The content of a message.
pub struct Content {
    pub parts: Vec<Part>,
    /// The text where the contact typed it.
    pub typed: Option<String>,
    /// What of the `body` has no place in a part.
    pub attributes: Attributes,
}

/// The content of `text`, `media` and `body`, in this order.
pub fn content(item: &Payload) -> Content {
    let mut content = Content { parts: Vec::new(), typed: None, attributes: Vec::new() };
    if let Some(text) = item.text {
        content.add_text(text);
    }
    content.parts.extend(items(item.media).into_iter().filter_map(mms_part));
    if let Some(body) = item.body {
        members(body, &mut content);
    }
    if content.parts.is_empty() {
        content.parts.push(Part::Text(String::new()));
    }
    content
}

/// A file of an MMS. None for the layout, which is not for the reader.
fn mms_part(raw: &RawValue) -> Option<Part> {
    let media = parse::<File>(raw).and_then(|file| media(file, None));
    match media {
        Some(media) if media.content_type.as_deref().map(essence).as_deref() == Some("application/smil") => {
            None
        }
        Some(media) => Some(Part::Media(media)),
        None => Some(other("media", raw)),
    }
}

fn members(body: &RawValue, content: &mut Content) {
    let Some(object) = parse::<Map<String, Value>>(body) else {
        content.parts.push(other("body", body));
        return;
    };
    for (name, value) in &object {
        let Ok(raw) = serde_json::value::to_raw_value(value) else { continue };
        if ABOUT.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        match (name.as_str(), value) {
            ("text", _) => content.add_text(&raw),
            (name, Value::String(text)) => content.attributes.push((format!("body_{name}"), text.clone())),
            (name, Value::Number(_) | Value::Bool(_)) => {
                content.attributes.push((format!("body_{name}"), value.to_string()));
            }
            (name, _) => content.parts.push(part(name, &raw).unwrap_or_else(|| other(name, &raw))),
        }
    }
}

impl Content {
    /// `"text":"…"` of RCS, `"text":{"body":"…"}` of WhatsApp.
    fn add_text(&mut self, raw: &RawValue) {
        let nested = || parse::<Map<String, Value>>(raw)?.get("body")?.as_str().map(str::to_owned);
        let Some(text) = parse::<Text>(raw).map(String::from).or_else(nested) else {
            self.parts.push(other("text", raw));
            return;
        };
        // It may stand in the message as well.
        if self.typed.as_deref() != Some(&*text) && !text.is_empty() {
            self.typed.get_or_insert_with(|| text.clone());
            self.parts.push(Part::Text(text));
        }
    }
}

/// None where the name is not known, or what it names has not the form expected.
fn part(name: &str, raw: &RawValue) -> Option<Part> {
    let file = |kind| parse::<File>(raw).and_then(|file| media(file, Some(kind))).map(Part::Media);
    match name {
        "user_file" => {
            let inner: Map<String, Value> = parse(raw)?;
            let payload = serde_json::value::to_raw_value(inner.get("payload")?).ok()?;
            parse::<File>(&payload).and_then(|file| media(file, None)).map(Part::Media)
        }
        "image" => file(MediaKind::Image),
        "video" => file(MediaKind::Video),
        "audio" => file(MediaKind::Audio),
        "document" => file(MediaKind::File),
        "sticker" => file(MediaKind::Sticker),
        "location" => {
            let place: Place = parse(raw)?;
            let owned = |text: &Option<_>| present(text).map(str::to_owned);
            Some(Part::Location(Location {
                latitude: place.latitude.0,
                longitude: place.longitude.0,
                name: owned(&place.name),
                address: owned(&place.address),
                url: None,
            }))
        }
        "suggestion_response" | "button" => choice(raw),
        "interactive" => {
            let inner: Map<String, Value> = parse(raw)?;
            let reply = inner.get("button_reply").or_else(|| inner.get("list_reply"))?;
            choice(&serde_json::value::to_raw_value(reply).ok()?)
        }
        _ => None,
    }
}

fn choice(raw: &RawValue) -> Option<Part> {
    let reply: Reply = parse(raw)?;
    let (id, title) = (reply.id.map(String::from), reply.title.map(String::from));
    (id.is_some() || title.is_some()).then_some(Part::Choice(Choice { id, title, data: None }))
}

/// A file that can be fetched by its link alone, for 30 days.
fn media(file: File, kind: Option<MediaKind>) -> Option<Media> {
    let url = present(&file.url).filter(|url| url.starts_with("https://"))?;
    let kind = match kind {
        Some(MediaKind::Audio) if file.voice == Some(true) => MediaKind::Voice,
        Some(kind) => kind,
        None => self::kind(file.content_type.as_deref().unwrap_or_default()),
    };
    let mut media = Media::new(kind, MediaSource::Url(url.to_owned()));
    media.content_type = present(&file.content_type).map(str::to_owned);
    media.name = present(&file.name).and_then(|name| name.rsplit(['/', '\\']).next()).map(str::to_owned);
    media.size = file.size.filter(|size| size.0 >= 0.0).map(|size| size.0 as u64);
    media.caption = present(&file.caption).map(str::to_owned);
    media.sha256 = file.sha256.as_deref().and_then(sha256);
    Some(media)
}

/// In hex, of a hash in hex or Base64.
fn sha256(text: &str) -> Option<String> {
    let bytes = signature::hex_digest(Some(text), 32).ok();
    bytes.or_else(|| signature::base64_digest(Some(text), 32).ok()).map(|bytes| signature::hex(&bytes))
}

fn kind(content_type: &str) -> MediaKind {
    match essence(content_type).split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::File,
    }
}

/// A media type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn other(name: &str, raw: &RawValue) -> Part {
    Part::Other(Opaque { name: name.to_owned(), payload: raw.get().to_owned() })
}

/// A member of WhatsApp's that is about another message: in the `body`, or beside it.
pub fn reference<'a>(members: &'a Related, name: &str) -> Option<Reference<'a>> {
    let (_, raw) = members.0.iter().find(|(key, _)| *key == name)?;
    parse(raw)
}

/// The members of a message and its body that are about other messages, and who wrote.
pub struct Related(Vec<(&'static str, Box<RawValue>)>);

impl Related {
    const NAMES: [&str; 4] = ["context", "edit", "reaction", "revoke"];

    /// Those of the body come first.
    pub fn of(item: &Payload, raw: &RawValue) -> Self {
        let objects = item.body.into_iter().chain([raw]).filter_map(parse::<Map<String, Value>>);
        let found = objects.flat_map(|mut object| {
            Self::NAMES.into_iter().filter_map(move |name| {
                let value = object.remove(name).filter(Value::is_object)?;
                Some((name, serde_json::value::to_raw_value(&value).ok()?))
            })
        });
        Self(found.collect())
    }

    /// One of them as a part of its own.
    pub fn part(&self, name: &str) -> Option<Part> {
        self.0.iter().find(|(key, _)| *key == name).map(|(name, raw)| other(name, raw))
    }
}

/// The business-scoped id of a WhatsApp user, who may have no number.
pub fn user_id(item: &Payload, raw: &RawValue) -> Option<String> {
    let objects = item.body.into_iter().chain([raw]).filter_map(parse::<Map<String, Value>>);
    let mut ids = objects.filter_map(|object| object.get("from_user_id")?.as_str().map(str::to_owned));
    ids.find(|id| !id.is_empty())
}
