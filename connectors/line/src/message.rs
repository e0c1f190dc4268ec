//! Messages, their edits, and postbacks.

use trunkline_sdk::json::{Number, RawValue};
use trunkline_sdk::prelude::*;

use crate::envelope::parse;
use crate::event::filled;
use crate::wire::{self, Message as Wire};

/// Where the pictures of stickers are. Not documented, but the same for years.
pub const STICKER_URL: (&str, &str) =
    ("https://stickershop.line-scdn.net/stickershop/v1/sticker/", "/android/sticker.png");

/// The field `message` of an event. None where it has no id.
pub fn message(raw: &RawValue, attributes: &mut Attributes) -> Option<Message> {
    let item: Wire = parse(raw)?;
    if item.id.is_empty() {
        return None;
    }
    let mut add = |name: &str, value: Option<&str>| {
        attributes.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    };
    add("quote_token", filled(&item.quote_token));
    add("mark_as_read_token", filled(&item.mark_as_read_token));
    // Positions in the text, in UTF-16 code units.
    add("emojis", item.emojis.map(RawValue::get));
    add("mention", item.mention.map(RawValue::get));
    let opaque = || Opaque { name: item.kind.to_string(), payload: raw.get().to_owned() };
    let part = part(&item).unwrap_or_else(|| Part::Other(opaque()));
    let mut message = Message::new(&*item.id, vec![part]);
    message.reply_to = filled(&item.quoted_message_id).map(MessageRef::new);
    Some(message)
}

/// The field `postback` of an event: what stands behind a button, picker or rich menu. It has no id but that
/// of the event.
pub fn postback(raw: &RawValue, event_id: &str) -> Option<Message> {
    let item: wire::Postback = parse(raw)?;
    let choice = Choice {
        id: item.data.map(String::from),
        title: None,
        data: item.params.map(|params| params.get().to_owned()),
    };
    Some(Message::new(event_id, vec![Part::Choice(choice)]))
}

/// None where the type is unknown or its content has not the form expected.
fn part(item: &Wire) -> Option<Part> {
    Some(match &*item.kind {
        "text" => Part::Text(item.text.clone()?),
        "image" => Part::Media(content(item, MediaKind::Image)),
        "video" => Part::Media(content(item, MediaKind::Video)),
        // A voice note or any other sound: LINE does not tell.
        "audio" => Part::Media(content(item, MediaKind::Audio)),
        "file" => {
            let mut media = content(item, MediaKind::File);
            media.name = filled(&item.file_name).and_then(file_name);
            media.size = item.file_size.and_then(Number::whole);
            Part::Media(media)
        }
        "location" => Part::Location(Location {
            latitude: item.latitude?.0,
            longitude: item.longitude?.0,
            name: filled(&item.title).map(str::to_owned),
            address: filled(&item.address).map(str::to_owned),
            url: None,
        }),
        "sticker" => Part::Media(sticker(item)?),
        _ => return None,
    })
}

/// What is fetched by the message's id, unless it lies with somebody else.
fn content(item: &Wire, kind: MediaKind) -> Media {
    let external =
        item.content_provider.as_ref().filter(|provider| provider.kind.as_deref() == Some("external"));
    let url = external.and_then(|provider| filled(&provider.original_content_url));
    let source = match url {
        Some(url) => MediaSource::Url(url.to_owned()),
        None => MediaSource::Reference(item.id.to_string()),
    };
    let mut media = Media::new(kind, source);
    media.duration_ms = item.duration.and_then(Number::whole);
    let mut add = |name: &str, value: Option<&str>| {
        media.attributes.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    };
    add("preview_image_url", external.and_then(|provider| filled(&provider.preview_image_url)));
    if let Some(set) = &item.image_set {
        add("image_set_id", filled(&set.id));
        add("image_set_index", filled(&set.index));
        add("image_set_total", filled(&set.total));
    }
    media
}

fn sticker(item: &Wire) -> Option<Media> {
    let id = filled(&item.sticker_id)?;
    // It becomes a part of a path.
    if !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut media =
        Media::new(MediaKind::Sticker, MediaSource::Url(format!("{}{id}{}", STICKER_URL.0, STICKER_URL.1)));
    // On message stickers the contact fills in words.
    media.caption = item.text.clone().filter(|text| !text.is_empty());
    let mut add = |name: &str, value: Option<&str>| {
        media.attributes.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    };
    add("package_id", filled(&item.package_id));
    add("sticker_id", Some(id));
    add("sticker_resource_type", filled(&item.sticker_resource_type));
    add("keywords", item.keywords.map(RawValue::get));
    Some(media)
}

/// The last segment of a path, without control characters.
fn file_name(text: &str) -> Option<String> {
    let last = text.rsplit(['/', '\\']).next()?;
    let name: String = last.chars().filter(|letter| !letter.is_control()).collect();
    (!matches!(&*name, "" | "." | "..")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_name_is_no_path() {
        for (text, expected) in [
            ("a.pdf", Some("a.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\x\\請求書.pdf", Some("請求書.pdf")),
            ("a\r\nb.txt", Some("ab.txt")),
            ("x/..", None),
            ("x/", None),
        ] {
            assert_eq!(file_name(text).as_deref(), expected, "{text}");
        }
    }
}
