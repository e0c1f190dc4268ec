//! The folder of the components: each beside the proof of who signed it, with the lock file over all.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::SourceError;
use crate::evidence::Evidence;
use crate::lock::{Entry, Lock};

/// Bytes of the proof beside a component.
const EVIDENCE_BYTES_MAX: usize = 8 << 20;

/// A folder of components, for one who changes it. Others wait until this is dropped.
pub struct Folder {
    path: PathBuf,
    _guard: Option<File>,
}

impl Folder {
    /// Makes the folder where there is none, and waits for whoever changes it.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        std::fs::create_dir_all(path)
            .map_err(|source| SourceError::Write { path: path.to_owned(), source })?;
        // Where folders cannot be locked, the last one to write wins.
        let guard = File::open(path).ok().filter(|folder| folder.lock().is_ok());
        Ok(Self { path: path.to_owned(), _guard: guard })
    }

    /// The component of a connector.
    pub fn component(folder: &Path, id: &str) -> PathBuf {
        folder.join(format!("{id}.wasm"))
    }

    /// The proof of who signed a connector, where there is one.
    pub fn evidence(folder: &Path, id: &str) -> Result<Option<Evidence>, SourceError> {
        let path = evidence_path(folder, id);
        match crate::fetch::read(&path, EVIDENCE_BYTES_MAX) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(SourceError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Puts a component in place and pins it. Each file is replaced as a whole, the component last: whoever watches for it finds
    /// the lock file as it must be.
    pub fn put(
        &self,
        id: &str,
        bytes: &[u8],
        evidence: Option<&Evidence>,
        entry: Entry,
    ) -> Result<(), SourceError> {
        let mut lock = Lock::read(&self.path)?;
        lock.connectors.insert(id.to_owned(), entry);
        match evidence.map(serde_json::to_vec_pretty).transpose() {
            Ok(Some(mut text)) => {
                text.push(b'\n');
                replace(&evidence_path(&self.path, id), &text)?;
            }
            _ => remove(&evidence_path(&self.path, id))?,
        }
        replace(&self.path.join(Lock::FILE), lock.text().as_bytes())?;
        replace(&Self::component(&self.path, id), bytes)
    }

    /// Removes a component with what belongs to it. False: there was none.
    pub fn take(&self, id: &str) -> Result<bool, SourceError> {
        let mut lock = Lock::read(&self.path)?;
        let component = Self::component(&self.path, id);
        let there = component.exists();
        remove(&component)?;
        remove(&evidence_path(&self.path, id))?;
        let pinned = lock.connectors.remove(id).is_some();
        if pinned {
            replace(&self.path.join(Lock::FILE), lock.text().as_bytes())?;
        }
        Ok(there || pinned)
    }
}

fn evidence_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.wasm.sig.json"))
}

fn remove(path: &Path) -> Result<(), SourceError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(SourceError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Writes a file so that there is the old one or the new one at any time, and after a power cut.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), SourceError> {
    let failed = |source| SourceError::Write { path: path.to_owned(), source };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        // The name is in the folder, which is a file of its own.
        match path.parent().map(File::open) {
            Some(Ok(folder)) if cfg!(unix) => folder.sync_all(),
            _ => Ok(()),
        }
    };
    write().map_err(|error| {
        let _ = std::fs::remove_file(&new);
        failed(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Bytes;

    fn entry(sha256: &str) -> Entry {
        Entry {
            source: "./a.wasm".into(),
            resolved: "./a.wasm".into(),
            sha256: sha256.into(),
            size: 1,
            signer: None,
            added_at: "2026-11-29T06:30:00.000Z".into(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn components_come_and_go_with_all_that_belongs_to_them() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("connectors");
        let evidence = Evidence::Blob { signature: Bytes(vec![1, 2, 255]) };
        let first = crate::sha256(b"first");
        let folder = Folder::open(&path).expect("a folder");
        folder.put("a", b"first", Some(&evidence), entry(&first)).expect("put");
        folder.put("b", b"first", None, entry(&first)).expect("put");
        assert_eq!(names(&path), ["a.wasm", "a.wasm.sig.json", "b.wasm", "connectors.lock"]);
        assert_eq!(Folder::evidence(&path, "a").expect("read"), Some(evidence));
        assert_eq!(Folder::evidence(&path, "b").expect("read"), None);

        let second = crate::sha256(b"second");
        folder.put("a", b"second", None, entry(&second)).expect("put");
        assert_eq!(names(&path), ["a.wasm", "b.wasm", "connectors.lock"]);
        let lock = Lock::read(&path).expect("a lock");
        assert_eq!((&*lock.connectors["a"].sha256, &*lock.connectors["b"].sha256), (&*second, &*first));
        assert_eq!(std::fs::read(Folder::component(&path, "a")).expect("a file"), b"second");

        assert!(folder.take("a").expect("taken"));
        assert!(!folder.take("a").expect("nothing there"));
        assert_eq!(names(&path), ["b.wasm", "connectors.lock"]);
    }

    #[test]
    fn two_that_change_it_do_not_lose_each_others_entries() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().to_owned();
        let digest = crate::sha256(b"x");
        std::thread::scope(|scope| {
            for id in ["a", "b", "c", "d", "e", "f"] {
                let (path, digest) = (&path, &digest);
                scope.spawn(move || Folder::open(path).expect("a folder").put(id, b"x", None, entry(digest)));
            }
        });
        assert_eq!(Lock::read(&path).expect("a lock").connectors.len(), 6);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_leaves_nothing_behind() {
        let place = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(place.path().join("a.wasm")).expect("a folder in the way");
        let folder = Folder::open(place.path()).expect("a folder");
        let error = folder.put("a", b"x", None, entry(&crate::sha256(b"x"))).expect_err("in the way");
        assert!(error.to_string().contains("a.wasm`"), "{error}");
        assert_eq!(names(place.path()), ["a.wasm", "connectors.lock"]);
    }
}
