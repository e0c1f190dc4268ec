//! `POST /v1/ingest`: webhooks that an edge took in, verified and read.
//!
//! Who hands in is verified before a byte is unpacked or parsed. What is handed in is held against the contract as the answer
//! of a connector is, and then takes the road of every webhook ([`intake`]): an answer of 200 means that it is on disk.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_core::journal::{Appended, Webhook};
use trunkline_model::manifest::{OnFailure, is_id};
use trunkline_model::{Answer, ReceiveStep};
use trunkline_policy::ingest::{Ingest, Unpackable, unpack, unpacked_bytes};
use trunkline_policy::{CallError, check};

use super::body::{self, Cut, Whole};
use super::intake::{self, Untaken};
use super::json_body::expect_json;
use super::problem::{Problem, without_values};
use super::webhook::content_length;
use crate::connections::Connection;
use crate::edges::{self, Edge, Signature};
use crate::host::Host;

/// Up to so many bytes are worked on at once; more by a thread that nobody else waits for.
const AT_ONCE_BYTES_MAX: u64 = 64 << 10;
/// How far the clock of an edge may be ahead of ours, in milliseconds: as far as that of whoever signs.
const AHEAD_MS_MAX: u64 = trunkline_policy::signature::TOLERANCE_S * 1_000;
/// The longest version of a connector.
const VERSION_BYTES_MAX: usize = 64;

/// What became of the events, in their order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandedIn {
    /// One for each event.
    events: Vec<HandedInEvent>,
}

/// What became of an event.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandedInEvent {
    /// The event's id.
    #[schemars(regex(pattern = "^evt_[0-9a-f]{32}$"))]
    id: String,
    /// Whether it was known already: it is not delivered again.
    duplicate: bool,
}

impl From<Appended> for HandedIn {
    fn from(appended: Appended) -> Self {
        let events = appended.events.into_iter();
        Self {
            events: events
                .map(|event| HandedInEvent { id: event.id, duplicate: event.seq.is_none() })
                .collect(),
        }
    }
}

/// `POST /v1/ingest`
pub async fn ingest(State(host): State<Arc<Host>>, request: Request) -> Response {
    let _live = host.live.enter();
    let (parts, body) = request.into_parts();
    let edge = host.edges.named_in(&parts.headers).clone();
    let (outcome, response) = match take(&host, &edge, &parts.headers, body).await {
        Ok(handed_in) => ("accepted".to_owned(), Json(handed_in).into_response()),
        Err(untaken) => (untaken.outcome, *untaken.response),
    };
    host.metrics.handed_in(edge.name(), &outcome);
    response
}

async fn take(host: &Host, edge: &Arc<Edge>, headers: &HeaderMap, body: Body) -> Result<HandedIn, Untaken> {
    let began = Instant::now();
    let body = read(host, edge, headers, body).await?;
    let body = proven(host, edge, headers, body).await?;
    expect_json(headers).map_err(|problem| Untaken::new("content_type", problem))?;
    let (ingest, held) = unpacked(host, edge, is_gzip(headers)?, body).await?;
    let Some(connection) = host.connections.get(&ingest.connection) else {
        let problem = Problem::new(StatusCode::NOT_FOUND, "connection", "there is no such connection")
            .hint(Some("connections have the same name at the edge and below `[connections]` of this host"));
        return Err(Untaken::new("connection", problem));
    };
    let kept = keep(host, edge, &connection, ingest, &held).await;
    let outcome = kept.as_ref().map_or_else(|untaken| untaken.outcome.as_str(), |_| "accepted");
    intake::ended(host, &connection, began, outcome);
    Ok(kept?.into())
}

