//! The parts of a message, and who wrote it.

use serde_json::value::RawValue;
use trunkline_sdk::phone::e164;
use trunkline_sdk::prelude::*;

use crate::mapping::{CONTACT, MEDIA, MEDIA_TYPE, Mapping, NAME, REPLY_TO, TEXT};
use crate::pointer::scalar;

/// The most media of one message.
const MEDIA_MAX: usize = 100;
/// Endings of files by what is in them. Anything else is a file.
const ENDINGS: [(MediaKind, &[&str]); 3] = [
    (MediaKind::Image, &["avif", "gif", "heic", "jpeg", "jpg", "png", "svg", "webp"]),
    (MediaKind::Video, &["3gp", "m4v", "mov", "mp4", "mpeg", "webm"]),
    (MediaKind::Audio, &["aac", "amr", "flac", "m4a", "mp3", "oga", "ogg", "opus", "wav"]),
];

/// The contact. None where the body does not say.
pub fn contact(body: &RawValue, mapping: &Mapping) -> Option<Contact> {
    let value = mapping.text(CONTACT, body)?;
    let identifier = match mapping.scheme {
        // A short code or a name is no phone number: then it is an id, as it was sent.
        IdentifierScheme::Phone => {
            e164(&value).map(|number| Identifier::new(IdentifierScheme::Phone, number))
        }
        IdentifierScheme::Email => {
            let address = value.trim().to_lowercase();
            address.contains('@').then(|| Identifier::new(IdentifierScheme::Email, address))
        }
        _ => Some(Identifier::new(mapping.scheme.clone(), &*value)),
    };
    let identifier = identifier.unwrap_or_else(|| Identifier::new(IdentifierScheme::Id, value));
    Some(Contact { identifiers: vec![identifier], name: mapping.text(NAME, body), ..Contact::default() })
}

/// Text and media. None where there is neither.
pub fn message(id: String, body: &RawValue, mapping: &Mapping) -> Option<Message> {
    let mut parts: Vec<Part> = mapping.text(TEXT, body).map(Part::Text).into_iter().collect();
    parts.extend(media(body, mapping));
    if parts.is_empty() {
        return None;
    }
    let reply_to = mapping.text(REPLY_TO, body).map(MessageRef::new);
    Some(Message { reply_to, ..Message::new(id, parts) })
}

/// A URL, or a list of them.
fn media(body: &RawValue, mapping: &Mapping) -> Vec<Part> {
    let Some(found) = mapping.find(MEDIA, body) else { return Vec::new() };
    let items: Vec<&RawValue> = serde_json::from_str(found.get()).unwrap_or_else(|_| vec![found]);
    let declared = mapping.text(MEDIA_TYPE, body);
    let part = |item: &RawValue| {
        let url = scalar(item).filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        match url {
            Some(url) => Part::Media(medium(url, declared.as_deref())),
            None => Part::Other(Opaque { name: "media".to_owned(), payload: item.get().to_owned() }),
        }
    };
    items.into_iter().take(MEDIA_MAX).map(part).collect()
}

/// What kind of medium: as declared (`image/png`, or `image` alone), else by the ending of its URL.
fn medium(url: String, declared: Option<&str>) -> Media {
    let kind = declared.map_or_else(|| kind_by_ending(&url), kind_by_type);
    let content_type = declared.filter(|declared| declared.contains('/')).map(str::to_owned);
    Media { content_type, ..Media::new(kind, MediaSource::Url(url)) }
}

/// By what stands before the slash.
pub fn kind_by_type(declared: &str) -> MediaKind {
    match declared.split('/').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        "voice" => MediaKind::Voice,
        "sticker" => MediaKind::Sticker,
        _ => MediaKind::File,
    }
}

/// By the ending of the path.
pub fn kind_by_ending(url: &str) -> MediaKind {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let known = ENDINGS.into_iter().find(|(_, endings)| endings.contains(&ending.as_str()));
    known.map_or(MediaKind::File, |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_ending() {
        for (url, expected) in [
            ("https://media.example.org/a.JPG?x=.mp3#.mp4", MediaKind::Image),
            ("https://media.example.org/a/b.mp4", MediaKind::Video),
            ("https://media.example.org/a.ogg", MediaKind::Audio),
            ("https://media.example.org/a.pdf", MediaKind::File),
            ("https://media.png/a", MediaKind::File),
        ] {
            assert_eq!(kind_by_ending(url), expected, "{url}");
        }
    }
}
