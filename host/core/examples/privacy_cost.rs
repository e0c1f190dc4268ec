//! What it costs to erase a person and to remove what is old, beside webhooks that come in meanwhile.
//!
//!     cargo run --release -p trunkline-core --example privacy_cost -- 500000

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use trunkline_core::journal::{Actor, Erasure, Journal, JournalOptions, Keep, Retention, Webhook};
use trunkline_model::{Contact, Event, EventKind, Identifier, IdentifierScheme, Message, Part};

/// People; each has written as often.
const PEOPLE: u64 = 5_000;
/// Webhooks that are on their way at once while something else runs.
const SENDERS: u64 = 32;
/// How long the way in is looked at by itself.
const ALONE: Duration = Duration::from_secs(5);

fn person(number: u64) -> String {
    format!("+4917{number:08}")
}

fn webhook(number: u64, received_at: u64) -> Webhook {
    let id = format!("message-{number}");
    let text = format!("{number}: {}", "what somebody writes, some words long. ".repeat(6));
    let message = Message::new(id.clone(), vec![Part::Text(text.clone())]);
    let number = person(number % PEOPLE);
    let event = Event {
        contact: Some(Contact::new(IdentifierScheme::Phone, number.as_str())),
        ..Event::new(id, "account", EventKind::Message(message))
    };
    Webhook {
        connection: "shop".into(),
        connector: "sample".into(),
        component: "c0ffee".repeat(10),
        received_at,
        handed_in_at: None,
        method: "POST".into(),
        url: "https://example.com/hooks/shop".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: format!(
            "{{\"from\":\"{}\",\"text\":\"{text}\",\"more\":\"{}\"}}",
            &number[1..],
            "x".repeat(200)
        )
        .into(),
        events: vec![event],
    }
}

/// Sends webhooks until told to stop. Gives how many came through, and all latencies, sorted.
async fn load(journal: Journal, first: u64, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let senders = (0..SENDERS).map(|sender| {
        let (journal, stop) = (journal.clone(), stop.clone());
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            let mut number = first + sender;
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                journal.append(webhook(number, u64::MAX / 4)).await.expect("it is kept");
                latencies.push(begun.elapsed());
                number += SENDERS;
            }
            latencies
        })
    });
    let mut all = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        all.extend(sender.await.expect("it ends"));
    }
    all.sort();
    all
}

fn tell(what: &str, took: Duration, latencies: &[Duration]) {
    let at = |part: f64| latencies.get((latencies.len() as f64 * part) as usize).copied().unwrap_or_default();
    println!(
        "{what}: {:.2} s; {:.0} webhooks/s beside it, p50 {:?}, p99 {:?}, longest {:?}",
        took.as_secs_f64(),
        latencies.len() as f64 / took.as_secs_f64(),
        at(0.5),
        at(0.99),
        latencies.last().copied().unwrap_or_default(),
    );
}

/// Runs something while webhooks come in.
async fn beside<T>(
    journal: &Journal,
    first: u64,
    work: impl Future<Output = T>,
) -> (T, Duration, Vec<Duration>) {
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn(load(journal.clone(), first, stop.clone()));
    let begun = Instant::now();
    let done = work.await;
    let took = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    (done, took, load.await.expect("it ends"))
}

#[tokio::main]
async fn main() {
    let count: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(500_000);
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Journal::open(folder.path(), JournalOptions::default()).expect("a journal");
    let begun = Instant::now();
    let fillers = (0..512).map(|first| {
        let journal = journal.clone();
        tokio::spawn(async move {
            for number in (first..count).step_by(512) {
                journal.append(webhook(number, number)).await.expect("it is kept");
            }
        })
    });
    for filler in fillers.collect::<Vec<_>>() {
        filler.await.expect("it ends");
    }
    let statistics = journal.statistics().await.expect("statistics");
    let took = begun.elapsed().as_secs_f64();
    println!("{count} webhooks in {took:.1} s; the file has {} MB", statistics.file_bytes >> 20);

    let ((), took, latencies) = beside(&journal, 1 << 40, tokio::time::sleep(ALONE)).await;
    tell("webhooks alone", took, &latencies);

    let erasure = Erasure {
        identifier: Identifier::new(IdentifierScheme::Phone, person(7)),
        connection: None,
        opt_outs: false,
        dry_run: false,
        actor: Actor::host(),
    };
    let (erased, took, latencies) = beside(&journal, 2 << 40, journal.erase(erasure, &())).await;
    let erased = erased.expect("erased").expect("a person");
    tell(&format!("erase, {} events", erased.removed.events), took, &latencies);

    // Times in the samples are numbers: half of them are over.
    let retention = Retention { default: Keep { days: Some(0), bytes: None }, ..Retention::default() };
    let (swept, took, latencies) = beside(&journal, 3 << 40, journal.sweep(&retention, &(), count / 2)).await;
    let removed = swept.expect("swept").removed;
    tell(&format!("sweep, {} events", removed.events), took, &latencies);
    let (swept, took, latencies) = beside(&journal, 4 << 40, journal.sweep(&retention, &(), count / 2)).await;
    tell(&format!("sweep again, {} events", swept.expect("swept").removed.events), took, &latencies);
    journal.close().await.expect("closed");
}
