//! What a webhook costs in a journal that is old: `cargo xtask bench journal` runs this.
//!
//! Journals of several ages are made side by side and then written to by turns. The old rows are written with SQL, small
//! and in order, since what grows with age is the depth of the trees and the number of keys, not the length of a row. Then the
//! journal itself appends webhooks of a usual size, new ones of new and of known contacts. Prints one JSON object.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use trunkline_core::journal::{FILE_NAME, Journal, JournalOptions, Webhook};
use trunkline_model::{Contact, Event, EventKind, IdentifierScheme, Message, Part};

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// Events for each old contact.
const EVENTS_OF_CONTACT: u64 = 10;
/// Rows of one transaction while a journal is made old.
const FILL_ROWS: u64 = 500_000;
/// Milliseconds since the Unix epoch: of the newest old event.
const NOW: u64 = 1_790_000_000_000;

/// `journal_age FOLDER ROUNDS WEBHOOKS WRITERS EVENTS...`
struct Arguments {
    folder: PathBuf,
    rounds: usize,
    /// Of one round.
    webhooks: u64,
    /// How many wait for their commit at once.
    writers: u64,
    /// The ages: events that a journal has already.
    ages: Vec<u64>,
}

/// One journal and what was measured of it.
struct Aged {
    events: u64,
    journal: Journal,
    file: PathBuf,
    filled_bytes: u64,
    appended: u64,
    rounds: Vec<Round>,
}

struct Round {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Done {
    let arguments =
        Arguments::parse().ok_or("usage: journal_age FOLDER ROUNDS WEBHOOKS WRITERS EVENTS...")?;
    let mut journals = Vec::new();
    for events in &arguments.ages {
        journals.push(Aged::make(&arguments.folder.join(events.to_string()), *events).await?);
    }
    // The first round warms up: pages that the fill left in the system's memory are on disk after it.
    for round in 0..=arguments.rounds {
        for aged in &mut journals {
            let measured = aged.append(round, &arguments).await?;
            if round > 0 {
                aged.rounds.push(measured);
            }
        }
    }
    let mut figures = Vec::new();
    for aged in journals {
        figures.push(aged.end().await?);
    }
    println!("{}", serde_json::Value::from(figures));
    Ok(())
}

impl Arguments {
    fn parse() -> Option<Self> {
        let mut arguments = std::env::args().skip(1);
        let folder = arguments.next()?.into();
        let mut numbers = arguments.map(|number| number.parse().ok());
        let (rounds, webhooks, writers) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let ages = numbers.collect::<Option<Vec<u64>>>()?;
        Some(Self { folder, rounds: usize::try_from(rounds).ok()?, webhooks, writers, ages })
    }
}

impl Aged {
    /// Makes a journal with so many events that came before.
    async fn make(folder: &Path, events: u64) -> Done<Self> {
        let file = folder.join(FILE_NAME);
        if !file.exists() {
            std::fs::create_dir_all(folder)?;
            Journal::open(folder, JournalOptions::default())?.close().await?;
            fill(&file, events)?;
        }
        let journal = Journal::open(folder, JournalOptions::default())?;
        let filled_bytes = size(&file);
        Ok(Self { events, journal, file, filled_bytes, appended: 0, rounds: Vec::new() })
    }

    /// Appends webhooks of `writers` senders at once, each of which waits for its commit before it sends the next.
    async fn append(&mut self, round: usize, arguments: &Arguments) -> Done<Round> {
        let next = Arc::new(AtomicU64::new(0));
        let begun = Instant::now();
        let writers = (0..arguments.writers).map(|_| {
            let (journal, next, webhooks) = (self.journal.clone(), next.clone(), arguments.webhooks);
            tokio::spawn(write(journal, next, round as u64, webhooks, self.events))
        });
        let mut latencies = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            latencies.extend(writer.await??);
        }
        let seconds = begun.elapsed().as_secs_f64();
        self.appended += latencies.len() as u64;
        latencies.sort();
        let percentile = |share: f64| {
            let place = ((latencies.len() as f64 * share) as usize).min(latencies.len() - 1);
            latencies[place].as_secs_f64() * 1e3
        };
        Ok(Round {
            per_second: latencies.len() as f64 / seconds,
            p50_ms: percentile(0.5),
            p99_ms: percentile(0.99),
            p999_ms: percentile(0.999),
        })
    }

    /// Medians over the rounds, and by how much the file has grown for each event.
    async fn end(self) -> Done<serde_json::Value> {
        self.journal.close().await?;
        let median = |figure: fn(&Round) -> f64| {
            let mut figures: Vec<f64> = self.rounds.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        Ok(serde_json::json!({
            "events": self.events,
            "appended": self.appended,
            "webhooks_per_second": median(|round| round.per_second),
            "p50_ms": median(|round| round.p50_ms),
            "p99_ms": median(|round| round.p99_ms),
            "p999_ms": median(|round| round.p999_ms),
            "file_bytes": size(&self.file),
            "bytes_per_event": (size(&self.file) - self.filled_bytes) as f64 / self.appended as f64,
        }))
    }
}

/// Appends until so many are appended by all. Gives how long each waited.
async fn write(
    journal: Journal,
    next: Arc<AtomicU64>,
    round: u64,
    webhooks: u64,
    old_events: u64,
) -> Result<Vec<Duration>, trunkline_core::journal::JournalError> {
    let mut latencies = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= webhooks {
            return Ok(latencies);
        }
        let webhook = webhook(round * webhooks + number, old_events);
        let begun = Instant::now();
        journal.append(webhook).await?;
        latencies.push(begun.elapsed());
    }
}

