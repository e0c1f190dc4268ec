//! `cargo xtask faults`: everything that goes wrong on purpose, in large numbers, and a table of what became of it.
//!
//! The tests are those of CI. The environment makes long runs of them, and they hand in a row of figures each: a line of
//! JSON (`fault`, `tried`, `lost`, `duplicated`, `p99_before_ms`, `p99_during_ms`, `note`) in the file that
//! `TRUNKLINE_FAULTS_REPORT` names. What was not counted is null.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::build::{self, Profile};
use crate::workspace;

/// What to run.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only these steps (default: all)
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    steps: Vec<String>,
    /// As many times as CI does
    #[arg(long)]
    short: bool,
    /// Repeat the decisions of a run; each test prints its seed
    #[arg(long)]
    seed: Option<u64>,
    /// Only build what the tests need
    #[arg(long)]
    build: bool,
}

/// Tests that are run together.
struct Step {
    name: &'static str,
    tests: Tests,
    /// What makes a long run of them.
    long: &'static [(&'static str, &'static str)],
}

/// Where tests are, and the beginning of their names.
enum Tests {
    /// The journal, delivery and sending alone, in `host/core`.
    Core(&'static str),
    /// The real binary, in `tests/flow`.
    Flow(&'static str),
}

impl Tests {
    /// The arguments of cargo that run them.
    fn arguments(&self) -> [&'static str; 6] {
        match self {
            Self::Core(names) => ["test", "--package", "trunkline-core", "--lib", "--", names],
            Self::Flow(names) => ["test", "--workspace", "--test", "flow", "--", names],
        }
    }
}

/// In order. What hands in figures, in whatever package, gets a step here.
const STEPS: &[Step] = &[
    Step {
        name: "power-loss",
        tests: Tests::Core("tests::power_loss"),
        long: &[("TRUNKLINE_POWER_POINTS", "5000")],
    },
    Step {
        name: "disk-faults",
        tests: Tests::Core("tests::disk_faults"),
        long: &[("TRUNKLINE_DISK_ROUNDS", "2000")],
    },
    Step {
        name: "simulation",
        tests: Tests::Core("tests::simulation"),
        long: &[("TRUNKLINE_SEEDS", "10000")],
    },
    Step { name: "crash", tests: Tests::Flow("faults::crash"), long: &[("TRUNKLINE_KILLS", "250")] },
    Step {
        name: "destinations",
        tests: Tests::Flow("faults::destinations"),
        long: &[("TRUNKLINE_ILL_MS", "20000")],
    },
    Step {
        name: "senders",
        tests: Tests::Flow("faults::senders"),
        long: &[("TRUNKLINE_ATTACK_MS", "10000"), ("TRUNKLINE_SOCKETS", "2000")],
    },
    Step {
        name: "components",
        tests: Tests::Flow("faults::components"),
        long: &[("TRUNKLINE_HARM_MS", "2000"), ("TRUNKLINE_FLIPS", "5000")],
    },
    Step {
        name: "redelivery",
        tests: Tests::Flow("faults::redelivery"),
        long: &[("TRUNKLINE_DEADLINE_MS", "20000"), ("TRUNKLINE_UNANSWERED", "100")],
    },
    Step { name: "disk", tests: Tests::Flow("faults::disk"), long: &[("TRUNKLINE_DISK_TIMES", "20")] },
    Step { name: "shutdown", tests: Tests::Flow("faults::shutdown"), long: &[] },
];

/// Builds, runs the steps one after the other, and prints the table, also where one has failed.
pub fn run(arguments: &Arguments) -> Result<()> {
    let components = build::components()?;
    let binary = build::host(Profile::Dev)?;
    let guests = build::test_components()?;
    if arguments.build {
        return Ok(());
    }
    let report = workspace::target()?.join("faults.jsonl");
    if report.exists() {
        std::fs::remove_file(&report).with_context(|| format!("cannot remove `{}`", report.display()))?;
    }
    let chosen =
        |step: &&Step| arguments.steps.is_empty() || arguments.steps.iter().any(|name| name == step.name);
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(chosen) {
        eprintln!("\n=== {}", step.name);
        let mut command = workspace::cargo(step.tests.arguments());
        // One at a time: they measure.
        command.args(["--nocapture", "--test-threads", "1"]);
        command.env("TRUNKLINE_CONNECTORS", &components).env("TRUNKLINE_BIN", &binary);
        command.env("TRUNKLINE_TEST_CONNECTORS", &guests).env("TRUNKLINE_FAULTS_REPORT", &report);
        if !arguments.short {
            command.envs(step.long.iter().copied());
        }
        if let Some(seed) = arguments.seed {
            command.env("TRUNKLINE_SEED", seed.to_string());
        }
        if let Err(error) = workspace::run(&mut command) {
            eprintln!("error: {error:#}");
            failed.push(step.name);
        }
    }
    let rows = rows(&report)?;
    print!("\n{}", table(&rows));
    println!("all figures: {}", report.display());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    let bad = |row: &&Value| {
        ["lost", "duplicated"].iter().any(|key| row[key].as_u64().is_some_and(|count| count > 0))
    };
    match rows.iter().find(bad) {
        Some(row) => bail!("`{}` loses or duplicates", row["fault"].as_str().unwrap_or_default()),
        None => Ok(()),
    }
}

/// None where no test came as far as that.
fn rows(report: &Path) -> Result<Vec<Value>> {
    if !report.exists() {
        return Ok(Vec::new());
    }
    let text =
        std::fs::read_to_string(report).with_context(|| format!("cannot read `{}`", report.display()))?;
    text.lines().map(|line| serde_json::from_str(line).context("a line of figures is no JSON")).collect()
}

fn table(rows: &[Value]) -> String {
    let name = |row: &Value| row["fault"].as_str().unwrap_or_default().to_owned();
    let width = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or_default().max(5);
    let mut text = format!(
        "{:width$}  {:>8}  {:>5}  {:>10}  {:>14}  {:>14}\n",
        "fault", "tried", "lost", "duplicated", "p99 before ms", "p99 during ms"
    );
    for row in rows {
        let count = |key: &str| row[key].as_u64().map_or_else(|| "-".to_owned(), |count| count.to_string());
        let ms = |key: &str| row[key].as_f64().map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
        let _ = writeln!(
            text,
            "{:width$}  {:>8}  {:>5}  {:>10}  {:>14}  {:>14}",
            name(row),
            count("tried"),
            count("lost"),
            count("duplicated"),
            ms("p99_before_ms"),
            ms("p99_during_ms")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_says_what_was_handed_in() {
        let rows = [
            json!({ "fault": "kill -9", "tried": 250, "lost": 0, "duplicated": null, "p99_before_ms": null }),
            json!({
                "fault": "bad destinations", "tried": 18, "lost": 1, "duplicated": 2,
                "p99_before_ms": 4.25, "p99_during_ms": 12,
            }),
        ];
        assert_eq!(
            table(&rows),
            "fault                tried   lost  duplicated   p99 before ms   p99 during ms\n\
             kill -9                250      0           -               -               -\n\
             bad destinations        18      1           2             4.2            12.0\n"
        );
    }
}
