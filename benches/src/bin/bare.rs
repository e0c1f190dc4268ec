//! The ceiling: the HTTP stack of the host, which reads each request whole and answers 200. Nothing is verified or kept.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use clap::Parser;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket};
use tower_service::Service as _;

/// As the host has it where nothing is configured.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
const HEAD_BYTES_MAX: usize = 32 << 10;
const HEADERS_MAX: usize = 128;
const LISTEN_QUEUE: u32 = 4_096;

/// Answers 200 to every webhook.
#[derive(Parser)]
struct Arguments {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
}

// The host has a thread a core, and looks at sockets as often: `block_on` in its command line.
fn main() -> std::io::Result<()> {
    let listen = Arguments::parse().listen;
    let runtime = tokio::runtime::Builder::new_multi_thread().event_interval(4).enable_all().build()?;
    runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(listen)?;
        serve(socket.listen(LISTEN_QUEUE)?).await
    })
}

async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let app = Router::new().route("/hooks/{connection}", any(async |body: axum::body::Bytes| drop(body)));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let app = app.clone();
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let mut app = app.clone();
            let answer = app.call(request.map(Body::new));
            async move {
                let Ok(answer) = tokio::time::timeout(REQUEST_TIME_MAX, answer).await?;
                Ok::<_, std::io::Error>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(REQUEST_TIME_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            .half_close(false)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}
