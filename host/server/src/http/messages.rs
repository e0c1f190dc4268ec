//! Messages to contacts: queued, looked at, and tried again where nobody knows whether they arrived.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_core::journal::{
    JournalError, MESSAGES_MAX, MessageKey, MessageLife, MessageQuery, MessageStep, StoredCall, StoredMessage,
};
use trunkline_core::outbound::{MessageState, Waiting};
use trunkline_model::FailureReason;

use super::authorization;
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
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    let body = body.map_err(|error| {
        let title = format!("the request has more than {REQUEST_BYTES_MAX} bytes, or did not arrive whole");
        Problem::new(error.status(), "too_large", title).hint(Some("upload files with `POST /v1/media`"))
    })?;
    let request: SendRequest = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "json", format!("no message: {error}")))?;
    let key = match headers.get(IDEMPOTENCY_KEY) {
        Some(key) => Some(key.to_str().map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "idempotency_key", "`Idempotency-Key` is not ASCII text")
        })?),
        None => None,
    };
    let accepted = compose::queue(&host, request, key, &body).await.map_err(problem)?;
    let life = life(&host, &accepted.id).await?;
    let mut response = (StatusCode::ACCEPTED, Json(summary(&life.message))).into_response();
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
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    Ok(Json(whole(&life(&host, &id).await?)))
}

/// `GET /v1/messages`: `state`, `connection`, `conversation`; `before` is what `next_before` said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    before: Option<u64>,
    limit: Option<usize>,
    connection: Option<String>,
    conversation: Option<String>,
    state: Option<String>,
}

/// Messages, newest first.
pub async fn messages(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    let bad = |title: String| Problem::new(StatusCode::BAD_REQUEST, "parameter", title);
    let Query(parameters) = parameters.map_err(|error| bad(error.body_text()))?;
    let state = match &parameters.state {
        Some(name) => Some(MessageState::parse(name).ok_or_else(|| {
            let known = MessageState::ALL.map(MessageState::name).join("`, `");
            bad(format!("`state` is `{name}`, expected one of `{known}`"))
        })?),
        None => None,
    };
    let limit = parameters.limit.unwrap_or(100).clamp(1, MESSAGES_MAX);
    let query = MessageQuery {
        before: parameters.before,
        limit,
        connection: parameters.connection,
        conversation: parameters.conversation,
        state,
    };
    let messages = host.journal.messages(query).await.map_err(|error| unreadable(&error))?;
    let next = messages.last().filter(|_| messages.len() == limit).map(|message| message.number);
    let summaries: Vec<Value> = messages.iter().map(summary).collect();
    Ok(Json(json!({ "messages": summaries, "next_before": next })))
}

/// `POST /v1/messages/{id}/retry`: sends a message again of which nobody knows whether the provider has it.
pub async fn retry(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    authorization::require(&headers, host.api_token.as_deref())?;
    let before = life(&host, &id).await?.message;
    if before.state != MessageState::Unconfirmed {
        let title = format!(
            "the message is `{}`, only one that is `unconfirmed` can be tried again",
            before.state.name()
        );
        return Err(Problem::new(StatusCode::CONFLICT, "state", title));
    }
    let step = MessageStep::Resumed { number: before.number, at: host.clock.now_ms() };
    host.journal.message_steps(vec![step]).await.map_err(|error| unwritable(&error))?;
    let waiting = Waiting {
        number: before.number,
        conversation: before.conversation,
        due_at: 0,
        attempt: before.attempt,
    };
    host.queues.tell(&before.connection, waiting);
    Ok((StatusCode::ACCEPTED, Json(summary(&life(&host, &id).await?.message))))
}

async fn life(host: &Host, id: &str) -> Result<MessageLife, Problem> {
    let found =
        host.journal.message(MessageKey::Id(id.to_owned())).await.map_err(|error| unreadable(&error))?;
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
        Refused::Journal(error) => unwritable(&error),
    }
}

fn unreadable(error: &JournalError) -> Problem {
    tracing::error!(%error, "journal cannot be read");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "journal", "the journal cannot be read")
}

fn unwritable(error: &JournalError) -> Problem {
    tracing::error!(%error, "journal does not take a message");
    Problem::unavailable("journal", "the message could not be kept")
}

fn time(ms: u64) -> Value {
    let time = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.map_or(Value::Null, |time| Value::from(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()))
}

/// What stands in lists and in the answer to a new message.
fn summary(message: &StoredMessage) -> Value {
    let mut summary = json!({
        "id": message.id,
        "state": message.state,
        "connection": message.connection,
        "connector": message.connector,
        "conversation": message.conversation,
        "account": message.outgoing.account,
        "to": message.outgoing.to,
        "queued_at": time(message.queued_at),
        "updated_at": time(message.updated_at),
        "attempts": message.attempt,
    });
    if let Some(failure) = &message.failure {
        summary["failure"] = json!(failure);
    }
    summary
}

fn whole(life: &MessageLife) -> Value {
    let message = &life.message;
    let mut whole = summary(message);
    let outgoing = &message.outgoing;
    let open = matches!(message.state, MessageState::Queued | MessageState::Sending);
    if open && message.due_at > 0 {
        whole["next_attempt_at"] = time(message.due_at);
    }
    whole["parts"] = json!(outgoing.parts);
    for (name, value) in [
        ("subject", json!(outgoing.subject)),
        ("thread", json!(outgoing.thread)),
        ("reply_to", json!(outgoing.reply_to)),
    ] {
        if !value.is_null() {
            whole[name] = value;
        }
    }
    whole["receipts"] = json!(message.receipts);
    whole["calls"] = life.calls.iter().map(call).collect();
    let statuses = life.statuses.iter().map(|status| {
        json!({
            "sequence": format!("{:020}", status.seq),
            "message_id": status.provider_id,
            "state": status.state,
            "at": time(status.at),
        })
    });
    whole["statuses"] = statuses.collect();
    whole
}

fn call(call: &StoredCall) -> Value {
    json!({
        "attempt": call.attempt,
        "method": call.method,
        "url": call.url,
        "repeatable": call.repeatable,
        "begun_at": time(call.begun_at),
        "ended_at": call.ended_at.map(time),
        "status": call.response.as_ref().map(|response| response.status),
        "problem": call.problem,
    })
}
