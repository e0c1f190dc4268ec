//! A provider: answers on the loopback interface with the bytes that it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Method and target.
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Taken {
    pub fn header(&self, name: &str) -> Option<&str> {
        trunkline_model::header(&self.headers, name)
    }
}

/// What is done with a request.
pub enum Reply {
    /// These bytes, then the end.
    Bytes(String),
    /// These bytes, and then nothing until the client gives up.
    Stall(String),
}

/// Runs until the test ends.
pub struct Server {
    pub address: SocketAddr,
    taken: Receiver<Taken>,
}

impl Server {
    pub fn start(reply: impl Fn(&Taken) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
        let address = listener.local_addr().expect("a bound socket");
        let (sender, taken) = channel();
        let reply = Arc::new(reply);
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (sender, reply) = (sender.clone(), reply.clone());
                std::thread::spawn(move || serve(socket, &sender, &*reply));
            }
        });
        Self { address, taken }
    }

    /// Every request so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.try_iter().collect()
    }
}

/// One request a connection.
fn serve(mut socket: TcpStream, sender: &Sender<Taken>, reply: &dyn Fn(&Taken) -> Reply) {
    let mut reader = BufReader::new(socket.try_clone().expect("a socket"));
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = trunkline_model::header(&headers, "content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let taken = Taken { line, headers, body };
    let reply = reply(&taken);
    let _ = sender.send(taken);
    match reply {
        Reply::Bytes(bytes) => {
            let _ = socket.write_all(bytes.as_bytes());
        }
        Reply::Stall(bytes) => {
            let _ = socket.write_all(bytes.as_bytes());
            // Ends when the client closes.
            let _ = reader.read(&mut [0]);
        }
    }
}

/// An answer with a body whose length is announced.
pub fn answer(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))
}

/// A redirect.
pub fn redirect(status: u16, location: &str) -> Reply {
    answer(status, &format!("location: {location}\r\n"), "")
}
