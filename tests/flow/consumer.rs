//! A consumer: takes deliveries on the loopback interface and answers as it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Names in lower case, and values.
type Headers = Vec<(String, String)>;

/// How long a delivery may take to come.
const DELIVERY_MAX: Duration = Duration::from_secs(30);

/// A delivery as it came in.
#[derive(Debug)]
pub struct Delivery {
    pub headers: Headers,
    pub body: Vec<u8>,
    /// What it was answered with.
    pub status: u16,
    /// When it was whole.
    pub at: Instant,
}

impl Delivery {
    pub fn header(&self, name: &str) -> &str {
        trunkline_model::header(&self.headers, name).unwrap_or_else(|| panic!("no header `{name}`"))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The provider's id of the event.
    pub fn event_id(&self) -> String {
        self.json()["data"]["id"].as_str().expect("an id").to_owned()
    }
}

/// Decides the status that a body is answered with.
type Decide = Box<dyn FnMut(&serde_json::Value) -> u16 + Send>;

/// A consumer that runs until the test ends.
pub struct Consumer {
    pub address: SocketAddr,
    deliveries: Receiver<Delivery>,
}

impl Consumer {
    /// Answers every delivery as `decide` says.
    pub fn start(decide: impl FnMut(&serde_json::Value) -> u16 + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
        Self::on(listener, decide)
    }

    /// The same on a socket that is bound already.
    pub fn on(listener: TcpListener, decide: impl FnMut(&serde_json::Value) -> u16 + Send + 'static) -> Self {
        let address = listener.local_addr().expect("a bound socket");
        let (sender, deliveries) = channel();
        let decide: Arc<Mutex<Decide>> = Arc::new(Mutex::new(Box::new(decide)));
        std::thread::spawn(move || {
            // One that is gone before it is taken is an error of its own; the others are to come.
            for socket in listener.incoming().flatten() {
                let (sender, decide) = (sender.clone(), decide.clone());
                std::thread::spawn(move || serve(socket, &sender, &decide));
            }
        });
        Self { address, deliveries }
    }

    /// The configuration of a destination that delivers here.
    pub fn destination(address: SocketAddr) -> String {
        Self::named("consumer", &format!("http://{address}/events"), "")
    }

    /// The same with another name and URL, and more settings.
    pub fn named(name: &str, url: &str, more: &str) -> String {
        format!(
            "[destinations.{name}]\nkind = \"webhook\"\nurl = \"{url}\"\n{more}\
             secret = [\"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\", \"whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX\"]\n"
        )
    }

    /// The next delivery.
    pub fn next(&self) -> Delivery {
        self.deliveries.recv_timeout(DELIVERY_MAX).expect("a delivery comes")
    }

    /// What has come so far and was not looked at yet.
    pub fn arrived(&self) -> impl Iterator<Item = Delivery> + '_ {
        self.deliveries.try_iter()
    }

    /// The next delivery, if one comes in time.
    pub fn next_within(&self, time: Duration) -> Option<Delivery> {
        self.deliveries.recv_timeout(time).ok()
    }

    /// Deliveries until so many were answered with 2xx.
    pub fn accepted(&self, count: usize) -> Vec<Delivery> {
        let mut accepted = Vec::new();
        while accepted.len() < count {
            let delivery = self.next();
            if (200..300).contains(&delivery.status) {
                accepted.push(delivery);
            }
        }
        accepted
    }
}

/// A request as it comes in: its headers, names in lower case, and its body. None: there is no more.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(Headers, Vec<u8>)> {
    read_whole_request(reader).map(|(_, headers, body)| (headers, body))
}

/// The same with its first line before it.
pub fn read_whole_request(reader: &mut BufReader<TcpStream>) -> Option<(String, Headers, Vec<u8>)> {
    let mut start = String::new();
    if reader.read_line(&mut start).unwrap_or(0) == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = trunkline_model::header(&headers, "content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((start.trim_end().to_owned(), headers, body))
}

fn serve(socket: TcpStream, sender: &Sender<Delivery>, decide: &Mutex<Decide>) {
    let mut reader = BufReader::new(socket.try_clone().expect("a socket"));
    let mut socket = socket;
    while let Some((headers, body)) = read_request(&mut reader) {
        let json = serde_json::from_slice(&body).unwrap_or_default();
        let status = decide.lock().expect("no panic while deciding")(&json);
        // Told before it is answered: what the test sees is never behind what the host knows.
        if sender.send(Delivery { headers, body, status, at: Instant::now() }).is_err() {
            return;
        }
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        if socket.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
