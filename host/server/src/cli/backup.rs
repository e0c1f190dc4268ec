//! `trunkline backup`

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use trunkline_core::journal::{Backup, BackupError, backup};

use crate::config::Source;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to. Nothing has its name until the copy is whole, checked and on disk; only its owner may read it.
    file: PathBuf,
    /// Replace the file where it exists.
    #[arg(long)]
    force: bool,
    /// The folder of the store. Default: what the configuration says.
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let store = match arguments.store {
        Some(store) => store,
        None => Source::read(path)?.resolve().map_err(Failure::configuration)?.store,
    };
    let (file, force) = (arguments.file.clone(), arguments.force);
    let begun = Instant::now();
    let made = tokio::task::spawn_blocking(move || backup(&store, &file, force, progress));
    let made = made.await.map_err(|error| Failure::new("the backup was cut off").because(&error))??;
    let seconds = begun.elapsed().as_secs_f64();
    if arguments.json {
        let mut shown = json!({ "file": arguments.file, "seconds": (seconds * 1_000.0).round() / 1_000.0 });
        if let (Some(shown), Ok(serde_json::Value::Object(made))) =
            (shown.as_object_mut(), serde_json::to_value(&made))
        {
            shown.extend(made);
        }
        println!("{shown}");
    } else {
        show(&arguments.file, &made, seconds);
    }
    Ok(())
}

fn progress(done: u64, of: u64) {
    anstream::eprintln!("{} of about {} copied", size(done), size(of));
}

fn show(file: &Path, made: &Backup, seconds: f64) {
    anstream::println!(
        "{}: {} events up to number {}, {} webhooks, {} messages, {} files",
        file.display(),
        made.events,
        made.newest,
        made.webhooks,
        made.messages,
        made.blobs
    );
    anstream::println!(
        "{} of schema {}, checked, on disk after {seconds:.1} s",
        size(made.bytes),
        made.schema
    );
}

/// Bytes for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let failure = Self::of(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
