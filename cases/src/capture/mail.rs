//! A mail as text: its headers and parts, with what is encoded in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rewrite::{Rewriter, Written};
use crate::body::{self, head_end, parameter};

/// Bytes that stay of a file. What is in it is nothing for a case.
const FILE_MAX: usize = 64;
/// Columns of Base64.
const LINE_MAX: usize = 76;
/// Mails in mails.
const DEPTH_MAX: usize = 6;
/// What people write, or are called, in headers.
const WRITTEN: [&str; 10] = [
    "subject",
    "from",
    "to",
    "cc",
    "reply-to",
    "sender",
    "comments",
    "organization",
    "thread-topic",
    "keywords",
];

/// Headers, of a mail and no other text, and an empty line.
pub fn is_mail(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let name = first.split_once(':').map_or("", |(name, _)| name);
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let Some((head, _)) = head_end(text.as_bytes()) else { return false };
    let head = text[..head].to_ascii_lowercase();
    let known =
        ["\nfrom:", "\nto:", "\nsubject:", "\ndate:", "\nmessage-id:", "\nmime-version:", "\nreceived:"];
    is_name(name) && known.iter().any(|name| format!("\n{head}").contains(name))
}

/// A whole mail.
pub fn rewrite(rewriter: &mut Rewriter, text: &str) -> String {
    entity(rewriter, text, 0)
}

fn entity(rewriter: &mut Rewriter, text: &str, depth: usize) -> String {
    let Some((head, gap)) = head_end(text.as_bytes()) else { return rewriter.plain(text, Written::Yes) };
    let (head_text, gap_text, content) = (&text[..head], &text[head..head + gap], &text[head + gap..]);
    let rewritten = self::head(rewriter, head_text);
    format!("{rewritten}{gap_text}{}", self::content(rewriter, head_text, content, depth))
}

/// What stands below the headers of a part, by what they say about it.
pub fn content(rewriter: &mut Rewriter, head: &str, content: &str, depth: usize) -> String {
    let content_type = header(head, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let encoding = header(head, "content-transfer-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    if depth < DEPTH_MAX && media_type.starts_with("multipart/") {
        return parts(rewriter, &content_type, content, depth);
    }
    if depth < DEPTH_MAX && media_type == "message/rfc822" && encoding != "base64" {
        return entity(rewriter, content, depth + 1);
    }
    let charset = parameter(&content_type, "charset").unwrap_or("utf-8").to_ascii_lowercase();
    let inner = |rewriter: &mut Rewriter, text: &str| match media_type.as_str() {
        "text/html" => rewriter.html(text),
        "text/plain" => rewriter.plain(text, Written::Yes),
        "text/rfc822-headers" => self::head(rewriter, text),
        _ if media_type.starts_with("message/") => rewriter.plain(text, Written::No),
        _ => rewriter.plain(text, Written::Perhaps),
    };
    let is_text = media_type.starts_with("text/") || media_type.starts_with("message/");
    let end = if content.contains("\r\n") { "\r\n" } else { "\n" };
    match encoding.as_str() {
        "base64" => {
            let bytes = STANDARD.decode(content.split_whitespace().collect::<String>()).unwrap_or_default();
            let bytes = match decoded(&bytes, &charset).filter(|_| is_text) {
                Some(text) => encoded(&inner(rewriter, &text), &charset),
                None => invented_file(&bytes),
            };
            let text = STANDARD.encode(bytes);
            let lines = text.as_bytes().chunks(LINE_MAX).map(String::from_utf8_lossy);
            let ends = if content.ends_with('\n') { end } else { "" };
            lines.collect::<Vec<_>>().join(end) + ends
        }
        "quoted-printable" if is_text => match decoded(&unquoted(content), &charset) {
            Some(text) => quoted(&encoded(&inner(rewriter, &text), &charset), end),
            None => content.to_owned(),
        },
        _ => inner(rewriter, content),
    }
}

fn parts(rewriter: &mut Rewriter, content_type: &str, content: &str, depth: usize) -> String {
    let mut out = String::with_capacity(content.len());
    let mut end = 0;
    for part in body::parts(content_type, content.as_bytes()) {
        let (Some(before), Some(text)) =
            (content.get(end..part.head.start), content.get(part.head.start..part.body.end))
        else {
            continue;
        };
        out.push_str(before);
        out.push_str(&entity(rewriter, text, depth + 1));
        end = part.body.end;
    }
    out.push_str(content.get(end..).unwrap_or_default());
    out
}

/// The value of a header, unfolded.
fn header(head: &str, name: &str) -> Option<String> {
    let unfolded = head.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    unfolded.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

fn head(rewriter: &mut Rewriter, head: &str) -> String {
    let mut name = String::new();
    let mut out = String::with_capacity(head.len());
    for line in head.split_inclusive('\n') {
        let folded = line.starts_with([' ', '\t']);
        let (before, value) = match line.split_once(':') {
            Some((key, value)) if !folded => {
                name = key.trim().to_ascii_lowercase();
                (format!("{key}:"), value)
            }
            _ => (String::new(), line),
        };
        out.push_str(&before);
        out.push_str(&header_value(rewriter, &name, value));
    }
    out
}

fn header_value(rewriter: &mut Rewriter, name: &str, value: &str) -> String {
    // They say how to read the rest.
    if ["content-type", "content-transfer-encoding", "mime-version", "date"].contains(&name) {
        return parameter(value, "name").map_or(value.to_owned(), |file| {
            value.replace(file, &rewriter.inventor.add(super::invent::Kind::File, file))
        });
    }
    if name == "content-disposition" {
        return part_head(rewriter, value);
    }
    let written = if WRITTEN.contains(&name) { Written::Yes } else { Written::No };
    // `=?charset?B?…?=`
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, word)) = rest.split_once("=?") {
        let pieces: Vec<&str> = word.splitn(4, '?').collect();
        let [charset, encoding, text, after] = pieces.as_slice() else { break };
        let Some(after) = after.strip_prefix('=') else { break };
        let bytes = match encoding.to_ascii_lowercase().as_str() {
            "b" => STANDARD.decode(text).unwrap_or_default(),
            _ => unquoted(&text.replace('_', " ")),
        };
        out.push_str(&rewriter.plain(before, written));
        match decoded(&bytes, &charset.to_ascii_lowercase()) {
            Some(text) => {
                let text = rewriter.plain(&text, written);
                out.push_str(&format!("=?utf-8?B?{}?=", STANDARD.encode(text)));
            }
            None => out.push_str("=?utf-8?B?eHh4?="),
        }
        rest = after;
    }
    out + &rewriter.plain(rest, written)
}

