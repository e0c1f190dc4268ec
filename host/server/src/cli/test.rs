//! `trunkline test`

pub mod place;
mod show;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use trunkline_conformance::{CHECKS, Options, Report, Subject, junit, run as try_all};
use trunkline_runtime::{Connector, Engine, EngineOptions};

use crate::failure::Failure;
use place::Place;

/// For example: trunkline test connectors/line --filter signatures
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The connector's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Its component. Default: `build/<id>.wasm` in the folder, or else `target/connectors/<id>.wasm` of a folder above it.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Only checks and case files with this in their name: `signatures`, `cases/inbound`, `sticker.case`.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write what comes out of case files into them, and list the files that changed. Read the diff before you keep it.
    #[arg(long)]
    bless: bool,
    /// Write a report for CI as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Draw the same random numbers as a run before, which has printed its seed.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// The most seconds for each check. Where that does not suffice, samples are drawn, and it is said how many were left.
    #[arg(long, value_name = "NUMBER", default_value_t = 6, conflicts_with = "exhaustive")]
    seconds: u64,
    /// Try everything, however long it takes.
    #[arg(long)]
    exhaustive: bool,
    /// Take the component as it is.
    #[arg(long)]
    no_build: bool,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let place = Place::find(&arguments.folder, arguments.component.as_deref(), !arguments.no_build)?;
    let options = Options {
        seed: arguments.seed.unwrap_or_else(now),
        filter: arguments.filter.clone(),
        bless: arguments.bless,
        time_max: (!arguments.exhaustive).then_some(Duration::from_secs(arguments.seconds)),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let calls_max = u32::try_from(options.threads).unwrap_or(1);
    let engine = Engine::new(&EngineOptions { calls_max: calls_max.saturating_mul(2), cache: cache() })?
        .showing_output();
    let connector = Connector::load(&engine, &place.component).await?;
    if !arguments.json {
        show::head(&place, &connector, options.seed);
    }
    let told = !arguments.json;
    let report = tokio::task::spawn_blocking(move || {
        let subject = Subject::new(&place.folder, connector, tokio::runtime::Handle::current());
        let width = CHECKS.iter().map(|check| check.name.len()).max().unwrap_or_default();
        try_all(&subject, &options, |outcome| {
            if told {
                show::line(outcome, width);
            }
        })
    });
    let report = report.await.map_err(|error| Failure::new("the tests ended early").because(&error))?;
    if report.checks.is_empty() || report.counts().2 == report.checks.len() {
        return Err(nothing(&arguments, &report));
    }
    if arguments.json {
        println!("{}", json!({ "passed": report.passed(), "report": report }));
    } else {
        show::findings(&report);
        show::summary(&report);
    }
    if let Some(file) = &arguments.junit {
        let text = junit(&report).map_err(|error| Failure::new("no JUnit XML").because(&error))?;
        std::fs::write(file, text)
            .map_err(|error| Failure::new(format!("cannot write `{}`", file.display())).because(&error))?;
    }
    if report.passed() { Ok(()) } else { Err(Failure::told()) }
}

/// No check ran that could have found anything.
fn nothing(arguments: &Arguments, report: &Report) -> Failure {
    match &arguments.filter {
        Some(filter) if report.checks.iter().all(|outcome| outcome.name.starts_with("cases/")) => {
            let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
            Failure::new(format!("no check and no case file has `{filter}` in its name"))
                .hint(format!("the checks are: {}", names.join(", ")))
        }
        _ => Failure::new("nothing to try: every check was skipped"),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Where compiled components are kept between two runs: this user's own cache, and nobody else's.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let parent = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
    let cache = parent.join("trunkline/compiled");
    // Without one, everything is compiled each time, and nothing is worse.
    std::fs::create_dir_all(&cache).ok().map(|()| cache)
}
