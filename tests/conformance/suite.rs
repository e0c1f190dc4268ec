//! The connectors under test: folder, component and case files, loaded once for all tests.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use trunkline_cases::Case;
use trunkline_model::manifest::{Manifest, Secret};
use trunkline_model::{Context, ReceiveStep, Request};
use trunkline_policy::{CallError, Settings, Visibility};
use trunkline_runtime::{Connector, Engine, EngineOptions, Registry};

/// Secrets shorter than this may stand in an answer by chance.
const SECRET_BYTES_MIN: usize = 8;

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

/// A connector under test.
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its component.
    pub connector: Connector,
    /// Its case files, by name.
    pub cases: Vec<(String, Case)>,
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

/// The last part of a path.
pub fn name_of(path: &Path) -> String {
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
                Some(connector) => subjects.push(Subject {
                    cases: read_cases(&folder, &mut failures),
                    connector: connector.clone(),
                    folder,
                    id,
                }),
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
        Subject {
            id: id.to_owned(),
            folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("guests").join(id),
            connector: connector.unwrap_or_else(|error| panic!("{error}\n\nhint: run `{command}`")),
            cases: Vec::new(),
        }
    }

    /// Runs a future to its end.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

fn read_cases(folder: &Path, failures: &mut Vec<String>) -> Vec<(String, Case)> {
    if !folder.join("testdata/inbound").is_dir() {
        return Vec::new();
    }
    let mut cases = Vec::new();
    for file in trunkline_cases::case_files(folder) {
        match Case::read(&file) {
            Ok(case) => cases.push((name_of(&file), case)),
            Err(error) => failures.push(format!("{}: {error}", file.display())),
        }
    }
    cases
}

impl Subject {
    /// Whether it has an ability, and case files of it.
    pub fn shows(&self, ability: &str) -> bool {
        self.connector.has(ability) && self.folder.join("testdata").join(ability).is_dir()
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        self.connector.manifest()
    }

    /// One call of `receive`. An error is a trap or a limit, or a secret in the answer.
    pub fn receive(&self, request: Request, context: &Context) -> Result<ReceiveStep, String> {
        let call = self.connector.receive_step(request, context.clone());
        let step = suite().wait(call).map_err(|error: CallError| error.to_string())?;
        match self.leak(&step, context) {
            Some(setting) => Err(format!("the answer contains the value of `{setting}`")),
            None => Ok(step),
        }
    }

    /// The first secret whose value stands in the answer.
    fn leak<'a>(&self, step: &ReceiveStep, context: &'a Context) -> Option<&'a str> {
        let text = trunkline_cases::outcome(step);
        let secret = |name: &str| {
            let setting = self.manifest().settings.get(name);
            setting.is_some_and(|setting| setting.secret.is_some())
        };
        let values = context.settings.iter().filter(|(_, value)| value.len() >= SECRET_BYTES_MIN);
        values
            .filter(|(name, _)| secret(name))
            .find(|(_, value)| text.contains(value) || text.contains(&trunkline_model::json_text(value)))
            .map(|(name, _)| name.as_str())
    }

    /// The cases that are answered with events, each with what came of it.
    pub fn genuine(&self) -> impl Iterator<Item = (&str, &Case)> {
        let cases = self.cases.iter().map(|(name, case)| (name.as_str(), case));
        cases.filter(|(_, case)| {
            let expected: serde_json::Value = serde_json::from_str(&case.expected).unwrap_or_default();
            expected["events"].as_array().is_some_and(|events| !events.is_empty())
        })
    }

    /// The settings of a case as a connection has them.
    pub fn settings(&self, context: &Context) -> Settings {
        Settings::new(context.settings.iter().map(|(name, value)| {
            let visibility = match self.manifest().settings.get(name).and_then(|setting| setting.secret) {
                None => Visibility::Plain,
                Some(Secret::Verify) => Visibility::SecretToVerify,
                Some(Secret::Call) => Visibility::SecretForCalls,
            };
            (name.clone(), value.clone(), visibility)
        }))
    }
}
