//! Messages to contacts: queued, looked at, and tried again where nobody knows whether they arrived.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use trunkline_core::journal::{
    JournalError, MESSAGES_MAX, MessageKey, MessageLife, MessageQuery, MessageStep,
};
use trunkline_core::outbound::{MessageState, Waiting};
use trunkline_model::FailureReason;

use super::authorization::Authorized;
use super::json_body::{Sent, expect_json, whole};
use super::message_view::{LifeView, ListView, SummaryView};
use super::parameters::{Path, Query};
use super::problem::Problem;
use crate::host::Host;
use crate::sending::compose::{self, Refused, SendRequest};

/// Bytes of a request: texts and references. Files are uploaded by themselves.
pub const REQUEST_BYTES_MAX: usize = 1 << 20;

/// Says that the answer is that of an earlier request with the same key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Makes a repeated request one message.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// `POST /v1/messages`
pub async fn send(
    _: Authorized,
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    expect_json(&headers)?;
    let body = whole(body, REQUEST_BYTES_MAX, Some("upload files with `POST /v1/media`"))?;
    let request: SendRequest =
        serde_json::from_slice(&body).map_err(|error| Problem::json("no message", &error))?;
    let key = match headers.get(IDEMPOTENCY_KEY) {
        Some(key) => Some(key.to_str().map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "idempotency_key", "`Idempotency-Key` is not ASCII text")
        })?),
        None => None,
    };
    let accepted = compose::queue(&host, request, key, &body).await.map_err(problem)?;
    let life = life(&host, &accepted.id).await?;
    let mut response = (StatusCode::ACCEPTED, Json(SummaryView::from(&life.message))).into_response();
    if let Ok(location) = HeaderValue::try_from(format!("/v1/messages/{}", accepted.id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    if accepted.repeated {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// `GET /v1/messages/{id}`: its whole life.
pub async fn message(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    Ok(Json(LifeView::from(&life(&host, &id).await?)).into_response())
}

/// Which messages.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// What `next_before` of the page before said.
    before: Option<u64>,
    /// Messages of one answer, 1 to 1,000. Default: 100.
    limit: Option<usize>,
    /// Only of this connection.
    connection: Option<String>,
    /// Only of this conversation.
    conversation: Option<String>,
    /// Only in this state.
    state: Option<MessageState>,
}

/// `GET /v1/messages`: newest first.
pub async fn messages(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let limit = parameters.limit.unwrap_or(100).clamp(1, MESSAGES_MAX);
    let query = MessageQuery {
        before: parameters.before,
        limit,
        connection: parameters.connection,
        conversation: parameters.conversation,
        state: parameters.state,
    };
    let messages = host.journal.messages(query).await.map_err(|error| Problem::unreadable(&error))?;
    let next_before = messages.last().filter(|_| messages.len() == limit).map(|message| message.number);
    let messages = messages.iter().map(SummaryView::from).collect();
    Ok(Json(ListView { messages, next_before }).into_response())
}

/// `POST /v1/messages/{id}/retry`: sends a message again of which nobody knows whether the provider has it.
pub async fn retry(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let before = life(&host, &id).await?.message;
    if before.state != MessageState::Unconfirmed {
        let title = format!(
            "the message is `{}`, only one that is `unconfirmed` can be tried again",
            before.state.name()
        );
        return Err(Problem::new(StatusCode::CONFLICT, "state", title));
    }
    let step = MessageStep::Resumed { number: before.number, at: host.clock.now_ms() };
    host.journal.message_steps(vec![step]).await.map_err(|error| unkept(&error))?;
    let waiting = Waiting {
        number: before.number,
        conversation: before.conversation,
        due_at: 0,
        attempt: before.attempt,
    };
    host.queues.tell(&before.connection, waiting);
    let after = life(&host, &id).await?.message;
    Ok((StatusCode::ACCEPTED, Json(SummaryView::from(&after))).into_response())
}

async fn life(host: &Host, id: &str) -> Result<MessageLife, Problem> {
    let found = host
        .journal
        .message(MessageKey::Id(id.to_owned()))
        .await
        .map_err(|error| Problem::unreadable(&error))?;
    found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such message"))
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::Request { code, title, hint } => {
            let status = match code {
                "connection" | "conversation" => StatusCode::NOT_FOUND,
                "no_ability" => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::BAD_REQUEST,
            };
            Problem::new(status, code, title).hint(hint)
        }
        Refused::OptedOut { origin } => {
            let title = format!("the contact does not want to be written to (origin: {origin})");
            Problem::new(StatusCode::CONFLICT, "opted_out", title)
                .hint(Some("`override_opt_out` sends it all the same, where the law allows"))
        }
        Refused::Failure(failure) => {
            let (status, code) = match failure.reason {
                FailureReason::WindowClosed => (StatusCode::CONFLICT, "window_closed"),
                FailureReason::OptedOut => (StatusCode::CONFLICT, "opted_out"),
                FailureReason::Unauthorized => (StatusCode::CONFLICT, "unauthorized"),
                FailureReason::Unreachable => (StatusCode::UNPROCESSABLE_ENTITY, "unreachable"),
                _ => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            };
            let title =
                failure.message.clone().unwrap_or_else(|| "the connector refuses this message".to_owned());
            Problem::new(status, code, title).with("failure", json!(failure))
        }
        Refused::KeyReused => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "another request came before with this `Idempotency-Key`",
        ),
        Refused::Full => Problem::unavailable("queue_full", "too many messages of this connection wait"),
        Refused::Connector(problem) => {
            tracing::error!(problem, "connector cannot say how a message is sent");
            Problem::unavailable("connector", "the connector failed")
        }
        Refused::Journal(error) => unkept(&error),
    }
}

fn unkept(error: &JournalError) -> Problem {
    Problem::unwritten(error, "the message could not be kept")
}
