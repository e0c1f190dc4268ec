//! Copies the log back into the database on a thread of its own, so that no webhook waits for it.
//!
//! SQLite would copy in the commit that fills the log: some thousand pages at random places and a sync, a tenth of a second
//! and more, for everybody who waits. Beside the writer the same work holds up nobody. What it cannot do is start the log
//! anew, since the writer adds to it meanwhile; so once the log is long, the writer copies the few pages that are left over
//! itself, after which its next commit starts at the log's beginning.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, OpenFlags};

use super::storage::{Execution, Storage};

/// The log is started anew once it has so many times the pages after which they are copied: a longer one is slower to search.
const RESTART_FACTOR: u32 = 4;
/// Where copying does not keep up, the writer waits for it: the log stays bounded.
const FULL_FACTOR: u32 = 8;
/// Rounds of one wake-up: each has only the pages that came during the one before.
const ROUNDS_MAX: usize = 4;
/// So few pages are not worth another round.
const REST_PAGES: u32 = 256;

thread_local! {
    /// Pages in the log after the newest commit of this thread's connection.
    static LOG_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// The writer's side.
pub(super) struct Checkpoints {
    /// Pages that may wait to be copied.
    pages: u32,
    shared: Arc<Shared>,
    /// None: SQLite itself copies, in the commits.
    beside: Option<Beside>,
    /// Length of the log when the writer itself copied last. 0: not since it was started anew.
    rest_copied_at: u32,
}

struct Beside {
    wake: mpsc::SyncSender<()>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// Pages of the log that are copied.
    copied: AtomicU32,
    /// The thread was woken and has not ended its rounds.
    awake: AtomicBool,
    /// The thread has ended its rounds, and the writer has not seen it.
    ended: AtomicBool,
    /// Held while the thread copies.
    copying: Mutex<()>,
}

impl Checkpoints {
    /// Starts the thread, where the journal has threads.
    pub(super) fn start(storage: &Storage) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let beside = match storage.execution {
            Execution::Threads => Some(Beside::start(storage.clone(), Arc::clone(&shared))?),
            #[cfg(test)]
            Execution::Inline => None,
        };
        Ok(Self { pages: storage.checkpoint_pages, shared, beside, rest_copied_at: 0 })
    }

    /// Called with each connection that the writer opens. From then on its commits copy nothing.
    pub(super) fn watch(&mut self, connection: &Connection) {
        if self.beside.is_some() {
            LOG_PAGES.set(0);
            self.begun_anew();
            connection.wal_hook(Some(note));
        }
    }

    /// Called by the writer after a commit.
    pub(super) fn step(&mut self, connection: &Connection) {
        if self.beside.is_none() {
            return;
        }
        let log = LOG_PAGES.get();
        if log < self.shared.copied.load(Ordering::Acquire) || log < self.rest_copied_at {
            self.begun_anew();
        }
        let waiting = log.saturating_sub(self.shared.copied.load(Ordering::Acquire));
        // A reader of old pages keeps the log from being started anew: not tried with every commit.
        let again = log >= self.rest_copied_at + self.pages;
        let full = again && waiting >= self.pages && log >= FULL_FACTOR * self.pages;
        let worth = again && log >= RESTART_FACTOR * self.pages;
        if full || worth && self.shared.ended.swap(false, Ordering::AcqRel) {
            self.copy_rest(connection, log);
        } else if waiting >= self.pages
            && let Some(beside) = &self.beside
            && !self.shared.awake.swap(true, Ordering::AcqRel)
        {
            let _ = beside.wake.try_send(());
        }
    }

    fn copy_rest(&mut self, connection: &Connection, log: u32) {
        let _copying = self.shared.copying.lock().unwrap_or_else(PoisonError::into_inner);
        self.rest_copied_at = log;
        match copy(connection) {
            Ok(copied) => self.shared.copied.store(copied, Ordering::Release),
            Err(error) => tracing::warn!(%error, "journal's log was not copied back, it is tried again"),
        }
    }

    fn begun_anew(&mut self) {
        self.rest_copied_at = 0;
        self.shared.copied.store(0, Ordering::Release);
    }

    /// Waits for the rounds that are under way. Nothing is copied any more after this.
    pub(super) fn end(&mut self) {
        if let Some(Beside { wake, thread }) = self.beside.take() {
            drop(wake);
            let _ = thread.join();
        }
    }
}

impl Beside {
    fn start(storage: Storage, shared: Arc<Shared>) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::sync_channel::<()>(1);
        let thread = std::thread::Builder::new().name("journal-log".to_owned());
        let thread = thread.spawn(move || {
            while woken.recv().is_ok() {
                if let Err(error) = rounds(&storage, &shared) {
                    tracing::warn!(%error, "journal's log was not copied back, it is tried again");
                }
                shared.ended.store(true, Ordering::Release);
                shared.awake.store(false, Ordering::Release);
            }
        })?;
        Ok(Self { wake, thread })
    }
}

