//! What was kept, for programs and for the command line: events, raw webhooks, attachments.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use trunkline_core::cloud_event;
use trunkline_core::journal::{EventQuery, StoredEvent};

use super::authorization::Authorized;
use super::event_view::{EventList, EventOrigin, WebhookView};
use super::parameters::{Path, Query};
use super::problem::Problem;
use crate::host::Host;

/// Events of one answer.
const LIMIT_MAX: usize = 1_000;

/// Which events.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Only what comes after this sequence number; with the newest first, what comes before it.
    after: Option<u64>,
    /// Events of one answer. Default: 100; never more than 1,000.
    limit: Option<usize>,
    /// Only of this connection.
    connection: Option<String>,
    /// Only of this kind: what follows `trunkline.` in `type`.
    kind: Option<String>,
    /// Only of this conversation, as `subject` names it.
    conversation: Option<String>,
    /// Default: `oldest`.
    order: Option<Order>,
}

/// Which come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "EventOrder")]
#[serde(rename_all = "snake_case")]
enum Order {
    Oldest,
    Newest,
}

/// `GET /v1/events`: events as they are delivered, with what is needed to read on.
pub async fn events(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<EventList>, Problem> {
    let query = EventQuery {
        after: parameters.after.unwrap_or_default(),
        limit: parameters.limit.unwrap_or(100).min(LIMIT_MAX),
        connection: parameters.connection,
        kind: parameters.kind,
        conversation: parameters.conversation,
        newest_first: parameters.order == Some(Order::Newest),
    };
    let events = host.journal.events(query).await.map_err(|error| Problem::unreadable(&error))?;
    let next_after = events.last().map(|event| event.seq);
    let events = host.profiles.all_named_as_known(events).await;
    let events = events.iter().map(cloud_event).collect::<Result<_, _>>()?;
    Ok(Json(EventList { events, next_after }))
}

/// `GET /v1/events/{id}`: the event, and the webhook that brought it.
pub async fn event(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Json<EventOrigin>, Problem> {
    let stored = host.journal.event(&id).await.map_err(|error| Problem::unreadable(&error))?;
    let stored = host.profiles.named_as_known(stored.ok_or_else(|| missing("event"))?).await;
    Ok(Json(EventOrigin {
        event: cloud_event(&stored)?,
        received_at: stored.received_at,
        duplicates: stored.duplicates,
        webhook: stored.webhook,
    }))
}

/// `GET /v1/webhooks/{id}`: the request as it came in, the body as text or Base64.
pub async fn webhook(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Path(id): Path<u64>,
) -> Result<Json<WebhookView>, Problem> {
    let stored = host.journal.webhook(id).await.map_err(|error| Problem::unreadable(&error))?;
    Ok(Json(stored.ok_or_else(|| missing("webhook"))?.into()))
}

/// `GET /v1/blobs/{sha256}`: bytes that came inside of a webhook. `blob:<sha256>` in an event refers to them.
pub async fn blob(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let bytes = host.journal.blob(&digest).await.map_err(|error| Problem::unreadable(&error))?;
    let mut response = Response::new(Body::from(bytes.ok_or_else(|| missing("blob"))?));
    // A stranger's file must not be run by a browser in this host's name.
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// `GET /v1/schemas/event`: the JSON Schema of what is delivered.
pub async fn event_schema() -> Json<Value> {
    Json(cloud_event::event_schema())
}

fn cloud_event(stored: &StoredEvent) -> Result<Value, Problem> {
    serde_json::from_slice(&cloud_event::render(stored)).map_err(|error| {
        tracing::error!(event = stored.id, %error, "stored event is not JSON");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", "the event cannot be read")
    })
}

fn missing(what: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
}
