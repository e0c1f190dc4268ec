//! From the socket to a destination that answers 200: sends webhooks to a host, and is the host's destination. One process
//! at both ends, so that one clock measures.
//!
//! Closed loop: each client sends the next webhook when its last one has come out at the other end. Open loop (`--rate`):
//! each has its time, and its latency counts from then.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use trunkline_bench::client::Client;
use trunkline_bench::latency::Latencies;
use trunkline_bench::options::Options;
use trunkline_bench::schedule::Schedule;
use trunkline_bench::webhook::Finder;
use trunkline_bench::{cpu, responder};

/// How long the last one may take.
const DELIVERY_TIME_MAX: Duration = Duration::from_secs(60);

/// Sends webhooks and takes their events, and says how long each was under way.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Where the destination listens
    #[arg(long)]
    destination: SocketAddr,
}

fn main() -> ExitCode {
    trunkline_bench::run(run(Arguments::parse()))
}

struct Through {
    requests: Vec<Box<[u8]>>,
    next: Cell<usize>,
    schedule: Option<(Schedule, Rc<Semaphore>)>,
    refused: Cell<usize>,
    /// When each was meant to be sent, and when it came out.
    sent: RefCell<Vec<Option<Instant>>>,
    come: RefCell<Vec<Option<Instant>>>,
    come_count: Cell<usize>,
    /// Somebody waits for each.
    waiting: Vec<Notify>,
    all: Notify,
}

async fn run(arguments: Arguments) -> Result<bool, String> {
    let options = &arguments.options;
    let requests = options.requests()?;
    let count = requests.len();
    let listener = TcpListener::bind(arguments.destination).await;
    let listener = listener.map_err(|error| format!("`{}`: {error}", arguments.destination))?;
    let mut clients = Vec::with_capacity(options.clients);
    for _ in 0..options.clients {
        let client = Client::connect(options.address).await;
        clients.push(client.map_err(|error| format!("`{}`: {error}", options.address))?);
    }
    let begun = Instant::now();
    let computed = cpu::of_process();
    let schedule = options.rate.map(|rate| (Schedule { begun, rate }, Rc::new(Semaphore::new(0))));
    let through = Rc::new(Through {
        requests,
        next: Cell::new(0),
        schedule: schedule.clone(),
        refused: Cell::new(0),
        sent: RefCell::new(vec![None; count]),
        come: RefCell::new(vec![None; count]),
        come_count: Cell::new(0),
        waiting: (0..count).map(|_| Notify::new()).collect(),
        all: Notify::new(),
    });
    let (finder, ok, at_end) = (Finder::new(options.run), responder::ok("{}"), through.clone());
    let answer = move |request: &[u8], answers: &mut Vec<u8>| {
        if let Some(number) = finder.number(request) {
            at_end.came(number);
        }
        answers.extend_from_slice(&ok);
    };
    tokio::task::spawn_local(responder::respond(listener, Rc::new(answer)));
    for client in clients {
        tokio::task::spawn_local(send(through.clone(), client));
    }
    if let Some((schedule, permits)) = schedule {
        schedule.release(permits, count).await.map_err(|error| error.to_string())?;
    }
    let whole = tokio::time::timeout(DELIVERY_TIME_MAX, through.all.notified()).await.is_ok();
    let computed = cpu::of_process().saturating_sub(computed);
    let mut latencies = Latencies::with_capacity(count);
    let (sent, come) = (through.sent.borrow(), through.come.borrow());
    for (sent, come) in sent.iter().zip(come.iter()) {
        if let (Some(sent), Some(come)) = (sent, come) {
            latencies.record(come.duration_since(*sent));
        }
    }
    let last = come.iter().flatten().max().copied().unwrap_or(begun);
    let seconds = last.duration_since(begun).as_secs_f64();
    let delivered = latencies.count();
    let mut figures = latencies.summary();
    figures["webhooks"] = json!(delivered);
    figures["refused"] = json!(through.refused.get());
    figures["missing"] = json!(count - delivered);
    figures["clients"] = json!(options.clients);
    figures["seconds"] = json!(seconds);
    figures["webhooks_per_second"] = json!(delivered as f64 / seconds);
    figures["generator_cpu_us"] = json!(computed.as_secs_f64() * 1e6 / delivered.max(1) as f64);
    println!("{figures}");
    Ok(whole && through.refused.get() == 0)
}

async fn send(through: Rc<Through>, mut client: Client) {
    loop {
        if let Some((_, permits)) = &through.schedule {
            let Ok(permit) = permits.acquire().await else { return };
            permit.forget();
        }
        let number = through.next.get();
        let Some(request) = through.requests.get(number) else { return };
        through.next.set(number + 1);
        let start = through.schedule.as_ref().map_or_else(Instant::now, |(schedule, _)| schedule.at(number));
        through.sent.borrow_mut()[number] = Some(start);
        let taken = client.exchange(request).await.is_some_and(|status| (200..300).contains(&status));
        if !taken {
            through.refused.set(through.refused.get() + 1);
            through.ended();
        } else if through.schedule.is_none() {
            through.waiting[number].notified().await;
        }
    }
}

impl Through {
    /// That one is at the destination. It may come again: the first time counts.
    fn came(&self, number: usize) {
        let mut come = self.come.borrow_mut();
        let Some(slot @ None) = come.get_mut(number) else { return };
        *slot = Some(Instant::now());
        self.come_count.set(self.come_count.get() + 1);
        self.waiting[number].notify_one();
        self.ended();
    }

    fn ended(&self) {
        if self.come_count.get() + self.refused.get() == self.requests.len() {
            self.all.notify_one();
        }
    }
}
