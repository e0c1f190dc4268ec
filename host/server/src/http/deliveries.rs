//! Destinations, and deliveries that failed: looked at, retried, dropped.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_core::journal::{
    DELIVERIES_MAX, DeadLetters, DeliveryCount, DeliveryQuery, JournalError, ParkedState,
};

use super::audit::Asking;
use super::authorization::Authorized;
use super::delivery_view::{
    Decided, DeliveryList, DeliveryView, DestinationList, DestinationView, StateView,
};
use super::json_body::{Sent, whole};
use super::parameters::{Path, Query};
use super::problem::Problem;
use crate::host::Host;

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

/// Why something is dropped.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropRequest {
    /// For the record. 300 characters are kept.
    #[serde(default)]
    reason: Option<String>,
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
    let found = host.journal.deliveries(query).await.map_err(|error| Problem::unreadable(&error))?;
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
    let found =
        host.journal.delivery(&destination, &event).await.map_err(|error| Problem::unreadable(&error))?;
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
    body: Sent,
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
    let mut counts = host.journal.delivery_counts().await.map_err(|error| Problem::unreadable(&error))?;
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
    body: Sent,
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
        host.journal.retry_dead(destination, letters, actor).await.map_err(|error| undecided(&error))?;
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
    let deliveries = dropped.map_err(|error| undecided(&error))?;
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
    let found =
        host.journal.delivery(destination, event).await.map_err(|error| Problem::unreadable(&error))?;
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
    let cursor = host.journal.cursor(destination).await.map_err(|error| Problem::unreadable(&error))?;
    match cursor {
        Some(_) => Ok(()),
        None => Err(Problem::new(StatusCode::NOT_FOUND, "destination", "there is no such destination")),
    }
}

fn reason(body: Sent) -> Result<Option<String>, Problem> {
    let body = whole(body, REQUEST_BYTES_MAX, None)?;
    if body.is_empty() {
        return Ok(None);
    }
    let request: DropRequest =
        serde_json::from_slice(&body).map_err(|error| Problem::json("expected `{\"reason\": …}`", &error))?;
    Ok(request.reason.map(|reason| reason.chars().take(REASON_CHARS_MAX).collect()))
}

fn missing() -> Problem {
    let title = "there is no such delivery that failed";
    Problem::new(StatusCode::NOT_FOUND, "not_found", title)
        .hint(Some("an event that is delivered, not wanted or still to come is not in the list"))
}

fn undecided(error: &JournalError) -> Problem {
    Problem::unwritten(error, "the decision could not be kept, nothing has changed")
}
