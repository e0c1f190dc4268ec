//! Why, and how much: reasons of the desk's decisions, its log as a stream, numbers.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event as Told, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use trunkline_desk::Logged;
use trunkline_numbers::{Dimension, Query as Question, Step};

use super::desk;
use super::tickets::{Timeline, TimelineParameters, about};
use super::views::EntryView;
use crate::desk::Desk;
use crate::host::Host;
use crate::http::caller::Caller;
use crate::http::parameters::{Path, Query};
use crate::http::problem::Problem;
use crate::instant;

/// Entries read at once, for one reader.
const BATCH: usize = 256;

/// `GET /v1/explain/{subject}`: why an event, ticket or contact went where it went.
pub async fn explain(
    _: Caller,
    State(host): State<Arc<Host>>,
    Path(subject): Path<String>,
    Query(parameters): Query<TimelineParameters>,
) -> Result<Json<Timeline>, Problem> {
    let (after, limit, _) = parameters.read();
    about(&host, &[subject], after, limit, true).await.map(Json)
}

/// Where the stream starts.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "DeskStreamParameters")]
#[serde(deny_unknown_fields)]
pub struct StreamParameters {
    /// The number to start after. Default: only what comes from now on. `Last-Event-ID` goes before it.
    after: Option<u64>,
}

/// `GET /v1/desk/stream`: everything that changes the desk, as server-sent events.
pub async fn stream(
    _: Caller,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<StreamParameters>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Told, Infallible>>>, Problem> {
    let desk = desk(&host)?.clone();
    let permit = host.stream_readers.clone().try_acquire_owned();
    let permit = permit.map_err(|_| Problem::unavailable("readers", "too many readers at once"))?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let taken = desk.taken();
    let after = last.or(parameters.after).unwrap_or_else(|| *taken.borrow());
    let stopping = host.stopping.clone();
    let reader = Reader { desk, after, taken, stopping, waiting: VecDeque::new(), _permit: permit };
    let told = unfold(reader, |mut reader| async move {
        let logged = reader.next().await?;
        let (number, kind) = (logged.number, logged.entry["entry"].as_str().unwrap_or_default().to_owned());
        let view = EntryView::of(logged, None, false);
        let data = serde_json::to_string(&view).unwrap_or_default();
        Some((Ok(Told::default().id(number.to_string()).event(format!("desk.{kind}")).data(data)), reader))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

struct Reader {
    desk: Desk,
    after: u64,
    taken: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    waiting: VecDeque<Logged>,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Reader {
    /// None ends the stream: the host stops, or the log cannot be read.
    async fn next(&mut self) -> Option<Logged> {
        loop {
            if let Some(logged) = self.waiting.pop_front() {
                self.after = logged.number;
                return Some(logged);
            }
            if *self.stopping.borrow() {
                return None;
            }
            let newest = *self.taken.borrow_and_update();
            if newest <= self.after {
                tokio::select! {
                    changed = self.taken.changed() => changed.ok()?,
                    changed = self.stopping.changed() => changed.ok()?,
                }
                continue;
            }
            match self.desk.entries(self.after, BATCH) {
                Ok(entries) if entries.is_empty() => self.after = newest,
                Ok(entries) => self.waiting = entries.into(),
                Err(error) => {
                    tracing::error!(%error, "desk cannot be read for a stream");
                    return None;
                }
            }
        }
    }
}

/// Which numbers.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NumbersParameters")]
#[serde(deny_unknown_fields)]
pub struct NumbersParameters {
    /// The beginning: RFC 3339, a date, or an age such as `7d`. Default: all that is kept.
    from: Option<String>,
    /// The end, itself not included. Default: now.
    to: Option<String>,
    /// What one row covers: `hour`, `day` or `total`. Default: `total`.
    step: Option<StepParameter>,
    /// Whose days: an IANA name. Default: UTC.
    time_zone: Option<String>,
    /// One row for each: `channel`, `team`, both with a comma, or `agent`. Default: one row for all.
    group_by: Option<String>,
    /// Only this channel.
    channel: Option<String>,
    /// Only this team.
    team: Option<String>,
    /// Only this agent.
    agent: Option<String>,
    /// The target in seconds that service levels are held against.
    within_seconds: Option<u64>,
}

/// What one row covers.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(rename = "NumbersStep")]
#[serde(rename_all = "snake_case")]
enum StepParameter {
    Hour,
    Day,
    Total,
}

/// `GET /v1/numbers`
pub async fn numbers(
    _: Caller,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<NumbersParameters>,
) -> Result<Json<Value>, Problem> {
    let bad = |problem: String| Problem::new(StatusCode::BAD_REQUEST, "time_range", problem);
    let now = host.clock.now_ms();
    let time = |text: &Option<String>| text.as_deref().map(|text| instant::parse(text, now)).transpose();
    let default = Question::default();
    let question = Question {
        from: time(&parameters.from).map_err(bad)?.unwrap_or(default.from),
        to: time(&parameters.to).map_err(bad)?.unwrap_or(default.to),
        step: match parameters.step {
            Some(StepParameter::Hour) => Step::Hour,
            Some(StepParameter::Day) => Step::Day,
            Some(StepParameter::Total) | None => Step::Total,
        },
        time_zone: parameters.time_zone.unwrap_or(default.time_zone),
        group_by: dimensions(parameters.group_by.as_deref())?,
        channels: parameters.channel.into_iter().collect(),
        teams: parameters.team.into_iter().collect(),
        agents: parameters.agent.into_iter().collect(),
        within_ms: parameters.within_seconds.map(|seconds| seconds.saturating_mul(1_000)),
    };
    let desk = desk(&host)?.state();
    let report = desk.numbers().report(&question);
    let report =
        report.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "numbers", error.to_string()))?;
    Ok(Json(json!(report)))
}

fn dimensions(text: Option<&str>) -> Result<Vec<Dimension>, Problem> {
    let words =
        text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| match word {
            "channel" => Ok(Dimension::Channel),
            "team" => Ok(Dimension::Team),
            "agent" => Ok(Dimension::Agent),
            other => {
                let title = format!("`group_by` is `{other}`, expected `channel`, `team` or `agent`");
                Err(Problem::new(StatusCode::BAD_REQUEST, "parameter", title))
            }
        })
        .collect()
}
