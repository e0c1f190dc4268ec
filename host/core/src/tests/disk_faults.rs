//! A disk that fails under a running journal: nobody is told that something is kept which is not, nothing is damaged,
//! and when the disk is well again, so is the journal, without anybody opening it.
//!
//! - `TRUNKLINE_DISK_ROUNDS`: how many faults are tried, one after the other (default 120).
//! - `TRUNKLINE_DISK_SEED`: everything follows from it (default 42).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use rusqlite::Connection;

use super::disk::{self, Disk, Fault, file_of};
use super::figures;
use super::settings;
use super::shadow::{Image, Part};
use crate::clock::SystemClock;
use crate::journal::{
    EventQuery, Execution, Journal, JournalError, JournalOptions, Storage, Webhook, event_id,
};
use crate::samples::{message, webhook};

/// After so many calls on a healthy disk the journal takes webhooks again.
const RECOVERY_CALLS_MAX: usize = 3;
/// Webhooks at once.
const CALLERS: usize = 6;

struct House {
    _folder: tempfile::TempDir,
    disk: Arc<Disk>,
    storage: Storage,
    journal: Journal,
    /// Events that were answered: number by id.
    kept: BTreeMap<String, u64>,
    refused: BTreeSet<String>,
    next: u64,
}

impl House {
    fn new(execution: Execution, options: &JournalOptions, seed: u64) -> Self {
        let folder = disk::folder();
        let disk = Disk::mount(&folder.path().join("disk"), &Image::default(), seed);
        // Some with a log that is copied back at almost every commit, some with one that only grows.
        let checkpoint_pages = [30, 30, 4_000][seed as usize % 3];
        let storage = Storage { checkpoint_pages, ..disk.storage(execution) };
        let journal = start(&storage, options);
        let (kept, refused) = (BTreeMap::new(), BTreeSet::new());
        Self { _folder: folder, disk, storage, journal, kept, refused, next: 0 }
    }

    /// So many webhooks at once. How many were refused.
    async fn append(&mut self, count: usize) -> usize {
        let mut tasks = Vec::new();
        for _ in 0..count {
            self.next += 1;
            let journal = self.journal.clone();
            let sent = webhook_of(self.next);
            let event = &sent.events[0];
            let id = event_id(&sent.connection, &event.account, &event.id);
            tasks.push((id, tokio::spawn(async move { journal.append(sent).await })));
        }
        let mut refused = 0;
        for (id, task) in tasks {
            match task.await.unwrap() {
                Ok(appended) => drop(self.kept.insert(id, appended.events[0].seq.unwrap())),
                Err(JournalError::Disk { .. } | JournalError::Gone { .. }) => {
                    refused += 1;
                    self.refused.insert(id);
                }
                Err(error) => panic!("{error}"),
            }
        }
        refused
    }

    /// How many calls were refused before one was taken, now that the disk is well.
    async fn recovers(&mut self) -> usize {
        for refused in 0..RECOVERY_CALLS_MAX {
            if self.append(1).await == 0 {
                return refused;
            }
        }
        panic!("nothing is taken after {RECOVERY_CALLS_MAX} calls on a healthy disk");
    }

    /// What is wrong with a database: nothing.
    fn check(&self, path: &std::path::Path) {
        let connection = Connection::open(path).unwrap();
        let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let mut statement = connection.prepare("SELECT seq, key FROM events").unwrap();
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
        let mut found = BTreeMap::new();
        for row in rows {
            let (seq, key) = row.unwrap();
            let id = format!("evt_{}", hex::encode(key));
            assert_eq!(found.insert(id, seq.unsigned_abs()), None, "event {seq} is there twice");
        }
        for (id, seq) in &self.kept {
            assert_eq!(found.get(id), Some(seq), "{id} was answered");
        }
        for id in found.keys() {
            assert!(self.kept.contains_key(id) || self.refused.contains(id), "{id} was never sent");
        }
    }

    /// The same for what a power loss now would leave.
    async fn check_after_power_loss(&self, random: &mut Rng) {
        let folder = disk::folder();
        let disk = Disk::mount(&folder.path().join("disk"), &self.disk.after_power_loss(random), 0);
        let storage = disk.storage(Execution::Threads);
        let journal = start(&storage, &JournalOptions::default());
        self.check(&storage.path);
        journal.close().await.unwrap();
        disk.unmount();
    }

