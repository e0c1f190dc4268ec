//! A look at a journal from outside: beside the host that writes it, or where none runs; damaged, or of another version.
//!
//! Nothing is written. What cannot be read is a finding and no error: whoever looks wants to know what is left.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, Row};

use super::storage::Storage;
use super::{FILE_NAME, reader, schema, writer};

/// Problems that are named; a damaged file has thousands.
const PROBLEMS_MAX: usize = 8;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The database file.
    pub path: PathBuf,
    /// Size of the database.
    pub file_bytes: u64,
    /// Size of its log.
    pub log_bytes: u64,
    /// When either was last written.
    pub written_at: Option<SystemTime>,
    /// Version of its schema.
    pub schema: Option<u32>,
    /// The newest that this program knows.
    pub schema_known: u32,
    /// What is wrong with it, in SQLite's words. Empty: nothing was found.
    pub problems: Vec<String>,
    /// The highest number that was given to an event.
    pub newest: u64,
    /// When the newest event came in, milliseconds since the Unix epoch.
    pub newest_at: Option<u64>,
    /// How far destinations are, by name.
    pub cursors: Vec<(String, u64)>,
    /// Destination, state, how many.
    pub parked: Vec<(String, String, u64)>,
    /// Messages that are not done.
    pub messages: Vec<OpenMessages>,
}

/// Messages of one connection in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMessages {
    /// The connection.
    pub connection: String,
    /// `queued`, `sending`, `unconfirmed`.
    pub state: String,
    /// How many.
    pub count: u64,
    /// When the oldest was queued, milliseconds since the Unix epoch.
    pub oldest_at: u64,
}

/// Looks at the journal of a folder. `deep`: every index is held against its table, which takes several times as long.
///
/// None: there is no journal. Blocks, and reads all of it.
pub fn inspect(folder: &Path, deep: bool) -> Option<Inspection> {
    let path = folder.join(FILE_NAME);
    let file = std::fs::metadata(&path).ok()?;
    let log = std::fs::metadata(folder.join(format!("{FILE_NAME}-wal"))).ok();
    let written = |file: &std::fs::Metadata| file.modified().ok();
    let mut found = Inspection {
        file_bytes: file.len(),
        log_bytes: log.as_ref().map_or(0, std::fs::Metadata::len),
        written_at: written(&file).max(log.as_ref().and_then(written)),
        schema_known: schema::VERSION,
        ..Inspection::default()
    };
    if let Err(error) = look(&path, deep, &mut found) {
        found.problems.push(error.to_string());
    }
    found.path = path;
    Some(found)
}

fn look(path: &Path, deep: bool, found: &mut Inspection) -> rusqlite::Result<()> {
    let connection = schema::open_reader(&Storage::at(path))?;
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    found.schema = Some(version);
    found.problems = check(&connection, deep)?;
    if version == 0 || version > schema::VERSION {
        return Ok(());
    }
    found.newest = writer::last_seq(&connection)?.unsigned_abs();
    let newest = "SELECT max(received_at) FROM (SELECT received_at FROM events ORDER BY seq DESC LIMIT 100)";
    let newest_at: Option<i64> = connection.query_row(newest, [], |row| row.get(0))?;
    found.newest_at = newest_at.map(i64::unsigned_abs);
    found.cursors = list(&connection, "SELECT name, cursor FROM destinations ORDER BY name", |row| {
        Ok((row.get(0)?, reader::number(row, 1)?))
    })?;
    let parked = "SELECT destination, state, count(*) FROM parked GROUP BY 1, 2 ORDER BY 1, 2";
    found.parked = list(&connection, parked, |row| Ok((row.get(0)?, row.get(1)?, reader::number(row, 2)?)))?;
    if version >= 2 {
        let messages = "SELECT connection, state, count(*), min(queued_at) FROM messages
            WHERE state IN ('queued', 'sending', 'unconfirmed') GROUP BY 1, 2 ORDER BY 1, 2";
        found.messages = list(&connection, messages, |row| {
            Ok(OpenMessages {
                connection: row.get(0)?,
                state: row.get(1)?,
                count: reader::number(row, 2)?,
                oldest_at: reader::number(row, 3)?,
            })
        })?;
    }
    Ok(())
}

