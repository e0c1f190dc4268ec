//! One webhook: verified and read by the connector, handed on, and only then answered.

use std::sync::Arc;
use std::time::Duration;

use trunkline_model::manifest::Manifest;
use trunkline_model::{Answer, Exchange, Refusal, Request, Response};
use trunkline_policy::ingest::{Ingest, Raw, ReadBy, VERSION};
use trunkline_policy::steps::{self, Unfinished};
use trunkline_policy::{ROUNDS_RECEIVE_MAX, check, variables};

use crate::channel::Channel;
use crate::connection::{Connection, Unconnected};
use crate::egress;
use crate::hand_in::Host;
use crate::outbox::{self, Store as _, WAITING_MAX};
use crate::platform::{Platform, within};
use crate::problem::{RETRY_AFTER_S, misconfigured, problem, unavailable};
use crate::serve::{Body, Incoming, read};

/// How long the calls for one webhook may take: the most impatient providers give up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// `Ok` is the connector's answer, `Err` another.
pub async fn take<P: Platform, C: Channel, B: Body>(
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
                let (why, after) = not_taken.told();
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
                let (why, _) = not_taken.told();
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

/// The sender learns the status and a name, never what was expected.
fn refused<P: Platform>(platform: &P, connection: &str, refusal: &Refusal) -> Response {
    let reason = refusal.reason.as_str();
    platform.log(&format!("connection={connection} webhook refused: {reason}: {}", refusal.detail));
    problem(refusal.status, "refused", "the webhook was refused")
}
