//! Webhooks at a steady rate beside whatever goes wrong, and how long each takes until it is acknowledged.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use trunkline_model::Request;

use crate::host::Host;
use crate::http;
use crate::samples::path;

/// Threads that send: one slow answer must not hold up the next webhook.
const SENDERS: u64 = 8;

/// One webhook that was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub number: u64,
    /// When it was due, which is what the time is counted from: a late start counts.
    pub due: Instant,
    pub took: Duration,
    /// What it was answered with, or why not.
    pub status: Result<u16, String>,
}

/// Runs until it is ended.
pub struct Steady {
    stop: Arc<AtomicBool>,
    sent: Arc<Mutex<Vec<Sent>>>,
    senders: Vec<JoinHandle<()>>,
}

impl Steady {
    /// Sends what `make` gives for each number, one `every` so often.
    pub fn start(
        address: SocketAddr,
        every: Duration,
        make: impl Fn(u64) -> Request + Send + Sync + 'static,
    ) -> Self {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (next, make) = (Arc::new(AtomicU64::new(0)), Arc::new(make));
        let begun = Instant::now();
        let senders = (0..SENDERS).map(|_| {
            let (stop, sent, next, make) = (stop.clone(), sent.clone(), next.clone(), make.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let request = make(number);
                    let due = begun + every * u32::try_from(number).expect("small");
                    while Instant::now() < due {
                        std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
                    }
                    let answer = http::try_request(
                        address,
                        &request.method,
                        path(&request),
                        &request.headers,
                        &request.body,
                    );
                    let status = answer.map(|answer| answer.status).map_err(|error| error.to_string());
                    let took = due.elapsed();
                    sent.lock().expect("no panic").push(Sent { number, due, took, status });
                }
            })
        });
        Self { senders: senders.collect(), stop, sent }
    }

    /// Does something for at least so long, and gives what was sent meanwhile.
    pub fn during<T>(&self, at_least: Duration, work: impl FnOnce() -> T) -> (T, Vec<Sent>) {
        let begun = Instant::now();
        let done = work();
        while begun.elapsed() < at_least {
            std::thread::park_timeout(at_least.saturating_sub(begun.elapsed()));
        }
        let ended = Instant::now();
        // What was due before the end has its answer soon, or never.
        let complete = || {
            let sent = self.sent.lock().expect("no panic");
            sent.iter().any(|sent| sent.due >= ended).then(|| sent.clone())
        };
        let sent = loop {
            if let Some(sent) = complete() {
                break sent;
            }
            assert!(ended.elapsed() < Duration::from_secs(60), "no webhook is answered any more");
            std::thread::park_timeout(Duration::from_millis(5));
        };
        (done, sent.into_iter().filter(|sent| sent.due >= begun && sent.due < ended).collect())
    }

    /// Ends it, and gives everything that was sent, in the order in which it was due.
    pub fn end(self) -> Vec<Sent> {
        self.stop.store(true, Ordering::SeqCst);
        for sender in self.senders {
            sender.join().expect("no panic");
        }
        let mut sent = std::mem::take(&mut *self.sent.lock().expect("no panic"));
        sent.sort_by_key(|sent| sent.number);
        sent
    }
}

/// How long each took.
pub fn times(sent: &[Sent]) -> Vec<Duration> {
    sent.iter().map(|sent| sent.took).collect()
}

/// Those that were not acknowledged, for an assertion that there are none.
pub fn unacknowledged(sent: &[Sent]) -> Vec<&Sent> {
    sent.iter().filter(|sent| sent.status != Ok(200)).collect()
}

/// Of those that were acknowledged, how many are not in the journal, and how many are there more than once. `kept`: how
/// often each id is there.
pub fn compare(sent: &[Sent], kept: &HashMap<String, u64>, id: impl Fn(u64) -> String) -> (u64, u64) {
    let acknowledged = sent.iter().filter(|sent| sent.status == Ok(200));
    acknowledged.fold((0, 0), |(lost, twice), sent| match kept.get(&id(sent.number)) {
        None => (lost + 1, twice),
        Some(1) => (lost, twice),
        Some(_) => (lost, twice + 1),
    })
}

/// How often each id is in the journal.
pub fn kept(host: &Host) -> HashMap<String, u64> {
    let mut kept = HashMap::new();
    for id in host.event_ids() {
        *kept.entry(id).or_default() += 1;
    }
    kept
}
