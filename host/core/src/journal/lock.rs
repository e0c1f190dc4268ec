//! One host for each journal: two would deliver everything twice, and send every message twice.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::JournalError;

/// Name of the file inside the journal's folder. Always there once a host has run: what counts is who holds it.
pub const LOCK_FILE_NAME: &str = "host.lock";

/// Held by the host that uses a journal. The operating system lets go of it when the process ends, however it ends.
///
/// Who only reads, or takes a backup, does not need it.
#[derive(Debug)]
pub struct HostLock {
    _file: File,
}

impl HostLock {
    /// Takes the lock of a folder that exists, or says at once who has it.
    pub fn take(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(LOCK_FILE_NAME);
        let failed = |source| JournalError::Lock { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Used { path: folder.to_owned(), process: process(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(Self { _file: file })
    }

    /// The host that has the lock right now: its process, where the file says it. None: nobody has it.
    pub fn holder(folder: &Path) -> Option<Option<u32>> {
        let mut file = File::open(folder.join(LOCK_FILE_NAME)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(process(&mut file)),
            _ => None,
        }
    }
}

fn process(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(HostLock::holder(folder.path()), None, "no host has ever run");
        let first = HostLock::take(folder.path()).unwrap();
        let error = HostLock::take(folder.path()).unwrap_err();
        let expected = format!(
            "the journal `{}` is used by another host (process {})",
            folder.path().display(),
            std::process::id()
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(HostLock::holder(folder.path()), Some(Some(std::process::id())));
        drop(first);
        assert_eq!(HostLock::holder(folder.path()), None);
        assert!(HostLock::take(folder.path()).is_ok(), "what a crashed host leaves behind holds nobody up");
    }

    #[test]
    fn a_lock_that_cannot_be_made_is_told_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = HostLock::take(&folder.path().join("nowhere")).unwrap_err();
        assert!(matches!(&error, JournalError::Lock { .. }), "{error:?}");
        assert!(error.to_string().ends_with("nowhere/host.lock` cannot be taken"), "{error}");
    }
}