/// A text message as a provider sends it: every second one of a contact who has written before.
fn webhook(number: u64, old_events: u64) -> Webhook {
    let old_contacts = old_events / EVENTS_OF_CONTACT;
    let contact = match number.is_multiple_of(2) && old_contacts > 0 {
        true => spread(number) % old_contacts,
        false => old_contacts + number,
    };
    let (id, phone) = (format!("wamid.new{number}"), phone(contact));
    let text = Part::Text(format!("Hello, is parcel {number} on its way? It was to come on Tuesday."));
    let event = Event {
        occurred_at: Some(NOW),
        contact: Some(Contact::new(IdentifierScheme::Phone, &phone)),
        ..Event::new(&id, "account", EventKind::Message(Message::new(&id, vec![text])))
    };
    let body = serde_json::json!({
        "object": "account",
        "entry": [{
            "id": "102290129340398",
            "account": { "display_phone_number": "15550783881", "phone_number_id": "106540352242922" },
            "contacts": [{ "profile": { "name": format!("Contact {contact}") }, "id": phone }],
            "items": [{
                "from": phone,
                "id": id,
                "timestamp": "1790000000",
                "type": "text",
                "text": { "body": format!("Hello, is parcel {number} on its way? It was to come on Tuesday.") },
            }],
        }],
    });
    Webhook {
        connection: "shop".into(),
        connector: "sample".into(),
        component: "c0ffee".repeat(10),
        received_at: NOW,
        handed_in_at: None,
        method: "POST".into(),
        url: "https://hooks.example.com/hooks/shop".into(),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("x-signature".into(), format!("sha256={:064x}", u128::from(spread(number)))),
        ],
        body: body.to_string().into_bytes(),
        events: vec![event],
    }
}

/// Old rows: as many events, and what the journal keeps for each.
fn fill(file: &Path, events: u64) -> Done {
    let mut database = Connection::open(file)?;
    // Nobody is told that this is on disk.
    database.pragma_update(None, "journal_mode", "OFF")?;
    database.pragma_update(None, "synchronous", "OFF")?;
    database.pragma_update(None, "cache_size", -1_000_000)?;
    let mut from = 0;
    while from < events {
        let to = (from + FILL_ROWS).min(events);
        fill_part(&mut database, from..to, events)?;
        eprint!("\rmaking a journal of {events} events: {} %", to * 100 / events);
        from = to;
    }
    if events > 0 {
        eprintln!();
        let total = i64::try_from(events)?;
        database.execute("UPDATE totals SET events = ?1, webhooks = ?1", [total])?;
        database
            .execute("INSERT INTO holdings (connection, events, bytes) VALUES ('shop', ?1, ?1)", [total])?;
    }
    database.pragma_update(None, "synchronous", "FULL")?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    Ok(())
}

fn fill_part(database: &mut Connection, numbers: std::ops::Range<u64>, events: u64) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    {
        let mut webhook = transaction.prepare(
            "INSERT INTO webhooks (id, connection, connector, component, received_at, head_size, raw_size, raw)
             VALUES (?1, 'shop', 'sample', '', ?2, 0, 0, x'')",
        )?;
        let mut event = transaction.prepare(
            "INSERT INTO events (seq, key, webhook, connection, connector, conversation, kind, received_at, event)
             VALUES (?1, ?2, ?1, 'shop', 'sample', 'shop/account/old', 'message', ?3, '{}')",
        )?;
        let mut seen = transaction.prepare("INSERT INTO seen (key, seq, seen_at) VALUES (?1, ?2, ?3)")?;
        let mut conversation = transaction.prepare(
            "INSERT OR IGNORE INTO conversations (key, connection, address, inbound_at, inbound, touched_at)
             VALUES (?1, 'shop', '{\"account\":\"account\",\"to\":[]}', ?2, '{}', ?2)",
        )?;
        for number in numbers {
            // Evenly over all keys, in their order, so that making it takes minutes and not hours.
            let key = (u128::from(number) * (u128::MAX / u128::from(events.max(1)))).to_be_bytes();
            let (seq, at) = (number as i64 + 1, (NOW - events + number) as i64);
            webhook.execute(params![seq, at])?;
            event.execute(params![seq, key, at])?;
            seen.execute(params![key, seq, at])?;
            if number.is_multiple_of(EVENTS_OF_CONTACT) {
                let key = format!("shop/account/{}", phone(number / EVENTS_OF_CONTACT));
                conversation.execute(params![key, at])?;
            }
        }
    }
    transaction.commit()
}

fn phone(contact: u64) -> String {
    format!("+49170{contact:010}")
}

/// Another number for each, evenly spread.
fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31)
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}
