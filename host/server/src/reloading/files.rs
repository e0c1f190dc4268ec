//! When files may have changed: as the operating system says, and every so often where it does not.

use std::path::Path;
use std::time::{Duration, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

/// Whoever writes a file writes it in pieces.
const SETTLE: Duration = Duration::from_millis(200);
/// Some file systems tell nobody: those of containers and networks.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The same where nobody can be asked to tell.
const LOOK_OFTEN: Duration = Duration::from_secs(2);

/// What tells one content of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Stamp {
    /// None where there is no file.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok(), bytes: metadata.len() })
    }
}

/// Changes in a folder, and below it.
pub struct Changes {
    told: mpsc::Receiver<()>,
    look_every: Duration,
    watcher: Option<RecommendedWatcher>,
}

impl Changes {
    /// Watches from now on.
    pub fn of(folder: &Path) -> Self {
        Self::except(folder, |_| false)
    }

    /// The same, but for what is written to these paths.
    pub fn except(folder: &Path, ignored: fn(&Path) -> bool) -> Self {
        let (tell, told) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let changes = event.as_ref().map_or(true, |event| {
                !event.kind.is_access() && !event.paths.iter().all(|path| ignored(path))
            });
            // Full: whoever looks will look at this as well.
            let _ = changes.then(|| tell.try_send(()));
        });
        let watching = watcher.and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        match watching {
            Ok(watcher) => Self { told, look_every: LOOK_EVERY, watcher: Some(watcher) },
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "folder cannot be watched, it is looked at instead");
                Self { told, look_every: LOOK_OFTEN, watcher: None }
            }
        }
    }

    /// Waits until something may have changed, and whoever changes it seems to be done.
    pub async fn next(&mut self) {
        if self.watcher.is_none() {
            return tokio::time::sleep(self.look_every).await;
        }
        if !matches!(tokio::time::timeout(self.look_every, self.told.recv()).await, Ok(Some(()))) {
            return;
        }
        while matches!(tokio::time::timeout(SETTLE, self.told.recv()).await, Ok(Some(()))) {}
    }
}
