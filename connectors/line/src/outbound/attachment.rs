//! Pictures, films, sound, files and stickers.
//!
//! LINE fetches media by itself from a URL. What it has no message for, or would not fetch, becomes a link in a
//! text.

use serde_json::{Value, json};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use super::item::{Item, TEXT_UNITS_MAX, texts};

/// Characters of a URL that LINE fetches.
const URL_LENGTH_MAX: usize = 2_000;
/// Megabytes are reckoned as the smaller ones: a link arrives, a file too large does not.
const IMAGE_BYTES_MAX: u64 = 10_000_000;
const PREVIEW_BYTES_MAX: u64 = 1_000_000;
const PLAYED_BYTES_MAX: u64 = 200_000_000;

const IMAGE_TYPES: &[&str] = &["image/jpeg", "image/jpg", "image/png"];
const VIDEO_TYPES: &[&str] = &["video/mp4"];
/// M4A and MP3, under the names that are in use.
const AUDIO_TYPES: &[&str] =
    &["audio/mp4", "audio/m4a", "audio/x-m4a", "audio/aac", "audio/mpeg", "audio/mp3"];

/// The attachment, then its caption.
pub fn items(part: usize, media: &Media) -> Result<Vec<Item>, Failure> {
    let mut items = match sticker(part, media) {
        Some(sticker) => vec![sticker],
        None => from_url(part, media)?,
    };
    if let Some(caption) = media.caption.as_deref().filter(|caption| !caption.trim().is_empty()) {
        let note = "the caption follows as a text: LINE has none";
        items.extend(texts(part, caption)?.into_iter().map(|item| item.degraded(note)));
    }
    Ok(items)
}

/// By LINE's own ids. None where they are not given.
fn sticker(part: usize, media: &Media) -> Option<Item> {
    if media.kind != MediaKind::Sticker {
        return None;
    }
    let (package, sticker) = (attribute(media, "package_id")?, attribute(media, "sticker_id")?);
    Some(Item::new(part, json!({ "type": "sticker", "packageId": package, "stickerId": sticker })))
}

fn from_url(part: usize, media: &Media) -> Result<Vec<Item>, Failure> {
    let wrong = |code: &str, what: &str| Err(refuse(code, format!("part {part}: {what}")));
    let url = match &media.source {
        MediaSource::Url(url) => encoded(url),
        MediaSource::Reference(_) => return wrong("unsupported", "LINE takes media by URL, not by an id"),
        MediaSource::Bytes(_) => return wrong("unsupported", "LINE takes media by URL, not as bytes"),
    };
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return wrong("unsupported", "the media's URL is not `https://`");
    }
    if url.len() > TEXT_UNITS_MAX {
        return wrong("too_long", "the media's URL is longer than a text of LINE");
    }
    match fetched(media, &url) {
        Ok((content, degraded)) => Ok(vec![Item { degraded, ..Item::new(part, content) }]),
        Err(why) => {
            let name = media.name.as_deref().filter(|name| !name.trim().is_empty());
            let lines: Vec<&str> = name.into_iter().chain([url.as_str()]).collect();
            let note = format!("the {} is a link: {why}", media.kind.as_str());
            Ok(texts(part, &lines.join("\n"))?.into_iter().map(|item| item.degraded(&*note)).collect())
        }
    }
}

/// The message with which LINE fetches it, and what is not as asked for. An error says why there is none.
fn fetched(media: &Media, url: &str) -> Result<(Value, Vec<String>), &'static str> {
    let (types, bytes_max) = match &media.kind {
        MediaKind::Image | MediaKind::Sticker => (IMAGE_TYPES, IMAGE_BYTES_MAX),
        MediaKind::Video => (VIDEO_TYPES, PLAYED_BYTES_MAX),
        MediaKind::Audio | MediaKind::Voice => (AUDIO_TYPES, PLAYED_BYTES_MAX),
        MediaKind::File | MediaKind::Other(_) => return Err("LINE has no message for it"),
    };
    if !fetchable(url) {
        return Err("LINE fetches only from `https://`, and URLs of up to 2000 characters");
    }
    if media.content_type.as_deref().is_some_and(|found| !types.contains(&&*media_type(found))) {
        return Err("LINE takes JPEG, PNG, MP4, M4A and MP3");
    }
    if media.size.is_some_and(|bytes| bytes > bytes_max) {
        return Err("it is larger than LINE takes");
    }
    match &media.kind {
        MediaKind::Video => {
            let preview = preview(media).ok_or("LINE needs a `preview_image_url` with it")?;
            let content = json!({ "type": "video", "originalContentUrl": url, "previewImageUrl": preview });
            Ok((content, Vec::new()))
        }
        MediaKind::Audio | MediaKind::Voice => {
            let duration = media.duration_ms.filter(|duration| *duration > 0);
            let duration = duration.ok_or("LINE needs its `duration_ms`")?;
            Ok((json!({ "type": "audio", "originalContentUrl": url, "duration": duration }), Vec::new()))
        }
        _ => Ok(picture(media, url)),
    }
}

/// A picture is its own preview where none is given.
fn picture(media: &Media, url: &str) -> (Value, Vec<String>) {
    let mut degraded = Vec::new();
    if media.kind == MediaKind::Sticker {
        degraded.push("the sticker is a picture: it has no `package_id` and `sticker_id` of LINE".to_owned());
    }
    let preview = preview(media);
    if preview.is_none() && attribute(media, "preview_image_url").is_some() {
        degraded.push("the preview is the picture itself: LINE would not fetch the one given".to_owned());
    }
    if preview.is_none() && media.size.is_some_and(|bytes| bytes > PREVIEW_BYTES_MAX) {
        degraded.push("the preview may be missing: it is the picture itself, with more than 1 MB".to_owned());
    }
    let preview = preview.unwrap_or_else(|| url.to_owned());
    (json!({ "type": "image", "originalContentUrl": url, "previewImageUrl": preview }), degraded)
}

fn preview(media: &Media) -> Option<String> {
    attribute(media, "preview_image_url").map(encoded).filter(|url| fetchable(url))
}

/// Percent-encoded, where somebody wrote a URL as one reads it. The name of a host is not encoded in this way.
fn encoded(url: &str) -> String {
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    let (host, path) = url.split_at(path);
    let mut encoded = host.to_owned();
    for byte in path.bytes() {
        match byte.is_ascii_graphic() {
            true => encoded.push(char::from(byte)),
            false => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

fn fetchable(url: &str) -> bool {
    url.len() <= URL_LENGTH_MAX
        && url.starts_with("https://")
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Without parameters, in lower case.
fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn attribute<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    let found = media.attributes.iter().find(|(key, _)| key == name)?;
    Some(found.1.as_str()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn what_is_encoded_stays_as_it_is() {
        for (url, expected) in [
            ("https://a.example/x%20y?z=1&q=%E5#f", "https://a.example/x%20y?z=1&q=%E5#f"),
            ("https://a.example/庭 1.jpg", "https://a.example/%E5%BA%AD%201.jpg"),
            ("https://庭.example/1.jpg", "https://庭.example/1.jpg"),
            ("https://a.example", "https://a.example"),
        ] {
            assert_eq!(encoded(url), expected, "{url}");
        }
    }
}
