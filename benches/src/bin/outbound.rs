//! Messages out: asks a host to send, and is the provider that takes them. One process at both ends.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use trunkline_bench::client::Client;
use trunkline_bench::latency::Latencies;
use trunkline_bench::responder;

/// Sends messages through a host and says how many were accepted, and how many the provider got.
#[derive(Parser)]
struct Arguments {
    /// Where the host listens: an address of this machine
    #[arg(long)]
    address: SocketAddr,
    /// Where the provider listens
    #[arg(long)]
    provider: SocketAddr,
    /// The token of the host's API
    #[arg(long)]
    token: String,
    /// A message as JSON; `@NUMBER@` becomes its number of six digits, `@CONNECTION@` the number of a connection
    #[arg(long)]
    message: String,
    /// What the provider answers, as JSON; `@NUMBER@` becomes the number of its answer
    #[arg(long)]
    answer: String,
    /// Messages in all
    #[arg(long, default_value_t = 1_000)]
    messages: usize,
    /// Connections of the host that take turns
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// Clients of the host at once
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Seconds for all messages to come to the provider
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

fn main() -> ExitCode {
    trunkline_bench::run(run(Arguments::parse()))
}

/// What the provider got.
#[derive(Default)]
struct Provider {
    calls: Cell<usize>,
    first: Cell<Option<Instant>>,
    last: Cell<Option<Instant>>,
    all: Notify,
}

async fn run(arguments: Arguments) -> Result<bool, String> {
    if !arguments.address.ip().is_loopback() {
        return Err(format!("load goes to this machine only, not to `{}`", arguments.address));
    }
    let listener = TcpListener::bind(arguments.provider).await;
    let listener = listener.map_err(|error| format!("`{}`: {error}", arguments.provider))?;
    let provider = Rc::new(Provider::default());
    let (count, text, at_end) = (arguments.messages, arguments.answer.clone(), provider.clone());
    let answer = move |_: &[u8], answers: &mut Vec<u8>| {
        let number = at_end.took(count);
        answers.extend_from_slice(&responder::ok(&text.replace("@NUMBER@", &format!("{number:06}"))));
    };
    tokio::task::spawn_local(responder::respond(listener, Rc::new(answer)));
    let requests: Rc<Vec<Vec<u8>>> = Rc::new((0..count).map(|number| request(&arguments, number)).collect());
    let (next, accepted) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(Latencies::with_capacity(count))));
    let begun = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..arguments.clients {
        let client = Client::connect(arguments.address).await;
        let client = client.map_err(|error| format!("`{}`: {error}", arguments.address))?;
        clients.push(tokio::task::spawn_local(send(
            client,
            requests.clone(),
            next.clone(),
            accepted.clone(),
        )));
    }
    let mut refused = 0;
    for client in clients {
        refused += client.await.map_err(|error| error.to_string())?;
    }
    let accepting = begun.elapsed().as_secs_f64();
    let in_time = tokio::time::timeout(Duration::from_secs(arguments.seconds), provider.all.notified());
    let whole = refused == 0 && in_time.await.is_ok();
    let (first, last) = (provider.first.get().unwrap_or(begun), provider.last.get().unwrap_or(begun));
    let seconds = last.duration_since(first).as_secs_f64();
    let accepted = Rc::into_inner(accepted).map(RefCell::into_inner).unwrap_or_default();
    let asked = accepted.count();
    let mut figures = accepted.summary();
    figures["accepted"] = json!(asked - refused);
    figures["refused"] = json!(refused);
    figures["sent"] = json!(provider.calls.get());
    figures["accepted_per_second"] = json!((asked - refused) as f64 / accepting);
    figures["messages_per_second"] = json!(provider.calls.get().saturating_sub(1) as f64 / seconds.max(1e-9));
    println!("{figures}");
    Ok(whole)
}

fn request(arguments: &Arguments, number: usize) -> Vec<u8> {
    let connection = (number % arguments.connections.max(1)).to_string();
    let body = arguments.message.replace("@NUMBER@", &format!("{number:06}"));
    let body = body.replace("@CONNECTION@", &connection);
    format!(
        "POST /v1/messages HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        arguments.address,
        arguments.token,
        body.len()
    )
    .into_bytes()
}

/// Gives how many were refused.
async fn send(
    mut client: Client,
    requests: Rc<Vec<Vec<u8>>>,
    next: Rc<Cell<usize>>,
    accepted: Rc<RefCell<Latencies>>,
) -> usize {
    let mut refused = 0;
    while let Some(request) = requests.get(next.get()) {
        next.set(next.get() + 1);
        let begun = Instant::now();
        let status = client.exchange(request).await;
        accepted.borrow_mut().record(begun.elapsed());
        refused += usize::from(status != Some(202));
    }
    refused
}

impl Provider {
    /// One more. Gives its number.
    fn took(&self, count: usize) -> usize {
        let (number, now) = (self.calls.get() + 1, Instant::now());
        self.calls.set(number);
        self.first.set(self.first.get().or(Some(now)));
        self.last.set(Some(now));
        if number == count {
            self.all.notify_one();
        }
        number
    }
}
