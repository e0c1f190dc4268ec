//! From bytes to a [`Mail`]: the tree of parts, charsets, transfer encodings.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, HeaderName, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};
use trunkline_model::Media;

use super::header::Headers;
use super::{BODY_SIZE_MAX, Mail, attachment, charset, complexity, flowed};

/// Up to this size a mail that was cut off is repaired, which takes a copy.
const REPAIR_SIZE_MAX: usize = 4 << 20;
/// From this size on a mail that had to be decoded is not taken apart: three copies do not fit into the memory of
/// a connector.
const OWNED_SIZE_MAX: usize = 18 << 20;

impl Mail {
    /// Takes a mail apart. One that exceeds the bounds is kept whole, as an attachment.
    pub fn parse(raw: Cow<[u8]>) -> Self {
        let mut mail = Self { headers: Headers::parse(&raw), ..Self::default() };
        // Hashing takes its time, and is seldom needed.
        if mail.message_id().is_none() {
            mail.fingerprint = crate::signature::hex(&crate::signature::sha256(&[&raw])[..16]);
        }
        let too_large = matches!(raw, Cow::Owned(_)) && raw.len() > OWNED_SIZE_MAX;
        if too_large || complexity::exceeds_bounds(&raw) {
            mail.truncated = true;
            mail.attach(attachment(Some("message/rfc822"), None, raw.into_owned()));
            return mail;
        }
        let parser = MessageParser::new()
            .header_content_type(HeaderName::ContentType)
            .header_content_type(HeaderName::ContentDisposition)
            .header_id(HeaderName::ContentId)
            .header_text(HeaderName::ContentTransferEncoding)
            .default_header_ignore();
        let Some(message) = parser.parse(&*raw) else {
            let bytes = &raw[..raw.len().min(BODY_SIZE_MAX)];
            mail.truncated = raw.len() > bytes.len();
            mail.text = Some(charset::guessed(bytes, false)).filter(|text| !text.trim().is_empty());
            return mail;
        };
        match repaired(&message, &raw) {
            Some(whole) => match parser.parse(&whole) {
                Some(message) => mail.fill(message, &whole),
                None => mail.fill(message, &raw),
            },
            None => mail.fill(message, &raw),
        }
        mail
    }

    fn fill(&mut self, message: Message, raw: &[u8]) {
        let (text_ids, html_ids) = (message.text_body, message.html_body);
        let is_body = |id: usize| text_ids.iter().chain(&html_ids).any(|body| *body as usize == id);
        let mut bodies: Vec<(usize, Body)> = Vec::new();
        let mut leftover = None;
        for (id, mut part) in message.parts.into_iter().enumerate() {
            let content_type = content_type(&part);
            self.encrypted |= is_encrypted(&part, &content_type);
            match std::mem::take(&mut part.body) {
                PartType::Multipart(_) => {}
                PartType::Text(text) if is_body(id) => {
                    let text = readable(self.cut(text), &part, raw);
                    bodies.push((id, Body::Text(text)));
                }
                PartType::Html(html) if is_body(id) => {
                    let html = readable(self.cut(html), &part, raw);
                    bodies.push((id, Body::Html(html)));
                }
                PartType::Binary(bytes) if content_type.starts_with("multipart/") => {
                    let bytes = &bytes[..bytes.len().min(BODY_SIZE_MAX)];
                    leftover.get_or_insert(charset::guessed(bytes, false).replace("\r\n", "\n"));
                }
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                    self.attach_part(&part, &content_type, bytes.into_owned());
                }
                // Parts whose boundary is not declared or never occurs: text is what is left of them.
                PartType::Text(text) if content_type.starts_with("multipart/") => {
                    leftover.get_or_insert(readable(self.cut(text), &part, raw));
                }
                PartType::Message(nested) => {
                    // What was taken apart of it is in the way of the copy.
                    drop(nested);
                    self.attach_part(&part, &content_type, decoded(&part, raw));
                }
                PartType::Text(_) | PartType::Html(_) => {
                    self.attach_part(&part, &content_type, decoded(&part, raw));
                }
            }
        }
        let find = |id: &u32| bodies.iter().find(|(body, _)| *body == *id as usize).map(|(_, body)| body);
        let html = html_ids.iter().filter_map(find).filter_map(Body::html).collect::<Vec<_>>().join("\n");
        let texts: Vec<&Body> = text_ids.iter().filter_map(find).collect();
        // Where all is HTML the text is made of it later, when its quotes are known.
        let text = if texts.iter().any(|body| body.html().is_none()) {
            let texts = texts.iter().map(|body| body.to_text()).filter(|text| !text.trim().is_empty());
            texts.map(|text| text.trim_end().to_owned()).collect::<Vec<_>>().join("\n\n")
        } else {
            String::new()
        };
        let text = if bodies.is_empty() { leftover.unwrap_or_default() } else { text };
        self.text = Some(self.bounded(text)).filter(|text| !text.trim().is_empty());
        self.html = Some(self.bounded(html)).filter(|html| !html.trim().is_empty());
    }

    /// A text within the bound, before anything is made of it.
    fn cut<'a>(&mut self, text: Cow<'a, str>) -> Cow<'a, str> {
        self.truncated |= text.len() > BODY_SIZE_MAX;
        match text {
            Cow::Borrowed(text) => text[..text.floor_char_boundary(BODY_SIZE_MAX)].into(),
            Cow::Owned(text) => self.bounded(text).into(),
        }
    }

    fn attach_part(&mut self, part: &MessagePart, content_type: &str, bytes: Vec<u8>) {
        let ignored =
            ["application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"];
        // Detached signatures, and the Macintosh half of a file.
        if ignored.contains(&content_type) || content_type == "application/applefile" {
            return;
        }
        let parameter = |header: Option<&mail_parser::ContentType>, name: &str| {
            let attributes = header.and_then(|header| header.attributes()).unwrap_or_default();
            attributes
                .iter()
                .rev()
                .find(|attribute| attribute.name == name)
                .map(|attribute| attribute.value.to_string())
        };
        let name = parameter(part.content_disposition(), "filename")
            .or_else(|| parameter(part.content_type(), "name"));
        let mut media: Media = attachment(Some(content_type), name.as_deref(), bytes);
        media.content_id =
            part.content_id().map(|id| id.trim_matches(['<', '>']).to_owned()).filter(|id| !id.is_empty());
        self.attach(media);
    }
}

