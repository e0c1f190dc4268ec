//! Media types: what an event promises, and whether what came is that.
//!
//! Providers answer with a page where something is wrong, and call it 200. A page in place of a picture is never
//! handed on as one.

use trunkline_model::{Media, MediaKind};

/// What is served where nobody says anything.
pub const ANY: &str = "application/octet-stream";
/// A longer one is no media type.
const CHARS_MAX: usize = 255;

/// The type that bytes are served with. The error is the type that was found in place of what was promised.
pub fn served(media: &Media, answered: Option<&str>) -> Result<String, String> {
    let found = answered.and_then(clean);
    if let Some(found) = &found
        && is_page(found)
        && promises_no_page(media)
    {
        return Err(essence(found).to_owned());
    }
    let declared = || media.content_type.as_deref().and_then(clean);
    // What says nothing of the bytes is no better than what the event says.
    match found.filter(|found| !is_any(found)).or_else(declared) {
        Some(content_type) => Ok(content_type),
        None => Ok(ANY.to_owned()),
    }
}

/// Whether the event says that the bytes are something else than text.
fn promises_no_page(media: &Media) -> bool {
    let by_kind = matches!(
        media.kind,
        MediaKind::Image | MediaKind::Video | MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker
    );
    let Some(declared) = media.content_type.as_deref().and_then(clean) else { return by_kind };
    let is_text = declared.starts_with("text/") || is_page(&declared) || essence(&declared).ends_with("xml");
    !is_text && (by_kind || !is_any(&declared))
}

/// HTML or JSON: what servers report errors in.
fn is_page(content_type: &str) -> bool {
    let essence = essence(content_type);
    matches!(essence, "text/html" | "application/xhtml+xml" | "application/json" | "text/json")
        || essence.ends_with("+json")
}

fn is_any(content_type: &str) -> bool {
    matches!(essence(content_type), ANY | "binary/octet-stream" | "application/binary")
}

/// Without parameters. For what [`clean`] gave.
fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Type and subtype in lower case with the parameters as they are. None: it is no media type.
fn clean(text: &str) -> Option<String> {
    let text = text.trim();
    let printable = |character: char| matches!(character, ' '..='~');
    if text.len() > CHARS_MAX || !text.chars().all(printable) {
        return None;
    }
    let (essence, parameters) = text.split_at(text.find(';').unwrap_or(text.len()));
    let (kind, subtype) = essence.trim_end().split_once('/')?;
    let is_name = |name: &str| {
        let odd = |byte: u8| !(byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
        !name.is_empty() && !name.bytes().any(odd)
    };
    (is_name(kind) && is_name(subtype))
        .then(|| format!("{}/{}{parameters}", kind.to_ascii_lowercase(), subtype.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use trunkline_model::MediaSource;

    use super::*;

    fn media(kind: MediaKind, declared: Option<&str>) -> Media {
        let source = MediaSource::Reference("1".into());
        Media { content_type: declared.map(str::to_owned), ..Media::new(kind, source) }
    }

    #[test]
    fn the_answer_says_more_than_the_event() {
        for (declared, answered, expected) in [
            (Some("image/png"), Some("image/jpeg"), "image/jpeg"),
            (Some("image/png"), Some("Application/Octet-Stream"), "image/png"),
            (Some("image/png"), None, "image/png"),
            (Some("image/png"), Some("nonsense"), "image/png"),
            (None, Some("IMAGE/JPEG; a=\"B\""), "image/jpeg; a=\"B\""),
            (None, None, ANY),
            (Some("image/png\r\nx: y"), None, ANY),
            (Some("a/b c/d"), None, ANY),
            (Some("image/png ; q=1"), None, "image/png; q=1"),
        ] {
            let found = served(&media(MediaKind::Image, declared), answered);
            assert_eq!(found.as_deref(), Ok(expected), "{declared:?} {answered:?}");
        }
    }

    #[test]
    fn a_page_is_no_picture() {
        let page = Some("text/html; charset=utf-8");
        for (kind, declared, answered, good) in [
            (MediaKind::Image, None, page, false),
            (MediaKind::Image, Some("application/octet-stream"), page, false),
            (MediaKind::Voice, None, Some("application/json"), false),
            (MediaKind::Video, None, Some("application/problem+json"), false),
            (MediaKind::Sticker, None, Some("text/plain"), true),
            (MediaKind::File, None, page, true),
            (MediaKind::File, Some("application/octet-stream"), page, true),
            (MediaKind::File, Some("application/pdf"), page, false),
            (MediaKind::File, Some("application/vnd.ms-excel"), Some("text/json"), false),
            (MediaKind::File, Some("text/html"), page, true),
            (MediaKind::File, Some("text/plain"), Some("application/json"), true),
            (MediaKind::File, Some("application/json"), Some("application/json"), true),
            (MediaKind::File, Some("application/xml"), page, true),
        ] {
            let found = served(&media(kind.clone(), declared), answered);
            assert_eq!(found.is_ok(), good, "{kind:?} {declared:?} {answered:?}: {found:?}");
        }
        assert_eq!(served(&media(MediaKind::Image, None), page), Err("text/html".to_owned()));
    }
}
