//! What this machine is, and how fast its disk keeps something.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::figures::Figures;

/// What is written before each wait: a page, as a small commit does.
const WRITE_BYTES: usize = 4 << 10;

/// Words about it.
pub fn facts() -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let words = [
        ("cores", cores.to_string()),
        ("processor", model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned())),
        ("system", format!("{} {}", std::env::consts::OS, read("/proc/sys/kernel/osrelease").trim())),
    ];
    words.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).into()
}

/// How long the disk below a folder takes to keep 4 KiB at the end of a file: `fsync_p50_ms` and `fsync_p99_ms`.
pub fn disk(folder: &Path, times: usize) -> Result<Figures> {
    let path = folder.join("fsync");
    let mut file = std::fs::File::create(&path)?;
    let bytes = [b'x'; WRITE_BYTES];
    let mut waits: Vec<Duration> = Vec::with_capacity(times);
    for _ in 0..times {
        let begun = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        waits.push(begun.elapsed());
    }
    std::fs::remove_file(&path)?;
    waits.sort_unstable();
    let at = |share: f64| {
        let rank = (waits.len() as f64 * share).ceil() as usize;
        waits.get(rank.max(1) - 1).map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
    };
    Ok([("fsync_p50_ms".to_owned(), at(0.50)), ("fsync_p99_ms".to_owned(), at(0.99))].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_takes_some_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let figures = disk(folder.path(), 5).expect("written");
        assert!(figures["fsync_p50_ms"] > 0.0 && figures["fsync_p50_ms"] <= figures["fsync_p99_ms"]);
        assert!(!folder.path().join("fsync").exists());
    }
}
