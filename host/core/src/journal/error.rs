//! What can go wrong with the journal.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the journal did not do what it was asked. Nothing of a failed call is stored.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// More waits to be written than is allowed: come back later.
    #[error("journal queue is full")]
    Full,
    /// The journal was closed, or its writer has ended.
    #[error("journal is closed")]
    Closed,
    /// The database refused; the disk is full, broken or locked.
    #[error("journal database: {source}")]
    Disk {
        /// Shared by all who waited for the same commit.
        #[from]
        source: Arc<rusqlite::Error>,
    },
    /// The folder or the log cannot be written.
    #[error("journal `{}` cannot be written", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another host has it.
    #[error("the journal `{}` is used by another host{}", path.display(), of_process(*.process))]
    Used {
        /// The folder.
        path: PathBuf,
        /// The number of its process, where it says so.
        process: Option<u32>,
    },
    /// Whether another host has it cannot be found out.
    #[error("the lock `{}` cannot be taken", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("journal `{}` cannot be opened", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: Arc<rusqlite::Error>,
    },
    /// The database was deleted, moved or replaced while it was open.
    #[error("journal `{}` is gone: {problem}\nhint: put it back, or start the host again with what is there", path.display())]
    Gone {
        /// The database file.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// A newer host wrote this journal.
    #[error("journal `{}` has schema version `{found}`, this host knows up to `{known}`", path.display())]
    Newer {
        /// The database file.
        path: PathBuf,
        /// In the file.
        found: u32,
        /// The newest that this host can read.
        known: u32,
    },
    /// There is no journal, and it was not to be made.
    #[error("there is no journal `{}`", path.display())]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// An older host wrote this journal, and it was not to be brought up to date.
    #[error("journal `{}` has schema version `{found}`, this program reads `{known}`", path.display())]
    Older {
        /// The database file.
        path: PathBuf,
        /// In the file.
        found: u32,
        /// What is read.
        known: u32,
    },
    /// A webhook or event that cannot be encoded or compressed.
    #[error("webhook cannot be encoded")]
    Encoding {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row that was written otherwise than this host writes it.
    #[error("journal row `{row}` is damaged: {problem}")]
    Damaged {
        /// Table and number.
        row: String,
        /// What was found.
        problem: String,
    },
}

fn of_process(process: Option<u32>) -> String {
    process.map(|process| format!(" (process {process})")).unwrap_or_default()
}

impl JournalError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Used { .. } => {
                Some("end that host first, or give this one a folder of its own: `path` under `[store]`")
            }
            Self::Newer { .. } => Some("update this host, or restore a backup that an older one made"),
            Self::Folder { .. } | Self::Lock { .. } => {
                Some("set `path` under `[store]` to a folder that the host may write to")
            }
            Self::Open { .. } => Some("`trunkline doctor --deep` looks closer; see docs/operations.md"),
            Self::Missing { .. } => {
                Some("`trunkline serve` makes it; is `path` under `[store]` the folder of the host?")
            }
            Self::Older { .. } => {
                Some("start the host of this version once: it brings the journal up to date")
            }
            _ => None,
        }
    }

    pub(super) fn encoding(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Encoding { source: Box::new(source) }
    }

    pub(super) fn damaged(table: &str, number: u64, problem: impl ToString) -> Self {
        Self::Damaged { row: format!("{table}/{number}"), problem: problem.to_string() }
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Disk { source: Arc::new(source) }
    }
}

/// Whether the fault lies with the disk or the database as a whole, and not with one row.
///
/// Such an error meets every webhook of a group alike; any other one is looked for webhook by webhook.
pub(super) fn is_of_disk(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, FileLockingProtocolFailed,
        NotADatabase, OutOfMemory, ReadOnly, SystemIoFailure,
    };
    matches!(
        error.sqlite_error_code(),
        Some(
            CannotOpen
                | DatabaseBusy
                | DatabaseCorrupt
                | DatabaseLocked
                | DiskFull
                | FileLockingProtocolFailed
                | NotADatabase
                | OutOfMemory
                | ReadOnly
                | SystemIoFailure
        )
    )
}
