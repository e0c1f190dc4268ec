//! Is it alive, is it ready, what has it counted.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use http::header::CONTENT_TYPE;

use super::problem::Problem;
use crate::host::Host;

/// A journal that takes longer than this for an empty write is not ready.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// The process runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// A webhook would be taken: the journal writes.
pub async fn ready(State(host): State<Arc<Host>>) -> Result<&'static str, Problem> {
    if *host.stopping.borrow() {
        return Err(Problem::unavailable("stopping", "the host is shutting down"));
    }
    match tokio::time::timeout(READY_WITHIN, host.journal.ping()).await {
        Ok(Ok(())) => Ok("ready\n"),
        Ok(Err(error)) => {
            tracing::error!(%error, "journal does not write");
            Err(Problem::unavailable("journal", "the journal does not write"))
        }
        Err(_) => Err(Problem::unavailable("journal", "the journal is slow")),
    }
}

/// The text format of Prometheus.
pub async fn metrics(State(host): State<Arc<Host>>) -> ([(http::HeaderName, &'static str); 1], String) {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, TYPE)], host.metrics.render())
}
