//! The journal without its writer: for whoever reads beside a host that runs, in another process.

use std::path::Path;
use std::sync::Arc;

use super::reader::Readers;
use super::storage::Storage;
use super::{FILE_NAME, Journal, JournalError, schema};

/// Reads a journal, and cannot write it. Clones share it.
#[derive(Clone)]
pub struct JournalReader {
    pub(super) readers: Arc<Readers>,
}

impl JournalReader {
    /// Opens the journal in that folder, which a host has made. Nothing is made or brought up to date.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(FILE_NAME);
        if !path.is_file() {
            return Err(JournalError::Missing { path });
        }
        let open = |source| JournalError::Open { path: path.clone(), source: Arc::new(source) };
        let storage = Storage::at(&path);
        let connection = schema::open_reader(&storage).map_err(open)?;
        let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(open)?;
        let known = schema::VERSION;
        match found {
            found if found > known => Err(JournalError::Newer { path, found, known }),
            found if found < known => Err(JournalError::Older { path, found, known }),
            _ => Ok(Self { readers: Arc::new(Readers::new(storage)) }),
        }
    }
}

impl Journal {
    /// The part of it that reads.
    pub fn reader(&self) -> JournalReader {
        JournalReader { readers: Arc::clone(&self.inner.readers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::JournalOptions;
    use crate::samples::{message, webhook};

    #[tokio::test]
    async fn a_journal_is_read_beside_its_host_and_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
        let beside = JournalReader::open(folder.path()).unwrap();
        let count = |reader: JournalReader| async move {
            reader.readers.run(crate::journal::reader::totals).await.unwrap()[1]
        };
        assert_eq!(count(beside.clone()).await, 1);
        journal.append(webhook(vec![message("2", "alice")])).await.unwrap();
        assert_eq!(count(beside).await, 2, "what came since is there");
        journal.close().await.unwrap();
        assert_eq!(count(JournalReader::open(folder.path()).unwrap()).await, 2);
    }

    #[tokio::test]
    async fn nothing_is_made_and_nothing_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let missing = JournalReader::open(folder.path()).err().unwrap();
        assert!(matches!(&missing, JournalError::Missing { .. }), "{missing}");
        assert!(missing.hint().is_some_and(|hint| hint.contains("trunkline serve")));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        for (version, older) in [(1, true), (schema::VERSION + 1, false)] {
            let path = folder.path().join(FILE_NAME);
            let connection = rusqlite::Connection::open(&path).unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
            drop(connection);
            let error = JournalReader::open(folder.path()).err().unwrap();
            assert_eq!(matches!(&error, JournalError::Older { .. }), older, "{error}");
            assert!(error.to_string().contains(&format!("`{version}`")), "{error}");
        }
    }
}
