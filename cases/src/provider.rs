//! A fake provider on the loopback interface, which answers as `connectors/<id>/testdata/provider.toml` says.
//!
//! It knows no channel: what a provider's API accepts, refuses and calls its ids stands in that file. Tests see
//! every request, and may let one go wrong. Threads of the standard library only: it runs beside any runtime.

mod answer;
mod asked;
mod conditions;
mod generator;
mod http;
mod ledger;
mod pattern;
mod rule;
mod rules;
mod server;
mod template;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use trunkline_model::Headers;

pub use rules::{Rules, RulesError};

use server::Server;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Seen {
    /// As it was sent.
    pub method: String,
    /// The `Host` header in lower case, without the port.
    pub host: String,
    /// As they were sent.
    pub path_and_query: String,
    /// Names in lower case, in order of arrival.
    pub headers: Headers,
    /// Whole.
    pub body: Vec<u8>,
    /// The name of the rule that fits. None: it was answered 404.
    pub rule: Option<String>,
    /// What it was answered with; 0 where it was not.
    pub status: u16,
    /// When it was read to its end.
    pub at: Instant,
    /// Whether its retry key was accepted before.
    pub repeated: bool,
}

impl Seen {
    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        trunkline_model::header(&self.headers, name)
    }

    /// The body as JSON. Panics where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{} {}: the body is no JSON: {error}", self.method, self.path_and_query)
        })
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is answered as the rules say.
    Answer,
    /// It is accepted as the rules say, but never answered: the connection stays open as long as the provider.
    Hang,
    /// It is accepted as the rules say, but the connection is closed before the answer.
    Close,
    /// It is answered with this status, headers and body. An error means that it was not accepted.
    Status(u16, Headers, Vec<u8>),
}

/// A fake provider. It ends when it is dropped.
#[derive(Debug)]
pub struct Provider {
    hosts: Vec<String>,
    server: Server,
}

impl Provider {
    /// Listens on a port of the loopback interface that was free.
    pub fn start(rules: Rules) -> Self {
        let hosts = rules.hosts().into_iter().map(str::to_owned).collect();
        Self { hosts, server: Server::start(rules) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The requests so far, in order. A request is among them before it is answered: what a test sees is never
    /// behind what the host knows.
    pub fn requests(&self) -> Vec<Seen> {
        self.server.wait_for(0, Duration::ZERO)
    }

    /// The requests, as soon as there are so many. Where the time is over before that, there are fewer.
    #[must_use]
    pub fn wait_for(&self, count: usize, time_max: Duration) -> Vec<Seen> {
        self.server.wait_for(count, time_max)
    }

    /// Asks `hook` from now on what becomes of each request, one request at a time. It is shown the request with
    /// the rule and the status that it would have.
    pub fn on_request(&self, hook: impl FnMut(&Seen) -> Action + Send + 'static) {
        self.server.on_request(Box::new(hook));
    }

    /// The configuration of a host that makes its calls here.
    pub fn loopback_config(&self) -> String {
        format!("[egress.dangerous_loopback]\n{}", self.loopback_lines())
    }

    /// The same without the header of the table, for several providers in one configuration.
    pub fn loopback_lines(&self) -> String {
        let address = self.address();
        self.hosts.iter().map(|host| format!("\"{host}\" = \"http://{address}\"\n")).collect()
    }
}

#[cfg(test)]
mod tests;
