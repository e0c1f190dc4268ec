//! The writer's way to the database, kept through the troubles of a disk: nobody has to open the journal again.
//!
//! Most troubles pass by themselves, and the connection is as good as before: a full disk, a write that failed. What
//! does not pass is a connection that cannot roll back, one that was opened while the disk was read-only, and files that
//! were opened on a disk that has come back as another. The queries of others go on meanwhile where they can: for
//! that the old connection is let go of only where a new one works.

use std::io;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode};

use super::checkpoint::Checkpoints;
use super::reader::Readers;
use super::storage::{Identity, Storage};
use super::writer::last_seq;
use super::{JournalError, schema};

/// After so many failures in a row, on a disk that takes other files, it is our open files that are broken.
const FAILURES_MAX: u32 = 3;

/// The connection, and what it takes to make another one.
pub(super) struct Access {
    storage: Storage,
    readers: Arc<Readers>,
    /// None: it is to be opened again.
    connection: Option<Connection>,
    identity: Identity,
    failures: u32,
    checkpoints: Checkpoints,
}

/// Why there is no way to the database now. Given to everybody who waits.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    Database(Arc<rusqlite::Error>),
    Gone(String),
}

impl Access {
    pub(super) fn open(storage: Storage, readers: Arc<Readers>) -> Result<Self, JournalError> {
        let connection = schema::open_writer(&storage)?;
        let identity = storage.identity().map_err(|error| gone(&storage, &error.to_string()))?;
        let checkpoints = Checkpoints::start(&storage);
        let mut checkpoints =
            checkpoints.map_err(|source| JournalError::Folder { path: storage.path.clone(), source })?;
        checkpoints.watch(&connection);
        Ok(Self { storage, readers, connection: Some(connection), identity, failures: 0, checkpoints })
    }

    /// The connection. `known` is the last number that was given.
    pub(super) fn connection(&mut self, known: u64) -> Result<&mut Connection, Trouble> {
        if self.connection.is_some() {
            // A file that was deleted takes everything that is written to it, and keeps nothing.
            let identity = self.storage.identity().map_err(|error| Trouble::Gone(error.to_string()))?;
            if identity != self.identity {
                self.let_go();
            }
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.anew(known)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Lets go of everything. Until the log is settled, nobody may read it: a query would find the index gone, make it
    /// anew, and show events of which it is not known whether they are on disk.
    fn let_go(&mut self) {
        self.readers.forget();
        self.connection = None;
    }

    /// Opens what is there now.
    fn anew(&mut self, known: u64) -> Result<Connection, Trouble> {
        let connection = schema::reopen_writer(&self.storage).map_err(|error| match error {
            JournalError::Open { source, .. } => Trouble::Database(source),
            other => Trouble::Gone(other.to_string()),
        })?;
        let found = last_seq(&connection).map_err(|error| Trouble::Database(Arc::new(error)))?.unsigned_abs();
        if found < known {
            let why =
                format!("another database is in its place: it ends with event `{found}`, not `{known}`");
            return Err(Trouble::Gone(why));
        }
        self.identity = self.storage.identity().map_err(|error| Trouble::Gone(error.to_string()))?;
        self.readers.admit();
        self.checkpoints.watch(&connection);
        tracing::info!("journal is opened again");
        Ok(connection)
    }

    /// A commit has returned.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A commit has failed.
    pub(super) fn failed(&mut self, error: &rusqlite::Error) {
        self.failures += 1;
        let rolled_back = self.connection.as_ref().is_none_or(Connection::is_autocommit);
        if rolled_back && !suspect(error) {
            return;
        }
        // While the old one is open: as long as anybody has the log's index, a commit whose sync failed is no part of
        // the database, and the next one overwrites it.
        match schema::reopen_writer(&self.storage) {
            Ok(connection) => {
                self.checkpoints.watch(&connection);
                self.connection = Some(connection);
            }
            Err(error) => tracing::error!(%error, "journal cannot be opened again, the old connection stays"),
        }
        if self.failures >= FAILURES_MAX && self.storage.probe().is_ok() {
            self.let_go();
        }
    }

    /// After the commits of a group, and their answers.
    pub(super) fn tend_log(&mut self) {
        if let Some(connection) = &self.connection {
            self.checkpoints.step(connection);
        }
    }

    /// Waits for what copies the log: nobody else can meanwhile.
    pub(super) fn end_log(&mut self) {
        self.checkpoints.end();
    }

    /// For what is done between commits. None: the database is to be opened again.
    pub(super) fn idle(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }
}

/// Whether the connection may be broken after such an error.
fn suspect(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    super::error::is_of_disk(error)
        && !matches!(code, Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn gone(storage: &Storage, problem: &str) -> JournalError {
    JournalError::Gone { path: storage.path.clone(), problem: problem.to_owned() }
}

impl Trouble {
    pub(super) fn to_error(&self, storage: &Storage) -> JournalError {
        match self {
            Self::Database(source) => JournalError::Disk { source: Arc::clone(source) },
            Self::Gone(problem) => gone(storage, problem),
        }
    }
}

impl Storage {
    /// Which files stand under the names now.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        Ok([identity_of(&self.path)?, identity_of(&self.log())?])
    }
}

#[cfg(unix)]
fn identity_of(path: &std::path::Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Elsewhere a file that is open cannot be deleted.
#[cfg(not(unix))]
fn identity_of(path: &std::path::Path) -> io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|_| (0, 0))
}
