//! Files of multimedia messages: what one is, and between whom they travel.

use trunkline_model::MediaKind;

use crate::phone;
use crate::texting::is_short_code;

/// Why files cannot go from the one number to the other as MMS, by a setting that says `auto`, `always` or `never`. None:
/// they can.
pub fn obstacle(rule: Option<&str>, ours: &str, theirs: &str) -> Option<&'static str> {
    match rule {
        Some("always") => None,
        Some("never") => Some("MMS is switched off (`mms`)"),
        _ => {
            let local =
                phone::is_north_american(theirs) && (phone::is_north_american(ours) || is_short_code(ours));
            (!local).then_some("MMS exists only between numbers of the United States and Canada")
        }
    }
}

/// What a file is, by its media type or else by the name in its URL.
pub fn kind(content_type: Option<&str>, url: &str) -> MediaKind {
    let declared = content_type.and_then(|text| text.trim().split('/').next()).unwrap_or_default();
    let name = file_name(url).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match (declared.to_ascii_lowercase().as_str(), extension) {
        ("image", _) => MediaKind::Image,
        ("video", _) => MediaKind::Video,
        ("audio", _) => MediaKind::Audio,
        ("", "jpg" | "jpeg" | "png" | "gif" | "webp" | "bmp" | "heic" | "heif" | "tif" | "tiff") => {
            MediaKind::Image
        }
        ("", "mp4" | "m4v" | "mov" | "3gp" | "3gpp" | "3g2" | "webm" | "mpg" | "mpeg") => MediaKind::Video,
        ("", "mp3" | "m4a" | "aac" | "amr" | "ogg" | "oga" | "opus" | "wav") => MediaKind::Audio,
        _ => MediaKind::File,
    }
}

/// Whether a file is the layout of a multimedia message, which is not for the reader.
pub fn is_layout(content_type: Option<&str>, url: &str) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/smil")
        || (essence.is_empty() && file_name(url).to_ascii_lowercase().ends_with(".smil"))
}

/// The last segment of the path of a URL.
pub fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_stay_within_a_country() {
        for (rule, ours, theirs, expected) in [
            (None, "+15005550199", "+15005550123", true),
            (Some("auto"), "72345", "+15005550123", true),
            (Some("auto"), "+447700900002", "+15005550123", false),
            (Some("auto"), "+15005550199", "+18765550123", false),
            (Some("always"), "+447700900002", "+447700900001", true),
            (Some("never"), "+15005550199", "+15005550123", false),
        ] {
            assert_eq!(obstacle(rule, ours, theirs).is_none(), expected, "{rule:?} {ours} {theirs}");
        }
    }

    #[test]
    fn kinds_and_layouts() {
        for (content_type, url, expected) in [
            (Some("image/jpeg"), "https://a.example/x", MediaKind::Image),
            (Some("text/x-vcard"), "https://a.example/x.jpg", MediaKind::File),
            (None, "https://a.example/b/x.JPEG?c=d.mp4", MediaKind::Image),
            (None, "https://a.example/x.3gp", MediaKind::Video),
            (None, "https://a.example/x.amr", MediaKind::Audio),
            (None, "https://a.example/x", MediaKind::File),
            (Some(""), "", MediaKind::File),
        ] {
            assert_eq!(kind(content_type, url), expected, "{content_type:?} {url}");
        }
        assert!(
            is_layout(Some("application/smil; charset=utf-8"), "")
                && is_layout(None, "https://a.example/0.smil")
        );
        assert!(
            !is_layout(Some("text/plain"), "https://a.example/0.smil")
                && !is_layout(None, "https://a.example/0")
        );
    }
}
