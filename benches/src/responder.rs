//! A server that answers every request the same: a provider, a destination, a host without a journal.

use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::answer::extent;

/// What a request may be long.
const REQUEST_BYTES_MAX: usize = 4 << 20;

/// What answers: gets a request whole, head and body, and writes its answer.
pub type Answering = Rc<dyn Fn(&[u8], &mut Vec<u8>)>;

/// An answer of 200 with a body of JSON, as bytes.
pub fn ok(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Answers for ever, on the thread of a [`tokio::task::LocalSet`].
pub async fn respond(listener: TcpListener, answer: Answering) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let _ = socket.set_nodelay(true);
        tokio::task::spawn_local(serve(socket, answer.clone()));
    }
}

async fn serve(mut socket: TcpStream, answer: Answering) {
    let mut buffer = vec![0; 16 << 10];
    let (mut filled, mut answers) = (0, Vec::new());
    loop {
        while let Some(extent) = extent(&buffer[..filled]) {
            answer(&buffer[..extent.end], &mut answers);
            buffer.copy_within(extent.end..filled, 0);
            filled -= extent.end;
        }
        if !answers.is_empty() && socket.write_all(&answers).await.is_err() {
            return;
        }
        answers.clear();
        if filled == buffer.len() {
            if filled >= REQUEST_BYTES_MAX {
                return;
            }
            buffer.resize(filled * 2, 0);
        }
        match socket.read(&mut buffer[filled..]).await {
            Ok(read) if read > 0 => filled += read,
            _ => return,
        }
    }
}
