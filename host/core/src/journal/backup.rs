//! A consistent copy of the journal, taken beside the host that writes it, and proven before it gets its name.
//!
//! The copy is one file without what was deleted. Whoever is told that it is done has it on disk, whole and checked; a
//! backup that ends before that leaves nothing under its name.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::Connection;

use super::storage::Storage;
use super::{FILE_NAME, reader, schema, writer};

/// How often whoever waits is told how far it has come.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Backup {
    /// Events.
    pub events: u64,
    /// The highest number that was given to an event.
    pub newest: u64,
    /// Raw webhooks.
    pub webhooks: u64,
    /// Messages to contacts.
    pub messages: u64,
    /// Media, each content once.
    pub blobs: u64,
    /// Version of its schema.
    pub schema: u32,
    /// Size of the file.
    pub bytes: u64,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to copy.
    #[error("there is no journal `{}`", path.display())]
    NoJournal {
        /// The database file.
        path: PathBuf,
    },
    /// Something has that name already.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is a journal already where one is to be restored.
    #[error("there is a journal already: `{}`", path.display())]
    Occupied {
        /// The database file, or its log.
        path: PathBuf,
    },
    /// The file cannot be written or made durable.
    #[error("`{}` cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The journal cannot be read, or there is no room for the copy.
    #[error("journal `{}` cannot be copied", path.display())]
    Copy {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A newer host wrote the journal.
    #[error("journal `{}` has schema version `{found}`, this program knows up to `{known}`", path.display())]
    Newer {
        /// The database file.
        path: PathBuf,
        /// In the file.
        found: u32,
        /// The newest that can be read.
        known: u32,
    },
    /// The copy was made, and is not good.
    #[error("the copy is not whole: {problem}")]
    Damaged {
        /// What is wrong with it.
        problem: String,
    },
}

impl BackupError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoJournal { .. } => {
                Some("`path` under `[store]` names the folder; a host makes the journal at its first start")
            }
            Self::Exists { .. } => Some("name another file, or replace it with --force"),
            Self::Occupied { .. } => Some("move the store away, all of it: nothing here replaces a journal"),
            Self::File { .. } => Some("is there such a folder, may it be written to, is there room?"),
            Self::Copy { .. } | Self::Damaged { .. } => Some(
                "`trunkline doctor --deep` looks for damage and for room on the disk; older backups are as they were",
            ),
            Self::Newer { .. } => Some("use the program of the version that runs the host"),
        }
    }
}

/// Copies the journal of that folder into a new file. `told` hears how many bytes were written of about how many.
///
/// Blocks. Everything that the host had acknowledged when this was called is in the copy.
pub fn backup(
    folder: &Path,
    file: &Path,
    replace: bool,
    mut told: impl FnMut(u64, u64),
) -> Result<Backup, BackupError> {
    let journal = folder.join(FILE_NAME);
    if !journal.is_file() {
        return Err(BackupError::NoJournal { path: journal });
    }
    if !replace && file.exists() {
        return Err(BackupError::Exists { path: file.to_owned() });
    }
    let copying = |source| BackupError::Copy { path: journal.clone(), source };
    let source = schema::open_reader(&Storage::at(&journal)).map_err(copying)?;
    let found: u32 = source.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(copying)?;
    if found > schema::VERSION {
        return Err(BackupError::Newer { path: journal, found, known: schema::VERSION });
    }
    // The copy has another name until it is known to be good.
    let part = Part::make(file)?;
    let newest = writer::last_seq(&source).map_err(copying)?.unsigned_abs();
    copy(source, &part, &mut told).map_err(copying)?;
    let found = check(&part.path, newest)?;
    part.finish(file)?;
    Ok(found)
}

/// Runs the copy on a thread of its own, and tells how far it is.
fn copy(source: Connection, part: &Part, told: &mut impl FnMut(u64, u64)) -> rusqlite::Result<()> {
    let pages: u64 = source.query_row("PRAGMA page_count", [], |row| reader::number(row, 0))?;
    let page: u64 = source.query_row("PRAGMA page_size", [], |row| reader::number(row, 0))?;
    let target = part.path.clone();
    let (ended, end) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let name = target.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(target.clone()));
            let copied = name.and_then(|name| {
                source.pragma_update(None, "query_only", false)?;
                source.execute("VACUUM INTO ?1", [name]).map(|_| ())
            });
            let _ = ended.send(copied);
        });
        loop {
            match end.recv_timeout(TOLD_EVERY) {
                Ok(copied) => return copied,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    told(std::fs::metadata(&part.path).map_or(0, |file| file.len()), pages * page);
                }
                // The thread sends before it ends, unless it panics: then the scope panics as well.
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(rusqlite::Error::InvalidQuery),
            }
        }
    })
}