enum Body {
    Text(String),
    Html(String),
}

impl Body {
    fn html(&self) -> Option<&str> {
        match self {
            Self::Html(html) => Some(html),
            Self::Text(_) => None,
        }
    }

    fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Html(html) => super::html::text(html).into(),
            Self::Text(text) => text.into(),
        }
    }
}

/// The mail with the boundaries that are missing at its end. The parser does not decode a part that nothing ends.
fn repaired(message: &Message, raw: &[u8]) -> Option<Vec<u8>> {
    if raw.len() > REPAIR_SIZE_MAX || !message.parts.iter().any(|part| part.is_encoding_problem) {
        return None;
    }
    let boundaries = message.parts.iter().filter_map(|part| part.content_type()?.attribute("boundary"));
    let ends: Vec<String> =
        boundaries.take(complexity::CONTAINERS_MAX).map(|boundary| format!("--{boundary}--")).collect();
    // The innermost part was opened last and is to be closed first.
    let missing = ends.iter().rev().filter(|end| memchr::memmem::find(raw, end.as_bytes()).is_none());
    let tail: String = missing.map(|end| format!("\r\n{end}")).collect();
    (!tail.is_empty()).then(|| [raw, tail.as_bytes(), b"\r\n"].concat())
}

fn content_type(part: &MessagePart) -> String {
    part.content_type().map_or_else(String::new, |content_type| {
        format!("{}/{}", content_type.ctype(), content_type.subtype().unwrap_or_default())
            .to_ascii_lowercase()
    })
}

fn is_encrypted(part: &MessagePart, content_type: &str) -> bool {
    match content_type {
        "multipart/encrypted" => true,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            let kind = part.content_type().and_then(|content_type| content_type.attribute("smime-type"));
            kind.is_none_or(|kind| !kind.eq_ignore_ascii_case("signed-data"))
        }
        _ => false,
    }
}

/// The bytes of a part without its transfer encoding.
fn decoded(part: &MessagePart, raw: &[u8]) -> Vec<u8> {
    let bytes = raw.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
    match part.encoding {
        Encoding::None => None,
        Encoding::Base64 => base64_decode(bytes),
        Encoding::QuotedPrintable => quoted_printable_decode(bytes),
    }
    .unwrap_or_else(|| bytes.to_vec())
}

