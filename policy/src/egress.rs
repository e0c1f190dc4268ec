//! Calls that connectors ask for: whether they may be made, and with which secrets.
//!
//! A connector says what it wants to call; here it is decided whether it may ([`Caller::target`]), its secrets are added
//! ([`prepare`]), and what the provider answers is cleared of secrets that never enter the sandbox. Whoever makes the call
//! hands in how: it is HTTPS to that host, without proxies, cookies and redirects, within bounds of time and size.

mod cache;
mod caller;
mod credential;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
mod uncalled;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use http::{HeaderMap, Method};
use trunkline_model::{Call, Response};
use url::Url;

pub use self::cache::Cache;
pub use self::caller::Caller;
pub use self::uncalled::Uncalled;
use crate::settings::Settings;

/// Names and values of an answer's headers together, in bytes.
pub const ANSWER_HEADERS_BYTES_MAX: u64 = 64 << 10;

/// A request with everything in it, secrets included. Never printed.
pub struct Prepared {
    /// One of those that connectors may use.
    pub method: Method,
    /// Checked; `path` and `query` credentials stand in it.
    pub url: Url,
    /// Checked; values of credentials are marked as sensitive.
    pub headers: HeaderMap,
    /// As the connector wrote it, and `form` credentials.
    pub body: Vec<u8>,
}

impl Prepared {
    /// The host that is called.
    pub fn host(&self) -> &str {
        self.url.domain().unwrap_or_default()
    }
}

/// Makes a call by `send`, or takes the answer from the cache where both sides allow it.
///
/// Secrets that never enter the sandbox are blotted out of the answer, where a provider quotes them.
pub async fn call(
    caller: &Caller<'_>,
    call: &Call,
    cache: &Mutex<Cache>,
    send: impl AsyncFnOnce(Prepared) -> Result<Response, Uncalled>,
) -> Result<Response, Uncalled> {
    let prepared = prepare(caller, call)?;
    let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
    let key = call.cacheable.then(|| cache::key(call)).flatten();
    if let Some(key) = &key
        && let Some(kept) = lock().get(key, Instant::now())
    {
        return Ok(kept);
    }
    let mut response = send(prepared).await?;
    blot(&mut response, caller.settings);
    if let Some(key) = key {
        lock().put(key, &response, Instant::now());
    }
    Ok(response)
}

/// Checks a call and adds its secrets.
pub fn prepare(caller: &Caller<'_>, call: &Call) -> Result<Prepared, Uncalled> {
    // Before any secret is looked at.
    caller.target(&call.request.url)?;
    let mut prepared = Prepared {
        method: method(&call.request.method)?,
        url: caller.target(&credential::fill_path(caller, call)?)?,
        headers: caller::headers(&call.request.headers)?,
        body: call.request.body.clone(),
    };
    credential::fill(caller, &call.credentials, &mut prepared)?;
    Ok(prepared)
}

fn method(text: &str) -> Result<Method, Uncalled> {
    match text {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" => {
            Method::from_bytes(text.as_bytes()).map_err(|_| Uncalled::Forbidden(format!("method `{text}`")))
        }
        _ => Err(Uncalled::Forbidden("method other than GET, HEAD, POST, PUT, PATCH, DELETE".to_owned())),
    }
}

/// Takes the secrets out that a provider quotes: in an error text, in where it redirects to.
fn blot(response: &mut Response, settings: &Settings) {
    settings.blot(&mut response.body);
    for (_, value) in &mut response.headers {
        let mut bytes = std::mem::take(value).into_bytes();
        settings.blot(&mut bytes);
        *value = String::from_utf8(bytes).unwrap_or_default();
    }
}
