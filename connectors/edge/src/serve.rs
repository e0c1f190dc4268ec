//! Every request: a webhook, or somebody who asks for the outbox to be emptied.

use std::sync::Arc;
use std::time::Duration;

use trunkline_model::manifest::Manifest;
use trunkline_model::{Answer, Exchange, Headers, Refusal, Request, Response, header};
use trunkline_policy::ingest::{Ingest, Raw, ReadBy, VERSION};
use trunkline_policy::signature::Signed;
use trunkline_policy::steps::{self, Unfinished};
use trunkline_policy::{ROUNDS_RECEIVE_MAX, check, variables};

use crate::channel::Channel;
use crate::connection::{Connection, Unconnected};
use crate::egress;
use crate::hand_in::{Host, NotTaken};
use crate::outbox::{self, Store as _, WAITING_MAX};
use crate::platform::{Platform, within};
use crate::problem::{RETRY_AFTER_S, problem, unavailable};

/// How long the calls for one webhook may take: the most impatient providers give up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// Bytes of a request that asks for the outbox to be emptied.
const ASKING_BYTES_MAX: u64 = 4 << 10;

/// A request as it comes in.
pub struct Incoming<B> {
    /// Upper case.
    pub method: String,
    /// As it was sent.
    pub path_and_query: String,
    /// In order of arrival.
    pub headers: Headers,
    /// Not read yet.
    pub body: B,
}

/// A body that arrives.
#[allow(async_fn_in_trait, reason = "one thread, and nobody else implements it")]
pub trait Body {
    /// Reads it whole.
    async fn read(self, bytes_max: u64) -> Result<Vec<u8>, Cut>;
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// More than it may have.
    TooLarge,
    /// It did not arrive whole.
    Broken,
}

/// Answers one request.
pub async fn serve<P: Platform, C: Channel, B: Body>(
    platform: &P,
    channel: &C,
    manifest: &Manifest,
    incoming: Incoming<B>,
) -> Response {
    let path = incoming.path_and_query.split('?').next().unwrap_or_default();
    match path.strip_prefix("/hooks/") {
        Some(name) => {
            let name = name.to_owned();
            let at_once = webhook(platform, channel, manifest, &name, incoming).await;
            at_once.unwrap_or_else(|response| response)
        }
        None if path == "/outbox" => asked(platform, incoming).await,
        None if path == "/healthz" => Response::with_body(200, "text/plain", "ok\n"),
        None => problem(404, "not_found", "there is nothing here"),
    }
}

/// `Ok` is the connector's answer, `Err` another.
async fn webhook<P: Platform, C: Channel, B: Body>(
    platform: &P,
    channel: &C,
    manifest: &Manifest,
    name: &str,
    incoming: Incoming<B>,
) -> Result<Response, Response> {
    let connection = Connection::read(platform, name, manifest).await;
    let connection = connection.map_err(|unconnected| match unconnected {
        Unconnected::Unknown => problem(404, "connection", "there is no such connection"),
        Unconnected::Misconfigured(what) => misconfigured(platform, name, &what),
    })?;
    if !manifest.methods.contains(&incoming.method) {
        let mut response = problem(405, "method", "this webhook has no such method");
        response.headers.push(("allow".to_owned(), manifest.methods.join(", ")));
        return Err(response);
    }
    let bytes_max = manifest.limits.body_bytes_max;
    let body = read(&incoming.headers, incoming.body, bytes_max).await?;
    let public_url = platform.variable(variables::PUBLIC_URL).await.ok_or_else(|| {
        let what = format!("variable `{}` is not set", variables::PUBLIC_URL);
        misconfigured(platform, name, &what)
    })?;
    let received_at = platform.now_ms();
    let request = Request {
        method: incoming.method,
        // What the provider was given, never the client's `Host`.
        url: format!("{}{}", public_url.trim_end_matches('/'), incoming.path_and_query),
        headers: incoming.headers,
        body,
    };
    match receive(platform, channel, &connection, &request, received_at).await {
        Ok(Ok(answer)) if answer.events.is_empty() => Ok(answer.response),
        Ok(Ok(answer)) => {
            let (response, ingest) = ingest(&connection, request, received_at, answer);
            hand_on(platform, &connection, &ingest, response).await
        }
        Ok(Err(refusal)) => Err(refused(platform, name, &refusal)),
        Err(unfinished) => {
            platform.log(&format!("connection={name} webhook could not be read: {unfinished}"));
            Err(unavailable("connector", "the webhook could not be read", RETRY_AFTER_S))
        }
    }
}

async fn read<B: Body>(headers: &Headers, body: B, bytes_max: u64) -> Result<Vec<u8>, Response> {
    let too_large = || problem(413, "too_large", "the body is larger than this webhook takes");
    let announced = header(headers, "content-length").and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|announced| announced > bytes_max) {
        return Err(too_large());
    }
    body.read(bytes_max).await.map_err(|cut| match cut {
        Cut::TooLarge => too_large(),
        Cut::Broken => problem(400, "body", "the body did not arrive whole"),
    })
}

