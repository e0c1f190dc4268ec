//! Answers of HTTP/1.1 off the wire: where one ends, and its status.

use memchr::memmem;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Where a message ends, and where its body begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// First byte of the body.
    pub body: usize,
    /// First byte of what follows.
    pub end: usize,
}

/// Where the message at the start of these bytes ends. None: it is not whole yet.
pub fn extent(bytes: &[u8]) -> Option<Extent> {
    let body = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let head = &bytes[..body];
    let end = match header(head, b"content-length") {
        Some(length) => body + number(length),
        None if header(head, b"transfer-encoding").is_some() => body + chunked(&bytes[body..])?,
        None => body,
    };
    (bytes.len() >= end).then_some(Extent { body, end })
}

/// The value of a header. Its name is given in lower case.
fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (given, rest) = line.split_at_checked(name.len())?;
        given.eq_ignore_ascii_case(name).then_some(())?;
        rest.strip_prefix(b":")
    })
}

fn number(digits: &[u8]) -> usize {
    let digits = digits.trim_ascii().iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: usize, digit| number.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
}

/// The length of a chunked body. None: it is not whole yet.
fn chunked(body: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = memmem::find(&body[at..], b"\r\n")?;
        let size = std::str::from_utf8(&body[at..at + line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).ok()?;
        at += line + 2 + size + 2;
        if at > body.len() {
            return None;
        }
        if size == 0 {
            return Some(at);
        }
    }
}

/// The status of an answer, 0 where it has none.
pub fn status(answer: &[u8]) -> u16 {
    let status = answer.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    u16::try_from(number(status)).unwrap_or_default()
}

/// Whether whoever answers closes the connection after it.
pub fn closes(answer: &[u8], extent: Extent) -> bool {
    header(&answer[..extent.body], b"connection")
        .is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// Reads one message to its end; what it is stays in `buffer`. None: the connection is closed, or the message is longer.
pub async fn read(socket: &mut TcpStream, buffer: &mut [u8]) -> Option<Extent> {
    let mut filled = 0;
    loop {
        let read = socket.read(&mut buffer[filled..]).await.ok().filter(|read| *read > 0)?;
        filled += read;
        if let Some(extent) = extent(&buffer[..filled]) {
            return Some(extent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_its_head_says() {
        let known = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP";
        assert_eq!(extent(known), Some(Extent { body: 38, end: 40 }));
        assert_eq!(extent(&known[..39]), None);
        assert_eq!(extent(b"HTTP/1.1 204 No Content\r\n"), None);
        assert_eq!(extent(b"HTTP/1.1 204 No Content\r\n\r\n"), Some(Extent { body: 27, end: 27 }));
        assert_eq!(status(known), 200);
        assert!(!closes(known, Extent { body: 38, end: 40 }));
    }

    #[test]
    fn a_chunked_message_ends_with_its_last_chunk() {
        let chunks = b"HTTP/1.1 401 No\r\ntransfer-encoding: chunked\r\nConnection: Close\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let found = extent(chunks).expect("whole");
        assert_eq!(found.end, chunks.len());
        assert_eq!(extent(&chunks[..chunks.len() - 2]), None);
        assert_eq!(status(chunks), 401);
        assert!(closes(chunks, found));
    }
}
