//! What a message consists of: text, media, a place, a choice.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::prelude::*;

/// Twilio documents ten media items a message.
const MEDIA_MAX: usize = 30;

/// From this length on, texts in Base64 have been seen: a single SMS is never encoded.
const BASE64_LENGTH_MIN: usize = 60;

/// The content of a message.
pub struct Content {
    pub parts: Vec<Part>,
    /// The text where the contact typed it, and did not press a button with that title.
    pub typed: Option<String>,
    /// The text arrived in Base64.
    pub decoded: bool,
}

/// Takes the content from the fields. What is of an odd form is left there, and becomes an attribute.
pub fn take(fields: &mut Fields, decode_base64: bool) -> Content {
    let mut parts = Vec::new();
    let mut text = fields.take("Body");
    let plain = text.as_deref().filter(|_| decode_base64).and_then(base64_text);
    let decoded = plain.is_some();
    text = plain.or(text);
    let choices = choices(fields, text.as_deref());
    // The body of a button or list reply repeats its title.
    let repeated = choices.iter().any(|choice| choice.title.is_some() && choice.title == text);
    let typed = text.clone().filter(|_| choices.is_empty());
    parts.extend(text.filter(|_| !repeated).map(Part::Text));
    parts.extend(choices.into_iter().map(Part::Choice));
    parts.extend(media(fields).into_iter().map(Part::Media));
    parts.extend(location(fields).map(Part::Location));
    if parts.is_empty() {
        parts.push(match fields.peek("MessageType") {
            None | Some("text") => Part::Text(String::new()),
            Some(name) => Part::Other(Opaque { name: name.to_owned(), payload: fields.json() }),
        });
    }
    Content { parts, typed, decoded }
}

fn choices(fields: &mut Fields, text: Option<&str>) -> Vec<Choice> {
    let mut choices = Vec::new();
    let text = || text.map(str::to_owned);
    for [id, title] in [["ButtonPayload", "ButtonText"], ["ListId", "ListTitle"]] {
        let (id, title) = (fields.take(id), fields.take(title));
        if id.is_some() || title.is_some() {
            choices.push(Choice { id, title: title.or_else(text), data: None });
        }
    }
    // Left for an attribute where it is no JSON.
    let is_json = |data: &str| serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok();
    if fields.peek("InteractiveData").is_some_and(is_json) {
        let data = fields.take("InteractiveData");
        match choices.first_mut() {
            Some(choice) => choice.data = data,
            None => choices.push(Choice { id: None, title: text(), data }),
        }
    }
    choices
}

fn media(fields: &mut Fields) -> Vec<Media> {
    let message_type = fields.peek("MessageType").map(str::to_ascii_lowercase);
    let mut found = 0;
    let mut media = Vec::new();
    for number in 0..MEDIA_MAX {
        let (url_name, type_name) = (format!("MediaUrl{number}"), format!("MediaContentType{number}"));
        if fields.peek(&url_name).is_none() {
            continue;
        }
        found += 1;
        let content_type = fields.peek(&type_name).map(str::to_owned);
        // The layout of a multimedia message is not for the reader: it stays behind as attributes.
        if content_type.as_deref().is_some_and(|name| essence(name) == "application/smil") {
            continue;
        }
        let Some(url) = fields.take(&url_name) else { continue };
        fields.take(&type_name);
        // Every account's media needs the token.
        let kind = kind(content_type.as_deref(), message_type.as_deref());
        let mut item = Media::new(kind, MediaSource::Reference(url));
        item.content_type = content_type;
        media.push(item);
    }
    // A number that is not that of the items is worth an attribute.
    let number = fields.peek("NumMedia").and_then(|number| number.trim().parse::<usize>().ok());
    if number == Some(found) {
        fields.take("NumMedia");
    }
    media
}

/// What a media item is, by its type; by that of the message where it has none.
pub fn kind(content_type: Option<&str>, message_type: Option<&str>) -> MediaKind {
    match message_type {
        Some("sticker") => return MediaKind::Sticker,
        Some("voice") => return MediaKind::Voice,
        _ => {}
    }
    let content_type = content_type.map(essence);
    let name = content_type.as_deref().map(|name| name.split('/').next().unwrap_or_default());
    match name.or(message_type) {
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

fn location(fields: &mut Fields) -> Option<Location> {
    let degrees = |name: &str, most: f64| {
        let degrees = fields.peek(name)?.trim().parse::<f64>().ok()?;
        (-most..=most).contains(&degrees).then_some(degrees)
    };
    let (latitude, longitude) = (degrees("Latitude", 90.0)?, degrees("Longitude", 180.0)?);
    fields.take("Latitude");
    fields.take("Longitude");
    let (name, address) = (fields.take("Label"), fields.take("Address"));
    Some(Location { latitude, longitude, name, address, url: None })
}

/// The text of a body that some carriers encode; None where it looks like a text itself.
fn base64_text(body: &str) -> Option<String> {
    if body.len() < BASE64_LENGTH_MIN || !body.len().is_multiple_of(4) {
        return None;
    }
    let text = String::from_utf8(signature::base64_decode(body)?).ok()?.replace('\0', "");
    let is_text = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    (!text.is_empty() && text.chars().all(is_text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certainly_base64_is_decoded() {
        let text = "Das ist eine lange Nachricht, länger als eine einzelne SMS — und noch etwas.";
        assert_eq!(base64_text(&signature::base64(text.as_bytes())).as_deref(), Some(text));
        for body in
            [text, "c2hvcnQ=", &"a".repeat(61), &signature::base64(&[1; 60]), &signature::base64(&[0xff; 60])]
        {
            assert_eq!(base64_text(body), None, "{body}");
        }
    }

    #[test]
    fn kinds_of_media() {
        for (content_type, message_type, expected) in [
            (Some("image/jpeg"), None, MediaKind::Image),
            (Some("IMAGE/HEIC; x=y"), None, MediaKind::Image),
            (Some("video/3gpp"), None, MediaKind::Video),
            (Some("audio/amr"), Some("audio"), MediaKind::Audio),
            (Some("text/x-vcard"), None, MediaKind::File),
            (Some("image/webp"), Some("sticker"), MediaKind::Sticker),
            (Some("application/pdf"), Some("image"), MediaKind::File),
            (None, Some("video"), MediaKind::Video),
            (None, None, MediaKind::File),
        ] {
            assert_eq!(kind(content_type, message_type), expected, "{content_type:?} {message_type:?}");
        }
    }
}
