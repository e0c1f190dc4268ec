//! Kept webhooks, read once more: `POST /v1/replays`.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::stream::unfold;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use trunkline_model::{Event, EventKind};

use super::audit::Asking;
use super::authorization::Authorized;
use super::json_body::{self, Sent};
use super::problem::Problem;
use crate::host::Host;
use crate::instant;
use crate::metrics::Journaled;
use crate::replay::line::{EventDifference, ReplayLine};
use crate::replay::run::{LINES_MAX, Run};

/// Bytes of a request.
pub const REQUEST_BYTES_MAX: usize = 16 << 10;

/// Which webhooks, and whether to write.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// Of this connection.
    pub connection: String,
    /// Those that came at that time or later: RFC 3339, a date (its beginning in UTC), or an age such as `7d` or `12h`.
    #[schemars(length(min = 1))]
    pub since: String,
    /// Those that came before that time, in the same forms. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub until: Option<String>,
    /// `false`: what differs is written. Default: `true`.
    #[serde(default = "yes")]
    pub dry_run: bool,
    /// `host` of the summary of a dry run: refused where the host was started anew since, maybe with another connector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

fn yes() -> bool {
    true
}

/// `POST /v1/replays`
pub async fn replay(
    _: Authorized,
    Asking(actor): Asking,
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    let request: ReplayRequest = json_body::read(&headers, body, REQUEST_BYTES_MAX, "no replay")?;
    let now = host.clock.now_ms();
    let (since, until) = range(&request, now)?;
    let Some(connection) = host.connections.get(&request.connection) else {
        let title = format!("there is no connection `{}`", request.connection);
        return Err(Problem::new(StatusCode::NOT_FOUND, "connection", title));
    };
    if request.host.is_some_and(|shown| shown != host.identity()) {
        let title = "the host was started anew or has another connector since that was shown";
        return Err(Problem::new(StatusCode::CONFLICT, "host_restarted", title)
            .hint(Some("look again: connector and settings may be others")));
    }
    let permit = host.replays.clone().try_acquire_owned().map_err(|_| {
        Problem::new(StatusCode::CONFLICT, "replay_running", "another replay runs")
            .hint(Some("wait until it has ended, or end it where it was started"))
    })?;
    let (sender, lines) = mpsc::channel(LINES_MAX);
    let run = Run {
        reader: host.journal.reader(),
        write: (!request.dry_run).then(|| (host.journal.clone(), actor)),
        egress: host.egress.clone(),
        connection,
        installed: None,
        since,
        until,
        host: Some(host.identity()),
        live: host.live.clone(),
        stopping: host.stopping.clone(),
        lines: sender,
    };
    tokio::spawn(async move {
        let connection = run.connection.name.clone();
        run.run(|written| note(&host, &connection, written)).await;
        drop(permit);
    });
    Ok(answer(lines))
}

fn range(request: &ReplayRequest, now: u64) -> Result<(u64, u64), Problem> {
    let problem = |title: String| Problem::new(StatusCode::BAD_REQUEST, "time_range", title);
    let since = instant::parse(&request.since, now).map_err(problem)?;
    let until = match &request.until {
        Some(until) => instant::parse(until, now).map_err(problem)?,
        None => now,
    };
    if since >= until {
        return Err(problem("`since` is not before `until`".to_owned()));
    }
    Ok((since, until))
}

/// What the host does about an event that a replay has written.
fn note(host: &Arc<Host>, connection: &str, written: &EventDifference) {
    let kind = EventKind::NAMES.into_iter().find(|kind| *kind == written.kind);
    let event = |value: &Option<Value>| serde_json::from_value::<Event>(value.clone()?).ok();
    match (event(&written.before), event(&written.after), kind) {
        (Some(before), Some(after), _) => {
            let (attachments, id) = (host.attachments.clone(), written.id.clone());
            tokio::spawn(async move { attachments.forget_moved(&id, before, after).await });
        }
        (None, Some(_), Some(kind)) => {
            let labels = Journaled { connection: connection.to_owned(), kind };
            host.metrics.events.get_or_create(&labels).inc();
        }
        _ => {}
    }
}

/// Each line is sent when it is there. A reader that is slow holds up the replay, one that leaves ends it.
fn answer(lines: mpsc::Receiver<ReplayLine>) -> Response {
    let sent = unfold(lines, |mut lines| async move {
        let line = lines.recv().await?;
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(text)), lines))
    });
    let mut response = Response::new(Body::from_stream(sent));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
