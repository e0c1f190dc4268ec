//! The journal and its workers on a disk that fails: power loss, faults, and a simulation of both by seed.
//!
//! [`layer`] stands between SQLite and the system's files. [`disk`] is what it asks whether an operation may succeed,
//! and [`shadow`] what would be left of the files if the power failed now.

mod disk;
mod disk_faults;
mod figures;
mod layer;
mod outage;
mod power_loss;
mod settings;
mod shadow;
mod simulation;
mod workload;

/// Asked before a log is written back beside SQLite.
pub fn rewriting(log: &std::path::Path) -> std::io::Result<()> {
    match disk::Disk::find(log) {
        Some((disk, part)) => disk.rewriting(part),
        None => Ok(()),
    }
}
