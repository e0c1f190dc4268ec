//! Pages in browsers: requests that bring no events, and the streams by which pages follow their conversations.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::Instant;
use trunkline_core::conversation::key;
use trunkline_core::journal::{EVENTS_MAX, FollowedQuery, StoredEvent};
use trunkline_model::Feed;
use trunkline_policy::headers;

use super::body::{self, Cut};
use super::problem::Problem;
use super::webhook::{response, url};
use crate::connections::Connection;
use crate::host::Host;
use crate::pages;

/// The most bytes of a request: a token and a proof of who it is. As `wit/page.wit` says.
const BODY_BYTES_MAX: u64 = 64 << 10;
/// What a page is told that has nothing yet. As `wit/page.wit` says.
const NEWEST: usize = 200;
/// After so long a page comes again, and its token is looked at anew.
const FOLLOWING_MAX: Duration = Duration::from_secs(60 * 60);
/// Proxies on the way close what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `/pages/{connection}` and below it, with any method.
pub async fn page(
    State(host): State<Arc<Host>>,
    Path(segments): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let name = segments.first().map(|(_, name)| name.as_str()).unwrap_or_default();
    let Some(connection) = host.connections.get(name).filter(|found| found.connector.has(pages::ABILITY))
    else {
        return Problem::new(StatusCode::NOT_FOUND, "connection", "there is no such page").into_response();
    };
    let (outcome, response) = match answer(&host, &connection, request).await {
        Ok(answered) => answered,
        Err((outcome, problem)) => (outcome, problem.into_response()),
    };
    host.metrics.page_opened(&connection.name, outcome);
    response
}

/// What it is counted as, and the answer.
async fn answer(
    host: &Arc<Host>,
    connection: &Arc<Connection>,
    request: Request,
) -> Result<(&'static str, Response), (&'static str, Problem)> {
    let (parts, body) = request.into_parts();
    let pools = [&host.bodies, &connection.bodies];
    let mut body = body::read(body, BODY_BYTES_MAX, pools, 0).await.map_err(|cut| match cut {
        Cut::TooLarge => {
            ("too_large", Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large"))
        }
        Cut::NoRoom => busy(),
        Cut::Broken => {
            ("body", Problem::new(StatusCode::BAD_REQUEST, "body", "the body did not arrive whole"))
        }
    })?;
    let permit = connection.requests.clone().try_acquire_owned().map_err(|_| busy())?;
    let request = trunkline_model::Request {
        method: parts.method.as_str().to_owned(),
        url: url(host, &parts),
        headers: headers::texts(&parts.headers),
        body: std::mem::take(&mut body.bytes),
    };
    let opened = pages::open(host, connection, &request, host.clock.now_ms()).await;
    drop((permit, body));
    match opened {
        Ok(Ok(feed)) => follow(host, connection, feed).await.map(|response| ("followed", response)),
        Ok(Err(answered)) => {
            let outcome = if answered.status < 400 { "answered" } else { "refused" };
            Ok((outcome, response(answered)))
        }
        Err(unfinished) => {
            tracing::error!(connection = connection.name, error = %unfinished, "page could not be answered");
            Err((unfinished.name(), Problem::unavailable("connector", "the page could not be answered")))
        }
    }
}

fn busy() -> (&'static str, Problem) {
    ("overload", Problem::unavailable("overload", "too many requests at once"))
}

/// Goes on with an event stream: what happened, then what happens.
async fn follow(
    host: &Arc<Host>,
    connection: &Arc<Connection>,
    feed: Feed,
) -> Result<Response, (&'static str, Problem)> {
    let permit = host.page_followers.clone().try_acquire_owned();
    let permit =
        permit.map_err(|_| ("followers", Problem::unavailable("followers", "too many pages at once")))?;
    let contact = feed.contact.as_ref().and_then(|contact| contact.identifiers.first());
    let conversation = key(&connection.name, &feed.account, feed.thread.as_ref(), contact);
    // Before anything is read: nothing falls between.
    let followed = host.journal.followed();
    let after = match &feed.after {
        Some(id) => known(host, id, &conversation).await?,
        None => 0,
    };
    let follower = Follower {
        following: host.metrics.page_follows(&connection.name),
        host: host.clone(),
        connection: connection.name.clone(),
        conversation,
        after,
        followed,
        behind: true,
        stopping: host.stopping.clone(),
        until: Instant::now() + FOLLOWING_MAX,
        waiting: VecDeque::new(),
        _permit: permit,
    };
    let sent = unfold(follower, |mut follower| async move {
        Some((Ok::<_, Infallible>(follower.next().await?), follower))
    });
    let mut response = Sse::new(sent).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let own = response.headers_mut();
    for (name, value) in &headers::of_answer(feed.headers) {
        if name != CONTENT_TYPE {
            own.append(name, value.clone());
        }
    }
    // Some proxies gather what is small.
    own.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// The number of an event of that conversation. 0: there is none with that id.
async fn known(host: &Host, id: &str, conversation: &str) -> Result<u64, (&'static str, Problem)> {
    match host.journal.event(id).await {
        Ok(stored) => {
            Ok(stored.filter(|stored| stored.conversation == conversation).map_or(0, |stored| stored.seq))
        }
        Err(error) => {
            tracing::error!(%error, "journal cannot be read for a page");
            Err(("journal", Problem::unavailable("journal", "the conversation cannot be read")))
        }
    }
}

struct Follower {
    host: Arc<Host>,
    connection: String,
    conversation: String,
    after: u64,
    followed: broadcast::Receiver<Arc<str>>,
    /// There may be events that were not read.
    behind: bool,
    stopping: watch::Receiver<bool>,
    until: Instant,
    waiting: VecDeque<StoredEvent>,
    following: crate::metrics::Following,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    /// None ends the stream: the host stops, its time is over, or the journal cannot be read. The page comes again.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            while let Some(stored) = self.waiting.pop_front() {
                self.after = stored.seq;
                // As it is now: its connector may have been replaced.
                let connection = self.host.connections.get(&self.connection)?;
                if let Some(told) = pages::told(&self.host, &connection, &stored).await {
                    self.following.told();
                    // A carriage return cannot be written in a stream.
                    return Some(Sent::default().id(stored.id).data(told.replace('\r', "")));
                }
            }
            if *self.stopping.borrow() {
                return None;
            }
            if self.behind {
                self.read().await?;
                continue;
            }
            tokio::select! {
                conversation = self.followed.recv() => match conversation {
                    Ok(conversation) => self.behind = *conversation == *self.conversation,
                    Err(RecvError::Lagged(_)) => self.behind = true,
                    Err(RecvError::Closed) => return None,
                },
                changed = self.stopping.changed() => changed.ok()?,
                () = tokio::time::sleep_until(self.until) => return None,
            }
        }
    }

    async fn read(&mut self) -> Option<()> {
        self.behind = false;
        let newest = if self.after == 0 { NEWEST } else { EVENTS_MAX };
        let query = FollowedQuery { conversation: self.conversation.clone(), after: self.after, newest };
        match self.host.journal.followed_events(query).await {
            Ok(events) => self.waiting = events.into(),
            Err(error) => {
                tracing::error!(%error, "journal cannot be read for a page");
                return None;
            }
        }
        Some(())
    }
}
