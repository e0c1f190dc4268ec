//! Destinations, and deliveries that failed: looked at, retried, dropped.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_core::delivery::Pause;
use trunkline_core::journal::{
    DELIVERIES_MAX, DeadLetters, Delivery, DeliveryCount, DeliveryQuery, JournalError, ParkedState,
};

use super::audit::Asking;
use super::authorization::Authorized;
use super::parameters::{Path, Query};
use super::problem::Problem;
use crate::host::Host;
use crate::instant;

/// Bytes of the body that says why something is dropped.
pub const REQUEST_BYTES_MAX: usize = 4_096;
/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 300;

/// Which deliveries.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "DeliveryParameters")]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Only to this destination.
    destination: Option<String>,
    /// Only in this state. Default: all.
    state: Option<StateView>,
    /// `next_after` of the page before.
    after: Option<String>,
    /// Deliveries of one answer. Default: 100; never more than 1,000.
    limit: Option<usize>,
}

/// Whether there will be another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "FailedDeliveryState")]
#[serde(rename_all = "snake_case")]
pub enum StateView {
    /// It is attempted again.
    Waiting,
    /// It was attempted often enough, and waits for somebody to decide.
    Dead,
}

/// Deliveries that failed, and those behind them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryList {
    /// By destination and place in the journal.
    deliveries: Vec<DeliveryView>,
    /// `after` of the next page. Null: this is the last.
    next_after: Option<String>,
}

/// An event that failed at a destination, or waits there behind one that did.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub struct DeliveryView {
    /// Where it goes.
    destination: String,
    /// Id of the event. Null: it is no longer stored.
    event: Option<String>,
    /// Place in the journal.
    sequence: u64,
    /// Connection that the event came in on.
    connection: Option<String>,
    /// Kind of the event.
    kind: Option<String>,
    /// Whether there will be another attempt.
    state: StateView,
    /// Attempts made. 0: it waits behind another event of its conversation.
    attempts: u32,
    /// When the last attempt failed.
    #[schemars(extend("format" = "date-time"))]
    failed_at: Option<String>,
    /// When the next attempt is due. Null: there is none, or it is due as soon as what is before it is done.
    #[schemars(extend("format" = "date-time"))]
    next_attempt_at: Option<String>,
    /// Why the last attempt failed.
    reason: String,
}

/// Destinations.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DestinationList {
    /// By name.
    destinations: Vec<DestinationView>,
}

/// How a destination stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Destination")]
pub struct DestinationView {
    /// As in the configuration.
    name: String,
    /// False: the journal knows it from an earlier configuration; nothing is delivered to it.
    configured: bool,
    /// Every event up to this one is delivered, not wanted, waiting or dead.
    cursor: u64,
    /// Events after that, wanted or not.
    behind: u64,
    /// Deliveries that are attempted again.
    waiting: u64,
    /// Dead letters.
    dead: u64,
    /// Set while it takes nothing and is only probed.
    paused: Option<PauseView>,
}

/// Why and since when a destination is paused.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pause")]
pub struct PauseView {
    /// When it began.
    #[schemars(extend("format" = "date-time"))]
    since: Option<String>,
    /// When it is tried next.
    #[schemars(extend("format" = "date-time"))]
    next_probe_at: Option<String>,
    /// Probes that failed.
    probes: u32,
    /// Why the last attempt failed.
    reason: String,
}

/// Why something is dropped.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropRequest {
    /// For the record. 300 characters are kept.
    #[serde(default)]
    reason: Option<String>,
}

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decided {
    /// Dead letters that this was done with, 1,000 at most: ask again until it is 0.
    deliveries: usize,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { destination, parked, event } = delivery;
        let waits = parked.state == ParkedState::Waiting && parked.due_at > 0;
        Self {
            destination: destination.clone(),
            event: event.as_ref().map(|event| event.id.clone()),
            sequence: parked.seq,
            connection: event.as_ref().map(|event| event.connection.clone()),
            kind: event.as_ref().map(|event| event.kind.clone()),
            state: if parked.state == ParkedState::Waiting { StateView::Waiting } else { StateView::Dead },
            attempts: parked.attempt,
            failed_at: parked.failed_at.and_then(instant::text),
            next_attempt_at: waits.then(|| instant::text(parked.due_at)).flatten(),
            reason: parked.reason.clone(),
        }
    }
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        let Pause { since, probe_at, probes, reason } = pause;
        Self { since: instant::text(since), next_probe_at: instant::text(probe_at), probes, reason }
    }
}

