//! The log on disk: entries in their order, what they are about, effects that wait, and the state from time to time so that
//! a start need not fold everything.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use serde_json::Value;

use crate::machine::Machine;

/// Name of the file in the store's folder.
pub const FILE_NAME: &str = "desk.sqlite";
/// The schema that this host writes.
const VERSION: u32 = 1;
/// Entries between two snapshots.
pub(crate) const SNAPSHOT_ENTRIES: u64 = 10_000;
/// Snapshots that are kept: the newest, and the one before for the case that it cannot be read.
const SNAPSHOTS_KEPT: i64 = 2;
/// Entries of one page.
pub const PAGE_MAX: usize = 1_000;
const COMPRESSION_LEVEL: i32 = 1;

const SCHEMA: &str = "
    -- What changed the desk, in its order. `entry` and `trace` are JSON.
    CREATE TABLE log (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL, trace TEXT) STRICT;
    -- What an entry is about: a ticket, a contact, an event.
    CREATE TABLE subjects (
        subject TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (subject, number)
    ) STRICT, WITHOUT ROWID;
    -- What is still to be done.
    CREATE TABLE effects (
        number INTEGER NOT NULL, place INTEGER NOT NULL, effect TEXT NOT NULL, PRIMARY KEY (number, place)
    ) STRICT, WITHOUT ROWID;
    -- The state after that entry, as JSON under zstd. Made anew where it is missing.
    CREATE TABLE snapshots (number INTEGER PRIMARY KEY, state BLOB NOT NULL) STRICT;
";

/// Why the log cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The disk, or another process.
    #[error("desk `{}` cannot be opened or written", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: rusqlite::Error,
    },
    /// Written by a newer host.
    #[error(
        "desk `{}` has schema `{found}`, this host knows `{VERSION}`\nhint: use the host that wrote it, or a newer one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
    },
    /// An entry cannot be understood, or is refused where it was taken once.
    #[error(
        "entry {number} of desk `{}` cannot be read: {problem}\nhint: restore a backup, or use the host that wrote it",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which entry.
        number: u64,
        /// What is wrong with it.
        problem: String,
    },
}

/// An entry with what it is about and what is to be done, ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub number: u64,
    pub at: u64,
    pub entry: String,
    pub trace: Option<String>,
    pub subjects: Vec<String>,
    pub effects: Vec<String>,
}

/// An entry as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its place.
    pub number: u64,
    /// When it was taken, milliseconds since the Unix epoch.
    pub at: u64,
    /// The entry as JSON.
    pub entry: Value,
    /// Why it came out as it did.
    pub trace: Value,
}

/// An effect that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting<E> {
    /// The entry that it comes of.
    pub number: u64,
    /// Its place among the effects of the entry.
    pub place: u32,
    /// What is to be done.
    pub effect: E,
}

/// The open file.
pub struct Log {
    path: PathBuf,
    connection: Connection,
}

impl Log {
    /// Opens the log in that folder, and makes it where it is missing.
    pub fn open(folder: &Path) -> Result<Self, LogError> {
        let path = folder.join(FILE_NAME);
        let failed = |source| LogError::Database { path: path.clone(), source };
        let mut connection = Connection::open(&path).map_err(failed)?;
        let version = prepare(&mut connection).map_err(failed)?;
        if version > VERSION {
            return Err(LogError::Newer { path, found: version });
        }
        Ok(Self { path, connection })
    }

