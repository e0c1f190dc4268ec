//! The connectors under test: those of the repository, and those that break rules on purpose. Loaded once for all tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use trunkline_conformance::{Options, Report, Status, Subject, run};
use trunkline_runtime::{Connector, Engine, EngineOptions, Registry};

/// The most findings that are shown of each check: the first ones tell enough.
const SHOWN_MAX: usize = 15;

/// Everything that is tested.
pub struct Suite {
    runtime: tokio::runtime::Runtime,
    engine: Engine,
    /// By id.
    pub subjects: Vec<Subject>,
    /// What could not be loaded, and why.
    pub failures: Vec<String>,
    /// Folders without a component, because the tools that make it cannot be had.
    pub skipped: usize,
}

/// The suite, loaded by the first test that asks for it.
pub fn suite() -> &'static Suite {
    static SUITE: OnceLock<Suite> = OnceLock::new();
    SUITE.get_or_init(Suite::load)
}

/// The folders of `connectors/` that hold a `connector.toml`, by name.
pub fn folders() -> Vec<PathBuf> {
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors");
    let entries = std::fs::read_dir(parent).expect("the repository has connectors");
    let paths = entries.map(|entry| entry.expect("readable folder").path());
    let mut folders: Vec<_> = paths.filter(|path| path.join("connector.toml").is_file()).collect();
    folders.sort();
    folders
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The folder that a variable names, or else the one of that name beside the profile's folder that this test runs from.
fn components(variable: &str, name: &str, command: &str) -> PathBuf {
    let folder = match std::env::var_os(variable) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let test = std::env::current_exe().expect("a test is a file");
            test.ancestors().nth(3).expect("tests are in target/<profile>/deps").join(name)
        }
    };
    assert!(folder.is_dir(), "no components in `{}`\n\nhint: run `{command}`", folder.display());
    folder
}

impl Suite {
    fn load() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let engine = Engine::new(&EngineOptions { calls_max: 8, cache: None }).expect("an engine");
        let components = components("TRUNKLINE_CONNECTORS", "connectors", "cargo xtask build");
        let registry =
            runtime.block_on(Registry::load(&engine, &components)).expect("a folder of components");
        let mut failures: Vec<String> =
            registry.failures.iter().map(|(path, error)| format!("{}: {error:?}", name_of(path))).collect();
        let mut subjects = Vec::new();
        let mut skipped = 0;
        for folder in folders() {
            let id = name_of(&folder);
            match registry.connectors.get(&id) {
                Some(connector) => {
                    subjects.push(Subject::new(&folder, connector.clone(), runtime.handle().clone()));
                }
                // `cargo xtask build` says so in the component's place.
                None => match std::fs::read_to_string(components.join(format!("{id}.skipped"))) {
                    Ok(needs) => {
                        println!("{id}: skipped: needs {needs}");
                        skipped += 1;
                    }
                    Err(_) => failures.push(format!("{id}: no component\n\nhint: run `cargo xtask build`")),
                },
            }
        }
        Self { runtime, engine, subjects, failures, skipped }
    }

    /// A connector that exists for tests, without case files.
    pub fn guest(&self, id: &str) -> Subject {
        let command = "cargo xtask build --guests";
        let file =
            components("TRUNKLINE_TEST_CONNECTORS", "test-connectors", command).join(format!("{id}.wasm"));
        let connector = self.wait(Connector::load(&self.engine, &file));
        let connector = connector.unwrap_or_else(|error| panic!("{error}\n\nhint: run `{command}`"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests").join(id);
        Subject::without_cases(&folder, connector, self.runtime.handle().clone())
    }

    /// Runs a future to its end.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

/// A seed from the environment, so that a failure can be repeated, or a new one.
pub fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    *SEED.get_or_init(|| std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(now))
}

/// Everything of these checks, tried on one connector. The filter is that of [`Options`].
pub fn tried(subject: &Subject, filter: &str, seed: u64) -> Report {
    run(subject, &Options { seed, filter: Some(filter.to_owned()), ..Options::default() }, |_| {})
}

/// Tries a group of checks on every connector, and fails with what was found.
#[track_caller]
pub fn hold(group: &str) {
    let seed = seed();
    let mut failures = String::new();
    for subject in &suite().subjects {
        let report = tried(subject, &format!("{group}/"), seed);
        for outcome in &report.checks {
            let status = match &outcome.status {
                Status::Passed => format!("{} tried", outcome.tried),
                Status::Failed => format!("{} of {} FAILED", outcome.failed, outcome.tried),
                Status::Skipped(reason) => format!("skipped: {reason}"),
            };
            let notes: String = outcome.notes.iter().map(|note| format!("; {note}")).collect();
            println!(
                "{} {}: {status}{notes} [{:.1} s]",
                subject.id,
                outcome.name,
                outcome.elapsed.as_secs_f64()
            );
            for finding in outcome.findings.iter().take(SHOWN_MAX) {
                failures +=
                    &format!("{} {}: {}: {}\n", subject.id, outcome.name, finding.what, finding.found);
                for diff in [&finding.changed, &finding.difference].into_iter().flatten() {
                    failures += diff;
                }
            }
        }
        if !report.passed() && report.counts().2 < report.checks.len() {
            failures += &format!("{}: {:?} passed, failed, skipped\n", subject.id, report.counts());
        }
    }
    assert!(!suite().subjects.is_empty(), "nothing was tried");
    assert!(failures.is_empty(), "SEED={seed}\n{failures}");
}
