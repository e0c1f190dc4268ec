//! What was kept, for programs and for the command line: events, raw webhooks, attachments.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_core::cloud_event;
use trunkline_core::journal::{EventQuery, JournalError, StoredEvent};

use super::authorization;
use super::problem::Problem;
use crate::host::Host;

/// Events of one answer.
const LIMIT_MAX: usize = 1_000;

/// `GET /v1/events`: `after` is a sequence number, `limit` at most 1,000, `order` `oldest` or `newest`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    after: Option<u64>,
    limit: Option<usize>,
    connection: Option<String>,
    kind: Option<String>,
    conversation: Option<String>,
    order: Option<String>,
}

/// Events as they are delivered, with what is needed to read on.
pub async fn events(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    let bad = |title: String| Problem::new(StatusCode::BAD_REQUEST, "parameter", title);
    let Query(parameters) = parameters.map_err(|error| bad(error.body_text()))?;
    let newest_first = match parameters.order.as_deref() {
        None | Some("oldest") => false,
        Some("newest") => true,
        Some(other) => return Err(bad(format!("`order` is `{other}`, expected `oldest` or `newest`"))),
    };
    let query = EventQuery {
        after: parameters.after.unwrap_or_default(),
        limit: parameters.limit.unwrap_or(100).min(LIMIT_MAX),
        connection: parameters.connection,
        kind: parameters.kind,
        conversation: parameters.conversation,
        newest_first,
    };
    let events = host.journal.events(query).await.map_err(|error| unreadable(&error))?;
    let next = events.last().map(|event| event.seq);
    let events = events.iter().map(cloud_event).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({ "events": events, "next_after": next })))
}

/// `GET /v1/events/{id}`: the event, and the webhook that brought it.
pub async fn event(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    let stored = host.journal.event(&id).await.map_err(|error| unreadable(&error))?;
    let stored = stored.ok_or_else(|| missing("event"))?;
    Ok(Json(json!({
        "event": cloud_event(&stored)?,
        "received_at": stored.received_at,
        "duplicates": stored.duplicates,
        "webhook": stored.webhook,
    })))
}

/// `GET /v1/webhooks/{id}`: the request as it came in, the body as text or Base64.
pub async fn webhook(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
) -> Result<Json<Value>, Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    let stored = host.journal.webhook(id).await.map_err(|error| unreadable(&error))?;
    let stored = stored.ok_or_else(|| missing("webhook"))?;
    let (encoding, body) = match String::from_utf8(stored.body) {
        Ok(text) => ("text", text),
        Err(error) => ("base64", trunkline_model::base64_text(error.as_bytes())),
    };
    Ok(Json(json!({
        "id": stored.id,
        "connection": stored.connection,
        "connector": stored.connector,
        "component": stored.component,
        "received_at": stored.received_at,
        "method": stored.method,
        "url": stored.url,
        "headers": stored.headers,
        "body_encoding": encoding,
        "body": body,
    })))
}

/// `GET /v1/blobs/{sha256}`: bytes that came inside of a webhook. `blob:<sha256>` in an event refers to them.
pub async fn blob(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    let bytes = host.journal.blob(&digest).await.map_err(|error| unreadable(&error))?;
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

fn unreadable(error: &JournalError) -> Problem {
    tracing::error!(%error, "journal cannot be read");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "journal", "the journal cannot be read")
}
