//! Components that change while the host runs: compiled and checked beside the one that serves, then put in its place.
//!
//! Calls that run end on the old one, since whoever works on something keeps the connection that it began with. Whatever is
//! wrong with the new file leaves the old one serving, and is said: in the log, in the metrics and in `/v1/connectors`.

pub mod files;
mod status;
mod trial;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use trunkline_runtime::{ComponentFile, Connector, LoadError};
use trunkline_sources::SourceError;

use crate::config::{Config, Problem};
use crate::connections::join;
use crate::host::{Host, narrowed};
use crate::instant;
use crate::provenance::Provenance;
use files::{Changes, Stamp};
pub use status::{Reload, Reloads};

/// Whoever sends or looks names up was started for connections that can: gaining or losing these needs a new start.
const STARTED: [&str; 2] = [crate::sending::ABILITY, crate::profiles::ABILITY];

/// Watches the folder of the components.
pub struct Reloader {
    host: Arc<Host>,
    config: Arc<Config>,
    /// The configuration file, for errors.
    file: PathBuf,
    /// Files as they were when they were last looked at, by the id of their connector.
    seen: BTreeMap<String, Option<Stamp>>,
}

/// Why a changed component is not taken.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Lock(#[from] SourceError),
    #[error("{}", problems(.0))]
    Settings(Vec<Problem>),
    #[error("it {change} `{ability}`, which takes a new start of the host")]
    Ability { change: &'static str, ability: &'static str },
    #[error("{0}")]
    Trial(String),
}

impl Refused {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Load(error) => error.hint(),
            Self::Lock(error) => error.hint(),
            Self::Settings(problems) => problems.first().and_then(|problem| problem.hint.clone()),
            Self::Ability { .. } => Some("start the host anew: that loses nothing".to_owned()),
            Self::Trial(_) => Some(
                "`trunkline upgrade-check` shows what differs; where that is wanted, start the host anew, or \
                 leave `reload_check` out"
                    .to_owned(),
            ),
        }
    }
}

fn problems(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Starts to watch, where that is not switched off. Ends with the host.
pub fn start(
    host: &Arc<Host>,
    config: &Arc<Config>,
    file: PathBuf,
    stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let reloader = Reloader { host: host.clone(), config: config.clone(), file, seen: BTreeMap::new() };
    match config.components.reload {
        true => tokio::spawn(reloader.run(stopping)),
        false => tokio::spawn(async {}),
    }
}

impl Reloader {
    async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut changes = Changes::of(&self.config.components.path);
        loop {
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = changes.next() => {}
            }
            // Whoever stops the host does not wait for a compiler.
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = self.look() => {}
            }
        }
    }

    /// Looks at the file of each connector that is in use.
    async fn look(&mut self) {
        let connections = self.host.connections.all();
        let serving: BTreeMap<String, Connector> = connections
            .values()
            .map(|connection| (connection.connector.manifest().id.clone(), connection.connector.clone()))
            .collect();
        for (id, connector) in serving {
            let path = self.config.components.path.join(format!("{id}.wasm"));
            let stamp = Stamp::of(&path);
            let before = self.seen.insert(id.clone(), stamp);
            if before == Some(stamp) {
                continue;
            }
            if stamp.is_none() {
                tracing::warn!(connector = id, "its file is gone; what is loaded goes on serving");
                continue;
            }
            self.change(&id, &connector, path).await;
        }
    }

    async fn change(&self, id: &str, serving: &Connector, path: PathBuf) {
        let now = instant::text(self.host.clock.now_ms()).unwrap_or_default();
        let found = match load(&self.config, serving, path).await {
            Ok(found) if found.digest() == serving.digest() => return self.host.reloads.back(id),
            found => found,
        };
        let (from, version) = (serving.digest(), &serving.manifest().version);
        let sha256 = found.as_ref().ok().map(|found| found.digest().to_owned());
        let taken = match found {
            Ok(found) => self.take(id, serving, found).await,
            Err(error) => Err(error),
        };
        match taken {
            Ok(found) => {
                let (to, new_version) = (found.digest(), &found.manifest().version);
                tracing::info!(connector = id, from, to, version, new_version, "connector replaced");
                self.host.metrics.reloaded(id, "taken");
                self.host.reloads.set(id, Reload::taken(now, to));
            }
            Err(refused) => {
                let hint = refused.hint();
                let mut text = refused.to_string();
                let mut cause = std::error::Error::source(&refused);
                while let Some(source) = cause {
                    text = format!("{text}: {source}");
                    cause = source.source();
                }
                let said = hint.as_deref().unwrap_or_default();
                tracing::error!(
                    connector = id,
                    error = text,
                    hint = said,
                    serving = from,
                    "changed connector not taken, the old one goes on serving"
                );
                self.host.metrics.reloaded(id, "refused");
                self.host.reloads.set(id, Reload::refused(now, sha256, text, hint));
            }
        }
    }

    /// Checks it as a start of the host would, and lets it serve.
    async fn take(&self, id: &str, serving: &Connector, found: Connector) -> Result<Connector, Refused> {
        for ability in STARTED {
            match (serving.has(ability), found.has(ability)) {
                (true, false) => return Err(Refused::Ability { change: "has no more", ability }),
                (false, true) => return Err(Refused::Ability { change: "gains", ability }),
                _ => {}
            }
        }
        let found = narrowed(&self.config, id, found);
        let mut made = Vec::new();
        let mut problems = Vec::new();
        for connection in self.config.connections.iter().filter(|connection| connection.connector == id) {
            match join(&self.file, &self.config, connection, found.clone()) {
                Ok(made_anew) => made.push(Arc::new(self.host.connections.bounded(made_anew))),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(Refused::Settings(problems));
        }
        if let Some(age) = &self.config.components.reload_check {
            trial::read_again(&self.host, &made, age).await.map_err(Refused::Trial)?;
        }
        self.host.connections.replace(made);
        self.host.changed();
        Ok(found)
    }
}

/// Reads it, holds it against the lock file, and compiles it beside the tasks of the host. One file must not take the host down,
/// whatever it does to the compiler.
async fn load(config: &Arc<Config>, serving: &Connector, path: PathBuf) -> Result<Connector, Refused> {
    let (config, engine, file) = (config.clone(), serving.engine().clone(), path.clone());
    let runtime = tokio::runtime::Handle::current();
    let loading = tokio::task::spawn_blocking(move || {
        let component = ComponentFile::read(&file)?;
        Provenance::of(&config)?.check(&component)?;
        Ok(runtime.block_on(Connector::from_file(&engine, &component))?)
    });
    loading.await.unwrap_or_else(|_| Err(LoadError::stumbled(&path).into()))
}
