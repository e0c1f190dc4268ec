//! Power loss: what the journal has promised is there afterwards, whatever the disk made of what was not synced.
//!
//! One workload is recorded step by step. At thousands of points of the record the power fails: the files are made as
//! they may be then, opened, and held against what was promised up to that point. At some of the points it fails again,
//! while the journal is opened.
//!
//! - `TRUNKLINE_POWER_POINTS`: how many points are tried (default 200).
//! - `TRUNKLINE_POWER_SEED`: everything follows from it (default 42).
//! - `TRUNKLINE_POWER_POINT`: only this point, to look at a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::disk::{self, Disk};
use super::figures;
use super::settings;
use super::shadow::{Image, Part, Shadow, Step};
use super::workload::{Callers, DESTINATION, Promise, Workload};
use crate::clock::SystemClock;
use crate::journal::{DeliveryQuery, Execution, Journal, JournalOptions, MessageKey, event_id};
use crate::outbound::MessageState;
use crate::samples::{message, webhook};

/// Webhooks of the workload. The database has then been copied back from its log dozens of times.
const WEBHOOKS: usize = 400;
/// Promises of each kind that are looked at in full, from the newest; of the older ones as many at random.
const LOOKED_AT: usize = 24;

/// A workload and what it did to the disk.
struct Recording {
    steps: Vec<Step>,
    workload: Workload,
}

/// What was wrong, and at which point first.
#[derive(Debug, Default)]
struct Findings {
    points: u64,
    lost: u64,
    duplicated: u64,
    damaged: u64,
    first: Option<String>,
}

/// What is wrong after a power loss.
#[derive(Debug)]
enum Wrong {
    Lost(String),
    Duplicated(String),
    Damaged(String),
}

fn runtime(execution: Execution) -> tokio::runtime::Runtime {
    let mut builder = match execution {
        Execution::Threads => tokio::runtime::Builder::new_multi_thread(),
        Execution::Inline => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_time().build().unwrap()
}

fn record(seed: u64, execution: Execution, synchronous: &'static str) -> Recording {
    let folder = disk::folder();
    let disk = Disk::mount(&folder.path().join("disk"), &Image::default(), seed);
    disk.record();
    let workload = Arc::new(Mutex::new(Workload::default()));
    let storage = crate::journal::Storage { checkpoint_pages: 60, synchronous, ..disk.storage(execution) };
    fastrand::seed(seed);
    runtime(execution).block_on(async {
        // Closed and opened again in between: that copies the log back and deletes it.
        for part in 0..2 {
            let journal =
                Journal::start(storage.clone(), &JournalOptions::default(), Arc::new(SystemClock)).unwrap();
            let callers = Callers {
                journal,
                disk: Arc::clone(&disk),
                workload: Arc::clone(&workload),
                seed: seed + part,
            };
            callers.run(WEBHOOKS / 2, 16).await;
            callers.journal.close().await.unwrap();
        }
    });
    let steps = disk.with_record(std::mem::take);
    disk.unmount();
    let workload = std::mem::take(&mut *workload.lock().unwrap());
    Recording { steps, workload }
}

/// Tries so many points.
fn try_points(recording: &Recording, seed: u64, points: u64) -> Findings {
    let mut random = Rng::with_seed(seed);
    let mut at: Vec<usize> = (0..points).map(|_| random.usize(..=recording.steps.len())).collect();
    at.sort_unstable();
    let only = settings::given("TRUNKLINE_POWER_POINT");
    let folder = disk::folder();
    let runtime = runtime(Execution::Inline);
    let (mut shadow, mut applied) = (Shadow::default(), 0);
    let mut findings = Findings::default();
    for (number, at) in (0..).zip(at) {
        for step in &recording.steps[applied..at] {
            shadow.apply(step, &mut random);
        }
        applied = at;
        if only.is_some_and(|only| only != number) {
            continue;
        }
        let mut random = Rng::with_seed(seed ^ (number + 1).rotate_left(40));
        let mut image = shadow.after_power_loss(&mut random);
        if random.u8(..4) == 0 {
            image = again(&runtime, &folder.path().join(format!("{number}-again")), &image, &mut random);
        }
        let promises = recording.workload.promises.partition_point(|(steps, _)| *steps <= at);
        let looking = Looking {
            workload: &recording.workload,
            promises: &recording.workload.promises[..promises],
            random: &mut random,
        };
        let folder = folder.path().join(number.to_string());
        let wrong = runtime.block_on(looking.look(&folder, &image));
        findings.add(number, at, recording.steps.len(), wrong);
    }
    findings
}

/// The power fails once more while the journal is opened and first written to.
fn again(
    runtime: &tokio::runtime::Runtime,
    folder: &std::path::Path,
    image: &Image,
    random: &mut Rng,
) -> Image {
    let disk = Disk::mount(folder, image, random.u64(..));
    disk.lose_power_after(random.u64(..60));
    runtime.block_on(async {
        let storage = disk.storage(Execution::Inline);
        if let Ok(journal) = Journal::start(storage, &JournalOptions::default(), Arc::new(SystemClock)) {
            let _ = journal.append(webhook(vec![message("unanswered", "+490")])).await;
            let _ = journal.close().await;
        }
    });
    let image = disk.after_power_loss(random);
    disk.unmount();
    image
}

impl Findings {
    fn add(&mut self, number: u64, at: usize, of: usize, wrong: Vec<Wrong>) {
        self.points += 1;
        for wrong in wrong {
            let (count, what) = match &wrong {
                Wrong::Lost(what) => (&mut self.lost, what),
                Wrong::Duplicated(what) => (&mut self.duplicated, what),
                Wrong::Damaged(what) => (&mut self.damaged, what),
            };
            *count += 1;
            self.first.get_or_insert_with(|| format!("point {number}, after {at} of {of} steps: {what}"));
        }
    }

    fn assert_none(&self, seed: u64) {
        let Self { points, lost, duplicated, damaged, .. } = self;
        println!(
            "power loss: {points} points, seed {seed}: {lost} lost, {duplicated} duplicated, {damaged} damaged"
        );
        assert!(self.first.is_none(), "{}", self.first.as_deref().unwrap_or_default());
    }
}

struct Looking<'a> {
    workload: &'a Workload,
    promises: &'a [(usize, Promise)],
    random: &'a mut Rng,
}

