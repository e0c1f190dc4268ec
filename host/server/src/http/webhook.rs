//! A provider's webhook: bounded, verified and read by its connector, journaled, and only then answered.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{ALLOW, CONTENT_LENGTH};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use trunkline_core::journal::Webhook;
use trunkline_model::{Answer, Refusal};
use trunkline_policy::headers;
use trunkline_policy::steps::Unfinished;

use super::body::{self, Cut};
use super::intake::{Untaken, admit, ended, keep, on_failure, overloaded};
use super::problem::Problem;
use crate::connections::Connection;
use crate::host::{Host, Observed};
use crate::receiving;

/// `/hooks/{connection}` with any method.
pub async fn receive(
    State(host): State<Arc<Host>>,
    Path(segments): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let name = segments.first().map(|(_, name)| name.as_str()).unwrap_or_default();
    let Some(connection) = host.connections.get(name) else {
        host.metrics.unknown_connection.inc();
        return Problem::new(StatusCode::NOT_FOUND, "connection", "there is no such connection")
            .into_response();
    };
    let began = std::time::Instant::now();
    let _live = host.live.enter();
    let (outcome, response) = match take(&host, &connection, request).await {
        Ok(response) => ("accepted".to_owned(), response),
        Err(untaken) => (untaken.outcome, *untaken.response),
    };
    ended(&host, &connection, began, &outcome);
    response
}

async fn take(host: &Host, connection: &Arc<Connection>, request: Request) -> Result<Response, Untaken> {
    let (parts, body) = request.into_parts();
    check_method(connection, &parts)?;
    if content_length(&parts.headers).is_some_and(|announced| announced > connection.body_bytes_max) {
        return Err(too_large());
    }
    // Before its body is read.
    admit(host, connection, 0)?;
    let pools = [&host.bodies, &connection.bodies];
    let spared = host.admission.spared_kilobytes(on_failure(connection));
    let body = body::read(body, connection.body_bytes_max, pools, spared).await;
    let mut body = body.map_err(|cut| not_whole(host, connection, cut))?;
    // Counted once it is whole: those that send slowly must not use up the places of those that do not.
    let requests = connection.requests.clone();
    let _request = requests.try_acquire_owned().map_err(|_| overloaded(host, connection, "connection"))?;

    let received_at = host.clock.now_ms();
    let request = trunkline_model::Request {
        method: parts.method.as_str().to_owned(),
        url: url(host, &parts),
        headers: headers::texts(&parts.headers),
        body: std::mem::take(&mut body.bytes),
    };
    let reading = host.admission.reading();
    let read = receiving::receive(&host.egress, connection, &request, received_at).await;
    drop(reading);
    if let Some(observer) = &host.observer {
        observer(&Observed { request: &request, connection, received_at, read: &read });
    }
    match read {
        Ok(Ok(answer)) => journal(host, connection, request, received_at, answer).await,
        Ok(Err(refusal)) => Err(refused(connection, &refusal)),
        Err(unfinished) => Err(unread(connection, &unfinished)),
    }
}

/// Not the sender's fault: it is to come again.
fn unread(connection: &Connection, unfinished: &Unfinished) -> Untaken {
    match unfinished {
        Unfinished::Connector(error) => {
            tracing::error!(connection = connection.name, %error, "connector failed");
        }
        // Nothing is lost: the provider sends it again.
        error => tracing::warn!(connection = connection.name, %error, "webhook could not be verified"),
    }
    let problem = Problem::unavailable("connector", "the webhook could not be read");
    Untaken::new(unfinished.name(), problem)
}

fn check_method(connection: &Connection, parts: &Parts) -> Result<(), Untaken> {
    let methods = &connection.connector.manifest().methods;
    if methods.iter().any(|method| method == parts.method.as_str()) {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this webhook has no such method");
    let mut response = problem.into_response();
    if let Ok(allowed) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    Err(Untaken::new("method", response))
}

/// What is announced.
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large() -> Untaken {
    let problem = Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "the body is larger than this webhook takes",
    );
    Untaken::new("too_large", problem)
}

fn not_whole(host: &Host, connection: &Connection, cut: Cut) -> Untaken {
    match cut {
        Cut::TooLarge => too_large(),
        Cut::NoRoom => overloaded(host, connection, "bodies"),
        Cut::Broken => {
            let problem = Problem::new(StatusCode::BAD_REQUEST, "body", "the body did not arrive whole");
            Untaken::new("body", problem)
        }
    }
}

/// The URL that the provider was given: `public_url` and the path as it was sent, never the client's `Host`.
pub fn url(host: &Host, parts: &Parts) -> String {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{}{path}", host.public_url)
}

/// The sender learns the status and a name, never what was expected.
fn refused(connection: &Connection, refusal: &Refusal) -> Untaken {
    let reason = receiving::reason(refusal);
    tracing::warn!(connection = connection.name, reason, detail = refusal.detail, "webhook refused");
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    Untaken::new(reason, Problem::new(status, "refused", "the webhook was refused"))
}

async fn journal(
    host: &Host,
    connection: &Connection,
    request: trunkline_model::Request,
    received_at: u64,
    answer: Answer,
) -> Result<Response, Untaken> {
    let webhook = Webhook {
        connection: connection.name.clone(),
        connector: connection.connector.manifest().id.clone(),
        component: connection.connector.digest().to_owned(),
        received_at,
        handed_in_at: None,
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
        events: answer.events,
    };
    keep(host, connection, webhook).await?;
    Ok(response(answer.response))
}

/// What a connector answers, for the wire.
pub fn response(answer: trunkline_model::Response) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    *response.headers_mut() = headers::of_answer(answer.headers);
    response
}
