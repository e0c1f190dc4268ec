//! Files: uploaded where the bytes are here, by their media id where WeChat has them, else a card or a link.

use serde_json::{Value, json};
use trunkline_sdk::multipart;
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;

use super::item::{Content, Item, instead, texts};
use super::plain::lines;
use crate::access_token::Token;

type Kind = (&'static str, &'static [(&'static str, &'static str)], u64);

/// What WeChat takes of each kind: `msgtype`, media types with the file endings by which WeChat knows them, and bytes. Not
/// confirmed.
const KINDS: [Kind; 3] = [
    (
        "image",
        &[("image/jpeg", "jpg"), ("image/png", "png"), ("image/gif", "gif"), ("image/bmp", "bmp")],
        10 << 20,
    ),
    ("voice", &[("audio/amr", "amr"), ("audio/mpeg", "mp3"), ("audio/mp3", "mp3")], 2 << 20),
    ("video", &[("video/mp4", "mp4")], 10 << 20),
];

/// A file to be uploaded.
pub struct File<'a> {
    /// Of the message, and of the upload.
    pub kind: &'static str,
    name: String,
    content_type: String,
    bytes: &'a [u8],
    media: &'a Media,
}

impl File<'_> {
    /// The upload. Making it again leaves nothing behind but another copy, for three days.
    pub fn call(&self, token: &Token) -> Call {
        let part = multipart::Part {
            name: "media".to_owned(),
            file_name: Some(self.name.clone()),
            content_type: Some(self.content_type.clone()),
            body: self.bytes,
        };
        let parts = [part];
        let boundary = multipart::boundary_for("wechat", &parts);
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let url = token.url("media/upload", &[("type", self.kind)]);
        Call::post(url, &content_type, multipart::encode(&boundary, &parts)).repeatable()
    }

    /// What stands below the `msgtype`.
    pub fn content(&self, media_id: &str) -> Value {
        content(self.kind, media_id, self.media)
    }
}

/// The messages for a file: itself, then its caption.
pub fn items(part: usize, media: &Media) -> Result<Vec<Item<'_>>, Failure> {
    let (kind, note) = kind(&media.kind);
    let mut items = match (&media.source, kind) {
        (MediaSource::Bytes(bytes), Some(kind)) => {
            vec![Item::new(part, Content::Upload(file(part, kind, bytes, media)?))]
        }
        (MediaSource::Url(url), _) => return linked(part, media, url),
        (_, None) => return Err(unsupported(part, "files but images, voice and video")),
        (MediaSource::Reference(id), Some(kind)) if !id.trim().is_empty() => {
            vec![Item::message(part, kind, content(kind, id, media))]
        }
        (MediaSource::Reference(_), _) => {
            return Err(refuse("missing", format!("part {part}: the reference is no media id of WeChat")));
        }
    };
    if let Some(note) = note {
        items.iter_mut().for_each(|item| item.degraded.push(note.to_owned()));
    }
    let described = kind == Some("video");
    if let Some(caption) = media.caption.as_deref().filter(|text| !described && !text.trim().is_empty()) {
        items.extend(instead(part, caption, "the caption is a text behind the file: WeChat has none")?);
    }
    Ok(items)
}

/// The `msgtype`, and what is not as asked for.
fn kind(kind: &MediaKind) -> (Option<&'static str>, Option<&'static str>) {
    match kind {
        MediaKind::Image => (Some("image"), None),
        MediaKind::Sticker => (Some("image"), Some("the sticker is a picture: WeChat's API sends none")),
        MediaKind::Voice => (Some("voice"), None),
        MediaKind::Audio => (Some("voice"), Some("the sound is a voice message: WeChat has no other")),
        MediaKind::Video => (Some("video"), None),
        MediaKind::File | MediaKind::Other(_) => (None, None),
    }
}

fn file<'a>(part: usize, kind: &'static str, bytes: &'a [u8], media: &'a Media) -> Result<File<'a>, Failure> {
    let (_, types, bytes_max) = KINDS.iter().find(|(name, ..)| *name == kind).copied().unwrap_or_default();
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > bytes_max {
        let what = format!("part {part}: {size} bytes, WeChat takes {bytes_max} of this kind");
        return Err(refuse("too_long", what));
    }
    let found = media.content_type.as_deref().unwrap_or_default();
    let found = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let named = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let ending = media.name.as_deref().and_then(named);
    let by_type = types.iter().find(|(content_type, _)| *content_type == found);
    let by_name = types.iter().find(|(_, known)| found.is_empty() && Some(*known) == ending.as_deref());
    let Some((content_type, ending)) = by_type.or(by_name) else {
        let known: Vec<&str> = types.iter().map(|(content_type, _)| *content_type).collect();
        let what = format!("part {part}: `{found}` is no {kind} of WeChat, which takes {}", known.join(", "));
        return Err(refuse("unsupported", what));
    };
    Ok(File {
        kind,
        name: format!("{kind}.{ending}"),
        content_type: (*content_type).to_owned(),
        bytes,
        media,
    })
}

fn content(kind: &str, media_id: &str, media: &Media) -> Value {
    let mut content = json!({ "media_id": media_id });
    if kind == "video" {
        let attribute = |name: &str| {
            let found = media.attributes.iter().find(|(key, value)| key == name && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        };
        let members = [
            ("thumb_media_id", attribute("thumb_media_id")),
            ("title", media.name.as_deref()),
            ("description", media.caption.as_deref()),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                content[name] = json!(value);
            }
        }
    }
    content
}

/// A URL alone: WeChat fetches nothing but the picture of a card.
fn linked<'a>(part: usize, media: &Media, url: &str) -> Result<Vec<Item<'a>>, Failure> {
    let is_link = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if !is_link || url.chars().any(char::is_whitespace) {
        return Err(refuse("unsupported", format!("part {part}: the URL is none that a contact could open")));
    }
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (name, caption) = (given(&media.name), given(&media.caption));
    if media.kind == MediaKind::Image {
        let title = caption.clone().or(name).unwrap_or_else(|| url.to_owned());
        let article = json!({ "title": title, "description": "", "url": url, "picurl": url });
        let item = Item::message(part, "news", json!({ "articles": [article] }));
        return Ok(vec![
            item.degraded("the picture is a card with a link: WeChat sends only what was uploaded"),
        ]);
    }
    let text = lines([caption.as_deref(), name.as_deref(), Some(url)].into_iter().flatten());
    let note = format!("the {} is a link: WeChat sends only what was uploaded", media.kind.as_str());
    Ok(texts(part, &text)?.into_iter().map(|item| item.degraded(&*note)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_refused() {
        for (kind, content_type, bytes_max) in
            [(MediaKind::Voice, "audio/amr", 2 << 20), (MediaKind::Image, "image/png", 10 << 20)]
        {
            for (size, fits) in [(bytes_max, true), (bytes_max + 1, false)] {
                let mut media = Media::new(kind.clone(), MediaSource::Bytes(vec![0; size]));
                media.content_type = Some(content_type.to_owned());
                let code = items(0, &media).err().and_then(|failure| failure.code);
                assert_eq!(code.as_deref(), (!fits).then_some("too_long"), "{content_type} {size}");
            }
        }
    }
}