/// `GET /v1/deliveries`: what waits for another attempt, and what is dead.
pub async fn deliveries(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<DeliveryList>, Problem> {
    let after = parameters.after.as_deref().map(position).transpose()?;
    let state = parameters.state.map(|state| match state {
        StateView::Waiting => ParkedState::Waiting,
        StateView::Dead => ParkedState::Dead,
    });
    let limit = parameters.limit.unwrap_or(100).clamp(1, DELIVERIES_MAX);
    let query = DeliveryQuery { destination: parameters.destination, state, after, limit };
    let found = host.journal.deliveries(query).await.map_err(|error| unreadable(&error))?;
    let last = found.last().filter(|_| found.len() == limit);
    let next_after = last.map(|last| format!("{}/{}", last.destination, last.parked.seq));
    Ok(Json(DeliveryList { deliveries: found.iter().map(Into::into).collect(), next_after }))
}

/// `destination/sequence`, as a page has it for the next one.
fn position(after: &str) -> Result<(String, u64), Problem> {
    let parts = after.rsplit_once('/').and_then(|(name, seq)| Some((name.to_owned(), seq.parse().ok()?)));
    parts.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "parameter", "`after` is not what `next_after` said")
    })
}

/// `GET /v1/deliveries/{destination}/{event}`
pub async fn delivery(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Path((destination, event)): Path<(String, String)>,
) -> Result<Json<DeliveryView>, Problem> {
    let found = host.journal.delivery(&destination, &event).await.map_err(|error| unreadable(&error))?;
    Ok(Json(DeliveryView::from(&found.ok_or_else(missing)?)))
}