    /// The state that the log folds into, and the number and time of its last entry. Zeros: it is empty.
    pub fn fold<M: Machine>(&self) -> Result<Folded<M>, LogError> {
        let (mut state, mut number) = self.snapshot::<M>()?.unwrap_or_default();
        let mut at = self.at(number)?;
        let mut statement = self
            .connection
            .prepare("SELECT number, at, entry FROM log WHERE number > ?1 ORDER BY number")
            .map_err(|source| self.failed(source))?;
        let mut rows = statement.query([column(number)]).map_err(|source| self.failed(source))?;
        while let Some(row) = rows.next().map_err(|source| self.failed(source))? {
            let read = || Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?));
            let (next, taken_at, entry) = read().map_err(|source| self.failed(source))?;
            (number, at) = (next.unsigned_abs(), taken_at.unsigned_abs());
            let damaged = |problem: String| LogError::Damaged { path: self.path.clone(), number, problem };
            let entry: M::Entry = serde_json::from_str(&entry).map_err(|error| damaged(error.to_string()))?;
            state.apply(number, at, &entry).map_err(|refusal| damaged(refusal.to_string()))?;
        }
        Ok(Folded { state, number, at })
    }

    /// The newest snapshot that can be read. An orderly end leaves one of its last entry, so that a newer host goes on from
    /// there and folds nothing by rules that were others then.
    fn snapshot<M: Machine>(&self) -> Result<Option<(M, u64)>, LogError> {
        let read = || {
            let mut statement =
                self.connection.prepare("SELECT number, state FROM snapshots ORDER BY number DESC")?;
            let rows =
                statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let snapshots = read().map_err(|source| self.failed(source))?;
        Ok(snapshots.into_iter().find_map(|(number, packed)| {
            let state = zstd::decode_all(packed.as_slice()).ok()?;
            Some((serde_json::from_slice(&state).ok()?, number.unsigned_abs()))
        }))
    }

    fn at(&self, number: u64) -> Result<u64, LogError> {
        let at = self
            .connection
            .query_row("SELECT at FROM log WHERE number = ?1", [column(number)], |row| row.get::<_, i64>(0));
        Ok(at.optional().map_err(|source| self.failed(source))?.unwrap_or_default().unsigned_abs())
    }

    /// Writes entries, all or none. What is answered after this is on disk.
    pub(crate) fn append(&mut self, records: &[Record]) -> Result<(), LogError> {
        append(&mut self.connection, records).map_err(|source| self.failed(source))
    }

    /// Keeps the state after an entry.
    pub(crate) fn keep<M: Machine>(&mut self, state: &M, number: u64) -> Result<(), LogError> {
        let packed = serde_json::to_vec(state).map_err(std::io::Error::other);
        let packed = packed.and_then(|state| zstd::encode_all(state.as_slice(), COMPRESSION_LEVEL));
        let packed = match packed {
            Ok(packed) => packed,
            // The next start folds more, and that is all.
            Err(error) => {
                tracing::warn!(%error, "state of the desk was not kept, the next start takes longer");
                return Ok(());
            }
        };
        keep(&mut self.connection, number, &packed).map_err(|source| self.failed(source))
    }

    /// Makes entries about these subjects unreadable for good, and everything that was made of them but the state.
    pub(crate) fn forget(&mut self, subjects: &[String]) -> Result<(), LogError> {
        forget(&mut self.connection, subjects).map_err(|source| self.failed(source))
    }

    /// Effects that wait, oldest first.
    pub fn waiting<E: serde::de::DeserializeOwned>(&self, limit: usize) -> Result<Vec<Waiting<E>>, LogError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(
                "SELECT number, place, effect FROM effects ORDER BY number, place LIMIT ?1",
            )?;
            let rows = statement.query_map([column(limit as u64)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?, row.get::<_, String>(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = read().map_err(|source| self.failed(source))?;
        let waiting = rows.into_iter().map(|(number, place, effect)| {
            let number = number.unsigned_abs();
            let effect = serde_json::from_str(&effect).map_err(|error| LogError::Damaged {
                path: self.path.clone(),
                number,
                problem: format!("effect {place}: {error}"),
            })?;
            Ok(Waiting { number, place, effect })
        });
        waiting.collect()
    }

    /// Effects that are done.
    pub(crate) fn done(&mut self, effects: &[(u64, u32)]) -> Result<(), LogError> {
        done(&mut self.connection, effects).map_err(|source| self.failed(source))
    }

    /// Entries about a subject after one of them, oldest first. At most [`PAGE_MAX`].
    pub fn about(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Logged>, LogError> {
        let sql = "SELECT log.number, at, entry, trace FROM subjects JOIN log ON log.number = subjects.number
                   WHERE subject = ?1 AND subjects.number > ?2 ORDER BY subjects.number LIMIT ?3";
        self.logged(sql, params![subject, column(after), page(limit)])
    }

    /// All entries after one of them, oldest first. At most [`PAGE_MAX`].
    pub fn entries(&self, after: u64, limit: usize) -> Result<Vec<Logged>, LogError> {
        let sql = "SELECT number, at, entry, trace FROM log WHERE number > ?1 ORDER BY number LIMIT ?2";
        self.logged(sql, params![column(after), page(limit)])
    }

    fn logged(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Logged>, LogError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(parameters, |row| {
                let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
                Ok(Logged {
                    number: row.get::<_, i64>(0)?.unsigned_abs(),
                    at: row.get::<_, i64>(1)?.unsigned_abs(),
                    entry: json(row.get(2)?).unwrap_or_default(),
                    trace: json(row.get(3)?).unwrap_or_default(),
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: rusqlite::Error) -> LogError {
        LogError::Database { path: self.path.clone(), source }
    }
}

/// A folded log.
#[derive(Debug, Clone, PartialEq)]
pub struct Folded<M> {
    /// What the log folds into.
    pub state: M,
    /// Number of its last entry.
    pub number: u64,
    /// Time of its last entry, milliseconds since the Unix epoch.
    pub at: u64,
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<u32> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found == 0 {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(found.max(VERSION))
}

fn append(connection: &mut Connection, records: &[Record]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut log = transaction
            .prepare_cached("INSERT INTO log (number, at, entry, trace) VALUES (?1, ?2, ?3, ?4)")?;
        let mut subjects = transaction.prepare_cached(
            "INSERT INTO subjects (subject, number) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?;
        let mut effects =
            transaction.prepare_cached("INSERT INTO effects (number, place, effect) VALUES (?1, ?2, ?3)")?;
        for record in records {
            let number = column(record.number);
            log.execute(params![number, column(record.at), record.entry, record.trace])?;
            for subject in &record.subjects {
                subjects.execute(params![subject, number])?;
            }
            for (place, effect) in record.effects.iter().enumerate() {
                effects.execute(params![number, column(place as u64), effect])?;
            }
        }
    }
    transaction.commit()
}

fn keep(connection: &mut Connection, number: u64, packed: &[u8]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT OR REPLACE INTO snapshots (number, state) VALUES (?1, ?2)",
        params![column(number), packed],
    )?;
    transaction.execute(
        "DELETE FROM snapshots WHERE number NOT IN (SELECT number FROM snapshots ORDER BY number DESC LIMIT ?1)",
        [SNAPSHOTS_KEPT],
    )?;
    transaction.commit()
}

fn forget(connection: &mut Connection, subjects: &[String]) -> rusqlite::Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for subject in subjects {
        let of = "SELECT number FROM subjects WHERE subject = ?1";
        for sql in [
            format!("UPDATE log SET entry = '{{\"entry\":\"erased\"}}', trace = NULL WHERE number IN ({of})"),
            format!("DELETE FROM effects WHERE number IN ({of})"),
            format!("DELETE FROM subjects WHERE number IN ({of}) AND subject <> ?1"),
            "DELETE FROM subjects WHERE subject = ?1".to_owned(),
        ] {
            transaction.prepare_cached(&sql)?.execute([subject])?;
        }
    }
    // They hold who it was.
    transaction.execute("DELETE FROM snapshots", [])?;
    transaction.commit()
}

fn done(connection: &mut Connection, effects: &[(u64, u32)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (number, place) in effects {
        transaction
            .prepare_cached("DELETE FROM effects WHERE number = ?1 AND place = ?2")?
            .execute(params![column(*number), place])?;
    }
    transaction.commit()
}

fn page(limit: usize) -> i64 {
    column(limit.min(PAGE_MAX) as u64)
}

/// SQLite has no unsigned numbers.
fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