/// The text of a part: decoded anew where the declared charset was none or was wrong, and unwrapped.
fn readable(text: Cow<str>, part: &MessagePart, raw: &[u8]) -> String {
    let header = part.content_type();
    let parameter = |name: &str| header.and_then(|header| header.attribute(name));
    let charset = parameter("charset");
    let trusted = charset.is_some_and(charset::is_reliable);
    let text = if text.contains('\u{fffd}') && !trusted {
        charset::guessed(&decoded(part, raw), charset.is_none())
    } else {
        text.into_owned()
    };
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace(['\r', '\0'], "\n");
    if parameter("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")) {
        return flowed::unwrapped(
            &text,
            parameter("delsp").is_some_and(|delete| delete.eq_ignore_ascii_case("yes")),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Mail {
        Mail::parse(text.replace('\n', "\r\n").into_bytes().into())
    }

    #[test]
    fn wrong_and_missing_charsets() {
        let mail = Mail::parse((&b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xfc\xdfe"[..]).into());
        assert_eq!(mail.text.as_deref(), Some("Grüße"));
        let mail = Mail::parse((&b"Content-Type: text/plain; charset=x-unknown\r\n\r\n\x80 5"[..]).into());
        assert_eq!(mail.text.as_deref(), Some("€ 5"));
        let html = b"Content-Type: text/html\r\n\r\n<meta charset=\"iso-8859-5\"><p>\xb4\xd0</p>";
        assert_eq!(
            Mail::parse((&html[..]).into()).html.as_deref().map(|html| html.contains("Да")),
            Some(true)
        );
    }

    #[test]
    fn text_between_pictures_is_joined() {
        let mail = parse(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: image/png\n\
             Content-Disposition: inline\nContent-Transfer-Encoding: base64\n\nAAEC\n--b\n\ntwo\n--b--\n",
        );
        assert_eq!(mail.text.as_deref(), Some("one\n\ntwo"));
        assert_eq!(mail.attachments.len(), 1);
        assert_eq!(mail.attachments[0].source, trunkline_model::MediaSource::Bytes(vec![0, 1, 2]));
    }

    #[test]
    fn what_costs_too_much_is_kept_whole() {
        let nested = "Content-Type: message/rfc822\n\n".repeat(2_000);
        let unbounded = "--b\nContent-Type: multipart/mixed; boundary=c\n\nx\n".repeat(2_000);
        let long = format!("Content-Type: text/plain; x=\"{}\"\n\n", "=?a?Q?x ".repeat(10_000));
        for bomb in [nested, format!("Content-Type: multipart/mixed; boundary=b\n\n{unbounded}--b--\n"), long]
        {
            let mail = parse(&bomb);
            assert!(mail.truncated && mail.text.is_none());
            assert_eq!(mail.attachments[0].content_type.as_deref(), Some("message/rfc822"));
        }
    }

    /// Pieces of mails put together at random: nothing panics, whatever comes of it.
    #[test]
    fn no_input_panics() {
        const PIECES: [&[u8]; 30] = [
            b"\r\n",
            b"\n",
            b"\r\n\r\n",
            b"--b",
            b"--b--\r\n",
            b"Content-Type: multipart/alternative; boundary=b\r\n\r\n",
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n",
            b"=?utf-8?B?4oI=?= ",
            b"=?x?Q?",
            b"Content-Type: message/rfc822\r\n",
            b"Content-Type: message/delivery-status\r\n\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\n",
            b"=\xff=3",
            b"AAAA=",
            b"From: <<a@\"b\">,;:(\r\n",
            b"To: \"a\\\" (b) <c@d>;\r\n",
            b"Content-Type: text/html; charset=utf-16\r\n\r\n",
            b"<div style=display:none>&#0;&amp",
            b"</blockquote><!--",
            b"\xe2\x82",
            b"Content-Disposition: attachment; filename*0*=utf-8''%; filename*1=b\r\n",
            b"Final-Recipient: rfc822; a@b\r\n",
            b"Action: failed\r\n",
            b"Status: 5.1.1\r\n",
            b"> q\r\n",
            b"On 1 wrote:\r\n",
            b"References: <a> (<\r\n",
            b"Date: 99 Foo 999999999999 25:61\r\n",
            b"\0",
        ];
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..30_000 {
            let mut raw = Vec::new();
            for _ in 0..16 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                raw.extend_from_slice(PIECES[(seed % PIECES.len() as u64) as usize]);
            }
            let mail = Mail::parse(raw.as_slice().into());
            let delivery = crate::email::Delivery::new("help@in.example.org");
            assert!(!crate::email::events(mail, &delivery).is_empty(), "{}", raw.escape_ascii());
        }
    }
}