    fn path(&self, part: Part) -> PathBuf {
        file_of(self.storage.path.parent().unwrap(), part)
    }
}

fn start(storage: &Storage, options: &JournalOptions) -> Journal {
    Journal::start(storage.clone(), options, Arc::new(SystemClock)).unwrap()
}

fn webhook_of(number: u64) -> Webhook {
    let body = number.to_string().repeat(200).into_bytes();
    Webhook { body, ..webhook(vec![message(&format!("e{number}"), &format!("+49{}", number % 5))]) }
}

/// One fault after the other, each for a few operations or until it is mended.
#[tokio::test]
async fn a_disk_that_fails_loses_nothing_and_comes_back() {
    let seed = settings::number("TRUNKLINE_DISK_SEED", 42);
    let rounds = settings::number("TRUNKLINE_DISK_ROUNDS", 120);
    fastrand::seed(seed);
    let mut random = Rng::with_seed(seed);
    let mut house = House::new(Execution::Inline, &JournalOptions::default(), seed);
    let (mut failed, mut refused, mut slowest) = (0, 0, 0);
    for round in 0..rounds {
        house.append(CALLERS).await;
        let all = [Fault::Full, Fault::ReadOnly, Fault::Write, Fault::Read, Fault::Sync];
        let fault = all[random.usize(..all.len())];
        let part = [None, None, Some(Part::Log), Some(Part::Database)][random.usize(..4)];
        let times = [1, 2, 3, random.u64(1..40), u64::MAX][random.usize(..5)];
        house.disk.fail(fault, part, times);
        for _ in 0..random.usize(1..8) {
            refused += house.append(random.usize(1..=CALLERS)).await;
            // Whoever reads gets what is there, or an error: never a part.
            match house.journal.events(EventQuery { limit: 10_000, ..EventQuery::default() }).await {
                Ok(events) => assert!(events.len() >= house.kept.len(), "round {round}"),
                Err(JournalError::Disk { .. } | JournalError::Gone { .. }) => {
                    assert!(fault != Fault::Full, "round {round}");
                }
                Err(error) => panic!("round {round}: {error}"),
            }
        }
        failed += house.disk.mend();
        slowest = slowest.max(house.recovers().await);
        house.check(&house.storage.path);
        if random.u8(..4) == 0 {
            // A new host, in a hurry: the old one's files are not closed in order.
            house.journal = start(&house.storage, &JournalOptions::default());
            house.append(CALLERS).await;
        }
        house.check_after_power_loss(&mut random).await;
    }
    println!(
        "disk faults: {rounds} rounds, seed {seed}: {failed} operations failed, {refused} webhooks refused, \
         0 lost, 0 duplicated, 0 damaged, well again after {slowest} more calls at most"
    );
    // One that is lost or duplicated has failed the test by now.
    figures::hand_in("disk fault", rounds, 0, 0);
    assert!(failed > rounds && refused > 0);
}

/// A slow disk is answered by refusing early, not by memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk_fills_the_queue_and_no_more() {
    let options = JournalOptions { queue_max: 40, group_max: 20, ..JournalOptions::default() };
    let mut house = House::new(Execution::Threads, &options, 1);
    house.disk.hold_syncs(true);
    let (mut waiting, mut full) = (tokio::task::JoinSet::new(), 0);
    for number in 1..=500 {
        let journal = house.journal.clone();
        let sent = webhook_of(number);
        house.refused.insert(event_id("shop", "account", &sent.events[0].id));
        waiting.spawn(async move { journal.append(sent).await });
        tokio::task::yield_now().await;
    }
    // 40 in the queue, and a group with the writer; all others are refused while no sync returns.
    while waiting.len() > 60 {
        let answered = tokio::time::timeout(Duration::from_secs(30), waiting.join_next()).await;
        let answered = answered.expect("refused at once").unwrap().unwrap();
        assert!(matches!(answered, Err(JournalError::Full)), "{answered:?}");
        full += 1;
    }
    let queued = house.journal.statistics().await.unwrap().queued;
    assert!(queued <= 40, "{queued} in the queue");
    house.disk.hold_syncs(false);
    let mut kept = 0;
    while let Some(answered) = waiting.join_next().await {
        match answered.unwrap() {
            Ok(_) => kept += 1,
            Err(error) => assert!(matches!(error, JournalError::Full), "{error}"),
        }
    }
    assert!((40..=60).contains(&kept), "{kept} kept");
    house.check(&house.storage.path);
    println!("slow disk: 500 webhooks while no sync returned: {full} refused at once, {kept} kept");
}

