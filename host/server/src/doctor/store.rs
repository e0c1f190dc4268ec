//! The folder of the store, its disk, and what the operating system allows.

use std::path::Path;

use super::Finding;
use crate::cli::size;

/// Below this a disk of the store is worth a look: a day of traffic fits, a copy of a large journal does not.
const FREE_BYTES_LOW: u64 = 2 << 30;

pub fn examine(folder: &Path, free_bytes_min: u64) -> Vec<Finding> {
    if !folder.is_dir() {
        let missing = Finding::broken("store", format!("there is no folder `{}`", folder.display()));
        let hint =
            "a host makes it at its first start; otherwise mend `path` under `[store]`, or mount its disk";
        return vec![missing.hint(hint)];
    }
    let mut findings = vec![writable(folder)];
    findings.extend(system::mode(folder));
    findings.extend(system::free(folder, free_bytes_min));
    findings
}

/// By doing it: permissions, read-only file systems and quotas all show.
fn writable(folder: &Path) -> Finding {
    let probe = folder.join(format!(".doctor.{}", std::process::id()));
    let written = std::fs::File::create_new(&probe).and_then(|file| {
        use std::io::Write as _;
        (&file).write_all(b"a probe of `trunkline doctor`")?;
        file.sync_all()
    });
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => Finding::ok("store", format!("`{}` can be written to", folder.display())),
        Err(error) => Finding::broken("store", format!("`{}` cannot be written to: {error}", folder.display()))
            .hint("give it to the user of the host; a disk with errors may have become read-only: see the system's log"),
    }
}

fn space(free: u64, least: u64) -> Finding {
    let found = format!("{} free on the disk of the store", size(free));
    if free < least {
        return Finding::broken("space", found)
            .hint("make room: where the journal cannot write, webhooks are answered 503 until it can");
    }
    if free < FREE_BYTES_LOW {
        return Finding::warning("space", found).hint(
            "make room before it is needed: `cache_bytes_max` under `[media]` bounds the files that are kept",
        );
    }
    Finding::ok("space", found)
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    pub fn mode(folder: &Path) -> Option<Finding> {
        let mode = std::fs::metadata(folder).ok()?.permissions().mode() & 0o777;
        let found = format!("mode {mode:o}");
        if mode & 0o077 == 0 {
            return Some(Finding::ok("privacy", found));
        }
        let open =
            Finding::warning("privacy", format!("{found}: others on this machine may look into the store"));
        Some(open.hint(format!("what people wrote is in it: chmod 700 {}", folder.display())))
    }

    pub fn free(folder: &Path, least: u64) -> Option<Finding> {
        match rustix::fs::statvfs(folder) {
            Ok(disk) => Some(space(disk.f_bavail.saturating_mul(disk.f_frsize), least)),
            Err(error) => Some(Finding::warning("space", format!("free space cannot be asked for: {error}"))),
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::*;

    pub fn mode(_: &Path) -> Option<Finding> {
        None
    }

    pub fn free(_: &Path, _: u64) -> Option<Finding> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_store_that_is_missing_or_full_is_broken() {
        let folder = tempfile::tempdir().expect("a folder");
        let levels = |least| examine(folder.path(), least).iter().map(|finding| finding.level).max();
        assert!(levels(0) <= Some(Level::Warning));
        assert_eq!(levels(u64::MAX), Some(Level::Broken));
        let missing = examine(&folder.path().join("nowhere"), 0);
        assert_eq!((missing.len(), missing[0].level), (1, Level::Broken));
        assert!(
            std::fs::read_dir(folder.path()).expect("a folder").next().is_none(),
            "nothing is left behind"
        );
    }

    #[test]
    fn space_is_told_before_it_is_needed() {
        for (free, level) in [(10, Level::Broken), (1 << 30, Level::Warning), (3 << 30, Level::Ok)] {
            assert_eq!(space(free, 100 << 20).level, level, "{free}");
        }
    }
}
