//! The connections that are served: a connector with the settings of one account.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;
use trunkline_policy::Settings;
use trunkline_runtime::{Connector, Registry};

use crate::config::{Config, ConnectionConfig, Problem, connection_settings};

/// One connection.
pub struct Connection {
    /// The last segment of its URL.
    pub name: String,
    /// What reads its webhooks.
    pub connector: Connector,
    /// Its account.
    pub settings: Settings,
    /// What it may call, where that is less than what the connector declares.
    pub hosts: Option<Vec<String>>,
    /// Hosts that are really on this machine: for tests and for trying.
    pub loopback: BTreeMap<String, SocketAddr>,
    /// Calls per second, where that is less than what the connector declares.
    pub rate_per_second: Option<f64>,
    /// Bounds what is worked on at once, so that one busy connection cannot starve another.
    pub requests: Arc<Semaphore>,
    /// Kilobytes of its bodies that may still be taken in.
    pub bodies: Arc<Semaphore>,
    /// Bytes of a body: the connector's limit or the host's, whichever is lower.
    pub body_bytes_max: u64,
}

/// By name.
pub type Connections = HashMap<String, Arc<Connection>>;

/// The connections as they are served now. Their connectors may be replaced while the host runs: whoever works on something
/// keeps the connection that it began with. The names stay the same for as long as the host runs.
#[derive(Clone)]
pub struct Serving(Arc<RwLock<Arc<Connections>>>);

impl Serving {
    /// Serves these.
    pub fn new(connections: Connections) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(connections))))
    }

    /// The connection of that name, as it is now.
    pub fn get(&self, name: &str) -> Option<Arc<Connection>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// All, as they are now.
    pub fn all(&self) -> Arc<Connections> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The connection with what bounds the one of its name now: what runs on that one still counts.
    pub fn bounded(&self, mut connection: Connection) -> Connection {
        if let Some(before) = self.get(&connection.name) {
            connection.requests = before.requests.clone();
            connection.bodies = before.bodies.clone();
        }
        connection
    }

    /// Puts these in the place of those of the same names, all at once.
    pub fn replace(&self, changed: Vec<Arc<Connection>>) {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut connections = Connections::clone(&served);
        connections.extend(changed.into_iter().map(|connection| (connection.name.clone(), connection)));
        *served = Arc::new(connections);
    }
}

/// Puts the configured connections together with the loaded connectors.
pub fn connect(file: &Path, config: &Config, registry: &Registry) -> Result<Connections, Vec<Problem>> {
    let mut connections = Connections::new();
    let mut problems = Vec::new();
    for connection in &config.connections {
        let Some(connector) = registry.connectors.get(&connection.connector) else {
            let known: Vec<&str> = registry.connectors.keys().map(String::as_str).collect();
            let place = (file, connection.line);
            problems.push(no_connector(place, &connection.connector, &config.components.path, &known));
            continue;
        };
        match join(file, config, connection, connector.clone()) {
            Ok(made) => drop(connections.insert(connection.name.clone(), Arc::new(made))),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(connections) } else { Err(problems) }
}

/// Puts one connection together with a connector.
pub fn join(
    file: &Path,
    config: &Config,
    connection: &ConnectionConfig,
    connector: Connector,
) -> Result<Connection, Vec<Problem>> {
    let settings = connection_settings(file, connection, connector.manifest())?;
    let limits = &config.limits;
    Ok(Connection {
        name: connection.name.clone(),
        settings,
        hosts: connection.hosts.clone(),
        loopback: connection.loopback.clone(),
        rate_per_second: connection.rate_per_second,
        requests: Arc::new(Semaphore::new(limits.requests_per_connection_max)),
        // No connection takes the memory of all others.
        bodies: crate::http::pool(u64::from(limits.bodies_bytes_max / 2).max(limits.body_bytes_max)),
        body_bytes_max: connector.bounds().body_bytes_max.min(limits.body_bytes_max),
        connector,
    })
}

/// What is said of a connection, at a place of the configuration, whose connector is not in the folder: these are.
pub fn no_connector(
    (file, line): (&Path, Option<usize>),
    id: &str,
    folder: &Path,
    known: &[&str],
) -> Problem {
    let problem = Problem::new(file, line, format!("connector `{id}` is not in `{}`", folder.display()));
    match crate::config::nearest(id, known.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => {
            problem.hint("build the connectors with `cargo xtask build`, or set `connectors.path`")
        }
        None => problem.hint(format!("there are: {}", known.join(", "))),
    }
}
