//! One kept-alive connection to a server.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::answer::{closes, read, status};

/// The longest answer.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// A connection, opened again where the server has closed it.
pub struct Client {
    address: SocketAddr,
    socket: TcpStream,
    buffer: Vec<u8>,
    open: bool,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let socket = opened(address).await?;
        Ok(Self { address, socket, buffer: vec![0; ANSWER_BYTES_MAX], open: true })
    }

    /// Sends a request and reads its answer. Gives the answer's status; none where the connection was closed before.
    pub async fn exchange(&mut self, request: &[u8]) -> Option<u16> {
        if !self.open {
            self.socket = opened(self.address).await.ok()?;
        }
        self.open = false;
        self.socket.write_all(request).await.ok()?;
        let extent = read(&mut self.socket, &mut self.buffer).await?;
        self.open = !closes(&self.buffer, extent);
        Some(status(&self.buffer))
    }
}

async fn opened(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpStream::connect(address).await?;
    // A request is one packet: waiting to fill another would only delay it.
    socket.set_nodelay(true)?;
    Ok(socket)
}
