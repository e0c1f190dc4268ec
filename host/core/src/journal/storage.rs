//! The database file: where it is, and by which means it is reached.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How long to wait for another process, such as a shell on the same file, to let go of the database.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// 16 MiB between checkpoints (default 4): fewer of the commits that have to copy pages back.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Where the database is, and how it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    /// The file.
    pub path: PathBuf,
    /// How long a write waits for another process.
    pub busy_wait: Duration,
    /// Pages in the log before they are copied back.
    pub checkpoint_pages: u32,
    /// SQLite's `synchronous`.
    pub synchronous: &'static str,
    /// By which of SQLite's layers files are reached. None: the system's.
    pub layer: Option<&'static str>,
    /// Where the work is done.
    pub execution: Execution,
}

/// Where the journal's work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Execution {
    /// Writes on a thread of their own, queries where blocking is allowed.
    Threads,
    /// All on the caller's runtime, which must be of one thread: everything happens in an order that a seed decides.
    #[cfg(test)]
    Inline,
}

impl Storage {
    /// As the host opens it.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            busy_wait: BUSY_WAIT,
            checkpoint_pages: CHECKPOINT_PAGES,
            // With WAL anything less than FULL may lose the last commits when the power fails: "2xx means on disk".
            synchronous: "FULL",
            layer: None,
            execution: Execution::Threads,
        }
    }

    pub(super) fn connect(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        match self.layer {
            Some(layer) => Connection::open_with_flags_and_vfs(&self.path, flags, layer),
            None => Connection::open_with_flags(&self.path, flags),
        }
    }
}
