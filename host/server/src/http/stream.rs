//! The live stream: server-sent events read from the journal, each with its sequence number as id, so that a
//! reader that comes back goes on where it was.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;
use trunkline_core::cloud_event;
use trunkline_core::journal::{EventQuery, StoredEvent};

use super::authorization;
use super::parameters::{Path, Query};
use super::problem::Problem;
use crate::host::Host;

/// Events read from the journal at once, for one reader.
const BATCH: usize = 256;

/// Where a stream starts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The sequence number to start after. Default: only what comes from now on. The header `Last-Event-ID`, which
    /// browsers send when they come back, goes before it.
    after: Option<u64>,
}

/// `GET /v1/streams/{destination}`
pub async fn stream(
    State(host): State<Arc<Host>>,
    Path(destination): Path<String>,
    parameters: Result<Query<Parameters>, Problem>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Sent, Infallible>>>, Problem> {
    let token = host.streams.get(&destination).or(host.api_token.as_ref());
    authorization::require(&headers, token.map(String::as_str))?;
    if !host.streams.contains_key(&destination) {
        return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such stream"));
    }
    let Query(parameters) = parameters?;
    let permit = host.stream_readers.clone().try_acquire_owned();
    let permit = permit.map_err(|_| Problem::unavailable("readers", "too many readers at once"))?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let committed = host.journal.committed();
    let after = last.or(parameters.after).unwrap_or_else(|| *committed.borrow());
    let stopping = host.stopping.clone();
    let reader =
        Reader { host, destination, after, committed, stopping, waiting: VecDeque::new(), _permit: permit };
    let sent = unfold(reader, |mut reader| async move {
        let stored = Arc::new(reader.next().await?);
        let named = reader.host.profiles.named(stored).await;
        Some((Ok(sent(&named)), reader))
    });
    Ok(Sse::new(sent).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

fn sent(stored: &StoredEvent) -> Sent {
    let data = String::from_utf8_lossy(&cloud_event::render(stored)).into_owned();
    Sent::default().id(stored.seq.to_string()).event(format!("trunkline.{}", stored.kind)).data(data)
}

struct Reader {
    host: Arc<Host>,
    destination: String,
    after: u64,
    committed: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    waiting: VecDeque<StoredEvent>,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Reader {
    /// None ends the stream: the host stops, or the journal cannot be read.
    async fn next(&mut self) -> Option<StoredEvent> {
        loop {
            while let Some(stored) = self.waiting.pop_front() {
                self.after = stored.seq;
                if self.host.routes.wants(&self.destination, &stored.connection, &stored.kind) {
                    return Some(stored);
                }
            }
            if *self.stopping.borrow() {
                return None;
            }
            let newest = *self.committed.borrow_and_update();
            if newest <= self.after {
                tokio::select! {
                    changed = self.committed.changed() => changed.ok()?,
                    changed = self.stopping.changed() => changed.ok()?,
                }
                continue;
            }
            let query = EventQuery { after: self.after, limit: BATCH, ..EventQuery::default() };
            match self.host.journal.events(query).await {
                Ok(events) if events.is_empty() => self.after = newest,
                Ok(events) => self.waiting = events.into(),
                Err(error) => {
                    tracing::error!(%error, "journal cannot be read for a stream");
                    return None;
                }
            }
        }
    }
}
