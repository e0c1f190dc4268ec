//! `kill -9` at random moments: under load, right after the start, during a shutdown. Senders do what providers do:
//! what was not acknowledged comes again, and some of what was comes again as well.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trunkline_model::Request;

use super::figures::{Figures, number, seed};
use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::http;
use crate::samples::{CONNECTIONS, line_text, text, try_send};

/// Customers who write at once, by turns on two channels; each is a conversation.
const CUSTOMERS: usize = 8;
/// Of how many acknowledged webhooks one comes again.
const AGAIN_IN: u32 = 8;
/// Of how many deliveries the consumer fails one.
const FAILED_IN: u32 = 40;
/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// A webhook of a customer. The channels go by turns.
fn webhook(customer: usize, number: u64) -> (String, Request) {
    let id = format!("c{customer}-{number}");
    let request = match customer % 2 {
        0 => text(&id, &format!("MX.{customer}")),
        _ => line_text(&id, &format!("U{customer:032x}")),
    };
    (id, request)
}

/// Whose webhook that is, and which.
fn origin(id: &str) -> (usize, u64) {
    let (customer, number) = id[1..].split_once('-').expect("an id of ours");
    (customer.parse().expect("a number"), number.parse().expect("a number"))
}

/// What the customers know.
#[derive(Default)]
struct Sent {
    stop: AtomicBool,
    acknowledged: AtomicU64,
    repeated: AtomicU64,
    odd: Mutex<Vec<String>>,
}

/// Sends one after the other, each until it is acknowledged. Gives how many were.
fn write(address: SocketAddr, sent: &Sent, customer: usize, seed: u64) -> u64 {
    let mut random = fastrand::Rng::with_seed(seed ^ customer as u64);
    let mut done = 0;
    while !sent.stop.load(Ordering::SeqCst) {
        let (id, request) = webhook(customer, done);
        let begun = Instant::now();
        loop {
            match try_send(address, &request) {
                Ok(answer) if answer.status == 200 => break,
                // Shutting down or just started: it comes again.
                Ok(answer) if answer.status == 503 => {}
                Ok(answer) => sent.odd.lock().expect("no panic").push(format!("{id}: {}", answer.status)),
                Err(_) => {}
            }
            assert!(begun.elapsed() < PATIENCE, "{id} is not acknowledged");
            std::thread::park_timeout(Duration::from_millis(3));
        }
        done += 1;
        sent.acknowledged.fetch_add(1, Ordering::SeqCst);
        if random.u32(0..AGAIN_IN) == 0 {
            let (_, request) = webhook(customer, random.u64(0..done));
            // No matter what becomes of it.
            let _ = try_send(address, &request);
            sent.repeated.fetch_add(1, Ordering::SeqCst);
        }
    }
    done
}

/// What the consumer took, held against the order of each conversation while it comes.
#[derive(Default)]
struct Taken {
    /// How many of each customer.
    taken: BTreeMap<usize, u64>,
    again: u64,
    failed: u64,
    out_of_order: Vec<String>,
}

impl Taken {
    fn take(&mut self, id: &str) {
        let (customer, number) = origin(id);
        let next = self.taken.entry(customer).or_default();
        match number.cmp(next) {
            std::cmp::Ordering::Less => self.again += 1,
            std::cmp::Ordering::Equal => *next += 1,
            std::cmp::Ordering::Greater => {
                self.out_of_order.push(format!("{id} came before {next}"));
                *next = number + 1;
            }
        }
    }
}

/// Kills the host at some moment, and starts it again. Says which moment.
fn kill(host: &mut Host, sent: &Sent, random: &mut fastrand::Rng) -> &'static str {
    let moment = |random: &mut fastrand::Rng, micros: u64| {
        std::thread::park_timeout(Duration::from_micros(random.u64(0..micros)));
    };
    let kind = match random.u8(0..10) {
        0..6 => {
            let until = sent.acknowledged.load(Ordering::SeqCst) + random.u64(1..120);
            let begun = Instant::now();
            while sent.acknowledged.load(Ordering::SeqCst) < until {
                assert!(begun.elapsed() < PATIENCE, "nothing is acknowledged:\n{}", host.log());
                std::thread::park_timeout(Duration::from_millis(1));
            }
            moment(random, 8_000);
            "under load"
        }
        6..8 => {
            host.kill_9();
            host.wait();
            host.spawn();
            moment(random, 400_000);
            "at the start"
        }
        _ => {
            host.signal("-TERM");
            moment(random, 60_000);
            "during the shutdown"
        }
    };
    if host.ended().is_none() {
        host.kill_9();
    }
    host.wait();
    assert!(!host.log().contains("panicked"), "{}", host.log());
    host.run();
    kind
}

