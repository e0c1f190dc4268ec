//! Edges with an outbox are asked to hand in what waits there: at the start of the host, and every so often. A serverless
//! edge runs only when somebody calls it.

mod standing;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use tokio::sync::watch;
use tokio::task::JoinSet;
use trunkline_core::clock::Clock;
use trunkline_policy::signature::SigningSecret;

use crate::config::{EdgeConfig, OutboxConfig};
use crate::egress;
use crate::failure::Failure;
use crate::host::Host;
use crate::metrics::Metrics;
use standing::{Emptied, Standing, Told};

/// An edge hands in for twenty seconds at most before it answers.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Bytes of an answer: three numbers.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Asks one edge.
struct Asker {
    edge: String,
    url: String,
    host: String,
    /// The newest one.
    secret: SigningSecret,
    client: Client,
    poll_every: Duration,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    standing: Standing,
}

/// Starts to ask every edge that has an address; ends with the host.
pub fn start(
    host: &Host,
    edges: &[EdgeConfig],
    stopping: &watch::Receiver<bool>,
) -> Result<JoinSet<()>, Failure> {
    let mut askers = JoinSet::new();
    for edge in edges {
        let (Some(outbox), Some(secret)) = (&edge.outbox, edge.secrets.first()) else { continue };
        let asker = Asker {
            edge: edge.name.clone(),
            url: format!("{}/outbox", outbox.url),
            host: host_of(outbox),
            secret: secret.clone(),
            client: client(outbox)
                .map_err(|error| Failure::new("HTTP client cannot start").because(&error))?,
            poll_every: outbox.poll_every,
            clock: host.clock.clone(),
            metrics: host.metrics.clone(),
            standing: Standing::default(),
        };
        askers.spawn(asker.run(stopping.clone()));
    }
    Ok(askers)
}

/// Waits until none is asked any more.
pub async fn ended(mut askers: JoinSet<()>) {
    while let Some(ended) = askers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "asking for the outbox of an edge ended with a panic");
        }
    }
}

/// The error is the HTTP client's: no TLS roots on this machine, say.
fn client(outbox: &OutboxConfig) -> Result<Client, reqwest::Error> {
    let client = Client::builder()
        .timeout(ANSWER_TIME_MAX)
        .connect_timeout(CONNECT_TIME_MAX)
        // It would carry the signature elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")));
    // In the clear to this machine alone, past every proxy.
    let here = outbox.url.starts_with("http://");
    if here { client.no_proxy().tls_certs_only([]).build() } else { client.build() }
}

fn host_of(outbox: &OutboxConfig) -> String {
    let url = reqwest::Url::parse(&outbox.url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

impl Asker {
    async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        while !*stopping.borrow() {
            tokio::select! {
                () = self.ask() => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            tokio::select! {
                () = tokio::time::sleep(self.standing.wait(self.poll_every)) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn ask(&mut self) {
        match self.emptied().await {
            Ok(emptied) => {
                self.metrics.outbox_waiting(&self.edge, emptied.waiting);
                for told in self.standing.answered(emptied) {
                    self.log(told);
                }
            }
            Err(reason) => {
                if let Some(told) = self.standing.failed(reason) {
                    self.log(told);
                }
            }
        }
    }

    /// The error is for the log: without the URL, which may hold a secret.
    async fn emptied(&self) -> Result<Emptied, String> {
        let (id, now_s) = (format!("outbox_{}", uuid::Uuid::new_v4().simple()), self.clock.now_ms() / 1_000);
        let request = self
            .client
            .post(&self.url)
            .header("webhook-id", &id)
            .header("webhook-timestamp", now_s.to_string())
            .header("webhook-signature", self.secret.sign(&id, now_s, b""))
            .body("");
        let answer = request.send().await.map_err(|error| egress::sort(&self.host, &error).to_string())?;
        let answer = egress::read_answer(&self.host, answer, ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|uncalled| uncalled.to_string())?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body)
                .map_err(|_| "answered with something else than how its outbox stands".to_owned()),
            401 => Err("answered 401: it has another secret, or another time".to_owned()),
            404 => Err("answered 404: it has no outbox, so it needs no `url`".to_owned()),
            status => Err(format!("answered {status}")),
        }
    }

    fn log(&self, told: Told) {
        let edge = self.edge.as_str();
        match told {
            Told::Failing(reason) => {
                let every_s = self.poll_every.as_secs();
                tracing::warn!(
                    edge,
                    reason,
                    every_s,
                    "edge cannot be asked for its outbox, it is asked again"
                );
            }
            Told::Answering => tracing::info!(edge, "edge can be asked for its outbox again"),
            Told::Forwarded(Emptied { forwarded, waiting, .. }) => {
                tracing::info!(edge, forwarded, waiting, "edge has handed in what waited in its outbox");
            }
            Told::Stuck(Emptied { waiting, .. }) => tracing::warn!(
                edge,
                waiting,
                "webhooks wait at the edge and are not handed in: its log says why"
            ),
            Told::Refused(refused) => tracing::warn!(
                edge,
                refused,
                "webhooks wait at the edge that this host refuses: both logs say why; they are handed in every hour"
            ),
        }
    }
}
