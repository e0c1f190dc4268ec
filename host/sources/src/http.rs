//! Reading over HTTP within bounds: over TLS or from this machine, few redirects, no more bytes than asked for.
//!
//! A proxy of the environment is used, as downloads of an operator's machine are, but never for this machine itself.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, StatusCode, Url};

use crate::error::SourceError;
use crate::fetch::Progress;
use crate::reference::{is_loopback, may_be_asked};

/// Registries send to where they store, which is one step, or two.
const REDIRECTS_MAX: usize = 5;
/// How long name resolution, TCP and TLS may take.
const CONNECT_SECONDS_MAX: u64 = 10;

/// Makes requests.
pub(crate) struct Http {
    remote: Client,
    local: Client,
}

/// What was answered, whatever it was.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Empty where the status says that it is not what was asked for.
    pub body: Vec<u8>,
}

impl Http {
    pub fn new() -> Result<Self, SourceError> {
        let build = |builder: ClientBuilder| builder.build().map_err(SourceError::Client);
        Ok(Self { remote: build(builder())?, local: build(builder().no_proxy())? })
    }

    /// Asks for a URL. `what` names it in errors; `headers` that authorize do not go along to another host.
    pub async fn get(
        &self,
        what: &str,
        url: &Url,
        headers: HeaderMap,
        bytes_max: usize,
        progress: Progress<'_>,
    ) -> Result<Answer, SourceError> {
        let client = if is_loopback(url) { &self.local } else { &self.remote };
        let unreachable = |source: reqwest::Error| SourceError::Unreachable {
            what: what.to_owned(),
            source: source.without_url(),
        };
        let response = client.get(url.clone()).headers(headers).send().await.map_err(unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        if status.is_success() {
            let too_large = || SourceError::TooLarge { what: what.to_owned(), bytes_max };
            let whole = response.content_length();
            if whole.is_some_and(|length| length > bytes_max as u64) {
                return Err(too_large());
            }
            let mut stream = response.bytes_stream();
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(unreachable)?;
                if body.len() + chunk.len() > bytes_max {
                    return Err(too_large());
                }
                body.extend_from_slice(&chunk);
                progress(body.len() as u64, whole);
            }
        }
        Ok(Answer { status, headers, body })
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        .referer(false)
        .redirect(Policy::custom(|attempt| {
            if attempt.previous().len() > REDIRECTS_MAX {
                return attempt.error("too many redirects");
            }
            // From elsewhere, nothing on this machine is asked.
            let from_here = attempt.previous().last().is_some_and(is_loopback);
            if may_be_asked(attempt.url()) && (from_here || !is_loopback(attempt.url())) {
                attempt.follow()
            } else {
                attempt.error("a redirect to where nothing is fetched from")
            }
        }))
}
