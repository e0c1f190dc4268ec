//! `cargo xtask test`: everything that CI runs, cheap first. The first failure ends it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::build::{self, Profile};
use crate::{
    browser, coverage, demo, edge, generated, languages, licenses, lint, python, spin, tidy, workspace,
};

/// What to run.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only these steps (default: all)
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    steps: Vec<String>,
}

/// One step.
struct Step {
    name: &'static str,
    run: fn() -> Result<Outcome>,
}

/// How a step ended, where it did not fail.
enum Outcome {
    Passed,
    /// What it needs.
    Skipped(&'static str),
}

/// In order.
const STEPS: &[Step] = &[
    Step { name: "format", run: || lint::format().map(|()| Outcome::Passed) },
    Step { name: "tidy", run: || tidy::run().map(|()| Outcome::Passed) },
    Step {
        name: "coverage",
        run: || generated::check("coverage", &coverage::PAGES).map(|()| Outcome::Passed),
    },
    Step { name: "spin", run: || generated::check("spin", &spin::PAGES).map(|()| Outcome::Passed) },
    Step { name: "licenses", run: || licenses::check().map(|()| Outcome::Passed) },
    Step { name: "advisories", run: advisories },
    Step { name: "clippy", run: || lint::clippy().map(|()| Outcome::Passed) },
    Step { name: "units", run: units },
    Step { name: "connectors", run: || build::components().map(|_| Outcome::Passed) },
    Step { name: "languages", run: languages },
    Step { name: "end-to-end", run: end_to_end },
    Step { name: "interop", run: interop },
    Step { name: "browser", run: browser },
    Step { name: "spin-up", run: spin_up },
    Step { name: "demo", run: || demo::run(&demo::Arguments { once: true }).map(|()| Outcome::Passed) },
];

/// A row of the table at the end.
struct Row {
    name: &'static str,
    result: String,
    time: Duration,
}

/// Runs the steps, and prints what became of each.
pub fn run(arguments: &Arguments) -> Result<()> {
    let chosen =
        |step: &&Step| arguments.steps.is_empty() || arguments.steps.iter().any(|name| name == step.name);
    let steps: Vec<_> = STEPS.iter().filter(chosen).collect();
    let mut rows = Vec::new();
    let mut failed: Option<&str> = None;
    for (index, step) in steps.iter().enumerate() {
        if let Some(name) = failed {
            rows.push(Row {
                name: step.name,
                result: format!("skipped: after `{name}`"),
                time: Duration::ZERO,
            });
            continue;
        }
        eprintln!("\n=== [{}/{}] {}", index + 1, steps.len(), step.name);
        let start = Instant::now();
        let result = match (step.run)() {
            Ok(Outcome::Passed) => "ok".to_owned(),
            Ok(Outcome::Skipped(needs)) => format!("skipped: needs {needs}"),
            Err(error) => {
                failed = Some(step.name);
                eprintln!("error: {error:#}");
                "failed".to_owned()
            }
        };
        rows.push(Row { name: step.name, result, time: start.elapsed() });
    }
    print!("\n{}", table(&rows));
    if let Some(name) = failed {
        eprintln!("hint: `cargo xtask test {name}` runs the failed step alone");
        std::process::exit(1);
    }
    Ok(())
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for row in rows {
        text += &format!("{:width$}  {:>7.1} s  {}\n", row.name, row.time.as_secs_f64(), row.result);
    }
    let count = |start: &str| rows.iter().filter(|row| row.result.starts_with(start)).count();
    let (passed, failed, skipped) = (count("ok"), count("failed"), count("skipped"));
    text + &format!("steps: {passed} passed, {failed} failed, {skipped} skipped\n")
}

/// Unit tests, case files and examples in comments, without the engine's slow company.
fn units() -> Result<Outcome> {
    workspace::run(&mut workspace::cargo(["test", "--workspace", "--lib", "--bins"]))?;
    // Properties and tables of crates that run without an engine.
    workspace::run(&mut workspace::cargo(["test", "--workspace", "--test", "contacts", "--test", "it"]))?;
    workspace::run(&mut workspace::cargo(["test", "--workspace", "--doc"]))?;
    Ok(Outcome::Passed)
}

/// The real binary and real components: conformance, contract, command line, flow.
fn end_to_end() -> Result<Outcome> {
    let binary = build::host(Profile::Dev)?;
    let components = workspace::target()?.join("connectors");
    if !components.is_dir() {
        bail!("no components in `{}`\n\nhint: run `cargo xtask build`", components.display());
    }
    let guests = build::test_components()?;
    let adapters = edge::adapters()?;
    let runtime = edge::runtime()?;
    let mut tests = with_artifacts(
        workspace::cargo([
            "test",
            "--workspace",
            "--test",
            "conformance",
            "--test",
            "contract",
            "--test",
            "flow",
        ]),
        &components,
        &binary,
    );
    tests.env("TRUNKLINE_TEST_CONNECTORS", guests).env("TRUNKLINE_EDGE", adapters);
    workspace::run(tests.env("TRUNKLINE_WASI_SERVE", runtime))?;
    Ok(Outcome::Passed)
}

/// What connectors and SDKs of other languages test in their own language.
fn languages() -> Result<Outcome> {
    Ok(languages::test()?.map_or(Outcome::Passed, Outcome::Skipped))
}

/// The real host against libraries of others: providers' SDKs, Standard Webhooks, CloudEvents.
fn interop() -> Result<Outcome> {
    let Some(python) = python::environment("tests/interop/requirements.txt")? else {
        return Ok(Outcome::Skipped("python3 with venv and pip"));
    };
    let binary = build::host(Profile::Dev)?;
    let components = workspace::target()?.join("connectors");
    let Some(verifiers) = verifiers()? else {
        return Ok(Outcome::Skipped("python3 with venv and pip"));
    };
    let mut tests = workspace::cargo(["test", "--workspace", "--test", "interop"]);
    tests.env("TRUNKLINE_VERIFIERS", verifiers);
    workspace::run(with_artifacts(tests, &components, &binary).env("TRUNKLINE_PYTHON", python))?;
    Ok(Outcome::Passed)
}

/// The pages of connectors in a real browser, before a real host.
fn browser() -> Result<Outcome> {
    let browser = match browser::set_up()? {
        Ok(browser) => browser,
        Err(needs) => return Ok(Outcome::Skipped(needs)),
    };
    let binary = build::host(Profile::Dev)?;
    let components = workspace::target()?.join("connectors");
    let mut tests = workspace::cargo(["test", "--workspace", "--test", "browser", "--", "--nocapture"]);
    tests.env("TRUNKLINE_PAGES", browser.connectors.join("\n")).env("TRUNKLINE_CHROMIUM", browser.chromium);
    workspace::run(&mut with_artifacts(tests, &components, &binary))?;
    Ok(Outcome::Passed)
}

/// Channels whose webhooks a library of others can judge, `id=python` a line: each has an environment of its own, since what
/// they need does not go together.
fn verifiers() -> Result<Option<String>> {
    let mut lines = Vec::new();
    for connector in workspace::connectors()? {
        let requirements = connector.path.join("interop/requirements.txt");
        if requirements.is_file() {
            let name = format!("python-verify-{}", connector.id);
            let Some(python) = python::environment_named(&name, &requirements)? else { return Ok(None) };
            lines.push(format!("{}={}", connector.id, python.display()));
        }
    }
    Ok(Some(lines.join("\n")))
}

/// The application of `spin.toml` in Spin itself, before a real host.
fn spin_up() -> Result<Outcome> {
    let spin = std::env::var_os("TRUNKLINE_SPIN").unwrap_or_else(|| "spin".into());
    let installed = Command::new(&spin).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !installed.is_ok_and(|status| status.success()) {
        return Ok(Outcome::Skipped("spin"));
    }
    let binary = build::host(Profile::Dev)?;
    edge::adapters()?;
    let components = workspace::target()?.join("connectors");
    let mut tests = workspace::cargo(["test", "--workspace", "--test", "spin", "--", "--nocapture"]);
    tests.env("TRUNKLINE_SPIN", spin);
    workspace::run(&mut with_artifacts(tests, &components, &binary))?;
    Ok(Outcome::Passed)
}

/// Tells a test where the components and the binary are.
fn with_artifacts(mut command: Command, components: &Path, binary: &Path) -> Command {
    command.env("TRUNKLINE_CONNECTORS", components).env("TRUNKLINE_BIN", binary);
    command
}

/// Known vulnerabilities and sources of what we depend on.
fn advisories() -> Result<Outcome> {
    let installed =
        workspace::cargo(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !installed.is_ok_and(|status| status.success()) {
        return Ok(Outcome::Skipped("cargo-deny"));
    }
    workspace::run(&mut workspace::cargo(["deny", "check"]))?;
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ends_with_the_count() {
        let row = |name, result: &str, seconds| Row {
            name,
            result: result.to_owned(),
            time: Duration::from_millis(seconds),
        };
        let rows = [
            row("format", "ok", 1_250),
            row("licenses", "skipped: needs cargo-deny", 10),
            row("clippy", "failed", 100_000),
            row("units", "skipped: after `clippy`", 0),
        ];
        assert_eq!(
            table(&rows),
            "format        1.2 s  ok\n\
             licenses      0.0 s  skipped: needs cargo-deny\n\
             clippy      100.0 s  failed\n\
             units         0.0 s  skipped: after `clippy`\n\
             steps: 1 passed, 1 failed, 2 skipped\n"
        );
    }
}
