//! Whether a mail is one that the MIME parser can take apart with the time and memory of a connector.
//!
//! The parser is linear in most things, but not in all: it looks for the end of each encoded word and for each
//! boundary up to the end of the mail, and keeps a record of each header and part. So what costs is counted first,
//! over everything that looks like it. What a person sends is far below these bounds.

use mail_parser::{MessageParser, MimeHeaders as _};
use memchr::memmem;

/// The most parts that hold parts. Each mail in a mail is a stack frame.
pub const CONTAINERS_MAX: usize = 100;
/// The most MIME headers (`Content-…`) of one mail, several of which belong to one part.
const MIME_HEADERS_MAX: usize = 1_500;
/// The most bytes of one MIME header.
const MIME_HEADER_SIZE_MAX: usize = 16 << 10;
/// The most lines with a colon in one block of lines, which may be a block of headers.
const FIELDS_MAX: usize = 20_000;
/// The most boundaries, which is the most parts.
const BOUNDARIES_MAX: usize = 2_000;
/// What the searches for boundaries may cost together, in bytes. A few are allowed in any mail.
const SEARCH_SIZE_MAX: usize = 512 << 20;

/// Whether a mail exceeds one of the bounds.
pub fn exceeds_bounds(raw: &[u8]) -> bool {
    let mut scan = Scan::default();
    let mut start = 0;
    while start < raw.len() {
        let end = memchr::memchr(b'\n', &raw[start..]).map_or(raw.len(), |position| start + position + 1);
        if scan.line(raw, start, end) {
            return true;
        }
        start = end;
    }
    scan.close_field(raw);
    let containers = scan.boundaries.len().max(scan.containers);
    if containers > CONTAINERS_MAX || containers * raw.len() > SEARCH_SIZE_MAX.max(raw.len() * 8) {
        return true;
    }
    let mut parts = 0;
    for boundary in &scan.boundaries {
        parts += memmem::find_iter(raw, boundary).take(BOUNDARIES_MAX + 1).count();
        if parts > BOUNDARIES_MAX {
            return true;
        }
    }
    false
}

#[derive(Default)]
struct Scan {
    mime_headers: usize,
    /// Lines with a colon since the last line that no block of headers has in it.
    fields: usize,
    /// The MIME header that the last line belongs to.
    field: Option<(usize, usize)>,
    containers: usize,
    /// With the hyphens before them.
    boundaries: Vec<Vec<u8>>,
}

impl Scan {
    /// Looks at a line. True where a bound is exceeded.
    fn line(&mut self, raw: &[u8], start: usize, end: usize) -> bool {
        let line = raw[start..end].trim_ascii_start();
        if line.is_empty() || line.starts_with(b"--") {
            self.fields = 0;
        } else if memchr::memchr(b':', line).is_some() {
            self.fields += 1;
        }
        if line.len() >= 8 && line[..8].eq_ignore_ascii_case(b"content-") {
            self.close_field(raw);
            self.mime_headers += 1;
            self.field = Some((start, end));
        } else if matches!(raw[start], b' ' | b'\t') {
            self.field = self.field.map(|(from, _)| (from, end));
        } else {
            self.close_field(raw);
        }
        let size = self.field.map_or(0, |(from, to)| to - from);
        size > MIME_HEADER_SIZE_MAX
            || self.fields > FIELDS_MAX
            || self.mime_headers > MIME_HEADERS_MAX
            || self.containers > CONTAINERS_MAX
    }

    /// Looks at a MIME header as a whole.
    fn close_field(&mut self, raw: &[u8]) {
        let Some((from, to)) = self.field.take() else { return };
        let field = raw[from..to].to_ascii_lowercase();
        let multipart = memmem::find(&field, b"multipart/").is_some();
        self.containers += usize::from(multipart || memmem::find(&field, b"message/").is_some());
        if !multipart {
            return;
        }
        let header = [raw[from..to].trim_ascii(), b"\r\n\r\n"].concat();
        let message = MessageParser::new().parse_headers(&header);
        let boundary = message.as_ref().and_then(|message| message.content_type()?.attribute("boundary"));
        if let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) {
            let boundary = [b"--", boundary.as_bytes()].concat();
            if !self.boundaries.contains(&boundary) {
                self.boundaries.push(boundary);
            }
        }
    }
}