/// After a failed sync the system shows what is on no disk. A host that starts then reads it.
#[tokio::test]
async fn what_a_failed_sync_left_is_not_built_upon() {
    for seed in 0..40 {
        let mut house = House::new(Execution::Inline, &JournalOptions::default(), seed);
        let mut random = Rng::with_seed(seed);
        house.append(3).await;
        house.disk.fail(Fault::Sync, Some(Part::Log), 1);
        assert!(house.append(4).await > 0, "seed {seed}");
        // The process ends here, and is started again.
        house.disk.mend();
        let copy = disk::folder();
        let again = Disk::mount(&copy.path().join("disk"), &house.disk.after_power_loss(&mut random), seed);
        for part in [Part::Database, Part::Log] {
            std::fs::copy(house.path(part), file_of(&copy.path().join("disk"), part)).unwrap();
        }
        let storage = again.storage(Execution::Inline);
        house.journal = start(&storage, &JournalOptions::default());
        house.disk = again;
        house.append(3).await;
        for _ in 0..5 {
            house.check_after_power_loss(&mut random).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_disappear_are_noticed_before_anything_is_promised() {
    for part in [Part::Database, Part::Log] {
        let mut house = House::new(Execution::Threads, &JournalOptions::default(), 1);
        house.append(3).await;
        assert_eq!(house.journal.events(EventQuery::default()).await.unwrap().len(), 3);
        let (path, away) = (house.path(part), house.path(part).with_extension("away"));
        std::fs::rename(&path, &away).unwrap();
        assert_eq!(house.append(3).await, 3, "{part:?} is away");
        assert_eq!(house.journal.events(EventQuery::default()).await.unwrap().len(), 3);
        assert!(!path.exists(), "no empty file in its place");
        std::fs::rename(&away, &path).unwrap();
        assert_eq!(house.append(3).await, 0, "{part:?} is back");
        house.check(&house.storage.path);
    }
}

/// Who only reads finds the journal again as well.
#[tokio::test]
async fn a_host_that_writes_nothing_reads_again() {
    let mut house = House::new(Execution::Inline, &JournalOptions::default(), 1);
    house.append(3).await;
    house.disk.fail(Fault::Sync, Some(Part::Log), u64::MAX);
    for _ in 0..4 {
        assert_eq!(house.append(1).await, 1);
    }
    let refused = house.journal.events(EventQuery::default()).await;
    assert!(matches!(refused, Err(JournalError::Gone { .. })), "{refused:?}");
    house.disk.mend();
    let mut calls = 0;
    while house.journal.events(EventQuery::default()).await.is_err() {
        calls += 1;
        assert!(calls < 5, "nothing can be read on a healthy disk");
        tokio::task::yield_now().await;
    }
    house.check(&house.storage.path);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_file_in_the_journals_place_is_the_journal_or_refused() {
    let mut house = House::new(Execution::Threads, &JournalOptions::default(), 1);
    house.append(3).await;
    let old = std::fs::read(house.path(Part::Database)).unwrap();
    let old_log = std::fs::read(house.path(Part::Log)).unwrap();
    house.append(3).await;
    let replace = |database: &[u8], log: &[u8]| {
        for (part, bytes) in [(Part::Database, database), (Part::Log, log)] {
            std::fs::rename(house.path(part), house.path(part).with_extension("old")).unwrap();
            std::fs::write(house.path(part), bytes).unwrap();
        }
    };
    // A disk that was away and comes back: the same contents in other files.
    let now = [Part::Database, Part::Log].map(|part| std::fs::read(house.path(part)).unwrap());
    replace(&now[0], &now[1]);
    assert_eq!(house.recovers().await, 0);
    house.check(&house.storage.path);
    // A copy of before would give numbers a second time.
    let replace = |database: &[u8], log: &[u8]| {
        for (part, bytes) in [(Part::Database, database), (Part::Log, log)] {
            let _ = std::fs::remove_file(house.path(part));
            std::fs::write(house.path(part), bytes).unwrap();
        }
    };
    replace(&old, &old_log);
    let error = house.journal.append(webhook_of(99)).await.unwrap_err();
    assert!(error.to_string().contains("it ends with event `3`, not `7`\nhint: "), "{error}");
}
