//! Queries, on a few read-only connections beside the writer.
//!
//! SQLite blocks the thread, so every query runs where blocking is allowed. A query sees whole commits only.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc};

use super::raw::Raw;
use super::record::{StoredEvent, StoredWebhook, column, id_of_key};
use super::storage::{Execution, Storage};
use super::writer::Command;
use super::{JournalError, schema};

/// Queries at the same time; more would only compete for the same disk.
const CONNECTIONS_MAX: usize = 4;
/// No answer holds more events than this.
pub const EVENTS_MAX: usize = 10_000;

pub(super) const EVENT_COLUMNS: &str = "seq, key, connection, connector, conversation, kind, received_at, occurred_at, \
                             webhook, duplicates, event, message";

/// Which events, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Only events after this one, in the order asked for: higher numbers, or lower ones with
    /// `newest_first`. Zero: from the start of that order.
    pub after: u64,
    /// At most this many, and never more than [`EVENTS_MAX`].
    pub limit: usize,
    /// Only of this connection.
    pub connection: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only of this conversation.
    pub conversation: Option<String>,
    /// The order: highest number first.
    pub newest_first: bool,
}

impl Default for EventQuery {
    fn default() -> Self {
        Self { after: 0, limit: 100, connection: None, kind: None, conversation: None, newest_first: false }
    }
}

/// The connections that wait for a query.
pub(super) struct Readers {
    storage: Storage,
    idle: Mutex<Vec<Connection>>,
    /// Counts how often all connections were forgotten.
    generation: AtomicU64,
    forgotten: AtomicBool,
    /// Wakes the writer, which opens what was forgotten.
    writer: Option<mpsc::WeakSender<Command>>,
    permits: Semaphore,
}

impl Readers {
    /// Without a writer: nobody lets go of the files.
    pub(super) fn new(storage: Storage) -> Self {
        Self {
            storage,
            idle: Mutex::new(Vec::new()),
            generation: AtomicU64::new(0),
            forgotten: AtomicBool::new(false),
            writer: None,
            permits: Semaphore::new(CONNECTIONS_MAX),
        }
    }

    /// Beside a writer.
    pub(super) fn beside(storage: Storage, writer: mpsc::WeakSender<Command>) -> Self {
        Self { writer: Some(writer), ..Self::new(storage) }
    }

    /// Runs a query where blocking is allowed.
    pub(super) async fn run<T, F>(self: &Arc<Self>, query: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    {
        let _permit = self.permits.acquire().await.map_err(|_| JournalError::Closed)?;
        match self.storage.execution {
            Execution::Threads => {
                let readers = Arc::clone(self);
                let answer = tokio::task::spawn_blocking(move || readers.run_here(query));
                answer.await.unwrap_or_else(|error| {
                    if error.is_panic() {
                        // Not as if the journal were closed: whoever asks would wait for its end.
                        let problem = error.to_string();
                        return Err(JournalError::Damaged { row: "of a query".to_owned(), problem });
                    }
                    // The runtime ends before it ran.
                    Err(JournalError::Closed)
                })
            }
            #[cfg(test)]
            Execution::Inline => self.run_here(query),
        }
    }

    fn run_here<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let generation = self.generation.load(Ordering::SeqCst);
        if self.forgotten.load(Ordering::SeqCst) {
            // Without this a host that has nothing to write would not read any more either.
            if let Some(writer) = self.writer.as_ref().and_then(mpsc::WeakSender::upgrade) {
                let _ = writer.try_send(Command::Wake);
            }
            let problem = "it is about to be opened again".to_owned();
            return Err(JournalError::Gone { path: self.storage.path.clone(), problem });
        }
        let connection = self.take()?;
        let answer = query(&connection);
        if answer.is_ok() && self.generation.load(Ordering::SeqCst) == generation {
            // After an error the connection is dropped: the next query gets a fresh one.
            self.idle().push(connection);
        }
        answer
    }

    /// Lets go of the files, which are no longer the journal's, and refuses queries until [`Self::admit`].
    pub(super) fn forget(&self) {
        self.forgotten.store(true, Ordering::SeqCst);
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.idle().clear();
    }

    /// The writer has opened what is there now.
    pub(super) fn admit(&self) {
        self.forgotten.store(false, Ordering::SeqCst);
    }

