//! `multipart/form-data`, read in place: no part is copied, because bodies of 26 MiB must fit beside what they
//! are turned into.
//!
//! Only the framing is read here; headers of parts are read by the MIME parser. The streaming parsers that exist
//! copy every part, so that one of them serves as the oracle of the tests instead.

use mail_parser::{HeaderValue, MessageParser, MimeHeaders as _};
use memchr::memmem;

/// The most parts that are read of one form; more is an error.
pub const PARTS_MAX: usize = 2_000;
/// The most bytes of headers of one part.
const HEADERS_SIZE_MAX: usize = 16 << 10;
/// RFC 2046.
const BOUNDARY_SIZE_MAX: usize = 70;
/// Where a value is no UTF-8, this is how its name is shown; names are compared only.
const NAME_SIZE_MAX: usize = 1 << 10;
/// More than what frames a part when it is written, besides boundary and names.
const PART_OVERHEAD: usize = 100;

/// One field or file.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<'a> {
    /// The name of the field.
    pub name: String,
    /// As sent: see [`crate::email::file_name`].
    pub file_name: Option<String>,
    /// As sent, without parameters, in lower case.
    pub content_type: Option<String>,
    /// The bytes, as they are.
    pub body: &'a [u8],
}

/// The parts of a form in order. The error says what is wrong, and nothing of the body.
pub fn parse<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, &'static str> {
    let boundary = boundary(content_type).ok_or("multipart form without a usable boundary")?;
    // Every delimiter but one at the very beginning has a line end before it that belongs to it.
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    let mut position = if body.starts_with(&delimiter.as_bytes()[2..]) {
        delimiter.len() - 2
    } else {
        finder.find(body).ok_or("multipart form without its boundary")? + delimiter.len()
    };
    let mut parts = Vec::new();
    loop {
        let rest = body.get(position..).unwrap_or_default();
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        let start = position + line_end(rest).ok_or("multipart form with a broken delimiter")?;
        let end =
            end_of_part(body, start, &finder, delimiter.len()).ok_or("multipart form without its end")?;
        if parts.len() == PARTS_MAX {
            return Err("multipart form with too many parts");
        }
        // A part without headers begins with the line end that ends a delimiter.
        parts.push(part(body.get(start..end).unwrap_or_default())?);
        position = end + delimiter.len();
    }
}

/// A boundary that occurs in none of the parts: the same for the same seed and parts. The seed is letters and
/// digits, at most 40.
pub fn boundary_for(seed: &str, parts: &[Part]) -> String {
    // Ends, because no part is long enough to hold every one of them.
    (0_u64..)
        .map(|number| format!("trunkline-{seed}-{number}"))
        .find(|boundary| parts.iter().all(|part| memmem::find(part.body, boundary.as_bytes()).is_none()))
        .unwrap_or_default()
}

/// The bytes of a form. The boundary must not occur in the parts: see [`boundary_for`].
pub fn encode(boundary: &str, parts: &[Part]) -> Vec<u8> {
    // In one piece of memory: growing would need up to three times as much.
    let size = |part: &Part| {
        let names = [Some(&part.name), part.file_name.as_ref(), part.content_type.as_ref()];
        let names: usize = names.into_iter().flatten().map(String::len).sum();
        boundary.len() + names + part.body.len() + PART_OVERHEAD
    };
    let mut body = Vec::with_capacity(parts.iter().map(size).sum::<usize>() + boundary.len() + PART_OVERHEAD);
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\ncontent-disposition: form-data").as_bytes());
        for (parameter, value) in [("name", Some(&part.name)), ("filename", part.file_name.as_ref())] {
            if let Some(value) = value {
                let value: String =
                    value.chars().filter(|letter| !matches!(letter, '"' | '\\' | '\r' | '\n')).collect();
                body.extend_from_slice(format!("; {parameter}=\"{value}\"").as_bytes());
            }
        }
        if let Some(content_type) = &part.content_type {
            body.extend_from_slice(format!("\r\ncontent-type: {content_type}").as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(part.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

fn boundary(content_type: &str) -> Option<String> {
    let header = format!("Content-Type: {}\r\n\r\n", content_type.replace(['\r', '\n'], " "));
    let message = MessageParser::new().parse_headers(header.as_bytes())?;
    let boundary = message.content_type()?.attribute("boundary")?;
    (1..=BOUNDARY_SIZE_MAX).contains(&boundary.len()).then(|| boundary.to_owned())
}

/// The length of the padding and line end after a delimiter.
fn line_end(rest: &[u8]) -> Option<usize> {
    let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    rest.get(padding..)?.starts_with(b"\r\n").then_some(padding + 2)
}

/// Where the delimiter after a part begins. What only begins like the delimiter belongs to the part.
fn end_of_part(body: &[u8], start: usize, finder: &memmem::Finder, delimiter_size: usize) -> Option<usize> {
    // The line end before the delimiter may be the one before an absent body.
    let mut from = start.checked_sub(2)?;
    loop {
        let end = from + finder.find(body.get(from..)?)?;
        let after = body.get(end + delimiter_size..)?;
        if after.starts_with(b"--") || line_end(after).is_some() {
            return Some(end.max(start));
        }
        from = end + 2;
    }
}

fn part(bytes: &[u8]) -> Result<Part<'_>, &'static str> {
    let (headers, body) = if let Some(body) = bytes.strip_prefix(b"\r\n") {
        (&b""[..], body)
    } else {
        let end = memmem::find(bytes, b"\r\n\r\n").ok_or("multipart form with a part without a body")?;
        (&bytes[..end], &bytes[end + 4..])
    };
    if headers.len() > HEADERS_SIZE_MAX {
        return Err("multipart form with a part with too many headers");
    }
    let headers = [headers, b"\r\n\r\n"].concat();
    let message =
        MessageParser::new().parse_headers(&headers).ok_or("multipart form with a part without headers")?;
    let disposition = message.content_disposition();
    // The extended form (RFC 2231) stands after the plain one and says it better.
    let parameter = |name: &str| {
        let attributes = disposition.and_then(|disposition| disposition.attributes()).unwrap_or_default();
        attributes
            .iter()
            .rev()
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.value.to_string())
    };
    let name = parameter("name").filter(|name| name.len() <= NAME_SIZE_MAX);
    let content_type =
        message.header("Content-Type").and_then(HeaderValue::as_content_type).map(|content_type| {
            format!("{}/{}", content_type.ctype(), content_type.subtype().unwrap_or_default())
                .to_ascii_lowercase()
        });
    Ok(Part {
        name: name.ok_or("multipart form with a part without a name")?,
        file_name: parameter("filename"),
        content_type,
        body,
    })
}

#[cfg(test)]
mod tests;
