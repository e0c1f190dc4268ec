//! Senders that mean harm, on raw sockets.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use trunkline_cases::Case;
use trunkline_model::Request;

use crate::samples::{case, path};

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// After an answer, no other one comes.
const SILENCE: Duration = Duration::from_millis(100);

/// How many sockets an attack may take: the wish, or half of what this process may open.
pub fn sockets(wish: u64) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(1_024_u64);
    usize::try_from(wish.min(soft / 2)).expect("small")
}

/// Sockets that say little, for some time; one that the host has closed is opened again.
pub struct Held<'a> {
    pub count: usize,
    pub first: &'a [u8],
    /// Said again and again, ten times a second.
    pub drip: &'a [u8],
    pub time: Duration,
}

impl Held<'_> {
    /// Gives how often one was opened.
    pub fn run(&self, address: SocketAddr) -> u64 {
        let mut sockets: Vec<_> = (0..self.count).map(|_| self.open(address)).collect();
        let mut opened = sockets.len() as u64;
        let begun = Instant::now();
        while begun.elapsed() < self.time {
            for place in &mut sockets {
                let alive = match place {
                    Some(socket) => self.drip_into(socket),
                    None => false,
                };
                if !alive && begun.elapsed() < self.time {
                    *place = self.open(address);
                    opened += u64::from(place.is_some());
                }
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        opened
    }

    fn open(&self, address: SocketAddr) -> Option<TcpStream> {
        let mut socket = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
        socket.set_nonblocking(true).expect("a socket");
        let _ = socket.write_all(self.first);
        Some(socket)
    }

    fn drip_into(&self, socket: &mut TcpStream) -> bool {
        let mut answer = [0; 512];
        match socket.read(&mut answer) {
            Ok(0) => return false,
            Err(error) if error.kind() != ErrorKind::WouldBlock => return false,
            _ => {}
        }
        !matches!(socket.write(self.drip), Err(error) if error.kind() != ErrorKind::WouldBlock)
    }
}

/// Sends bytes on a socket of their own, and gives what is answered until the host closes or falls silent.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(ANSWER_MAX)).expect("a socket");
    socket.set_write_timeout(Some(ANSWER_MAX)).expect("a socket");
    // The host may answer and close before it has read everything.
    let _ = socket.write_all(bytes);
    let mut answer = Vec::new();
    let mut some = [0; 65_536];
    while let Ok(count) = socket.read(&mut some) {
        if count == 0 {
            break;
        }
        answer.extend_from_slice(&some[..count]);
        socket.set_read_timeout(Some(SILENCE)).expect("a socket");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends the same bytes until the host closes or so many are sent. Gives how many, and what was answered.
pub fn pour(address: SocketAddr, first: &[u8], again: &[u8], bytes_max: usize) -> (usize, String) {
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(ANSWER_MAX)).expect("a socket");
    socket.set_write_timeout(Some(ANSWER_MAX)).expect("a socket");
    let mut sent = first.len();
    let mut open = socket.write_all(first).is_ok();
    while open && sent < bytes_max {
        open = socket.write_all(again).is_ok();
        sent += again.len();
    }
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    (sent, String::from_utf8_lossy(&answer).into_owned())
}

/// The head of a webhook with so many bytes announced.
pub fn head(path: &str, more: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\n{more}\r\n").into_bytes()
}

/// A webhook as bytes.
pub fn bytes(request: &Request) -> Vec<u8> {
    let headers: String =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = head(path(request), &format!("{headers}content-length: {}\r\n", request.body.len()));
    [head, request.body.clone()].concat()
}

/// A body of a channel, correctly signed.
pub fn signed(channel: &str, body: Vec<u8>) -> Request {
    case(channel, "text").resigned(body).expect("signed in a header")
}

/// JSON with so many levels, alone and inside of what the channel expects.
pub fn deep(levels: usize) -> Vec<Vec<u8>> {
    let arrays = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let objects = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let open = "[".repeat(levels);
    let within = |member: &str| format!("{{\"object\":\"page\",\"{member}\":{arrays}}}");
    [within("entry"), within("events"), within("unknown"), arrays, objects, open]
        .map(String::into_bytes)
        .to_vec()
}

/// Few bytes of gzip that stand for 158 times as many zeros: one block of fixed codes, nearly all of it "258 times
/// the last byte".
pub fn bomb(bytes: usize) -> Vec<u8> {
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    // A last block, fixed codes; the literal 0 is 00110000; length 258 is 11000101, distance 1 is 00000.
    let start = [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    let again = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    let mut bits = start.into_iter().chain(again.into_iter().cycle());
    for _ in 0..bytes {
        bomb.push((0..8).fold(0, |byte, at| byte | bits.next().expect("endless") << at));
    }
    bomb
}

/// A mail of Mailgun with so many parts, signed now.
pub fn many_parts(parts: usize, token: &str) -> Request {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let text = format!(
        "@setting signing_key key-signing-invented\nPOST https://hooks.example.org/hooks/mail\n\
         content-type: multipart/form-data; boundary=b\n\n\
         {{{{hmac sha256 hex signing_key ={now} ={token}}}}}\n--- expect\n"
    );
    let mut request = Case::parse("", &text).expect("a case").request;
    let signature = String::from_utf8(request.body).expect("hex");
    let mut body = String::new();
    let mut part = |name: &str, value: &str| {
        body += &format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    };
    for (name, value) in [
        ("recipient", "help@mg.example.org"),
        ("sender", "ada@example.net"),
        ("from", "ada@example.net"),
        ("subject", "Many parts"),
        ("body-plain", "Hello"),
        ("Message-Id", "<many@example.net>"),
        ("timestamp", &now.to_string()),
        ("token", token),
        ("signature", signature.trim()),
    ] {
        part(name, value);
    }
    for number in 0..parts {
        part(&format!("part-{number}"), "x");
    }
    body += "--b--\r\n";
    request.body = body.into_bytes();
    request
}
