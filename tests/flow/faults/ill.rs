//! Consumers that are ill in a way of their own, and get well when they are told.

use std::collections::HashSet;
use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::consumer::read_request;

/// What a consumer does while it is ill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Illness {
    /// Nobody listens.
    Refuses,
    /// Takes what comes, each after most of the time that it has.
    Slow,
    /// Reads, and never answers.
    Hangs,
    /// Does not even read.
    Mute,
    /// 500.
    Fails,
    /// 429 with `Retry-After`.
    Throttles,
    /// Reads, and closes.
    Closes,
    /// Closes at once.
    Resets,
    /// Closes in the middle of the head of its answer.
    HalfHead,
    /// Says 500 and announces more than it sends.
    HalfBody,
    /// Anything but HTTP.
    Garbage,
    /// One byte of its answer at a time.
    Drips,
    /// A head that does not end.
    EndlessHead,
    /// Says `100 Continue` for ever.
    EndlessContinue,
    /// A body that does not end.
    EndlessBody,
    /// Sends the host elsewhere.
    Redirects(SocketAddr),
}

/// A consumer that runs until the test ends.
pub struct Patient {
    pub name: String,
    pub illness: Illness,
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    illness: Illness,
    ill: Arc<AtomicBool>,
    taken: Mutex<HashSet<String>>,
    /// Requests that came while it was ill.
    refused: AtomicU64,
    /// The most bytes that the host let it send in answer to one request.
    most: AtomicU64,
}

impl Patient {
    /// Is well until `ill` becomes true, and whenever it is false again.
    pub fn start(illness: Illness, ill: &Arc<AtomicBool>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
        let address = listener.local_addr().expect("a bound socket");
        let shared = Arc::new(Shared {
            illness,
            ill: ill.clone(),
            taken: Mutex::default(),
            refused: AtomicU64::new(0),
            most: AtomicU64::new(0),
        });
        let name = format!("{illness:?}").split('(').next().expect("a name").to_lowercase();
        std::thread::spawn({
            let shared = shared.clone();
            move || listen(listener, address, &shared)
        });
        Self { name, illness, address, shared }
    }

    /// How many different events it took.
    pub fn taken(&self) -> usize {
        self.shared.taken.lock().expect("no panic").len()
    }

    /// How many requests found it ill.
    pub fn refused(&self) -> u64 {
        self.shared.refused.load(Ordering::SeqCst)
    }

    /// The most bytes that it could send in answer to one request.
    pub fn most(&self) -> u64 {
        self.shared.most.load(Ordering::SeqCst)
    }
}

fn listen(listener: TcpListener, address: SocketAddr, shared: &Arc<Shared>) {
    let mut listener = Some(listener);
    loop {
        if shared.illness == Illness::Refuses && shared.is_ill() {
            listener = None;
            shared.while_ill(Duration::from_millis(5), || true);
            continue;
        }
        let socket = listener.get_or_insert_with(|| TcpListener::bind(address).expect("it was ours"));
        socket.set_nonblocking(true).expect("a socket");
        match socket.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(false).expect("a socket");
                let shared = shared.clone();
                std::thread::spawn(move || serve(socket, &shared));
            }
            Err(_) => std::thread::park_timeout(Duration::from_millis(2)),
        }
    }
}

fn serve(mut socket: TcpStream, shared: &Shared) {
    let _ = socket.set_nodelay(true);
    let mut reader = BufReader::new(socket.try_clone().expect("a socket"));
    loop {
        if shared.is_ill() {
            match shared.illness {
                Illness::Mute => {
                    shared.refused.fetch_add(1, Ordering::SeqCst);
                    return shared.while_ill(Duration::from_millis(5), || true);
                }
                Illness::Resets => {
                    shared.refused.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                _ => {}
            }
        }
        let Some((_, body)) = read_request(&mut reader) else { return };
        let well = if shared.is_ill() { shared.behave(&mut socket) } else { true };
        if !well {
            shared.refused.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let event: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let id = event["data"]["id"].as_str().unwrap_or_default().to_owned();
        shared.taken.lock().expect("no panic").insert(id);
        if socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

impl Shared {
    fn is_ill(&self) -> bool {
        self.ill.load(Ordering::SeqCst)
    }

    /// Does something so often while it is ill and that is possible.
    fn while_ill(&self, every: Duration, mut act: impl FnMut() -> bool) {
        let begun = Instant::now();
        while self.is_ill() && act() && begun.elapsed() < Duration::from_secs(120) {
            std::thread::park_timeout(every);
        }
    }

    /// Answers one request in its way. True: the event is taken all the same.
    fn behave(&self, socket: &mut TcpStream) -> bool {
        let mut sent = 0;
        let mut say = |text: &[u8]| {
            sent += text.len() as u64;
            self.most.fetch_max(sent, Ordering::SeqCst);
            socket.write_all(text).is_ok()
        };
        match self.illness {
            Illness::Slow => {
                std::thread::park_timeout(Duration::from_millis(600));
                return true;
            }
            Illness::Hangs => self.while_ill(Duration::from_millis(5), || true),
            Illness::Fails => {
                say(b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n");
            }
            Illness::Throttles => {
                say(b"HTTP/1.1 429 X\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n");
            }
            Illness::HalfHead => {
                say(b"HTTP/1.1 200 OK\r\ncontent-le");
            }
            Illness::HalfBody => {
                say(b"HTTP/1.1 500 X\r\ncontent-length: 1000\r\n\r\nhalf");
            }
            Illness::Garbage => {
                say(b"\x16\x03\x01 this is no HTTP \0\xff\r\n\r\n");
            }
            Illness::Drips => {
                let mut bytes = b"HTTP/1.1 200 OK\r\nx-drip: ".iter().chain(std::iter::repeat(&b'x'));
                self.while_ill(Duration::from_millis(50), || say(&[*bytes.next().expect("endless")]));
            }
            Illness::EndlessHead => {
                let line = format!("x-line: {}\r\n", "y".repeat(1_000));
                if say(b"HTTP/1.1 200 OK\r\n") {
                    self.while_ill(Duration::ZERO, || say(line.as_bytes()));
                }
            }
            Illness::EndlessContinue => {
                self.while_ill(Duration::from_micros(100), || say(b"HTTP/1.1 100 Continue\r\n\r\n"));
            }
            Illness::EndlessBody => {
                if say(b"HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n") {
                    let chunk = format!("1000\r\n{}\r\n", "z".repeat(0x1000));
                    self.while_ill(Duration::ZERO, || say(chunk.as_bytes()));
                }
            }
            Illness::Redirects(to) => {
                let head =
                    format!("HTTP/1.1 307 X\r\nlocation: http://{to}/events\r\ncontent-length: 0\r\n\r\n");
                say(head.as_bytes());
            }
            Illness::Closes | Illness::Refuses | Illness::Mute | Illness::Resets => {}
        }
        false
    }
}