fn check(connection: &Connection, deep: bool) -> rusqlite::Result<Vec<String>> {
    let pragma = if deep { "integrity_check" } else { "quick_check" };
    let said = list(connection, &format!("PRAGMA {pragma}({PROBLEMS_MAX})"), |row| row.get::<_, String>(0))?;
    // A problem may take several lines, the first of which names the table.
    let lines = said.iter().flat_map(|text| text.lines()).map(|line| line.trim().to_owned());
    Ok(lines.filter(|line| line != "ok" && !line.is_empty()).take(PROBLEMS_MAX).collect())
}

fn list<T>(
    connection: &Connection,
    sql: &str,
    row: impl FnMut(&Row) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map([], row)?.collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Journal, JournalOptions, Progress};
    use super::*;
    use crate::samples::{message, webhook};

    async fn filled(folder: &Path) -> Journal {
        let journal = Journal::open(folder, JournalOptions::default()).unwrap();
        for number in 0..200 {
            journal.append(webhook(vec![message(&format!("{number}"), "alice")])).await.unwrap();
        }
        let progress = Progress { destination: "crm".into(), cursor: 150, ..Progress::default() };
        journal.progress(progress).await.unwrap();
        journal
    }

    #[tokio::test]
    async fn a_journal_is_looked_at_beside_its_host_and_without_one() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(inspect(folder.path(), false), None, "there is none");
        let journal = filled(folder.path()).await;
        for deep in [false, true] {
            let found = inspect(folder.path(), deep).unwrap();
            assert_eq!(found.problems, [] as [&str; 0]);
            assert_eq!((found.newest, found.newest_at), (200, Some(1_700_000_001_000)));
            assert_eq!(found.cursors, [("crm".to_owned(), 150)]);
            assert!(found.log_bytes > 0 && found.written_at.is_some());
        }
        journal.close().await.unwrap();
        let found = inspect(folder.path(), true).unwrap();
        assert_eq!((found.newest, found.schema), (200, Some(schema::VERSION)));
        assert_eq!((found.log_bytes, found.problems.len()), (0, 0));
    }

    #[tokio::test]
    async fn damage_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path()).await.close().await.unwrap();
        let path = folder.path().join(FILE_NAME);
        let whole = std::fs::read(&path).unwrap();
        let mut missed = Vec::new();
        for page in 0..whole.len() / 4_096 {
            let mut damaged = whole.clone();
            // The head of a page: its kind, and where its cells are.
            damaged[page * 4_096..page * 4_096 + 16].fill(0xA5);
            std::fs::write(&path, damaged).unwrap();
            if inspect(folder.path(), true).unwrap().problems.is_empty() {
                missed.push(page);
            }
        }
        // Pages that nothing refers to hold nothing.
        std::fs::write(&path, &whole).unwrap();
        let free: usize = Connection::open(&path)
            .unwrap()
            .query_row("PRAGMA freelist_count", [], |row| row.get(0))
            .unwrap();
        assert!(missed.len() <= free, "damage in pages {missed:?} was not found, {free} are free");
    }

    #[test]
    fn what_is_no_database_or_of_a_newer_host_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, "no database at all, but a text that is long enough".repeat(100)).unwrap();
        let found = inspect(folder.path(), false).unwrap();
        assert_eq!(found.problems, ["file is not a database"]);
        std::fs::remove_file(&path).unwrap();
        let newer = schema::open_writer(&Storage::at(&path)).unwrap();
        newer.pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
        let found = inspect(folder.path(), false).unwrap();
        assert_eq!((found.schema, found.schema_known), (Some(schema::VERSION + 1), schema::VERSION));
        assert!(found.problems.is_empty());
    }
}