/// Why not everything was delivered, for whoever looks for it.
fn what_waits(host: &Host, written: &[u64], taken: &Taken) -> String {
    let said = |arguments: &[&str]| String::from_utf8_lossy(&host.command(arguments).stdout).into_owned();
    let metrics = http::request(host.address, "GET", "/metrics", &[], b"").body;
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    let of_destination: Vec<&str> = metrics.lines().filter(|line| line.contains("destination=")).collect();
    format!(
        "written {written:?}, taken {:?}\n{}\n{}\n{}\nlog:\n{}",
        taken.taken,
        said(&["destinations"]),
        said(&["deliveries", "list"]),
        of_destination.join("\n"),
        host.log()
    )
}

#[test]
fn what_was_acknowledged_before_kill_9_is_kept_once_and_delivered_in_order() {
    let kills = number("TRUNKLINE_KILLS", 12);
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let taken = Arc::new(Mutex::new(Taken::default()));
    let mut failing = random.fork();
    let consumer = {
        let taken = Arc::clone(&taken);
        Consumer::start(move |event| {
            let mut taken = taken.lock().expect("no panic");
            if failing.u32(0..FAILED_IN) == 0 {
                taken.failed += 1;
                return 500;
            }
            taken.take(event["data"]["id"].as_str().expect("an id"));
            200
        })
    };
    let more = format!("{CONNECTIONS}{}", Consumer::destination(consumer.address));
    let mut host = Host::start(&components(), &more);
    let sent = Sent::default();
    let mut kinds: HashMap<&str, u64> = HashMap::new();
    let written: Vec<u64> = std::thread::scope(|scope| {
        let (address, sent) = (host.address, &sent);
        let customers: Vec<_> = (0..CUSTOMERS)
            .map(|customer| scope.spawn(move || write(address, sent, customer, seed)))
            .collect();
        for _ in 0..kills {
            *kinds.entry(kill(&mut host, sent, &mut random)).or_default() += 1;
        }
        sent.stop.store(true, Ordering::SeqCst);
        customers.into_iter().map(|customer| customer.join().expect("no panic")).collect()
    });
    assert_eq!(*sent.odd.lock().expect("no panic"), Vec::<String>::new());
    let whole = |taken: &Taken| {
        written.iter().enumerate().all(|(customer, count)| taken.taken.get(&customer) == Some(count))
    };
    // As long as it goes on: how long a backlog takes depends on the machine.
    let (mut count, mut moved) = (0, Instant::now());
    while !whole(&taken.lock().expect("no panic")) && moved.elapsed() < PATIENCE {
        std::thread::park_timeout(Duration::from_millis(20));
        let now: u64 = taken.lock().expect("no panic").taken.values().sum();
        if now > count {
            (count, moved) = (now, Instant::now());
        }
    }
    if !whole(&taken.lock().expect("no panic")) {
        println!("{}", what_waits(&host, &written, &taken.lock().expect("no panic")));
    }
    let mut kept: HashMap<String, u64> = HashMap::new();
    for id in host.event_ids() {
        *kept.entry(id).or_default() += 1;
    }
    let acknowledged = (0..CUSTOMERS).flat_map(|customer| (0..written[customer]).map(move |n| (customer, n)));
    let lost = acknowledged.filter(|(customer, n)| !kept.contains_key(&format!("c{customer}-{n}"))).count();
    let twice = kept.values().filter(|count| **count > 1).count();
    let taken = taken.lock().expect("no panic");
    let undelivered: u64 = written
        .iter()
        .enumerate()
        .map(|(customer, count)| {
            count.saturating_sub(taken.taken.get(&customer).copied().unwrap_or_default())
        })
        .sum();
    let note = format!(
        "{} acknowledged ({} sent again on purpose), {} kept, {} delivered, {undelivered} not delivered, {} out of \
         order, {} deliveries repeated, {} failed on purpose; killed {kinds:?}, seed {seed}",
        written.iter().sum::<u64>(),
        sent.repeated.load(Ordering::SeqCst),
        kept.len(),
        taken.taken.values().sum::<u64>(),
        taken.out_of_order.len(),
        taken.again,
        taken.failed,
    );
    let figures = Figures {
        fault: "kill -9",
        tried: kills,
        lost: Some(lost as u64 + undelivered),
        duplicated: Some(twice as u64),
        p99: None,
    };
    figures.hand_in(&note);
    assert_eq!(taken.out_of_order, Vec::<String>::new(), "seed {seed}");
    assert_eq!((lost, twice, undelivered), (0, 0, 0), "seed {seed}");
    assert_eq!(kept.len() as u64, written.iter().sum::<u64>(), "nothing that nobody sent, seed {seed}");
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
    let journal = rusqlite::Connection::open(host.store().join("journal.sqlite")).expect("a journal");
    let integrity: String =
        journal.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("it is readable");
    assert_eq!(integrity, "ok");
}
