//! HTTP/1.1, as much of it as a host needs of a provider: requests in, answers out, the connection kept.

use std::io::{BufRead, Read as _, Write};

use trunkline_model::{Headers, Response};

use super::asked::Asked;

/// Of the request line and the headers.
const HEAD_SIZE_MAX: usize = 64 * 1024;
/// Of a body, whether its length is told or it comes in chunks.
const BODY_SIZE_MAX: usize = 32 * 1024 * 1024;

/// Why there is no request.
#[derive(Debug, PartialEq)]
pub enum Stop {
    /// The connection has ended.
    Ended,
    /// It is answered with this status, and the connection closed: where the next request starts is not known.
    Refused(u16),
}

impl From<std::io::Error> for Stop {
    fn from(_: std::io::Error) -> Self {
        Self::Ended
    }
}

/// A request, and whether the connection is to end with it.
#[derive(Debug)]
pub struct Received {
    /// The request.
    pub asked: Asked,
    /// The client wants the connection closed.
    pub last: bool,
}

/// Reads a request to its end. `writer` is told to go on where a client waits for that.
pub fn read(reader: &mut impl BufRead, writer: &mut impl Write) -> Result<Received, Stop> {
    let mut left = HEAD_SIZE_MAX;
    let mut start = line(reader, &mut left)?;
    // An empty line before a request is allowed.
    if start.is_empty() {
        start = line(reader, &mut left)?;
    }
    let mut words = start.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Stop::Refused(400));
    };
    if !target.starts_with('/') || !version.starts_with("HTTP/1.") {
        return Err(Stop::Refused(400));
    }
    let headers = headers(reader, &mut left)?;
    let header = |name: &str| trunkline_model::header(&headers, name);
    let host = header("host").ok_or(Stop::Refused(400))?;
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).to_ascii_lowercase();
    let names = |name: &str, word: &str| header(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    let last = names("connection", "close") || version == "HTTP/1.0";
    if names("expect", "100-continue") {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = body(reader, &headers)?;
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (target.to_owned(), None),
    };
    let asked = Asked { method: method.to_owned(), host, path, query, headers, body, ..Asked::default() };
    Ok(Received { asked, last })
}