/// All of the body, within the memory that there is.
async fn read(host: &Host, edge: &Edge, headers: &HeaderMap, body: Body) -> Result<Whole, Untaken> {
    let bytes_max = host.edges.sent_bytes_max;
    if content_length(headers).is_some_and(|announced| announced > bytes_max) {
        return Err(too_large());
    }
    // Whose webhook it is nobody knows yet, so it is the most urgent one there is.
    let admitted = host.admission.admit(OnFailure::Drops, &intake::load(host, 0));
    admitted.map_err(|_| no_room())?;
    body::read(body, bytes_max, [&host.bodies, &edge.bodies], 0).await.map_err(|cut| match cut {
        Cut::TooLarge => too_large(),
        Cut::NoRoom => no_room(),
        Cut::Broken => {
            let title = "the body did not arrive whole";
            Untaken::new("body", Problem::new(StatusCode::BAD_REQUEST, "body", title))
        }
    })
}

/// The same answer to everyone who is not known to be an edge.
async fn proven(host: &Host, edge: &Arc<Edge>, headers: &HeaderMap, body: Whole) -> Result<Whole, Untaken> {
    let (signature, now_s) = (Signature::of(headers), host.clock.now_ms() / 1_000);
    let of = edge.clone();
    let (body, verified) = aside(body.bytes.len() as u64, move || {
        let verified = of.verify(&signature, now_s, &body.bytes);
        (body, verified)
    })
    .await;
    verified.map(|()| body).map_err(|unproven| {
        let (edge, named) = (edge.name(), edges::given_name(headers));
        tracing::warn!(edge, named, reason = %unproven, "webhook handed in was refused");
        let title = "the request is not signed by an edge of this host";
        Untaken::new(unproven.name(), Problem::new(StatusCode::UNAUTHORIZED, "signature", title))
    })
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Untaken> {
    let Some(given) = headers.get(CONTENT_ENCODING) else { return Ok(false) };
    match given.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "gzip" => Ok(true),
        "identity" => Ok(false),
        _ => {
            let title = "the content encoding is neither `gzip` nor left out";
            Err(encoding(StatusCode::UNSUPPORTED_MEDIA_TYPE, title))
        }
    }
}

fn encoding(status: StatusCode, title: &str) -> Untaken {
    Untaken::new("content_encoding", Problem::new(status, "content_encoding", title))
}

/// What is in it, and the memory that it holds until it is kept.
async fn unpacked(host: &Host, edge: &Edge, gzip: bool, mut body: Whole) -> Result<(Ingest, Whole), Untaken> {
    let bytes = unpacked_bytes(&body.bytes, gzip);
    if bytes > host.edges.unpacked_bytes_max {
        return Err(too_large());
    }
    if gzip {
        body.make_room(bytes, [&host.bodies, &edge.bodies]).map_err(|_| no_room())?;
    }
    let (body, unpacked) = aside(bytes, move || {
        let sent = std::mem::take(&mut body.bytes);
        (body, unpack(&sent, gzip, bytes))
    })
    .await;
    match unpacked {
        Ok(ingest) => Ok((ingest, body)),
        Err(error) => Err(unpackable(host, edge, &error)),
    }
}

fn unpackable(host: &Host, edge: &Edge, error: &Unpackable) -> Untaken {
    let said = without_values(&error.to_string());
    tracing::warn!(edge = edge.name(), error = said, "what was handed in cannot be read");
    match error {
        // More than it said.
        Unpackable::TooLarge { bytes_max } if *bytes_max < host.edges.unpacked_bytes_max => {
            encoding(StatusCode::BAD_REQUEST, "the body is longer than its gzip says")
        }
        Unpackable::Gzip => {
            encoding(StatusCode::BAD_REQUEST, "the body is not gzip, which `Content-Encoding` says")
        }
        Unpackable::TooLarge { .. } => too_large(),
        Unpackable::Json(_) => Untaken::new("json", Problem::new(StatusCode::BAD_REQUEST, "json", said)),
        Unpackable::Version { .. } => {
            let problem =
                Problem::new(StatusCode::CONFLICT, "edge_version", said).hint(Some("update this host"));
            Untaken::new("edge_version", problem)
        }
    }
}

