//! The connector that is tried: its folder, its component, its case files.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use trunkline_cases::{Case, CaseError};
use trunkline_model::manifest::{Manifest, Secret};
use trunkline_model::{Context, ReceiveStep, Request};
use trunkline_policy::{CallError, Settings, Visibility};
use trunkline_runtime::Connector;

/// Secrets shorter than this may stand in an answer by chance.
const SECRET_BYTES_MIN: usize = 8;

/// A connector that is tried.
#[derive(Clone)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its component.
    pub connector: Connector,
    /// Its case files of `inbound`, by name.
    pub cases: Vec<(String, Case)>,
    /// The files that are none, and why.
    pub unreadable: Vec<(String, String)>,
    runtime: Handle,
    leaks: Arc<Mutex<Vec<Leak>>>,
}

/// A secret that stood in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leak {
    /// The setting.
    pub setting: String,
    /// The request, in a few words.
    pub request: String,
    /// The answer, with the name of the setting where its value stood.
    pub answer: String,
}

impl Subject {
    /// A component with the case files of its folder. Calls run on `runtime`.
    ///
    /// Files that cannot be read are findings, not errors: everything else is tried all the same.
    pub fn new(folder: &Path, connector: Connector, runtime: Handle) -> Self {
        let mut subject = Self::without_cases(folder, connector, runtime);
        // That there are none is a finding of the check that runs them.
        for file in trunkline_cases::find(folder, "inbound").unwrap_or_default() {
            match Case::read(&file) {
                Ok(case) => subject.cases.push((name_of(&file), case)),
                Err(error) => subject.unreadable.push((name_of(&file), error.to_string())),
            }
        }
        subject
    }

    /// The same with its case files as they are now.
    pub fn read_again(&self) -> Self {
        Self::new(&self.folder, self.connector.clone(), self.runtime.clone())
    }

    /// A component alone.
    pub fn without_cases(folder: &Path, connector: Connector, runtime: Handle) -> Self {
        Self {
            id: connector.manifest().id.clone(),
            folder: folder.to_owned(),
            connector,
            cases: Vec::new(),
            unreadable: Vec::new(),
            runtime,
            leaks: Arc::default(),
        }
    }

    /// Runs a future to its end. Not from within another one.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The case files of a function that makes calls: `outbound`, `media`, `profiles`.
    pub fn call_cases(&self, ability: &str) -> Result<Vec<PathBuf>, CaseError> {
        trunkline_cases::find(&self.folder, ability)
    }

    /// Whether it has an ability, and case files of it.
    pub fn shows(&self, ability: &str) -> bool {
        self.connector.has(ability) && self.folder.join("testdata").join(ability).is_dir()
    }

    /// Whether nobody stands between it and the contact: its page asks the host itself.
    pub fn calls_nobody(&self) -> bool {
        self.connector.has("page") && self.manifest().hosts.is_empty()
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        self.connector.manifest()
    }

    /// The text of its `connector.toml`.
    pub fn manifest_text(&self) -> Result<String, String> {
        let file = self.folder.join("connector.toml");
        std::fs::read_to_string(&file).map_err(|error| format!("cannot read `{}`: {error}", file.display()))
    }

    /// One call of `receive`. An error is a trap or a limit. A secret in the answer is kept in mind.
    pub fn receive(&self, request: Request, context: &Context) -> Result<ReceiveStep, String> {
        let told = format!("{} of {} bytes", request.method, request.body.len());
        let call = self.connector.receive_step(request, context.clone());
        let step = self.wait(call).map_err(|error| explained(&error))?;
        if let Some(leak) = self.leak(&step, context, told) {
            self.leaks.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(leak);
        }
        Ok(step)
    }

    /// The secrets that stood in answers so far, whoever asked.
    pub(crate) fn leaks(&self) -> Vec<Leak> {
        self.leaks.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// The first secret whose value stands in the answer.
    fn leak(&self, step: &ReceiveStep, context: &Context, request: String) -> Option<Leak> {
        let text = trunkline_cases::outcome(step);
        let secret = |name: &str| {
            let setting = self.manifest().settings.get(name);
            setting.is_some_and(|setting| setting.secret.is_some())
        };
        let values = context.settings.iter().filter(|(_, value)| value.len() >= SECRET_BYTES_MIN);
        let (setting, value) = values
            .filter(|(name, _)| secret(name))
            .find(|(_, value)| text.contains(value) || text.contains(&trunkline_model::json_text(value)))?;
        let shown = crate::finding::told(&Ok(step.clone()));
        Some(Leak {
            setting: setting.clone(),
            request,
            answer: shown.replace(value, &format!("[{setting}]")),
        })
    }

    /// The cases that are answered with events.
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

/// An error in words for whoever wrote the connector.
pub(crate) fn explained(error: &CallError) -> String {
    match error {
        CallError::Trap(trap) if trap.contains("unreachable") => {
            format!("{error} (a panic: an `unwrap` of nothing, an index beyond the end, a failed assertion)")
        }
        _ => error.to_string(),
    }
}

/// The last part of a path.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
