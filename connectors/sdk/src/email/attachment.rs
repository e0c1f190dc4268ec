//! Attachments: kinds and safe names.

use trunkline_model::{Media, MediaKind, MediaSource};

/// The most bytes of a file name.
const NAME_SIZE_MAX: usize = 200;

/// An attachment whose bytes are here.
pub fn attachment(content_type: Option<&str>, name: Option<&str>, bytes: Vec<u8>) -> Media {
    let content_type = content_type.map(str::to_ascii_lowercase).filter(|text| !text.is_empty());
    let size = bytes.len() as u64;
    let mut media = Media::new(media_kind(content_type.as_deref()), MediaSource::Bytes(bytes));
    media.name = name.and_then(file_name).or_else(|| match content_type.as_deref() {
        Some("message/rfc822") => Some("message.eml".to_owned()),
        Some("text/calendar") => Some("invite.ics".to_owned()),
        _ => None,
    });
    media.content_type = content_type;
    media.size = Some(size);
    media
}

/// The kind of a media type.
pub fn media_kind(content_type: Option<&str>) -> MediaKind {
    match content_type.and_then(|text| text.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::File,
    }
}

/// The last segment of a path, without control characters and direction marks, which disguise what a file is
/// (`exe.fdp` shown as `pdf.exe` backwards), and not a name that is a device on Windows.
pub fn file_name(text: &str) -> Option<String> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|letter| {
        !letter.is_control()
            && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            && !matches!(letter, '\u{2066}'..='\u{2069}' | '\u{feff}')
    });
    let name: String = kept.collect();
    let name = name.trim_matches(|letter: char| letter.is_whitespace()).trim_end_matches('.');
    if name.is_empty() || name.chars().all(|letter| letter == '.') {
        return None;
    }
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']))
    };
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    let mut name = if device { format!("_{name}") } else { name.to_owned() };
    if name.len() > NAME_SIZE_MAX {
        // The extension is what says what it is.
        let extension = name.rfind('.').map(|dot| name[dot..].to_owned()).filter(|text| text.len() <= 16);
        let extension = extension.unwrap_or_default();
        name.truncate(name.floor_char_boundary(NAME_SIZE_MAX - extension.len()));
        name.push_str(&extension);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe() {
        for (text, expected) in [
            ("a.pdf", Some("a.pdf")),
            ("C:\\dir\\b.txt", Some("b.txt")),
            ("../../etc/passwd", Some("passwd")),
            ("x\u{202e}fdp.exe", Some("xfdp.exe")),
            ("a\r\nb\0.txt", Some("ab.txt")),
            ("nul.txt", Some("_nul.txt")),
            ("com1", Some("_com1")),
            ("common", Some("common")),
            ("..", None),
            ("dir/", None),
            ("", None),
            (" é .txt ", Some("é .txt")),
        ] {
            assert_eq!(file_name(text).as_deref(), expected, "{text:?}");
        }
        let long = file_name(&format!("{}.pdf", "é".repeat(300))).expect("name");
        assert!(long.len() <= NAME_SIZE_MAX && long.ends_with(".pdf"));
    }
}