/// Reads the whole copy. `newest`: what the journal held when the copy was begun.
pub(super) fn check(path: &Path, newest: u64) -> Result<Backup, BackupError> {
    let damaged = |error: rusqlite::Error| BackupError::Damaged { problem: error.to_string() };
    let copy = schema::open_reader(&Storage::at(path)).map_err(damaged)?;
    let verdict: String =
        copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(damaged)?;
    if verdict != "ok" {
        return Err(BackupError::Damaged { problem: verdict });
    }
    let schema: u32 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(damaged)?;
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        copy.query_row(&sql, [], |row| reader::number(row, 0)).map_err(damaged)
    };
    let found = Backup {
        events: count("events")?,
        newest: writer::last_seq(&copy).map_err(damaged)?.unsigned_abs(),
        webhooks: count("webhooks")?,
        // Schema 1 had none.
        messages: if schema > 1 { count("messages")? } else { 0 },
        blobs: count("blobs")?,
        schema,
        bytes: std::fs::metadata(path).map_or(0, |file| file.len()),
    };
    if found.newest < newest {
        let problem = format!("it ends with event {}, the journal had {newest}", found.newest);
        return Err(BackupError::Damaged { problem });
    }
    Ok(found)
}

/// The copy while it is made: removed when dropped, unless it was finished.
pub(super) struct Part {
    pub path: PathBuf,
}

impl Part {
    /// An empty file beside the one that is to be, which nobody else may read.
    pub fn make(file: &Path) -> Result<Self, BackupError> {
        let failed = |source| BackupError::File { path: file.to_owned(), source };
        let name = file.file_name().ok_or_else(|| failed(io::ErrorKind::IsADirectory.into()))?;
        let name = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
        let path = file.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(failed)?;
        Ok(Self { path })
    }

    /// Makes it durable, then gives it its name.
    pub fn finish(self, file: &Path) -> Result<(), BackupError> {
        let failed = |source| BackupError::File { path: file.to_owned(), source };
        OpenOptions::new().write(true).open(&self.path).and_then(|part| part.sync_all()).map_err(failed)?;
        std::fs::rename(&self.path, file).map_err(failed)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new("."))).map_err(failed)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Gone already where it got its name.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A name is durable when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::{EventQuery, Journal, JournalOptions};
    use super::*;
    use crate::samples::{media_message, message, webhook};

    async fn filled(folder: &Path) -> Journal {
        let journal = Journal::open(folder, JournalOptions::default()).unwrap();
        journal.append(webhook(vec![message("1", "alice"), message("2", "bob")])).await.unwrap();
        journal.append(webhook(vec![media_message("3", &[b"picture"])])).await.unwrap();
        journal
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_copy_beside_the_writer_is_whole_private_and_opens() {
        let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let journal = filled(folder.path()).await;
        let file = target.path().join(FILE_NAME);
        let made = backup(folder.path(), &file, false, |_, _| {}).unwrap();
        assert_eq!((made.events, made.newest, made.webhooks, made.blobs), (3, 3, 2, 1));
        assert_eq!(made.schema, schema::VERSION);
        assert_eq!(names(target.path()), [FILE_NAME], "nothing else is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        journal.append(webhook(vec![message("4", "alice")])).await.unwrap();
        let copy = Journal::open(target.path(), JournalOptions::default()).unwrap();
        assert_eq!(copy.events(EventQuery::default()).await.unwrap().len(), 3);
        let again = copy.append(webhook(vec![message("2", "bob"), message("5", "bob")])).await.unwrap();
        assert_eq!(again.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [None, Some(4)]);
    }

    #[tokio::test]
    async fn a_file_is_replaced_only_when_that_is_said() {
        let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _journal = filled(folder.path()).await;
        let file = target.path().join("copy");
        std::fs::write(&file, "of last week").unwrap();
        let refused = backup(folder.path(), &file, false, |_, _| {}).unwrap_err();
        assert!(matches!(refused, BackupError::Exists { .. }), "{refused}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of last week");
        backup(folder.path(), &file, true, |_, _| {}).unwrap();
        assert_eq!(check(&file, 3).unwrap().events, 3);
    }

    #[tokio::test]
    async fn a_damaged_journal_gives_no_backup_and_leaves_the_one_of_before() {
        let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let journal = filled(folder.path()).await;
        journal.close().await.unwrap();
        let database = folder.path().join(FILE_NAME);
        let mut bytes = std::fs::read(&database).unwrap();
        for page in 2..bytes.len() / 4_096 {
            bytes[page * 4_096..page * 4_096 + 64].fill(0xA5);
        }
        std::fs::write(&database, bytes).unwrap();
        let file = target.path().join("copy");
        std::fs::write(&file, "of last week").unwrap();
        let error = backup(folder.path(), &file, true, |_, _| {}).unwrap_err();
        assert!(matches!(error, BackupError::Copy { .. } | BackupError::Damaged { .. }), "{error}");
        assert!(error.hint().unwrap().contains("doctor --deep"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of last week");
        assert_eq!(names(target.path()), ["copy"], "no half of one is left");
    }

    #[test]
    fn what_cannot_be_copied_or_written_says_so() {
        let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let error = backup(folder.path(), &target.path().join("copy"), false, |_, _| {}).unwrap_err();
        assert!(matches!(error, BackupError::NoJournal { .. }), "{error}");
        let connection = schema::open_writer(&Storage::at(&folder.path().join(FILE_NAME))).unwrap();
        let error = backup(folder.path(), &target.path().join("none/copy"), false, |_, _| {}).unwrap_err();
        assert!(matches!(error, BackupError::File { .. }), "{error}");
        connection.pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
        let error = backup(folder.path(), &target.path().join("copy"), false, |_, _| {}).unwrap_err();
        assert!(matches!(error, BackupError::Newer { .. }), "{error}");
    }
}
