//! Headers: names, unfolded values, ids. Values are kept as sent, encoded words included.

use mail_parser::{HeaderValue, MessageParser};

use super::address::{Mailbox, mailboxes};
use super::encoded_word;

/// The most bytes of headers that are read; the rest counts as absent.
const HEADERS_SIZE_MAX: usize = 256 << 10;
/// The most headers that are read.
const HEADERS_MAX: usize = 1_000;
/// The most ids of one header. References grow by one with each answer.
const IDS_MAX: usize = 200;
/// The most bytes of one id: a line of a mail has no more.
const ID_SIZE_MAX: usize = 998;
/// The most bytes of a header as text.
const TEXT_SIZE_MAX: usize = 1_000;

/// Header names and values in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headers {
    fields: Vec<(String, String)>,
}

impl Headers {
    /// The headers at the beginning of a mail. Line ends may be CR LF, LF or CR.
    pub fn parse(mail: &[u8]) -> Self {
        let mut headers = Self::default();
        let mut rest = &mail[..mail.len().min(HEADERS_SIZE_MAX)];
        // A mailbox file's separator, or one that was escaped.
        if rest.starts_with(b"From ") || rest.starts_with(b">From ") {
            rest = line(rest).1;
        }
        let mut field: Vec<u8> = Vec::new();
        while !rest.is_empty() {
            let (text, after) = line(rest);
            rest = after;
            if text.is_empty() {
                break;
            }
            if text.starts_with(b" ") || text.starts_with(b"\t") {
                // Folded: the white space at the fold is one blank.
                field.push(b' ');
                field.extend_from_slice(text.trim_ascii_start());
            } else {
                headers.push_raw(&field);
                field.clear();
                field.extend_from_slice(text);
            }
        }
        headers.push_raw(&field);
        headers
    }

    /// Headers that a provider has taken apart.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut headers = Self::default();
        let mut size = 0;
        for (name, value) in pairs.into_iter().take(HEADERS_MAX) {
            size += name.len() + value.len();
            if size > HEADERS_SIZE_MAX {
                break;
            }
            headers.push(&name, &value);
        }
        headers
    }

    fn push_raw(&mut self, field: &[u8]) {
        let Some(colon) = memchr::memchr(b':', field) else { return };
        if self.fields.len() == HEADERS_MAX {
            return;
        }
        self.push(&decoded(&field[..colon]), &decoded(&field[colon + 1..]));
    }

    fn push(&mut self, name: &str, value: &str) {
        let value: String =
            value.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        self.fields.push((name.trim().to_owned(), value.trim().to_owned()));
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a header, as sent.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of a header, as sent, where it is not empty.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// The first value of a header as people read it.
    pub fn text(&self, name: &str) -> Option<String> {
        let mut text = text(self.first(name)?);
        text.truncate(text.floor_char_boundary(TEXT_SIZE_MAX));
        Some(text).filter(|text| !text.is_empty())
    }

    /// The addresses in the first header of that name: a second `From` is a trick.
    pub fn mailboxes(&self, name: &str) -> Vec<Mailbox> {
        self.first(name).map(mailboxes).unwrap_or_default()
    }

    /// The message ids in every header of that name.
    pub fn ids(&self, name: &str) -> Vec<String> {
        self.all(name).flat_map(ids).take(IDS_MAX).collect()
    }

    /// When the sender says that it was written, in milliseconds since the Unix epoch.
    pub fn date(&self) -> Option<u64> {
        let date = mail_parser::DateTime::parse_rfc822(self.first("date")?)?;
        u64::try_from(date.to_timestamp()).ok()?.checked_mul(1000)
    }
}

/// A message id without comments and brackets: the first one in brackets, else the first word.
pub fn message_id(text: &str) -> Option<String> {
    ids(text).into_iter().next()
}

/// UTF-8 (RFC 6532), else what most senders of raw 8-bit headers mean.
fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => super::charset::windows_1252(bytes),
    }
}

/// One line without its end, and what follows.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr2(b'\r', b'\n', bytes) {
        Some(end) => {
            let size = if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
            (&bytes[..end], &bytes[end + size..])
        }
        None => (bytes, &[]),
    }
}

