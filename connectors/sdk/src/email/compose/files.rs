//! Files of a mail: attached, or shown inside of its HTML.

use std::borrow::Cow;

use trunkline_model::Media;

use crate::email::file_name;

/// Endings for files without a name. Mail programs go by the name.
const ENDINGS: [(&str, &str); 12] = [
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("video/mp4", "mp4"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/mp4", "m4a"),
    ("application/pdf", "pdf"),
    ("text/plain", "txt"),
    ("text/csv", "csv"),
    ("text/vcard", "vcf"),
];

/// A file that goes along.
#[derive(Debug, Clone, PartialEq)]
pub struct File<'a> {
    /// Safe in a header.
    pub name: String,
    /// Safe in a header.
    pub content_type: String,
    /// Of a file that the HTML shows as `cid:…`, without brackets.
    pub content_id: Option<String>,
    /// As they are.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> File<'a> {
    /// A file that stands below the mail. `number` names it where it has no name.
    pub(super) fn attached(media: &Media, bytes: &'a [u8], number: usize) -> Self {
        let content_type = content_type(media);
        let name = media.name.as_deref().and_then(file_name).map(|name| name.replace(['"', '\\'], "'"));
        let name = name.unwrap_or_else(|| {
            let ending =
                ENDINGS.iter().find(|(known, _)| *known == content_type).map_or("bin", |(_, ending)| ending);
            format!("attachment-{number}.{ending}")
        });
        Self { name, content_type, content_id: None, bytes: bytes.into() }
    }

    /// A file that the HTML shows.
    pub(super) fn inline(media: &Media, bytes: &'a [u8], content_id: &str, number: usize) -> Self {
        Self { content_id: Some(content_id.to_owned()), ..Self::attached(media, bytes, number) }
    }

    /// Address cards.
    pub(super) fn cards(vcards: String, name: Option<&str>) -> Self {
        let name = name.and_then(|name| file_name(&format!("{name}.vcf")));
        Self {
            name: name.map_or_else(|| "contacts.vcf".to_owned(), |name| name.replace(['"', '\\'], "'")),
            content_type: "text/vcard; charset=utf-8".to_owned(),
            content_id: None,
            bytes: vcards.into_bytes().into(),
        }
    }
}

/// A Content-ID that can be a file name as it is: some providers make the one of the other.
pub(super) fn is_content_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\"'\\/()".contains(&byte);
    (1..=200).contains(&id.len()) && id.bytes().all(plain)
}

/// As declared, without parameters; unknown where it is no media type. It becomes a header.
fn content_type(media: &Media) -> String {
    let declared = media.content_type.as_deref().and_then(|declared| declared.split(';').next());
    let declared = declared.unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let is_type = declared.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    if is_type { declared } else { "application/octet-stream".to_owned() }
}

#[cfg(test)]
mod tests {
    use trunkline_model::{MediaKind, MediaSource};

    use super::*;

    #[test]
    fn names_and_types_are_safe_in_headers() {
        let mut media = Media::new(MediaKind::File, MediaSource::Bytes(Vec::new()));
        for (name, declared, expected) in [
            (Some("a\"b\r\nX: 1.pdf"), Some("application/PDF; x=1"), ("a'bX: 1.pdf", "application/pdf")),
            (Some("../../x.png"), Some("image/png\r\nX: 1"), ("x.png", "application/octet-stream")),
            (None, Some("image/jpeg"), ("attachment-2.jpg", "image/jpeg")),
            (None, None, ("attachment-2.bin", "application/octet-stream")),
        ] {
            media.name = name.map(str::to_owned);
            media.content_type = declared.map(str::to_owned);
            let file = File::attached(&media, b"", 2);
            assert_eq!((file.name.as_str(), file.content_type.as_str()), expected);
        }
        assert!(is_content_id("logo@mg.example.org") && !is_content_id("a b") && !is_content_id("a\"b"));
    }
}
