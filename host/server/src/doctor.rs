//! Looks at everything that a host needs, and says what to do: for `trunkline doctor`.
//!
//! Changes nothing but for a file that it makes in the store and removes, and calls nothing but the host, the
//! destinations and the edges that the configuration names; no event is sent. Whatever is broken, the rest is looked at all the same.

mod connectors;
mod edges;
mod journal;
mod reach;
mod running;
mod store;

use std::path::PathBuf;

use crate::config::{Config, Problem, Source};

/// What to do about a configuration where nothing better is known.
const REFERENCE: &str = "`trunkline check --default` prints the reference";

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Good to know.
    Note,
    /// It works, and somebody should look.
    Warning,
    /// It does not work.
    Broken,
}

impl Level {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Broken => "broken",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at: stable, for programs.
    pub check: String,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    fn new(level: Level, check: impl Into<String>, found: impl Into<String>) -> Self {
        Self { level, check: check.into(), found: found.into(), hint: None }
    }

    fn ok(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Level::Ok, check, found)
    }

    fn note(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Level::Note, check, found)
    }

    fn warning(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Level::Warning, check, found)
    }

    fn broken(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Level::Broken, check, found)
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn of(check: &str, problem: Problem) -> Self {
        let found = problem.to_string();
        let hint = problem.hint.unwrap_or_else(|| REFERENCE.to_owned());
        Self::broken(check, found).hint(hint)
    }
}

/// What to look at, and how closely.
#[derive(Debug, Clone)]
pub struct Request {
    /// The configuration.
    pub config: PathBuf,
    /// The store, where that is not to be taken from the configuration.
    pub store: Option<PathBuf>,
    /// Hold every index of the journal against its table.
    pub deep: bool,
    /// Bytes on the disk of the store below which it is broken.
    pub free_bytes_min: u64,
}

/// Looks at everything.
pub async fn examine(request: Request) -> Vec<Finding> {
    let mut findings = Vec::new();
    let source = Source::read(&request.config).map_err(|problem| vec![problem]);
    let config = source.as_ref().map_err(Clone::clone).and_then(Source::resolve);
    match &config {
        Ok(_) => {
            findings.push(Finding::ok("configuration", format!("{} resolves", request.config.display())))
        }
        Err(problems) => {
            findings.extend(problems.iter().cloned().map(|problem| Finding::of("configuration", problem)));
        }
    }
    let config = config.ok();
    let folder = request.store.clone().unwrap_or_else(|| store_of(config.as_ref(), &request));
    let looked = tokio::task::spawn_blocking(move || {
        let mut findings = store::examine(&folder, request.free_bytes_min);
        let inspection = trunkline_core::journal::inspect(&folder, request.deep);
        findings.extend(journal::examine(inspection.as_ref(), &folder));
        (findings, inspection, folder)
    });
    let Ok((of_store, inspection, folder)) = looked.await else {
        findings.push(Finding::broken("journal", "reading it ended this check"));
        return findings;
    };
    findings.extend(of_store);
    let Some(config) = config else {
        findings.push(
            Finding::note("connectors", "not looked at, like the host and the destinations")
                .hint("mend the configuration first"),
        );
        return findings;
    };
    if let Ok(source) = &source {
        findings.extend(connectors::examine(source, &config).await);
    }
    findings.extend(running::examine(&config, &folder).await);
    findings.extend(edges::examine(&config).await);
    let reached = reach::destinations(&config).await;
    findings.extend(journal::destinations(inspection.as_ref(), &config, reached));
    findings.extend(journal::messages(inspection.as_ref(), &config));
    findings.push(
        Finding::note("backup", "when the last one was made is not known here")
            .hint("`trunkline backup FILE` makes one while the host runs"),
    );
    findings
}

/// Where the store is, as far as a configuration that does not resolve says so.
fn store_of(config: Option<&Config>, request: &Request) -> PathBuf {
    if let Some(config) = config {
        return config.store.clone();
    }
    let text = std::fs::read_to_string(&request.config).unwrap_or_default();
    let file: Option<toml::Table> = text.parse().ok();
    let path = file.as_ref().and_then(|file| file.get("store")?.get("path")?.as_str().map(str::to_owned));
    let path = path.unwrap_or_else(|| crate::config::Store::default().path);
    request.config.parent().map(|folder| folder.join(&path)).unwrap_or_else(|| path.into())
}