/// A line without its end. `left` is what may still be read.
fn line(reader: &mut impl BufRead, left: &mut usize) -> Result<String, Stop> {
    let mut line = Vec::new();
    let read = reader.by_ref().take(*left as u64).read_until(b'\n', &mut line)?;
    *left -= read;
    if line.pop() != Some(b'\n') {
        return Err(if *left == 0 { Stop::Refused(431) } else { Stop::Ended });
    }
    let line = line.strip_suffix(b"\r").unwrap_or(&line);
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn headers(reader: &mut impl BufRead, left: &mut usize) -> Result<Headers, Stop> {
    let mut headers = Headers::new();
    loop {
        let line = line(reader, left)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').ok_or(Stop::Refused(400))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn body(reader: &mut impl BufRead, headers: &Headers) -> Result<Vec<u8>, Stop> {
    let length = trunkline_model::header(headers, "content-length");
    match (trunkline_model::header(headers, "transfer-encoding"), length) {
        (None, None) => Ok(Vec::new()),
        (None, Some(length)) => {
            let length = length.parse().map_err(|_| Stop::Refused(400))?;
            let mut body = Vec::new();
            append(reader, length, &mut body)?;
            Ok(body)
        }
        (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => chunks(reader),
        // Two answers to where it ends are one too many.
        _ => Err(Stop::Refused(400)),
    }
}

fn chunks(reader: &mut impl BufRead) -> Result<Vec<u8>, Stop> {
    let mut body = Vec::new();
    loop {
        let size = line(reader, &mut HEAD_SIZE_MAX.clone())?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| Stop::Refused(400))?;
        if size == 0 {
            headers(reader, &mut HEAD_SIZE_MAX.clone())?;
            return Ok(body);
        }
        append(reader, size, &mut body)?;
        if !line(reader, &mut HEAD_SIZE_MAX.clone())?.is_empty() {
            return Err(Stop::Refused(400));
        }
    }
}

/// Reads so many bytes. Memory is taken as they come, not as they are announced.
fn append(reader: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> Result<(), Stop> {
    if length > BODY_SIZE_MAX - body.len() {
        return Err(Stop::Refused(413));
    }
    let read = reader.by_ref().take(length as u64).read_to_end(body)?;
    if read < length { Err(Stop::Ended) } else { Ok(()) }
}

/// Writes an answer. One to `HEAD` has no body; 204 and 304 have not even a length.
pub fn write(writer: &mut impl Write, response: &Response, to_head: bool, last: bool) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {} \r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        text.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if last {
        text.extend_from_slice(b"connection: close\r\n");
    }
    let bare = matches!(response.status, 204 | 304);
    if !bare {
        text.extend_from_slice(format!("content-length: {}\r\n", response.body.len()).as_bytes());
    }
    text.extend_from_slice(b"\r\n");
    if !bare && !to_head {
        text.extend_from_slice(&response.body);
    }
    writer.write_all(&text)?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(text: impl AsRef<[u8]>) -> Result<Received, Stop> {
        read(&mut text.as_ref(), &mut Vec::new())
    }

    fn stop(text: impl AsRef<[u8]>) -> Stop {
        received(text).expect_err("no request")
    }

    #[test]
    fn a_request_is_read() {
        let Received { asked, last } = received(
            "POST /v2/push?a=b%20c HTTP/1.1\r\nHost: API.example.com:443\r\nX-A:  1 \r\ncontent-length: 3\r\n\r\nabcd",
        )
        .expect("a request");
        assert_eq!((asked.method.as_str(), asked.host.as_str(), last), ("POST", "api.example.com", false));
        assert_eq!((asked.path.as_str(), asked.query.as_deref()), ("/v2/push", Some("a=b%20c")));
        assert_eq!((asked.header("x-a"), asked.body.as_slice()), (Some("1"), b"abc".as_slice()));
        let closing = received("\r\nGET / HTTP/1.1\nhost: a\nConnection: Close\n\n").expect("a request");
        assert!(closing.last && closing.asked.query.is_none());
    }

    #[test]
    fn chunks_are_joined_and_a_waiting_client_is_told_to_go_on() {
        let text = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n\
                    3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\ntrailer: 1\r\n\r\nGET";
        let (mut rest, mut told) = (text.as_bytes(), Vec::new());
        let received = read(&mut rest, &mut told).expect("a request");
        assert_eq!(received.asked.body, b"abc0123456789");
        assert_eq!(rest, b"GET", "the next request is left alone");
        assert_eq!(told, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let start = "POST / HTTP/1.1\r\nhost: a\r\n";
        for (text, expected) in [
            (String::new(), Stop::Ended),
            (start.to_owned(), Stop::Ended),
            (format!("{start}content-length: 5\r\n\r\nabc"), Stop::Ended),
            ("GET /\r\n\r\n".to_owned(), Stop::Refused(400)),
            ("GET a HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), Stop::Refused(400)),
            ("PRI * HTTP/2.0\r\n\r\n".to_owned(), Stop::Refused(400)),
            ("GET / HTTP/1.1\r\n\r\n".to_owned(), Stop::Refused(400)),
            (format!("{start}no header\r\n\r\n"), Stop::Refused(400)),
            (format!("{start}content-length: -1\r\n\r\n"), Stop::Refused(400)),
            (format!("{start}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"), Stop::Refused(400)),
            (format!("{start}transfer-encoding: gzip\r\n\r\n"), Stop::Refused(400)),
            (format!("{start}transfer-encoding: chunked\r\n\r\nxyz\r\n"), Stop::Refused(400)),
            (format!("{start}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n"), Stop::Refused(400)),
            (format!("{start}content-length: {}\r\n\r\n", BODY_SIZE_MAX + 1), Stop::Refused(413)),
            (format!("{start}transfer-encoding: chunked\r\n\r\n2000001\r\n"), Stop::Refused(413)),
            (format!("{start}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n"), Stop::Refused(413)),
            (format!("{start}a: {}\r\n\r\n", "b".repeat(HEAD_SIZE_MAX)), Stop::Refused(431)),
        ] {
            assert_eq!(stop(&text), expected, "{}", text.chars().take(120).collect::<String>());
        }
    }

    #[test]
    fn an_answer_is_as_long_as_it_says() {
        let written = |response: Response, to_head, last| {
            let mut text = Vec::new();
            write(&mut text, &response, to_head, last).expect("memory");
            String::from_utf8(text).expect("text")
        };
        let found = Response::with_body(200, "text/plain", "abc");
        let head = "HTTP/1.1 200 \r\ncontent-type: text/plain\r\n";
        assert_eq!(written(found.clone(), false, false), format!("{head}content-length: 3\r\n\r\nabc"));
        assert_eq!(
            written(found, true, true),
            format!("{head}connection: close\r\ncontent-length: 3\r\n\r\n")
        );
        assert_eq!(written(Response::empty(204), false, false), "HTTP/1.1 204 \r\n\r\n");
    }
}