impl Looking<'_> {
    async fn look(mut self, folder: &std::path::Path, image: &Image) -> Vec<Wrong> {
        let disk = Disk::mount(folder, image, 0);
        let storage = disk.storage(Execution::Inline);
        let path = storage.path.clone();
        let wrong = match Journal::start(storage, &JournalOptions::default(), Arc::new(SystemClock)) {
            Ok(journal) => {
                let mut wrong = Vec::new();
                self.whole(&Connection::open(&path).unwrap(), &mut wrong);
                self.kept(&journal, &mut wrong).await;
                self.goes_on(&journal, &mut wrong).await;
                let _ = journal.close().await;
                wrong
            }
            Err(error) => vec![Wrong::Damaged(format!(
                "cannot be opened: {error}: {:?}",
                std::error::Error::source(&error)
            ))],
        };
        disk.unmount();
        wrong
    }

    /// The database as a whole.
    fn whole(&self, connection: &Connection, wrong: &mut Vec<Wrong>) {
        let check: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap_or_else(|error| error.to_string());
        if check != "ok" {
            wrong.push(Wrong::Damaged(check));
            return;
        }
        let mut statement = connection.prepare("SELECT seq, key FROM events ORDER BY seq").unwrap();
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
        let mut keys = BTreeSet::new();
        let mut by_seq = BTreeMap::new();
        for row in rows {
            let (seq, key) = row.unwrap();
            if !keys.insert(key.clone()) {
                wrong.push(Wrong::Duplicated(format!("event {seq} is there twice")));
            }
            by_seq.insert(seq.unsigned_abs(), format!("evt_{}", hex::encode(key)));
        }
        let ids: BTreeSet<&String> = by_seq.values().collect();
        for (_, promise) in self.promises {
            match promise {
                Promise::Stored { id, seq, .. } | Promise::Seen { id, seq }
                    if by_seq.get(seq) != Some(id) =>
                {
                    wrong.push(Wrong::Lost(format!("{promise:.60?}: found {:?}", by_seq.get(seq))));
                }
                Promise::Known { id } if !ids.contains(id) => wrong.push(Wrong::Lost(format!("{promise:?}"))),
                _ => {}
            }
        }
    }

    /// Some of the promises in all that they say: the newest, and others.
    fn some(&mut self, of: impl Fn(&Promise) -> bool) -> Vec<Promise> {
        let all: Vec<&Promise> =
            self.promises.iter().map(|(_, promise)| promise).filter(|one| of(one)).collect();
        let newest = all.iter().rev().take(LOOKED_AT).copied();
        let mut some: Vec<Promise> = newest.cloned().collect();
        for _ in 0..LOOKED_AT.min(all.len()) {
            some.push(all[self.random.usize(..all.len())].clone());
        }
        some
    }

    async fn kept(&mut self, journal: &Journal, wrong: &mut Vec<Wrong>) {
        let mut lost = |what: String| wrong.push(Wrong::Lost(what));
        for promise in self.some(|one| matches!(one, Promise::Stored { .. })) {
            let Promise::Stored { id, webhook, files, .. } = promise else { continue };
            let raw = match journal.event(&id).await {
                Ok(Some(event)) => journal.webhook(event.webhook).await,
                other => {
                    lost(format!("event {id}: {other:?}"));
                    continue;
                }
            };
            if !matches!(&raw, Ok(Some(raw)) if raw.body == self.workload.bodies[webhook]) {
                lost(format!("the webhook of {id}: {:?}", raw.map(|raw| raw.map(|raw| raw.body.len()))));
            }
            for file in files {
                let found = journal.blob(&hex::encode(Sha256::digest(&file))).await;
                if !matches!(&found, Ok(Some(found)) if *found == file) {
                    lost(format!("a file of {} bytes of {id}", file.len()));
                }
            }
        }
        for promise in self.some(|one| matches!(one, Promise::Queued { .. } | Promise::Reached { .. })) {
            let (id, expected) = match promise {
                Promise::Queued { id, number } => (id, (Some(number), MessageState::Queued, 0)),
                Promise::Reached { id, state, calls } => (id, (None, state, calls)),
                _ => continue,
            };
            let life = journal.message(MessageKey::Id(id.clone())).await;
            let kept = matches!(&life, Ok(Some(life)) if expected.0.is_none_or(|number| life.message.number == number)
                && life.message.state >= expected.1 && life.calls.len() >= expected.2);
            if !kept {
                lost(format!("message {id}, expected {expected:?}"));
            }
        }
        let at = |number: usize| match number.checked_sub(1) {
            Some(index) => self.workload.progress[index].clone(),
            None => (0, Vec::new()),
        };
        let newest = |of: fn(&Promise) -> Option<usize>| {
            self.promises.iter().rev().find_map(|(_, one)| of(one)).unwrap_or(0)
        };
        let stored = newest(|one| if let Promise::Progress(number) = one { Some(*number) } else { None });
        let offered = newest(|one| if let Promise::Offered(number) = one { Some(*number) } else { None });
        let cursor = journal.cursor(DESTINATION).await.unwrap_or_default().unwrap_or_default();
        let query = DeliveryQuery { limit: 1_000, ..DeliveryQuery::default() };
        let rows = journal.deliveries(query).await.unwrap_or_default();
        let found = (cursor, rows.into_iter().map(|delivery| delivery.parked).collect());
        // The last one may have been written without an answer.
        if !(stored..=offered).any(|number| at(number) == found) {
            lost(format!("progress {stored} to {offered}, found cursor {cursor}"));
        }
    }

    /// A new webhook is taken, under a number that nobody has; what was promised is known.
    async fn goes_on(&self, journal: &Journal, wrong: &mut Vec<Wrong>) {
        let appended = match journal.append(webhook(vec![message("afterwards", "+490")])).await {
            Ok(appended) => appended,
            Err(error) => return wrong.push(Wrong::Damaged(format!("nothing can be appended: {error}"))),
        };
        let given = self.promises.iter().filter_map(|(_, promise)| match promise {
            Promise::Stored { seq, .. } | Promise::Seen { seq, .. } => Some(*seq),
            _ => None,
        });
        let highest = given.max().unwrap_or(0);
        if appended.events[0].seq.is_none_or(|seq| seq <= highest) {
            wrong.push(Wrong::Duplicated(format!("{:?} after {highest}", appended.events[0].seq)));
        }
        let newest = self.promises.iter().rev().find_map(|(_, promise)| match promise {
            Promise::Seen { seq, .. } => Some(*seq),
            _ => None,
        });
        let Some(seq) = newest else { return };
        let Ok(Some(event)) = journal.event_at(seq).await else { return };
        let Ok(event) = serde_json::from_str::<trunkline_model::Event>(event.event.get()) else { return };
        // An event of the host itself has no webhook that could come again.
        let id = event_id("shop", &event.account, &event.id);
        match journal.append(webhook(vec![event])).await {
            Ok(again) if again.events[0].seq.is_none() => {}
            other => wrong.push(Wrong::Duplicated(format!("{id} came again: {other:?}"))),
        }
    }
}