/// `POST /v1/deliveries/{destination}/{event}/retry`: a dead letter is attempted again, from the first attempt on.
pub async fn retry(
    _: Authorized,
    asking: Asking,
    State(host): State<Arc<Host>>,
    Path((destination, event)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Decided>), Problem> {
    expect_dead(&host, &destination, &event).await?;
    retry_letters(&host, &destination, DeadLetters::One(event), asking).await
}

/// `POST /v1/deliveries/{destination}/{event}/drop`: a dead letter is given up. The event stays in the journal.
pub async fn drop_one(
    _: Authorized,
    asking: Asking,
    State(host): State<Arc<Host>>,
    Path((destination, event)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Decided>, Problem> {
    let reason = reason(body)?;
    expect_dead(&host, &destination, &event).await?;
    drop_letters(&host, &destination, DeadLetters::One(event), asking, reason).await
}

/// `GET /v1/destinations`: how far each is, what waits, what is dead, and whether it is paused.
pub async fn destinations(
    _: Authorized,
    State(host): State<Arc<Host>>,
) -> Result<Json<DestinationList>, Problem> {
    let mut counts = host.journal.delivery_counts().await.map_err(|error| unreadable(&error))?;
    for name in host.standings.names() {
        if !counts.iter().any(|count| count.destination == *name) {
            counts.push(DeliveryCount { destination: name.clone(), ..DeliveryCount::default() });
        }
    }
    counts.sort_by(|one, other| one.destination.cmp(&other.destination));
    let newest = *host.journal.committed().borrow();
    let view = |count: DeliveryCount| DestinationView {
        configured: host.standings.control(&count.destination).is_some(),
        paused: host.standings.pause(&count.destination).map(Into::into),
        cursor: count.cursor,
        behind: newest.saturating_sub(count.cursor),
        waiting: count.waiting,
        dead: count.dead,
        name: count.destination,
    };
    Ok(Json(DestinationList { destinations: counts.into_iter().map(view).collect() }))
}

/// `POST /v1/destinations/{destination}/retry`: its dead letters, what waits, and a probe if it is paused; now.
pub async fn retry_all(
    _: Authorized,
    asking: Asking,
    State(host): State<Arc<Host>>,
    Path(destination): Path<String>,
) -> Result<(StatusCode, Json<Decided>), Problem> {
    expect_known(&host, &destination).await?;
    if let Some(control) = host.standings.control(&destination) {
        control.hurry().await;
    }
    retry_letters(&host, &destination, DeadLetters::All, asking).await
}

/// `POST /v1/destinations/{destination}/drop`: its dead letters are given up.
pub async fn drop_all(
    _: Authorized,
    asking: Asking,
    State(host): State<Arc<Host>>,
    Path(destination): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Decided>, Problem> {
    let reason = reason(body)?;
    expect_known(&host, &destination).await?;
    drop_letters(&host, &destination, DeadLetters::All, asking, reason).await
}

async fn retry_letters(
    host: &Host,
    destination: &str,
    letters: DeadLetters,
    Asking(actor): Asking,
) -> Result<(StatusCode, Json<Decided>), Problem> {
    let revived =
        host.journal.retry_dead(destination, letters, actor).await.map_err(|error| unwritten(&error))?;
    let deliveries = revived.len();
    if let Some(control) = host.standings.control(destination).filter(|_| deliveries > 0) {
        control.revive(revived).await;
    }
    recount(host).await;
    Ok((StatusCode::ACCEPTED, Json(Decided { deliveries })))
}

async fn drop_letters(
    host: &Host,
    destination: &str,
    letters: DeadLetters,
    Asking(actor): Asking,
    reason: Option<String>,
) -> Result<Json<Decided>, Problem> {
    let dropped = host.journal.drop_dead(destination, letters, actor, reason).await;
    let deliveries = dropped.map_err(|error| unwritten(&error))?;
    recount(host).await;
    Ok(Json(Decided { deliveries }))
}

/// The metric follows the journal; it is not worth an error.
async fn recount(host: &Host) {
    if let Ok(counts) = host.journal.delivery_counts().await {
        host.standings.count_dead(&counts);
    }
}

async fn expect_dead(host: &Host, destination: &str, event: &str) -> Result<(), Problem> {
    let found = host.journal.delivery(destination, event).await.map_err(|error| unreadable(&error))?;
    match found.ok_or_else(missing)?.parked.state {
        ParkedState::Dead => Ok(()),
        ParkedState::Waiting | ParkedState::Dropped => {
            let title = "the delivery is `waiting`, only one that is `dead` can be retried or dropped";
            Err(Problem::new(StatusCode::CONFLICT, "delivery_state", title)
                .hint(Some("`POST /v1/destinations/{destination}/retry` attempts what waits now")))
        }
    }
}

async fn expect_known(host: &Host, destination: &str) -> Result<(), Problem> {
    if host.standings.control(destination).is_some() {
        return Ok(());
    }
    let cursor = host.journal.cursor(destination).await.map_err(|error| unreadable(&error))?;
    match cursor {
        Some(_) => Ok(()),
        None => Err(Problem::new(StatusCode::NOT_FOUND, "destination", "there is no such destination")),
    }
}

fn reason(body: Result<Bytes, BytesRejection>) -> Result<Option<String>, Problem> {
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let title = format!("the request has more than {REQUEST_BYTES_MAX} bytes");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", title)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "body", "the request did not arrive whole"),
    })?;
    if body.is_empty() {
        return Ok(None);
    }
    let request: DropRequest = serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "json", format!("expected `{{\"reason\": …}}`: {error}"))
    })?;
    Ok(request.reason.map(|reason| reason.chars().take(REASON_CHARS_MAX).collect()))
}

fn missing() -> Problem {
    let title = "there is no such delivery that failed";
    Problem::new(StatusCode::NOT_FOUND, "not_found", title)
        .hint(Some("an event that is delivered, not wanted or still to come is not in the list"))
}

fn unreadable(error: &JournalError) -> Problem {
    tracing::error!(%error, "journal cannot be read");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "journal", "the journal cannot be read")
}

fn unwritten(error: &JournalError) -> Problem {
    tracing::error!(%error, "journal does not take a decision about dead letters");
    Problem::unavailable("journal", "the decision could not be kept, nothing has changed")
}
