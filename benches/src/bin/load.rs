//! A load generator: signed webhooks over kept-alive connections to a server on this machine.
//!
//! Closed loop: each client sends the next webhook when the last one is answered. Open loop (`--rate`): each webhook has its
//! time, and its latency counts from then, so that a server that stands still is not spared. Every webhook is made and
//! signed before the clock starts, and has an id of its own, so that each is a new event for the journal.

use std::cell::{Cell, RefCell};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use clap::Parser;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use trunkline_bench::client::Client;
use trunkline_bench::cpu;
use trunkline_bench::latency::Latencies;
use trunkline_bench::options::Options;
use trunkline_bench::schedule::Schedule;

/// Where a server that starts refuses connections, it is tried again after so long.
const TRY_AGAIN: Duration = Duration::from_millis(1);

/// Sends signed webhooks made of case files and says how many were answered in which time.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Seconds after which no other webhook is sent
    #[arg(long)]
    seconds: Option<f64>,
    /// Milliseconds for the server to begin to listen
    #[arg(long, default_value_t = 0)]
    wait_ms: u64,
}

fn main() -> ExitCode {
    trunkline_bench::run(run(Arguments::parse()))
}

/// What the clients share, all on one thread.
struct Load {
    requests: Vec<Box<[u8]>>,
    next: Cell<usize>,
    begun: Instant,
    until: Option<Instant>,
    /// With permits for what is due. None: a closed loop.
    schedule: Option<(Schedule, Rc<Semaphore>)>,
    latencies: RefCell<Latencies>,
    /// Answered with anything but success.
    refused: Cell<usize>,
    /// Not answered at all.
    broken: Cell<usize>,
    /// When the last answer came.
    ended: Cell<Instant>,
    first_answered: Cell<Option<SystemTime>>,
}

/// False: not all were taken.
async fn run(arguments: Arguments) -> Result<bool, String> {
    let options = &arguments.options;
    let requests = options.requests()?;
    let count = requests.len();
    let clients = connect(&arguments).await?;
    let begun = Instant::now();
    let schedule = options.rate.map(|rate| (Schedule { begun, rate }, Rc::new(Semaphore::new(0))));
    let computed = cpu::of_process();
    let load = Rc::new(Load {
        requests,
        next: Cell::new(0),
        begun,
        until: arguments.seconds.map(|seconds| begun + Duration::from_secs_f64(seconds)),
        schedule: schedule.clone(),
        latencies: RefCell::new(Latencies::with_capacity(count)),
        refused: Cell::new(0),
        broken: Cell::new(0),
        ended: Cell::new(begun),
        first_answered: Cell::new(None),
    });
    let sending = clients.into_iter().map(|client| tokio::task::spawn_local(send(load.clone(), client)));
    let sending: Vec<_> = sending.collect();
    if let Some((schedule, permits)) = schedule {
        schedule.release(permits, count).await.map_err(|error| error.to_string())?;
    }
    for client in sending {
        client.await.map_err(|error| error.to_string())?;
    }
    let computed = cpu::of_process().saturating_sub(computed);
    let load = Rc::into_inner(load).ok_or("a client still runs")?;
    let well = load.refused.get() + load.broken.get() == 0;
    println!("{}", load.figures(options.clients, computed));
    Ok(well)
}

/// One connection for each client. Waits for the server where it is to.
async fn connect(arguments: &Arguments) -> Result<Vec<Client>, String> {
    let (address, count) = (arguments.options.address, arguments.options.clients);
    let deadline = Instant::now() + Duration::from_millis(arguments.wait_ms);
    let mut clients = Vec::with_capacity(count);
    while clients.len() < count {
        match Client::connect(address).await {
            Ok(client) => clients.push(client),
            Err(_) if Instant::now() < deadline => tokio::time::sleep(TRY_AGAIN).await,
            Err(error) => return Err(format!("`{address}`: {error}")),
        }
    }
    Ok(clients)
}

async fn send(load: Rc<Load>, mut client: Client) {
    while let Some((number, start)) = load.take().await {
        match client.exchange(&load.requests[number]).await {
            Some(status) => load.answered(start, status),
            None => load.broken.set(load.broken.get() + 1),
        }
    }
}

impl Load {
    /// The next webhook, and when its time begins. None: there is no other.
    async fn take(&self) -> Option<(usize, Instant)> {
        if let Some((_, permits)) = &self.schedule
            && self.next.get() < self.requests.len()
        {
            permits.acquire().await.ok()?.forget();
        }
        let number = self.next.get();
        if number >= self.requests.len() || self.until.is_some_and(|until| Instant::now() >= until) {
            return None;
        }
        self.next.set(number + 1);
        if let Some((schedule, permits)) = &self.schedule {
            if number + 1 == self.requests.len() {
                // Whoever waits for another waits in vain.
                permits.close();
            }
            return Some((number, schedule.at(number)));
        }
        Some((number, Instant::now()))
    }

    fn answered(&self, start: Instant, status: u16) {
        let now = Instant::now();
        self.latencies.borrow_mut().record(now.duration_since(start));
        self.ended.set(now);
        if self.first_answered.get().is_none() {
            self.first_answered.set(Some(SystemTime::now()));
        }
        if !(200..300).contains(&status) {
            self.refused.set(self.refused.get() + 1);
        }
    }

    fn figures(self, clients: usize, computed: Duration) -> Value {
        let seconds = self.ended.get().duration_since(self.begun).as_secs_f64();
        let latencies = self.latencies.into_inner();
        let answered = latencies.count();
        let taken = answered - self.refused.get();
        let first = self.first_answered.get().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let mut figures = latencies.summary();
        figures["webhooks"] = json!(taken);
        figures["refused"] = json!(self.refused.get());
        figures["broken"] = json!(self.broken.get());
        figures["clients"] = json!(clients);
        figures["seconds"] = json!(seconds);
        figures["webhooks_per_second"] = json!(taken as f64 / seconds);
        figures["generator_cpu_us"] = json!(computed.as_secs_f64() * 1e6 / answered.max(1) as f64);
        figures["first_answered_unix_ms"] = json!(first.map(|at| at.as_secs_f64() * 1e3));
        figures
    }
}
