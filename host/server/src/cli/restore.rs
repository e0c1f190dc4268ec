//! `trunkline restore`

use std::path::{Path, PathBuf};

use serde_json::json;
use trunkline_core::clock::{Clock as _, SystemClock};
use trunkline_core::journal::{HostLock, Journal, JournalOptions, restore};

use super::size;
use crate::config::Source;
use crate::failure::Failure;
use crate::host::make_store;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What `trunkline backup` wrote.
    file: PathBuf,
    /// Send what waited when the backup was taken, although it may have been sent since: contacts may get it twice.
    #[arg(long)]
    send_waiting: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    make_store(&config.store)?;
    let _lock = HostLock::take(&config.store)?;
    let (store, file) = (config.store.clone(), arguments.file);
    let restored = tokio::task::spawn_blocking(move || restore(&store, &file));
    let restored =
        restored.await.map_err(|error| Failure::new("restoring was cut off").because(&error))??;
    let options = JournalOptions { dedupe_days: config.dedupe_days, ..JournalOptions::default() };
    let journal = Journal::open(&config.store, options)?;
    let held = if arguments.send_waiting { 0 } else { journal.hold_waiting(SystemClock.now_ms()).await? };
    journal.close().await?;
    if arguments.json {
        println!("{}", json!({ "store": config.store, "held": held, "restored": restored }));
        return Ok(());
    }
    anstream::println!(
        "{}: {} events up to number {}, {} messages, {}",
        config.store.display(),
        restored.events,
        restored.newest,
        restored.messages,
        size(restored.bytes)
    );
    if held > 0 {
        anstream::println!(
            "{held} messages waited then and may have been sent since: `trunkline messages --state unconfirmed`"
        );
    }
    Ok(())
}
