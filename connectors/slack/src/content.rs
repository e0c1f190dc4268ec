//! What a message holds: text, files, and what only Slack can show.

use trunkline_sdk::json::{Number, RawValue};
use trunkline_sdk::prelude::*;

use crate::markup;
use crate::wire::{self, Attachment, File, filled, items, object};

/// Parts in the order in which they are read.
pub struct Content {
    pub parts: Vec<Part>,
    /// It hands on a message that was written elsewhere.
    pub forwarded: bool,
}

/// The content of a message. `raw` is kept where nothing of it can be read.
pub fn read(item: &wire::Event, raw: &str) -> Content {
    let text = item.text.as_deref().filter(|text| !text.is_empty());
    let mut parts: Vec<Part> = text.map(|text| Part::Text(markup::plain(text))).into_iter().collect();
    if let Some(files) = item.files {
        match items(Some(files)) {
            Some(files) => parts.extend(files.into_iter().map(file)),
            None => parts.push(opaque("files", files.get())),
        }
    }
    let attachments = item.attachments.filter(|raw| !is_empty(raw));
    parts.extend(attachments.map(|raw| opaque("attachments", raw.get())));
    // The blocks of what a person writes say the same as the text.
    if parts.is_empty() {
        let blocks = item.blocks.filter(|raw| !is_empty(raw));
        parts.push(blocks.map_or_else(|| opaque("message", raw), |raw| opaque("blocks", raw.get())));
    }
    Content { parts, forwarded: attachments.is_some_and(hands_on) }
}

fn opaque(name: &str, payload: &str) -> Part {
    Part::Other(Opaque { name: name.to_owned(), payload: payload.to_owned() })
}

fn is_empty(raw: &RawValue) -> bool {
    items(Some(raw)).is_some_and(|items| items.is_empty())
}

fn hands_on(attachments: &RawValue) -> bool {
    let list = items(Some(attachments)).unwrap_or_default();
    let mut list = list.into_iter().filter_map(object::<Attachment>);
    list.any(|item| item.is_share == Some(true) || item.is_msg_unfurl == Some(true))
}

/// A file of a message: its id, from which the `media` ability finds the bytes, or a link to where somebody else keeps it.
fn file(raw: &RawValue) -> Part {
    object::<File>(raw).and_then(|file| media(&file)).map_or_else(|| opaque("file", raw.get()), Part::Media)
}

/// None of what is gone or hidden.
fn media(file: &File) -> Option<Media> {
    let source = match filled(&file.mode) {
        Some("tombstone" | "hidden_by_limit") => return None,
        Some("external") => {
            let url = filled(&file.url_private).filter(|url| url.starts_with("https://"))?;
            MediaSource::Url(url.to_owned())
        }
        _ => MediaSource::Reference(filled(&file.id)?.to_owned()),
    };
    let mut media = Media::new(kind(file), source);
    media.content_type = filled(&file.mimetype).map(str::to_owned);
    media.name = filled(&file.name).and_then(file_name);
    media.size = file.size.and_then(Number::whole);
    media.duration_ms = file.duration_ms.and_then(Number::whole);
    let title = filled(&file.title).filter(|title| file.name.as_deref() != Some(*title));
    media.attributes.extend(title.map(|title| ("title".to_owned(), title.to_owned())));
    Some(media)
}

fn kind(file: &File) -> MediaKind {
    if filled(&file.subtype) == Some("slack_audio") {
        return MediaKind::Voice;
    }
    let declared = file.mimetype.as_deref().and_then(|kind| kind.split('/').next());
    match (declared, file.filetype.as_deref()) {
        (Some("image"), _) | (None, Some("png" | "jpg" | "gif" | "webp" | "heic")) => MediaKind::Image,
        (Some("video"), _) | (None, Some("mp4" | "mov" | "webm")) => MediaKind::Video,
        (Some("audio"), _) | (None, Some("mp3" | "m4a" | "wav" | "ogg")) => MediaKind::Audio,
        _ => MediaKind::File,
    }
}

/// The last segment of a path, without control characters.
fn file_name(text: &str) -> Option<String> {
    let last = text.rsplit(['/', '\\']).next()?;
    let name: String = last.chars().filter(|letter| !letter.is_control()).collect();
    (!matches!(&*name, "" | "." | "..")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_no_path() {
        for (text, expected) in [
            ("a.pdf", Some("a.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\x\\Plan für Mai.pdf", Some("Plan für Mai.pdf")),
            ("a\r\nb.txt", Some("ab.txt")),
            ("x/..", None),
            ("x/", None),
        ] {
            assert_eq!(file_name(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_kind_is_declared_or_told_by_the_extension() {
        for (json, expected) in [
            (r#"{"mimetype":"image/png","filetype":"png"}"#, MediaKind::Image),
            (r#"{"mimetype":"audio/mp4","subtype":"slack_audio"}"#, MediaKind::Voice),
            (r#"{"mimetype":"audio/mpeg"}"#, MediaKind::Audio),
            (r#"{"mimetype":"video/quicktime"}"#, MediaKind::Video),
            (r#"{"filetype":"mov"}"#, MediaKind::Video),
            (r#"{"mimetype":"application/pdf","filetype":"png"}"#, MediaKind::File),
            (r#"{"mimetype":7,"filetype":null}"#, MediaKind::File),
        ] {
            assert_eq!(kind(&serde_json::from_str(json).expect("a file")), expected, "{json}");
        }
    }
}
