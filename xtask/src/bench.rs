//! `cargo xtask bench`: what it costs, measured on the real path in one run.

mod channel;
mod figures;
mod guard;
mod host;
mod load;
mod machine;
mod part;
mod process;
mod programs;
mod report;
mod rivals;
mod svg;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;

use crate::workspace;
use figures::Row;
use part::{Effort, Part};
use programs::Programs;
use report::{Column, Form, Found, Kept, column, table};

/// How often the disk is asked to keep something.
const DISK_TIMES: usize = 1_000;
const DISK_TIMES_QUICK: usize = 50;
const DISK: &[Column] = &[column("fsync_p50_ms", "p50 ms", 2), column("fsync_p99_ms", "p99 ms", 2)];

/// What to measure.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only these (default: all)
    parts: Vec<Part>,
    /// Rounds of which the median counts; they are interleaved over what is compared
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// One short round: whether all works
    #[arg(long)]
    quick: bool,
    /// A `bench.json` of before: tables show before, after and their ratio
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// A folder with an older `trunkline` and its components in `connectors`: takes part in `intake` as `before`
    #[arg(long, value_name = "FOLDER")]
    beside: Option<PathBuf>,
    /// Ends with 1 where a ratio is worse than its guard in `benches/ratios.toml`
    #[arg(long)]
    guard: bool,
    /// The profile of cargo that is measured: anything but `release` says nothing about what is shipped
    #[arg(long, default_value = "release", hide = true)]
    profile: String,
}

/// Builds with optimization, measures, prints tables. Everything is also in `target/bench.json`, `bench.md` and `bench.svg`.
pub fn run(arguments: &Arguments) -> Result<()> {
    let before = arguments.against.as_deref().map(read).transpose()?;
    let ratios = guard::read()?;
    let effort = match arguments.quick {
        true => Effort { rounds: 1, seconds: 0.5, quick: true },
        false => Effort { rounds: arguments.rounds.into(), seconds: arguments.seconds, quick: false },
    };
    let mut parts = arguments.parts.clone();
    if parts.is_empty() {
        parts = Part::value_variants().to_vec();
    }
    parts.sort();
    parts.dedup();
    let programs = Programs::build(&arguments.profile, arguments.beside.as_deref())?;
    let mut kept = Kept { machine: machine::facts(), ..Kept::default() };
    let options = [
        ("rounds", effort.rounds.to_string()),
        ("seconds", effort.seconds.to_string()),
        ("profile", arguments.profile.clone()),
    ];
    kept.options = options.map(|(name, value)| (name.to_owned(), value)).into();
    let target = workspace::target()?;
    let words = kept.machine.iter().map(|(name, value)| format!("{name}: {value}"));
    let mut page =
        format!("## Bench\n\n{}; {} rounds\n", words.collect::<Vec<_>>().join(", "), effort.rounds);
    let times = if effort.quick { DISK_TIMES_QUICK } else { DISK_TIMES };
    let disk = disk(&programs.work, times)?;
    keep(&mut kept, &mut page, &disk, before.as_ref(), &target)?;
    for part in parts {
        eprintln!("{}", part.name());
        let found = part.measure(&programs, effort)?;
        keep(&mut kept, &mut page, &found, before.as_ref(), &target)?;
    }
    let (text, missed) = guard::table(&ratios, &kept);
    print!("{text}");
    page += &format!("\n```text{text}```\n");
    std::fs::write(target.join("bench.md"), page)?;
    if let Some(chart) = svg::chart(&kept) {
        std::fs::write(target.join("bench.svg"), chart)?;
    }
    println!("\nall figures: {}", target.join("bench.json").display());
    if arguments.guard && missed > 0 {
        bail!("ratios of `benches/ratios.toml` out of their bounds: {missed}");
    }
    Ok(())
}

/// After each part, so that nothing is lost where a later one fails.
fn keep(
    kept: &mut Kept,
    page: &mut String,
    found: &Found,
    before: Option<&Kept>,
    target: &Path,
) -> Result<()> {
    print!("{}", table(found, before, Form::Text));
    *page += &table(found, before, Form::Markdown);
    kept.parts.insert(found.part.to_owned(), found.rows.clone());
    kept.notes.insert(found.part.to_owned(), found.notes.clone());
    let file = target.join("bench.json");
    std::fs::write(&file, serde_json::to_vec_pretty(kept)?)
        .with_context(|| format!("cannot write `{}`", file.display()))
}

fn read(file: &Path) -> Result<Kept> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not of a bench", file.display()))
}

fn disk(folder: &Path, times: usize) -> Result<Found> {
    let row = Row {
        id: "disk".to_owned(),
        labels: vec!["4 KiB".to_owned()],
        figures: machine::disk(folder, times)?,
    };
    Ok(Found {
        part: "machine",
        title: "how long the disk takes to keep what was appended to a file (fdatasync)",
        labels: &["disk"],
        columns: DISK,
        rows: vec![row],
        notes: Vec::new(),
    })
}