/// Takes it as a webhook of its connection.
async fn keep(
    host: &Host,
    edge: &Edge,
    connection: &Arc<Connection>,
    ingest: Ingest,
    held: &Whole,
) -> Result<Appended, Untaken> {
    check_origin(edge, connection, &ingest)?;
    intake::admit(host, connection, held.kilobytes())?;
    let requests = connection.requests.clone();
    let _request =
        requests.try_acquire_owned().map_err(|_| intake::overloaded(host, connection, "connection"))?;
    let now = host.clock.now_ms();
    if ingest.received_at > now.saturating_add(AHEAD_MS_MAX) {
        let ahead_s = (ingest.received_at - now) / 1_000;
        tracing::warn!(edge = edge.name(), ahead_s, "webhook handed in was received later than now");
        let title = "the webhook was received later than now";
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "clock", title)
            .hint(Some("let edge and host ask a time server"));
        return Err(Untaken::new("clock", problem));
    }
    let of = connection.clone();
    let checked = aside(held.kilobytes() as u64 * 1_024, move || checked(&of, ingest)).await;
    let ingest = checked.map_err(|error| {
        tracing::error!(edge = edge.name(), connection = connection.name, %error, "webhook handed in was refused");
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "contract", error.to_string());
        Untaken::new(error.name(), problem)
    })?;
    let webhook = Webhook {
        connection: connection.name.clone(),
        component: format!("{}@{}", ingest.connector.id, ingest.connector.version),
        connector: ingest.connector.id,
        received_at: ingest.received_at,
        handed_in_at: Some(now),
        method: ingest.webhook.method,
        url: ingest.webhook.url,
        headers: ingest.webhook.headers,
        body: ingest.webhook.body,
        events: ingest.events,
    };
    intake::keep(host, connection, webhook).await
}

/// Whether that edge may hand that in.
fn check_origin(edge: &Edge, connection: &Connection, ingest: &Ingest) -> Result<(), Untaken> {
    let refuse = |status: StatusCode, code: &'static str, title: String, hint: &str| {
        tracing::warn!(
            edge = edge.name(),
            connection = connection.name,
            reason = title,
            "webhook handed in was refused"
        );
        Err(Untaken::new(code, Problem::new(status, code, title).hint(Some(hint))))
    };
    if !edge.may_hand_in(&connection.name) {
        let title = "the edge may not hand in webhooks of this connection".to_owned();
        let hint = "add the connection to `connections` of the edge in the configuration of this host";
        return refuse(StatusCode::FORBIDDEN, "edge_connection", title, hint);
    }
    let (own, found) = (&connection.connector.manifest().id, &ingest.connector.id);
    if own != found {
        let found = if is_id(found) { found.as_str() } else { "?" };
        let title = format!("the connection has the connector `{own}`, the webhook was read by `{found}`");
        let hint = "give the connection the same connector at the edge and at this host";
        return refuse(StatusCode::CONFLICT, "edge_connector", title, hint);
    }
    Ok(())
}

/// Holds it against the contract, as if the connector had answered here.
fn checked(connection: &Connection, mut ingest: Ingest) -> Result<Ingest, CallError> {
    let version = &ingest.connector.version;
    if version.is_empty()
        || version.len() > VERSION_BYTES_MAX
        || !version.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(CallError::Contract(format!("connector with a version of {} bytes", version.len())));
    }
    let events = std::mem::take(&mut ingest.events);
    let mut step = ReceiveStep::Answer(Answer { response: trunkline_model::Response::empty(200), events });
    check::receive(&mut step, 0, &connection.settings)?;
    if let ReceiveStep::Answer(answer) = step {
        ingest.events = answer.events;
    }
    Ok(ingest)
}

fn too_large() -> Untaken {
    let title = "the body is larger than what an edge may hand in";
    Untaken::new("too_large", Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", title))
}

fn no_room() -> Untaken {
    Untaken::new("overload", intake::busy(OnFailure::Drops))
}

/// Does what takes long for many bytes where it holds up nobody.
async fn aside<T: Send + 'static>(bytes: u64, work: impl FnOnce() -> T + Send + 'static) -> T {
    if bytes <= AT_ONCE_BYTES_MAX {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // As if it had been done here.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
