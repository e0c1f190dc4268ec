//! Whether a build would make again what is there: cargo knows by itself, the other languages' tools do not.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::AuthorError;
use crate::folder::Folder;

/// Folders that hold what was made or fetched. Hidden ones are left out as well.
const LEFT_OUT: [&str; 4] = ["build", "node_modules", "target", "__pycache__"];

/// Whether everything that goes into the component is older than its last build.
pub fn is_fresh(folder: &Folder) -> bool {
    let Some(built) = modified(&stamp(folder)).filter(|_| folder.component().is_file()) else {
        return false;
    };
    let mut inputs = vec![folder.path.clone()];
    inputs.extend(folder.sdk().ok());
    inputs.extend(folder.contract().ok());
    inputs.iter().all(|input| newest(input).is_some_and(|newest| newest < built))
}

/// A build that began then has ended well.
pub fn built(folder: &Folder, begun: SystemTime) -> Result<(), AuthorError> {
    let stamp = stamp(folder);
    let file = std::fs::File::create(&stamp).map_err(AuthorError::file("write", &stamp))?;
    file.set_modified(begun).map_err(AuthorError::file("write", &stamp))
}

fn stamp(folder: &Folder) -> PathBuf {
    folder.path.join("build/.built")
}

/// When a file was written. None where it is not there.
pub fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

/// When the youngest file below a folder was written. None where one cannot be looked at: it counts as new.
fn newest(folder: &Path) -> Option<SystemTime> {
    // Its own time tells of files that were taken away, but also of what was made in it.
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let time = match entry.file_type().ok()?.is_dir() {
            true if name.starts_with('.') || LEFT_OUT.contains(&name.as_str()) => continue,
            true => self::newest(&entry.path())?,
            false => modified(&entry.path())?,
        };
        newest = newest.max(time);
    }
    Some(newest)
}
