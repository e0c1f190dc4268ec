//! Hands a webhook and its events to the routing host.

use std::time::{Duration, UNIX_EPOCH};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request};
use trunkline_policy::egress::Uncalled;
use trunkline_policy::headers::retry_after_ms;
use trunkline_policy::ingest::{self, Packed};
use trunkline_policy::signature::SigningSecret;
use trunkline_policy::variables;

use crate::platform::{Platform, within};
use crate::problem::RETRY_AFTER_S;

/// How long the host has for an answer: providers that wait the shortest give up after five seconds.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(4);
/// Bytes of the host's answer.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// Problems of one connection: the host does not have it, not with this connector, or not from this edge.
const OF_CONNECTION: [&str; 3] = ["connection", "edge_connection", "edge_connector"];

/// The host, and how it knows this edge.
pub struct Host {
    url: String,
    secret: SigningSecret,
    edge: HeaderValue,
}

/// Why the host does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// It is to be handed in once more: the host cannot be reached, is not ready, or does not know this edge yet.
    Later {
        /// For the operator.
        why: String,
        /// Seconds, as the host says.
        retry_after_s: u64,
    },
    /// The host refuses this one, or its connection; it will again, unless somebody changes something. Others it takes.
    Refused {
        /// For the operator.
        why: String,
    },
}

impl NotTaken {
    /// Why, and after how many seconds the provider may come again.
    pub fn told(self) -> (String, u64) {
        match self {
            Self::Later { why, retry_after_s } => (why, retry_after_s),
            Self::Refused { why } => (why, RETRY_AFTER_S),
        }
    }
}

impl Host {
    /// Reads the variables. The error says which one is missing or wrong, without its value.
    pub async fn read<P: Platform>(platform: &P) -> Result<Self, String> {
        let variable = async |name: &str| {
            platform.variable(name).await.ok_or_else(|| format!("variable `{name}` is not set"))
        };
        let url = variable(variables::INGEST_URL).await?;
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(format!("variable `{}` is no URL", variables::INGEST_URL));
        }
        let secret = variable(variables::INGEST_SECRET).await?;
        let secret = SigningSecret::parse(&secret)
            .map_err(|error| format!("variable `{}`: {error}", variables::INGEST_SECRET))?;
        let edge = variable(variables::EDGE).await?;
        let edge = HeaderValue::from_str(&edge)
            .map_err(|_| format!("variable `{}` cannot stand in a header", variables::EDGE))?;
        Ok(Self { url: format!("{}{}", url.trim_end_matches('/'), ingest::PATH), secret, edge })
    }

    /// The secret that the host and this edge share.
    pub fn secret(&self) -> &SigningSecret {
        &self.secret
    }

    /// Posts it. `Ok` means: committed at the host.
    pub async fn hand_in<P: Platform>(&self, platform: &P, packed: &Packed) -> Result<(), NotTaken> {
        let now_ms = platform.now_ms();
        let later = |why: String| NotTaken::Later { why, retry_after_s: RETRY_AFTER_S };
        let request = self.request(now_ms / 1_000, packed).map_err(|error| later(error.to_string()))?;
        let sent = within(platform, ANSWER_TIME_MAX, platform.send(request, ANSWER_BYTES_MAX)).await;
        let answer = match sent {
            None => return Err(later("the host does not answer in time".to_owned())),
            Some(Err(Uncalled::Forbidden(_))) => {
                let why = "this edge may not call the host: add it to `allowed_outbound_hosts`";
                return Err(later(why.to_owned()));
            }
            Some(Err(uncalled)) => return Err(later(uncalled.to_string())),
            Some(Ok(answer)) => answer,
        };
        let status = answer.status;
        if (200..300).contains(&status) {
            return Ok(());
        }
        let code = code(&answer.body);
        let named = code.as_deref().map_or_else(String::new, |code| format!(" (`{code}`)"));
        let why = format!("the host answers {status}{named}");
        let of_connection = code.is_some_and(|code| OF_CONNECTION.contains(&code.as_str()));
        if of_connection || matches!(status, 400 | 413 | 415 | 422) {
            return Err(NotTaken::Refused { why });
        }
        let now = UNIX_EPOCH + Duration::from_millis(now_ms);
        let after_ms = answer.header(RETRY_AFTER.as_str()).and_then(|after| retry_after_ms(after, now));
        let retry_after_s = after_ms.map_or(RETRY_AFTER_S, |after_ms| after_ms.div_ceil(1_000));
        Err(NotTaken::Later { why, retry_after_s })
    }

    fn request(&self, now_s: u64, packed: &Packed) -> http::Result<Request<Vec<u8>>> {
        let signature = self.secret.sign(&packed.id, now_s, &packed.body);
        let mut request = Request::post(&self.url)
            .header(ingest::EDGE_HEADER, &self.edge)
            .header("webhook-id", &packed.id)
            .header("webhook-timestamp", now_s)
            .header("webhook-signature", signature)
            .header(CONTENT_TYPE, ingest::CONTENT_TYPE);
        if packed.gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        request.body(packed.body.clone())
    }
}

/// The stable name of a problem. None: it is not the host that answered so, or not with a problem.
fn code(body: &[u8]) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(problem["code"].as_str()?.chars().take(40).collect())
}