/// Decodes the encoded words of an unstructured header.
fn text(value: &str) -> String {
    let header = format!("Subject: {}\r\n\r\n", encoded_word::joined(value));
    let message = MessageParser::new().parse_headers(header.as_bytes());
    let decoded =
        message.as_ref().and_then(|message| message.header("Subject")).and_then(HeaderValue::as_text);
    decoded
        .unwrap_or(value)
        .chars()
        .filter(|letter| !letter.is_control())
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The ids in `<…>` outside of comments. Where there is none, the words: some gateways leave the brackets out.
fn ids(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut bare = String::new();
    let mut comments = 0_u32;
    let mut id: Option<String> = None;
    for letter in value.chars() {
        match (letter, &mut id) {
            ('>', Some(_)) => found.extend(id.take().filter(|id| !id.is_empty())),
            // White space in an id is folding gone wrong; a new bracket begins anew.
            ('<', Some(text)) => text.clear(),
            (letter, Some(text)) if !letter.is_whitespace() => text.push(letter),
            (_, Some(_)) => {}
            ('(', None) => comments += 1,
            (')', None) => comments = comments.saturating_sub(1),
            ('<', None) if comments == 0 => id = Some(String::new()),
            (letter, None) if comments == 0 => bare.push(letter),
            _ => {}
        }
    }
    if found.is_empty() {
        // An id whose bracket is never closed, else words.
        let words = id.as_deref().unwrap_or(&bare).split([' ', '\t', ',']);
        found.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    found.retain(|id| id.len() <= ID_SIZE_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_folding_and_names() {
        for end in ["\r\n", "\n", "\r"] {
            let mail = "From ada@x Mon Feb  2 10:00:00 2026|Subject: a|\tb|x : 1|junk|X: 2||Subject: body"
                .replace('|', end);
            let headers = Headers::parse(mail.as_bytes());
            assert_eq!(headers.first("SUBJECT"), Some("a b"), "{end:?}");
            assert_eq!(headers.all("x").collect::<Vec<_>>(), ["1", "2"]);
        }
        assert_eq!(Headers::parse(b""), Headers::default());
        assert!(Headers::parse(&b"a: b\n".repeat(100_000)).fields.len() <= HEADERS_MAX);
    }

    #[test]
    fn raw_8_bit_and_encoded_words() {
        let headers =
            Headers::parse(b"Subject: Gr\xfc\xdfe\nX: \xe2\x82\xac\nY: =?utf-8?B?4oI=?= =?utf-8?B?rA==?=\n");
        assert_eq!(headers.text("subject").as_deref(), Some("Grüße"));
        assert_eq!(headers.text("x").as_deref(), Some("€"));
        assert_eq!(headers.text("y").as_deref(), Some("€"));
    }

    #[test]
    fn examples_of_the_facts() {
        for (value, expected) in [
            ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?Q?_an_alle?=", "Grüße an alle"),
            ("=?ISO-2022-JP?B?GyRCJDMbKEI=?=", "こ"),
            ("=?us-ascii?Q?a?= b", "a b"),
            ("=?utf-8*en?Q?a?=", "a"),
            ("=?utf-8?Q?a b?=", "a b"),
            ("=?utf-8?B?w7w?=", "ü"),
            ("=?utf-8?Q?=C3=A4?==?iso-8859-1?Q?=F6?=", "äö"),
            ("=?x-none?Q?a?=", "a"),
            ("a =?utf-8?X?b?= c", "a =?utf-8?X?b?= c"),
            ("plain", "plain"),
        ] {
            assert_eq!(text(value), expected, "{value}");
        }
    }

    #[test]
    fn ids_and_junk() {
        for (value, expected) in [
            ("<a@b>", vec!["a@b"]),
            ("<a@b><c@d> <e\t@f>", vec!["a@b", "c@d", "e@f"]),
            ("(see <no@id>) <a@b>", vec!["a@b"]),
            ("a@b", vec!["a@b"]),
            ("Ada's message of \"Mon\" <a@b>", vec!["a@b"]),
            ("<a@b", vec!["a@b"]),
            ("<>", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(ids(value), expected, "{value}");
        }
    }

    #[test]
    fn dates() {
        let date = |text: &str| Headers::from_pairs([("Date".into(), text.into())]).date();
        assert_eq!(date("Mon, 02 Feb 2026 10:00:00 +0100"), Some(1_770_022_800_000));
        assert_eq!(date("2 Feb 26 10:00:00 EST"), Some(1_770_044_400_000));
        assert_eq!(date("soon"), None);
    }
}