/// Asks the connector, and makes the calls that it needs to verify.
async fn receive<P: Platform, C: Channel>(
    platform: &P,
    channel: &C,
    connection: &Connection<'_>,
    request: &Request,
    now: u64,
) -> Result<Result<Answer, Refusal>, Unfinished> {
    let settings = &connection.settings;
    let ask = |made: Arc<Vec<Exchange>>| async move {
        let mut step = channel.receive(request, settings.context(&made, now));
        check::receive(&mut step, made.len(), settings)?;
        Ok(step)
    };
    let make = |call: trunkline_model::Call| async move {
        let response = egress::make(platform, connection, &call).await?;
        Ok(Exchange { request: call.request, response })
    };
    let rounds = steps::rounds(ROUNDS_RECEIVE_MAX, ask, make);
    let limit_ms = PATIENCE.as_millis() as u64;
    within(platform, PATIENCE, rounds).await.unwrap_or(Err(Unfinished::Time { limit_ms }))
}

fn ingest(
    connection: &Connection<'_>,
    request: Request,
    received_at: u64,
    answer: Answer,
) -> (Response, Ingest) {
    let manifest = connection.manifest;
    let ingest = Ingest {
        version: VERSION,
        connection: connection.name.clone(),
        connector: ReadBy { id: manifest.id.clone(), version: manifest.version.clone() },
        received_at,
        webhook: Raw::from(request),
        events: answer.events,
    };
    (answer.response, ingest)
}

/// The provider's answer is the connector's when the host has the events, or the outbox.
async fn hand_on<P: Platform>(
    platform: &P,
    connection: &Connection<'_>,
    ingest: &Ingest,
    response: Response,
) -> Result<Response, Response> {
    let name = &connection.name;
    let host = Host::read(platform).await.map_err(|what| misconfigured(platform, name, &what))?;
    let kept_here = platform.variable(variables::OUTBOX).await;
    let store = match kept_here.as_deref() {
        None => None,
        Some(variables::OUTBOX_SQLITE) if platform.store().is_some() => platform.store(),
        Some(other) => {
            let what = format!("variable `{}` is `{other}`, which is not there", variables::OUTBOX);
            return Err(misconfigured(platform, name, &what));
        }
    };
    let packed = ingest.pack();
    let Some(store) = store else {
        return match host.hand_in(platform, &packed).await {
            Ok(()) => Ok(response),
            Err(not_taken) => {
                let (why, after) = parts(not_taken);
                platform
                    .log(&format!("connection={name} not handed in, the provider is to come again: {why}"));
                Err(unavailable("host", "the webhook could not be handed on", after))
            }
        };
    };
    let unkept = |error: String| {
        platform.log(&format!("connection={name} not kept, the provider is to come again: {error}"));
        unavailable("outbox", "the webhook could not be kept", RETRY_AFTER_S)
    };
    let waiting = store.waiting().await.map_err(unkept)?;
    if waiting.due() == 0 {
        // Nothing waits that it would overtake.
        match host.hand_in(platform, &packed).await {
            Ok(()) => return Ok(response),
            Err(not_taken) => {
                let (why, _) = parts(not_taken);
                platform.log(&format!("connection={name} kept in the outbox: {why}"));
            }
        }
    }
    if waiting.all >= WAITING_MAX {
        return Err(unkept(format!("{} webhooks wait in the outbox", waiting.all)));
    }
    store.put(&packed, platform.now_ms()).await.map_err(unkept)?;
    if waiting.due() > 0 {
        let later = platform.clone();
        platform.spawn(async move {
            if let Some(store) = later.store()
                && let Err(error) = outbox::empty(&later, store, &host).await
            {
                later.log(&format!("outbox: {error}"));
            }
        });
    }
    Ok(response)
}

fn parts(not_taken: NotTaken) -> (String, u64) {
    match not_taken {
        NotTaken::Later { why, retry_after_s } => (why, retry_after_s),
        NotTaken::Refused { why } => (why, RETRY_AFTER_S),
    }
}

/// Not the sender's fault: it is to come again when the operator has mended it.
fn misconfigured<P: Platform>(platform: &P, connection: &str, what: &str) -> Response {
    platform.log(&format!("connection={connection} misconfigured: {what}"));
    unavailable("misconfigured", "this edge is not set up for the connection", RETRY_AFTER_S)
}

/// The sender learns the status and a name, never what was expected.
fn refused<P: Platform>(platform: &P, connection: &str, refusal: &Refusal) -> Response {
    let reason = refusal.reason.as_str();
    platform.log(&format!("connection={connection} webhook refused: {reason}: {}", refusal.detail));
    problem(refusal.status, "refused", "the webhook was refused")
}

/// `POST /outbox`, signed with the secret that the host and this edge share.
async fn asked<P: Platform, B: Body>(platform: &P, incoming: Incoming<B>) -> Response {
    if incoming.method != "POST" {
        return problem(405, "method", "this path has no such method");
    }
    let Some(store) = platform.store() else {
        return problem(404, "outbox", "this edge has no outbox");
    };
    let host = match Host::read(platform).await {
        Ok(host) => host,
        Err(what) => return misconfigured(platform, "-", &what),
    };
    let body = match read(&incoming.headers, incoming.body, ASKING_BYTES_MAX).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let text = |name: &str| header(&incoming.headers, name).unwrap_or_default();
    let signed = Signed {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signatures: text("webhook-signature"),
    };
    let secrets = std::slice::from_ref(host.secret());
    if let Err(error) = signed.verify(secrets, platform.now_ms() / 1_000, &body) {
        platform.log(&format!("outbox: not emptied: {error}"));
        return problem(401, "signature", "the request is not signed with this edge's secret");
    }
    match outbox::empty(platform, store, &host).await {
        Ok(emptied) => Response::with_body(200, "application/json", emptied.json()),
        Err(error) => {
            platform.log(&format!("outbox: {error}"));
            unavailable("outbox", "the outbox cannot be read", RETRY_AFTER_S)
        }
    }
}
