//! The header `Content-Disposition` of a file whose name a stranger chose.

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in `filename*` as it is: `attr-char` of RFC 5987.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');
/// Characters of a name: file systems take 255 bytes, and a character takes up to four.
const CHARS_MAX: usize = 60;

/// To be saved, never shown in this host's name; by RFC 6266, for old and for new clients.
pub fn attachment(name: Option<&str>) -> HeaderValue {
    let plain = HeaderValue::from_static("attachment");
    let Some(name) = name.and_then(clean) else { return plain };
    let ascii: String =
        name.chars().map(|letter| if letter.is_ascii() && letter != '%' { letter } else { '_' }).collect();
    let encoded = utf8_percent_encode(&name, ENCODED);
    HeaderValue::try_from(format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}"))
        .unwrap_or(plain)
}

/// The name without what could lead out of a folder, out of the header, or a reader astray. None: nothing is left.
fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let misleads = |letter: char| {
        // Marks that turn the direction of writing make `gpj.exe` look like `exe.jpg`.
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(letter, '"' | '<' | '>' | ':' | '|' | '?' | '*')
    };
    let kept: String = last.chars().filter(|letter| !misleads(*letter)).collect();
    let kept = kept.trim_matches([' ', '.']);
    let count = kept.chars().count();
    let short = match kept.rsplit_once('.') {
        _ if count <= CHARS_MAX => kept.to_owned(),
        // The ending says what it is opened with.
        Some((stem, ending)) if ending.chars().count() < 10 => {
            let stem: String = stem.chars().take(CHARS_MAX - 10).collect();
            format!("{stem}.{ending}")
        }
        _ => kept.chars().take(CHARS_MAX).collect(),
    };
    (!short.is_empty()).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_a_name() {
        for (name, expected) in [
            ("offer.pdf", "attachment; filename=\"offer.pdf\"; filename*=UTF-8''offer.pdf"),
            (
                "Über 100%.pdf",
                "attachment; filename=\"_ber 100_.pdf\"; filename*=UTF-8''%C3%9Cber%20100%25.pdf",
            ),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("C:\\x\\a.png", "attachment; filename=\"a.png\"; filename*=UTF-8''a.png"),
            (
                "a\"; x=\"\r\nset-cookie: b",
                "attachment; filename=\"a; x=set-cookie b\"; filename*=UTF-8''a%3B%20x%3Dset-cookie%20b",
            ),
            ("photo\u{202e}gpj.exe", "attachment; filename=\"photogpj.exe\"; filename*=UTF-8''photogpj.exe"),
            ("写真.png", "attachment; filename=\"__.png\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.png"),
            ("..", "attachment"),
            ("a/", "attachment"),
            ("", "attachment"),
        ] {
            assert_eq!(attachment(Some(name)), expected, "{name}");
        }
        assert_eq!(attachment(None), "attachment");
        let long = format!("{}.jpeg", "x".repeat(500));
        let shown = clean(&long).expect("a name");
        assert!(shown.len() <= CHARS_MAX && shown.ends_with("x.jpeg"), "{shown}");
        assert_eq!(clean(&"x".repeat(500)).map(|name| name.len()), Some(CHARS_MAX));
    }
}
