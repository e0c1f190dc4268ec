//! The database file: where it is, and by which means it is reached.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How long to wait for another process, such as a shell on the same file, to let go of the database.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// 16 MiB between checkpoints (default 4): fewer of the commits that have to copy pages back.
const CHECKPOINT_PAGES: u32 = 4_000;

/// What is read of a log at once.
const SETTLE_BYTES: usize = 1 << 20;

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

/// Tells files from others of the same name.
pub(super) type Identity = [(u64, u64); 2];

/// Makes a folder, and the folders above it, in a way that survives a power loss.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    std::fs::create_dir_all(folder)?;
    for folder in missing {
        // The name of a folder is on disk when the one above is synced. Some systems cannot, and need not.
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Ok(above) = File::open(above) {
            let _ = above.sync_all();
        }
    }
    Ok(())
}

impl Storage {
    /// The write-ahead log.
    pub(super) fn log(&self) -> PathBuf {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        log.into()
    }

    /// Writes the log once more, as it is read, and syncs it. Nobody else may write meanwhile.
    ///
    /// After a sync has failed, the system shows what is not on disk, and its next sync says nothing of it. A host that
    /// was started since would read such commits, write others behind them, and lose both in a power loss: the log
    /// ends where it has a hole. After an orderly end there is no log, so that this costs nothing.
    pub(super) fn settle(&self) -> io::Result<()> {
        let log = self.log();
        if !log.exists() {
            return Ok(());
        }
        #[cfg(test)]
        crate::tests::rewriting(&log)?;
        let mut file = File::options().read(true).write(true).open(&log)?;
        let mut piece = vec![0; SETTLE_BYTES];
        let mut at = 0;
        loop {
            file.seek(SeekFrom::Start(at))?;
            let size = file.read(&mut piece)?;
            if size == 0 {
                break;
            }
            file.seek(SeekFrom::Start(at))?;
            file.write_all(&piece[..size])?;
            at += size as u64;
        }
        file.sync_all()
    }

    /// Whether the disk takes a file beside the database.
    pub(super) fn probe(&self) -> io::Result<()> {
        let path = self.path.with_extension("probe");
        let result = File::create(&path).and_then(|mut file| {
            file.write_all(b"probe")?;
            file.sync_all()
        });
        let _ = std::fs::remove_file(&path);
        result
    }
}
