//! Fetched files on disk, so that a second request does not go to the provider, which forgets them after days.
//!
//! `<store>/media/<first two digits>/<SHA-256 of the id>`. What was not asked for the longest goes first; a restart
//! finds what was kept. Nothing is synchronized to disk: what a loss of power damages is noticed, and fetched again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::entry::{self, Facts, Stored};
use super::index::Index;

/// Where files stand while they arrive.
const ARRIVING: &str = "arriving";

/// Files by the id of their media item.
pub struct Cache {
    folder: PathBuf,
    bytes_max: u64,
    /// Read from disk when it is first needed.
    index: OnceCell<Mutex<Index>>,
}

/// The name of the file for an id.
pub fn name(id: &str) -> String {
    hex::encode(Sha256::digest(id))
}

impl Cache {
    /// In that folder, which need not exist. Nothing is read yet.
    pub fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, index: OnceCell::new() }
    }

    /// Whether anything is kept.
    pub fn keeps(&self) -> bool {
        self.bytes_max > 0
    }

    /// A new place for a file to arrive at.
    pub async fn place(&self) -> std::io::Result<PathBuf> {
        // What an earlier run left there goes first.
        self.index().await;
        let folder = self.folder.join(ARRIVING);
        let path = folder.join(uuid::Uuid::new_v4().simple().to_string());
        blocking(move || std::fs::create_dir_all(folder)).await??;
        Ok(path)
    }

    /// The file for an id, where it is kept.
    pub async fn get(&self, id: &str) -> Option<Stored> {
        let name = name(id);
        let index = self.index().await;
        let checked = lock(index).touch(&name)?;
        let (path, of) = (self.path(&name), id.to_owned());
        let opened = blocking(move || {
            let stored = entry::open(&path, &of)?;
            // Only what this process wrote is known to be whole.
            if !checked && !entry::is_whole(&stored) {
                return None;
            }
            // For the next start: what was asked for last. Only the order suffers where that cannot be written.
            if let Ok(file) = std::fs::File::options().append(true).open(&path) {
                let _ = file.set_modified(SystemTime::now());
            }
            Some(stored)
        });
        let opened = opened.await.ok().flatten();
        if opened.is_some() {
            lock(index).check(&name);
        } else if lock(index).remove(&name) {
            tracing::warn!(id, "kept file is damaged or gone: it is fetched again");
            self.delete(vec![name]).await;
        }
        opened
    }

    /// Whether there is a file for an id, as far as is known without looking at the disk.
    pub fn has(&self, id: &str) -> bool {
        self.index.get().is_some_and(|index| lock(index).has(&name(id)))
    }

    /// Takes over a file that has arrived; what is known of it is written already. It is removed where it is not
    /// kept.
    pub async fn put(&self, arrived: PathBuf, facts: &Facts, bytes: u64) -> std::io::Result<()> {
        let name = name(&facts.id);
        let index = self.index().await;
        let Some(evicted) = lock(index).make_room(bytes) else {
            return blocking(move || std::fs::remove_file(arrived)).await?;
        };
        self.delete(evicted).await;
        let path = self.path(&name);
        blocking(move || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::rename(arrived, path)
        })
        .await??;
        lock(index).insert(name, bytes, true);
        Ok(())
    }

    /// Removes the file for an id, wherever it is.
    pub async fn forget(&self, id: &str) {
        let name = name(id);
        lock(self.index().await).remove(&name);
        self.delete(vec![name]).await;
    }

    async fn delete(&self, names: Vec<String>) {
        let paths: Vec<PathBuf> = names.iter().map(|name| self.path(name)).collect();
        // One that is gone already is what is wanted; one that cannot be removed is found at the next start.
        let _ = blocking(move || paths.iter().for_each(|path| drop(std::fs::remove_file(path)))).await;
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(&name[..2]).join(name)
    }

    async fn index(&self) -> &Mutex<Index> {
        let read = || async {
            let (folder, bytes_max) = (self.folder.clone(), self.bytes_max);
            let (index, evicted) = blocking(move || scan(&folder, bytes_max))
                .await
                .unwrap_or_else(|_| (Index::new(self.bytes_max), Vec::new()));
            self.delete(evicted).await;
            Mutex::new(index)
        };
        self.index.get_or_init(read).await
    }
}

/// No code runs under the lock that could panic half-way.
fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)
}

/// What an earlier run kept, and what of that is too much now. What was still arriving is removed.
fn scan(folder: &Path, bytes_max: u64) -> (Index, Vec<String>) {
    // It is made again when the next file arrives.
    let _ = std::fs::remove_dir_all(folder.join(ARRIVING));
    let mut found = Vec::new();
    for shelf in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(shelf.path()).into_iter().flatten().flatten() {
            let (Ok(name), Ok(metadata)) = (file.file_name().into_string(), file.metadata()) else {
                continue;
            };
            let is_ours = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_ours && metadata.is_file() && shelf.file_name().to_str() == Some(&name[..2]) {
                found.push((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), name, metadata.len()));
            }
        }
    }
    found.sort();
    let mut index = Index::new(bytes_max);
    let mut evicted = Vec::new();
    for (_, name, bytes) in found {
        match index.make_room(bytes) {
            Some(older) => {
                evicted.extend(older);
                index.insert(name, bytes, false);
            }
            None => evicted.push(name),
        }
    }
    (index, evicted)
}

#[cfg(test)]
mod tests;
