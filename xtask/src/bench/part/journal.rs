//! Webhooks into journals of several ages: `host/core/examples/journal_age.rs`.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::Effort;
use crate::bench::figures::{Row, figures};
use crate::bench::programs::Programs;
use crate::bench::report::{Column, Found, column, number};

/// Events that are there before.
const AGES: [u64; 4] = [0, 1_000_000, 10_000_000, 50_000_000];
const AGES_QUICK: [u64; 2] = [0, 100_000];
/// Senders who each wait for their commit.
const WRITERS: usize = 64;
/// Of each round.
const WEBHOOKS_PER_SECOND: f64 = 15_000.0;

const COLUMNS: &[Column] = &[
    column("webhooks_per_second", "webhooks/s", 0),
    column("p50_ms", "p50 ms", 2),
    column("p99_ms", "p99 ms", 2),
    column("p999_ms", "p99.9 ms", 2),
    column("bytes_per_event", "bytes/event", 0),
    column("file_mb", "file MB", 0),
];

pub fn measure(programs: &Programs, effort: Effort) -> Result<Found> {
    let ages: &[u64] = if effort.quick { &AGES_QUICK } else { &AGES };
    let webhooks = (WEBHOOKS_PER_SECOND * effort.seconds) as u64;
    let mut command = Command::new(programs.example("journal_age"));
    command.arg(programs.work.join("journals")).args([effort.rounds.to_string(), webhooks.to_string()]);
    command.arg(WRITERS.to_string()).args(ages.iter().map(u64::to_string));
    let output =
        command.stderr(std::process::Stdio::inherit()).output().context("cannot start `journal_age`")?;
    if !output.status.success() {
        bail!("`journal_age` ended with {}", output.status);
    }
    let found: Vec<Value> =
        serde_json::from_slice(&output.stdout).context("`journal_age` printed no figures")?;
    let rows = found.iter().map(|object| {
        let mut figures = figures(object);
        let age = figures.remove("events").unwrap_or_default();
        let bytes = figures.get("file_bytes").copied().unwrap_or_default();
        figures.insert("file_mb".to_owned(), bytes / 1e6);
        Row { id: format!("{age}"), labels: vec![number(Some(&age), 0)], figures }
    });
    Ok(Found {
        part: "journal",
        title: "webhooks that are appended to a journal with so many events, by 64 senders at once, without HTTP; the old rows are \
                small, so that it is their number that counts",
        labels: &["events before"],
        columns: COLUMNS,
        rows: rows.collect(),
        notes: Vec::new(),
    })
}
