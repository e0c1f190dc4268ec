//! `GET /v1/connectors`: what serves, what it may use, and what it used.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_runtime::{Bounds, Connector, Usage};

use super::authorization::Authorized;
use crate::host::Host;
use crate::reloading::Reload;

/// The connectors that are in use.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConnectorList {
    /// By id.
    connectors: Vec<ConnectorView>,
}

/// A connector that is in use.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Connector")]
struct ConnectorView {
    /// Its id.
    id: String,
    /// Its channel's name for people.
    title: String,
    /// Its own version.
    version: String,
    /// SHA-256 of the component that serves.
    sha256: String,
    /// What it can do.
    abilities: Vec<&'static str>,
    /// What it imports: types, or WASI 0.2, all of which denies.
    imports: Vec<String>,
    /// The connections that it serves.
    connections: Vec<String>,
    /// What one call may use.
    limits: LimitsView,
    /// What its calls used since it was loaded.
    usage: UsageView,
    /// What became of the last change of its file since the start of the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    reload: Option<Reload>,
}

/// What one call may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ConnectorLimits")]
struct LimitsView {
    /// Milliseconds of computing.
    time_ms_max: u64,
    /// Bytes of memory.
    memory_bytes_max: u64,
    /// Bytes of a webhook's body.
    body_bytes_max: u64,
    /// Bytes of an answer.
    answer_bytes_max: u64,
}

/// What the calls of a connector used since it was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ConnectorUsage")]
struct UsageView {
    /// Calls, failed ones included.
    calls: u64,
    /// Microseconds within which half of the calls ended, up to an eighth too high.
    p50_us: u64,
    /// Microseconds within which 99 of 100 calls ended, up to an eighth too high.
    p99_us: u64,
    /// The most memory that one call had. Bytes.
    memory_bytes_peak: u64,
    /// Failed calls by what went wrong: `trap`, `time`, `memory`, `answer_size`, `instance`, `other`.
    failures: BTreeMap<String, u64>,
}

impl From<&Bounds> for LimitsView {
    fn from(bounds: &Bounds) -> Self {
        Self {
            time_ms_max: bounds.time_ms_max,
            memory_bytes_max: bounds.memory_bytes_max,
            body_bytes_max: bounds.body_bytes_max,
            answer_bytes_max: bounds.answer_bytes_max,
        }
    }
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        let failures = usage.failures.into_iter();
        Self {
            calls: usage.calls,
            p50_us: usage.p50_us,
            p99_us: usage.p99_us,
            memory_bytes_peak: usage.memory_bytes_peak,
            failures: failures.map(|(name, count)| (name.to_owned(), count)).collect(),
        }
    }
}

/// `GET /v1/connectors`
pub async fn list(_: Authorized, State(host): State<Arc<Host>>) -> Json<ConnectorList> {
    let mut connectors: BTreeMap<String, (Connector, Vec<String>)> = BTreeMap::new();
    for (name, connection) in host.connections.all().iter() {
        let id = connection.connector.manifest().id.clone();
        let entry = connectors.entry(id).or_insert_with(|| (connection.connector.clone(), Vec::new()));
        entry.1.push(name.clone());
    }
    let views = connectors.into_iter().map(|(id, (connector, mut connections))| {
        connections.sort_unstable();
        let manifest = connector.manifest();
        ConnectorView {
            title: manifest.title.clone(),
            version: manifest.version.clone(),
            sha256: connector.digest().to_owned(),
            abilities: connector.abilities().to_vec(),
            imports: connector.imports().to_vec(),
            connections,
            limits: connector.bounds().into(),
            usage: connector.usage().into(),
            reload: host.reloads.last(&id),
            id,
        }
    });
    Json(ConnectorList { connectors: views.collect() })
}
