//! Fetches media: streamed, bounded, and following redirects by the same rules as the first call.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{BoxStream, try_unfold};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode, Url};
use trunkline_model::{Call, Headers};
use trunkline_policy::egress::{Caller, Prepared, Uncalled, prepare};
use trunkline_policy::headers::texts;

use super::sort::sort;
use super::{Egress, answer};
use crate::connections::Connection;

/// Providers lead to their file store in one step, and that to its cache in another.
const REDIRECTS_MAX: usize = 5;
/// What another host may learn of the first request.
const HEADERS_FOR_OTHERS: [&str; 4] = ["accept", "accept-language", "range", "user-agent"];

/// How much may be fetched, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct FetchBounds {
    /// Bytes of the body.
    pub bytes_max: u64,
    /// From the first request to the last byte.
    pub time_max: Duration,
}

/// What was fetched: the head, and a body that is still arriving.
pub struct Fetched {
    /// Of the last answer.
    pub status: u16,
    /// Of the last answer, in lower case.
    pub headers: Headers,
    /// Ends with an error where it is too large, too slow or broken.
    pub body: BoxStream<'static, Result<Bytes, Uncalled>>,
}

impl Egress {
    /// Makes a call whose answer is a file.
    pub async fn fetch(
        &self,
        connection: &Connection,
        call: &Call,
        bounds: FetchBounds,
    ) -> Result<Fetched, Uncalled> {
        self.fetch_as(&super::caller(connection), call, bounds).await
    }

    pub(super) async fn fetch_as(
        &self,
        caller: &Caller<'_>,
        call: &Call,
        bounds: FetchBounds,
    ) -> Result<Fetched, Uncalled> {
        let deadline = Instant::now() + bounds.time_max;
        let mut prepared = prepare(caller, call)?;
        for _ in 0..=REDIRECTS_MAX {
            let host = prepared.url.domain().unwrap_or_default().to_owned();
            let (method, url) = (prepared.method.clone(), prepared.url.clone());
            // In case of a redirect.
            let headers = prepared.headers.clone();
            let left = deadline.saturating_duration_since(Instant::now());
            let response = self.send(caller, &host, prepared, left).await?;
            let Some(location) = redirect(&method, &response) else {
                return fetched(host, response, bounds.bytes_max);
            };
            let next = next(caller, &url, &location)?;
            let headers = if same_origin(&url, &next) { headers } else { for_others(&headers) };
            prepared = Prepared { method, url: next, headers, body: Vec::new() };
        }
        let first = caller.target(&call.request.url)?;
        let host = first.domain().unwrap_or_default();
        Err(Uncalled::Forbidden(format!("`{host}` redirects more than {REDIRECTS_MAX} times")))
    }
}

/// Where an answer leads to. Only what has no body is asked for again elsewhere.
fn redirect(method: &Method, response: &reqwest::Response) -> Option<String> {
    let status = response.status();
    let leads = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !leads.contains(&status) || !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    response.headers().get(LOCATION)?.to_str().ok().map(str::to_owned)
}

/// The next URL, checked like the first. No credential is written into it: what the server wants to see again
/// stands in it already.
fn next(caller: &Caller<'_>, url: &Url, location: &str) -> Result<Url, Uncalled> {
    let host = url.domain().unwrap_or_default();
    let joined = url.join(location);
    let joined = joined.map_err(|_| Uncalled::Forbidden(format!("`{host}` redirects to what is no URL")))?;
    caller.target(joined.as_str()).map_err(|uncalled| match uncalled {
        Uncalled::Forbidden(what) => Uncalled::Forbidden(format!("`{host}` redirects: {what}")),
        other => other,
    })
}

fn same_origin(one: &Url, other: &Url) -> bool {
    (one.scheme(), one.domain(), one.port()) == (other.scheme(), other.domain(), other.port())
}

/// Without credentials, and without what the connector told the first host.
fn for_others(headers: &HeaderMap) -> HeaderMap {
    let kept = headers
        .iter()
        .filter(|(name, value)| HEADERS_FOR_OTHERS.contains(&name.as_str()) && !value.is_sensitive());
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn fetched(host: String, response: reqwest::Response, bytes_max: u64) -> Result<Fetched, Uncalled> {
    answer::check_head(&host, &response, bytes_max)?;
    let (status, headers) = (response.status().as_u16(), texts(response.headers()));
    let body = try_unfold((response, 0_u64), move |(mut response, read)| {
        let host = host.clone();
        async move {
            let chunk = response.chunk().await.map_err(|error| sort(&host, &error))?;
            let Some(chunk) = chunk else { return Ok(None) };
            let read = read + chunk.len() as u64;
            if read > bytes_max {
                return Err(answer::too_large(&host, bytes_max));
            }
            Ok(Some((chunk, (response, read))))
        }
    });
    Ok(Fetched { status, headers, body: Box::pin(body) })
}