    /// Lets go of the files.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle().clear();
    }

    fn take(&self) -> Result<Connection, JournalError> {
        let idle = self.idle().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => Ok(schema::open_reader(&self.storage)?),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn events(connection: &Connection, query: &EventQuery) -> Result<Vec<StoredEvent>, JournalError> {
    let (bound, order) = match (query.newest_first, query.after) {
        (false, _) => ("seq > ?1", "ASC"),
        (true, 0) => ("seq > ?1", "DESC"),
        (true, _) => ("seq < ?1", "DESC"),
    };
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM events WHERE {bound} AND (?2 IS NULL OR connection = ?2)
         AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR conversation = ?4) ORDER BY seq {order} LIMIT ?5"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let limit = column(query.limit.min(EVENTS_MAX) as u64);
    let parameters = params![column(query.after), query.connection, query.kind, query.conversation, limit];
    let mut rows = statement.query(parameters)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(stored_event(row)?);
    }
    Ok(events)
}

pub(super) fn event_at(connection: &Connection, seq: u64) -> Result<Option<StoredEvent>, JournalError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {EVENT_COLUMNS} FROM events WHERE seq = ?1"))?;
    let mut rows = statement.query([column(seq)])?;
    rows.next()?.map(stored_event).transpose()
}

pub(super) fn seq_of_key(connection: &Connection, key: &[u8]) -> rusqlite::Result<Option<u64>> {
    let mut statement = connection.prepare_cached("SELECT seq FROM seen WHERE key = ?1")?;
    statement.query_row([key], |row| number(row, 0)).optional()
}

pub(super) fn webhook(connection: &Connection, id: u64) -> Result<Option<StoredWebhook>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT connection, connector, component, received_at, head_size, raw_size, raw
         FROM webhooks WHERE id = ?1",
    )?;
    let row = statement.query_row([column(id)], |row| {
        let webhook = StoredWebhook {
            id,
            connection: row.get(0)?,
            connector: row.get(1)?,
            component: row.get(2)?,
            received_at: number(row, 3)?,
            method: String::new(),
            url: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        Ok((webhook, Raw { head_size: row.get(4)?, raw_size: row.get(5)?, bytes: row.get(6)? }))
    });
    let Some((mut webhook, raw)) = row.optional()? else { return Ok(None) };
    raw.unpack(&mut webhook).map_err(|problem| JournalError::damaged("webhooks", id, problem))?;
    Ok(Some(webhook))
}

pub(super) fn blob(connection: &Connection, sha256: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM blobs WHERE sha256 = ?1")?;
    Ok(statement.query_row([sha256], |row| row.get(0)).optional()?)
}

pub(super) fn cursor(connection: &Connection, destination: &str) -> Result<Option<u64>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT cursor FROM destinations WHERE name = ?1")?;
    Ok(statement.query_row([destination], |row| number(row, 0)).optional()?)
}

/// Webhooks, events, duplicates and blobs since the journal was made.
pub(super) fn totals(connection: &Connection) -> Result<[u64; 4], JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT webhooks, events, duplicates, blobs FROM totals")?;
    let totals = statement
        .query_row([], |row| Ok([number(row, 0)?, number(row, 1)?, number(row, 2)?, number(row, 3)?]))?;
    Ok(totals)
}

pub(super) fn stored_event(row: &Row) -> Result<StoredEvent, JournalError> {
    let seq = number(row, 0)?;
    let event = RawValue::from_string(row.get(10)?);
    Ok(StoredEvent {
        seq,
        id: id_of_key(
            row.get_ref(1)?.as_blob().map_err(|error| JournalError::damaged("events", seq, error))?,
        ),
        connection: row.get(2)?,
        connector: row.get(3)?,
        conversation: row.get(4)?,
        kind: row.get(5)?,
        received_at: number(row, 6)?,
        occurred_at: row.get::<_, Option<i64>>(7)?.map(i64::unsigned_abs),
        webhook: number(row, 8)?,
        duplicates: number(row, 9)?,
        message: row.get(11)?,
        event: event.map_err(|error| JournalError::damaged("events", seq, error))?,
    })
}

/// Numbers are written from unsigned ones, so the sign is never set.
pub(super) fn number(row: &Row, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(i64::unsigned_abs)
}