#[test]
fn what_was_promised_survives_a_power_loss() {
    let seed = settings::number("TRUNKLINE_POWER_SEED", 42);
    let points = settings::number("TRUNKLINE_POWER_POINTS", 200);
    let recording = record(seed, Execution::Inline, "FULL");
    let checkpoints = recording
        .steps
        .iter()
        .filter(|step| matches!(step, Step::Synced { part: Part::Database, .. }))
        .count();
    assert!(checkpoints > 20, "{checkpoints} checkpoints: too few for a proof");
    let findings = try_points(&recording, seed, points);
    figures::hand_in("power loss", findings.points, findings.lost, findings.duplicated);
    findings.assert_none(seed);
}

/// The same with the threads of the host. Which webhooks share a commit differs from run to run.
#[test]
fn what_was_promised_survives_a_power_loss_with_threads() {
    let seed = settings::number("TRUNKLINE_POWER_SEED", 42);
    let points = settings::number("TRUNKLINE_POWER_POINTS", 200) / 4;
    let recording = record(seed, Execution::Threads, "FULL");
    let findings = try_points(&recording, seed, points);
    figures::hand_in("power loss, with threads", findings.points, findings.lost, findings.duplicated);
    findings.assert_none(seed);
}

#[test]
fn a_journal_that_does_not_sync_is_found_out() {
    for synchronous in ["NORMAL", "OFF"] {
        let recording = record(7, Execution::Inline, synchronous);
        let findings = try_points(&recording, 7, 40);
        println!(
            "power loss with synchronous={synchronous}: {} points, seed 7: {} lost, {} duplicated, {} damaged",
            findings.points, findings.lost, findings.duplicated, findings.damaged
        );
        assert!(findings.lost > 0, "{synchronous}: {findings:?}");
    }
}
