//! A load generator: signed webhooks over kept-alive connections to a host on this machine.
//!
//! Closed loop: each client sends the next webhook when the last one is answered. Every webhook is made and
//! signed before the clock starts, and has an id of its own, so that each is a new event for the journal.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use trunkline_cases::Case;
use trunkline_model::Request;

/// Sends signed webhooks made of a case file and says how many were answered in which time.
#[derive(Parser)]
struct Arguments {
    /// Where the host listens: an address of this machine.
    #[arg(long)]
    address: SocketAddr,
    /// The path of the webhook.
    #[arg(long)]
    path: String,
    /// The case file that each webhook is made of.
    #[arg(long)]
    case: PathBuf,
    /// What stands in its body in place of the id; replaced in each webhook.
    #[arg(long)]
    id: String,
    /// Webhooks in all.
    #[arg(long, default_value_t = 20_000)]
    webhooks: usize,
    /// Connections that send at once.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// What sets the ids of this run apart from those of another.
    #[arg(long, default_value = "a")]
    run: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = Arguments::parse();
    assert!(arguments.address.ip().is_loopback(), "load goes to this machine only");
    let case = Case::read(&arguments.case).expect("a case file");
    let requests: Arc<Vec<Vec<u8>>> =
        Arc::new((0..arguments.webhooks).map(|number| webhook(&arguments, &case, number)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let clients: Vec<_> = (0..arguments.clients)
        .map(|_| tokio::spawn(client(arguments.address, requests.clone(), next.clone())))
        .collect();
    let mut latencies = Vec::with_capacity(arguments.webhooks);
    let mut refused = 0;
    for client in clients {
        let (of_client, refused_by) = client.await.expect("a client does not panic");
        latencies.extend(of_client);
        refused += refused_by;
    }
    let seconds = begun.elapsed().as_secs_f64();
    latencies.sort();
    let percentile = |share: f64| {
        let index = ((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1));
        latencies.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    };
    println!(
        "{}",
        json!({
            "webhooks": latencies.len(),
            "refused": refused,
            "clients": arguments.clients,
            "seconds": seconds,
            "webhooks_per_second": latencies.len() as f64 / seconds,
            "p50_ms": percentile(0.50),
            "p99_ms": percentile(0.99),
            "p999_ms": percentile(0.999),
        })
    );
    if refused > 0 {
        std::process::exit(1);
    }
}

/// The bytes of one request, signed.
fn webhook(arguments: &Arguments, case: &Case, number: usize) -> Vec<u8> {
    let body = String::from_utf8(case.request.body.clone()).expect("a body of text");
    assert!(body.contains(&arguments.id), "`{}` stands in the body", arguments.id);
    let body = body.replace(&arguments.id, &format!("load-{}-{number}", arguments.run));
    let Request { method, headers, body, .. } =
        case.resigned(body.into_bytes()).expect("the case can be signed");
    let mut head = format!(
        "{method} {} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n",
        arguments.path,
        arguments.address,
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.into_bytes(), body].concat()
}

async fn client(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
) -> (Vec<Duration>, usize) {
    let mut socket = TcpStream::connect(address).await.expect("the host listens");
    socket.set_nodelay(true).expect("an option of TCP");
    let mut latencies = Vec::new();
    let mut refused = 0;
    let mut buffer = vec![0; 16 << 10];
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let start = Instant::now();
        socket.write_all(request).await.expect("the host reads");
        let status = answer(&mut socket, &mut buffer).await;
        latencies.push(start.elapsed());
        refused += usize::from(!(200..300).contains(&status));
    }
    (latencies, refused)
}

/// Reads one answer to its end. Gives its status.
async fn answer(socket: &mut TcpStream, buffer: &mut [u8]) -> u16 {
    let mut filled = 0;
    loop {
        let read = socket.read(&mut buffer[filled..]).await.expect("the host answers");
        assert!(read > 0, "the host has closed the connection");
        filled += read;
        let Some(end) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().expect("a number"));
        if filled >= end + 4 + length {
            return head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        }
    }
}