/// Copies until hardly anything is left, or it gets no less.
fn rounds(storage: &Storage, shared: &Shared) -> rusqlite::Result<()> {
    // Not kept: whoever replaces the files must find nobody who has them.
    let connection = storage.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "synchronous", storage.synchronous)?;
    // Files may be replaced at any moment. Then this is the only connection to the new ones, and SQLite would delete the
    // log with its end: the writer would find it gone, and refuse everything until somebody put it back.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let mut before = u32::MAX;
    for _ in 0..ROUNDS_MAX {
        let _copying = shared.copying.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shared.copied.load(Ordering::Acquire);
        let copied = copy(&connection)?;
        shared.copied.store(copied, Ordering::Release);
        let fresh = copied.saturating_sub(known);
        if fresh <= REST_PAGES || fresh > before / 4 * 3 {
            break;
        }
        before = fresh;
    }
    Ok(())
}

/// Copies what no reader keeps from being copied. Gives how many pages of the log are copied.
fn copy(connection: &Connection) -> rusqlite::Result<u32> {
    let copied: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))?;
    Ok(u32::try_from(copied).unwrap_or(0))
}

fn note(_log: &Wal, pages: c_int) -> rusqlite::Result<()> {
    LOG_PAGES.set(u32::try_from(pages).unwrap_or(0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::journal::{FILE_NAME, Journal, JournalOptions};
    use crate::samples::{message, webhook};

    /// Bytes of a page in the log, its head included.
    const LOGGED_PAGE: u64 = 4_096 + 24;
    const PAGES: u32 = 40;

    async fn append(journal: &Journal, numbers: std::ops::Range<u32>) {
        for number in numbers {
            let event = message(&format!("m{number}"), &format!("+4917012{number:05}"));
            journal.append(webhook(vec![event])).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_log_is_started_anew_while_webhooks_come_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage { checkpoint_pages: PAGES, ..Storage::at(&folder.path().join(FILE_NAME)) };
        let (database, log) = (storage.path.clone(), storage.log());
        let journal = Journal::start(storage, &JournalOptions::default(), Arc::new(SystemClock)).unwrap();
        append(&journal, 0..600).await;
        // Each commit logs some pages: without an end it would be several thousand.
        let most = u64::from((FULL_FACTOR + 2) * PAGES) * LOGGED_PAGE;
        let bytes = std::fs::metadata(&log).unwrap().len();
        assert!(bytes <= most, "the log has {bytes} bytes, expected at most {most}");
        assert!(std::fs::metadata(&database).unwrap().len() > 100 * 4_096, "pages are in the database");
        assert_eq!(journal.statistics().await.unwrap().events, 600);
        journal.close().await.unwrap();
        assert_eq!(
            std::fs::metadata(&log).map_or(0, |log| log.len()),
            0,
            "the end leaves nothing in the log"
        );
    }

    #[tokio::test]
    async fn a_reader_of_old_pages_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage { checkpoint_pages: PAGES, ..Storage::at(&folder.path().join(FILE_NAME)) };
        let (path, log) = (storage.path.clone(), storage.log());
        let journal = Journal::start(storage, &JournalOptions::default(), Arc::new(SystemClock)).unwrap();
        append(&journal, 0..1).await;
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
        append(&journal, 1..400).await;
        let held = std::fs::metadata(&log).unwrap().len();
        assert!(
            held > u64::from(FULL_FACTOR * PAGES) * LOGGED_PAGE,
            "what the reader sees is not overwritten"
        );
        reader.execute_batch("ROLLBACK").unwrap();
        append(&journal, 400..900).await;
        assert!(std::fs::metadata(&log).unwrap().len() < 2 * held, "then it goes on from the start");
        assert_eq!(journal.statistics().await.unwrap().events, 900);
        journal.close().await.unwrap();
    }

    /// The files of a disk that came back, before the writer has opened them.
    #[tokio::test]
    async fn copying_deletes_no_log_that_nobody_else_has_open() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::at(&folder.path().join(FILE_NAME));
        let journal =
            Journal::start(storage.clone(), &JournalOptions::default(), Arc::new(SystemClock)).unwrap();
        append(&journal, 0..10).await;
        let others = Storage::at(&folder.path().join("other.sqlite"));
        for (from, to) in [(&storage.path, &others.path), (&storage.log(), &others.log())] {
            std::fs::copy(from, to).unwrap();
        }
        let before = std::fs::metadata(others.log()).unwrap().len();
        let shared = Shared::default();
        rounds(&others, &shared).unwrap();
        assert!(shared.copied.load(Ordering::Acquire) > 0, "pages were copied");
        assert_eq!(std::fs::metadata(others.log()).unwrap().len(), before);
        journal.close().await.unwrap();
    }
}