/// The headers of a part: its file name is somebody's.
pub fn part_head(rewriter: &mut Rewriter, head: &str) -> String {
    let mut out = head.to_owned();
    for line in head.lines() {
        for name in ["filename", "filename*"] {
            if let Some(file) = parameter(line, name).filter(|file| !file.is_empty()) {
                let invented = rewriter.inventor.add(super::invent::Kind::File, file);
                rewriter.inventor.whole(file);
                out = out.replace(file, &invented);
            }
        }
    }
    out
}

/// A part that is a file, and no field.
pub fn is_file(head: &str) -> bool {
    let lower = head.to_ascii_lowercase();
    let text = ["content-type: text/", "content-type: message/", "content-type: application/json"];
    lower.contains("filename") && !text.iter().any(|name| lower.contains(name))
}

/// A part that is a mail, or a report about one.
pub fn is_message(head: &str) -> bool {
    let media_type = header(head, "content-type").unwrap_or_default().to_ascii_lowercase();
    media_type.starts_with("message/") || media_type.starts_with("text/rfc822-headers")
}

/// Bytes of a file that is no more than its beginning.
pub fn invented_file(bytes: &[u8]) -> Vec<u8> {
    let size = bytes.len().min(FILE_MAX);
    "invented file ".bytes().cycle().take(size).collect()
}

/// Bytes as the letters of the same number.
pub fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// The inverse of [`latin`].
pub fn latin_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}

fn decoded(bytes: &[u8], charset: &str) -> Option<String> {
    match charset {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => String::from_utf8(bytes.to_vec()).ok(),
        _ if charset.starts_with("iso-8859") || charset.starts_with("windows-125") => Some(latin(bytes)),
        _ => None,
    }
}

fn encoded(text: &str, charset: &str) -> Vec<u8> {
    if charset.starts_with("utf") || charset.ends_with("ascii") {
        text.as_bytes().to_vec()
    } else {
        latin_bytes(text)
    }
}

fn unquoted(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut index) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(index) {
        let digits = text.get(index + 1..index + 3).filter(|_| byte == b'=');
        if byte != b'=' {
            out.push(byte);
            index += 1;
        } else if let Some(value) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            out.push(value);
            index += 3;
        } else {
            // A soft line end.
            index += 1 + bytes[index + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\r')).count();
            index += usize::from(bytes.get(index) == Some(&b'\n'));
        }
    }
    out
}

fn quoted(bytes: &[u8], end: &str) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut column = 0;
    for &byte in bytes {
        match byte {
            b'\n' => {
                out.push('\n');
                column = 0;
                continue;
            }
            b'\r' => {
                out.push('\r');
                continue;
            }
            b' '..=b'~' if byte != b'=' => out.push(char::from(byte)),
            other => out.push_str(&format!("={other:02X}")),
        }
        column += if (b' '..=b'~').contains(&byte) && byte != b'=' { 1 } else { 3 };
        if column >= LINE_MAX - 4 {
            out.push('=');
            out.push_str(end);
            column = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        for text in [
            "Grüße = gut, und noch mehr davon, bis die Zeile zu lang wird, und noch etwas länger\r\nb\r\n",
            "",
            "=",
        ] {
            assert_eq!(unquoted(&quoted(text.as_bytes(), "\r\n")), text.as_bytes());
        }
        assert_eq!(unquoted("a=\r\nb=3D=\nc"), b"ab=c");
        assert_eq!(latin_bytes(&latin(&[0, 0xe9, 0xff])), [0, 0xe9, 0xff]);
    }

    #[test]
    fn a_mail_is_known_by_its_headers() {
        assert!(is_mail("From: a@example.net\r\nTo: b\r\n\r\ntext"));
        assert!(!is_mail("Note: this is a text\n\nand more"));
        assert!(!is_mail("From: a"));
    }
}
