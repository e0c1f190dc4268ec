//! The only place that makes calls for connectors.
//!
//! Whether a call may be made and which secrets it gets is decided by [`trunkline_policy::egress`]; here the request is
//! made: over HTTPS, to a public address, without proxies and cookies, within bounds of time and size. Redirects are
//! followed for media only ([`fetch`]), and checked like calls. Nothing here knows what is called or why.

mod address;
mod answer;
mod fetch;
mod resolver;
mod sort;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::{HOST, HeaderValue};
use reqwest::{Client, ClientBuilder, Url};
use trunkline_config::EgressOptions;
use trunkline_model::{Call, Response};
use trunkline_policy::egress::{self, Cache, Caller, Prepared, Uncalled};

pub use self::answer::read as read_answer;
pub use self::fetch::{FetchBounds, Fetched};
use self::resolver::PublicOnly;
pub use self::sort::sort;
use crate::connections::Connection;

/// How long name resolution, TCP and TLS may take: a server that is there answers in a tenth of it.
const CONNECT_MS_MAX: u64 = 5_000;
/// How long a connection is kept for the next call: shorter than servers keep theirs, so that a call does not
/// meet the server's closing it, which would leave its outcome unknown.
const IDLE_MS_MAX: u64 = 15_000;
/// Headers of an answer.
const ANSWER_HEADERS_MAX: usize = 100;

/// Makes calls.
pub struct Egress {
    /// The error is the HTTP client's: no TLS roots on this machine, say. It is told when a call is to be made,
    /// since not every host makes any.
    client: Result<Client, String>,
    loopback: Client,
    options: EgressOptions,
    cache: Mutex<Cache>,
}

impl Egress {
    /// Nothing is called yet. The error is the HTTP client's.
    pub fn new(options: EgressOptions) -> Result<Self, reqwest::Error> {
        let client = client().https_only(true).dns_resolver(PublicOnly::system()).build();
        let client = client.map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            tracing::warn!(cause, "HTTPS client cannot start: no connector can call its provider");
            cause
        });
        for (host, address) in &options.loopback {
            tracing::warn!("`dangerous_loopback`: calls to {host} go to {address}, in the clear");
        }
        // Without TLS: it goes to this machine.
        let loopback = client_for_loopback()?;
        Ok(Self { client, loopback, options, cache: Mutex::new(Cache::default()) })
    }

    /// Makes a call of a connector, and reads its answer whole. A redirect is an answer like any other.
    ///
    /// Secrets that never enter the sandbox are blotted out of the answer, where a provider quotes them.
    pub async fn call(&self, connection: &Connection, call: &Call) -> Result<Response, Uncalled> {
        self.call_as(&caller(connection), call).await
    }

    /// Whether a call might be made, without making it: what is refused here would be refused then.
    pub fn check(&self, connection: &Connection, call: &Call) -> Result<(), Uncalled> {
        egress::prepare(&caller(connection), call).map(drop)
    }

    async fn call_as(&self, caller: &Caller<'_>, call: &Call) -> Result<Response, Uncalled> {
        egress::call(caller, call, &self.cache, async |prepared| {
            let host = prepared.host().to_owned();
            let response = self.send(caller, &host, prepared, self.options.timeout).await?;
            answer::read(&host, response, self.options.response_bytes_max).await
        })
        .await
    }

    /// Sends a request that may be sent. The time covers the answer's body as well.
    async fn send(
        &self,
        caller: &Caller<'_>,
        host: &str,
        prepared: Prepared,
        timeout: Duration,
    ) -> Result<reqwest::Response, Uncalled> {
        let Prepared { method, mut url, mut headers, body } = prepared;
        let client = match caller.loopback.get(host).or_else(|| self.options.loopback.get(host)) {
            Some(address) => {
                // The server still learns which host is meant.
                headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| not_local(host))?);
                url = local(&url, *address).ok_or_else(|| not_local(host))?;
                &self.loopback
            }
            None => self.client.as_ref().map_err(|cause| Uncalled::NotSent(cause.clone()))?,
        };
        let request = client.request(method, url).headers(headers).body(body).timeout(timeout);
        request.send().await.map_err(|error| sort(host, &error))
    }
}

fn not_local(host: &str) -> Uncalled {
    Uncalled::NotSent(format!("`{host}` cannot be called on this machine"))
}

/// The same URL on an address of this machine.
fn local(url: &Url, address: SocketAddr) -> Option<Url> {
    let mut url = url.clone();
    url.set_scheme("http").ok()?;
    url.set_ip_host(address.ip()).ok()?;
    url.set_port(Some(address.port())).ok()?;
    Some(url)
}

fn client() -> ClientBuilder {
    Client::builder()
        .connect_timeout(Duration::from_millis(CONNECT_MS_MAX))
        .pool_idle_timeout(Duration::from_millis(IDLE_MS_MAX))
        .redirect(reqwest::redirect::Policy::none())
        // Whether a call may be made again is decided by whoever asked for it.
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .http1_max_headers(ANSWER_HEADERS_MAX)
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
}

fn client_for_loopback() -> Result<Client, reqwest::Error> {
    // No roots: it speaks no TLS, and so it starts where there are none.
    client().tls_certs_only([]).build()
}

/// What a connection may call, and with what.
fn caller(connection: &Connection) -> Caller<'_> {
    Caller {
        connection: &connection.name,
        manifest: connection.connector.manifest(),
        hosts: connection.hosts.as_deref(),
        loopback: &connection.loopback,
        settings: &connection.settings,
    }
}
