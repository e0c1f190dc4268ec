//! Signed webhooks to a consumer: CloudEvents over HTTP, signed by the Standard Webhooks specification.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use trunkline_core::clock::Clock;
use trunkline_core::cloud_event;
use trunkline_core::destination::{DeliveryFuture, Fault, Outcome, Sink};
use trunkline_core::journal::StoredEvent;
use trunkline_policy::headers::retry_after_ms;
use trunkline_policy::signature::SigningSecret;

/// Posts each event to one URL.
pub struct WebhookSink {
    client: reqwest::Client,
    url: String,
    secrets: Vec<SigningSecret>,
    clock: Arc<dyn Clock>,
}

impl WebhookSink {
    /// The error is the HTTP client's: no TLS roots on this machine, say.
    pub fn new(
        url: String,
        secrets: Vec<SigningSecret>,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            // The specification counts a redirect as a failure: it would carry the signature elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, url, secrets, clock })
    }

    async fn attempt(&self, stored: Arc<StoredEvent>) -> Outcome {
        let body = cloud_event::render(&stored);
        let timestamp = self.clock.now_ms() / 1_000;
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| secret.sign(&stored.id, timestamp, &body)).collect();
        let response = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, cloud_event::CONTENT_TYPE)
            .header("webhook-id", &stored.id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signatures.join(" "))
            .body(body)
            .send()
            .await;
        match response {
            Ok(response) if response.status().is_success() => Outcome::Delivered,
            Ok(response) => {
                let status = response.status();
                let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Outcome::Retry {
                    reason: format!("answered {}", status.as_u16()),
                    after_ms: after.and_then(|after| retry_after_ms(after, SystemTime::now())),
                    fault: fault(status),
                }
            }
            Err(error) => Outcome::retry(reason(&error)),
        }
    }
}

impl Sink for WebhookSink {
    fn deliver(&self, stored: Arc<StoredEvent>, _attempt: u32) -> DeliveryFuture<'_> {
        Box::pin(self.attempt(stored))
    }
}

/// Who read the event and refuses it is there; whoever cannot be reached, is busy or asks for other credentials takes
/// no other event either.
fn fault(status: StatusCode) -> Fault {
    let of_event = status.is_client_error()
        && !matches!(status.as_u16(), 401 | 403 | 404 | 405 | 407 | 408 | 410 | 421 | 425 | 429);
    if of_event { Fault::Event } else { Fault::Destination }
}

/// Without the URL, which may hold a secret.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_connect() { format!("no connection: {innermost}") } else { format!("no answer: {innermost}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_was_read_and_refused_is_no_outage() {
        for (status, expected) in [
            (400, Fault::Event),
            (413, Fault::Event),
            (422, Fault::Event),
            (401, Fault::Destination),
            (404, Fault::Destination),
            (429, Fault::Destination),
            (302, Fault::Destination),
            (500, Fault::Destination),
            (503, Fault::Destination),
        ] {
            assert_eq!(fault(StatusCode::from_u16(status).expect("a status")), expected, "{status}");
        }
    }
}
