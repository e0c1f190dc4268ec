//! The edges that may hand webhooks in: who they are, and whether it is they.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use tokio::sync::Semaphore;
use trunkline_model::manifest::is_id;
use trunkline_policy::ingest::EDGE_HEADER;
use trunkline_policy::signature::{SECRET_PREFIX, SignatureError, Signed, SigningSecret};

use crate::config::{EdgeConfig, Limits};

/// Times the body of a webhook that may be posted: what an edge posts holds the body, and files in its events once more.
/// Base64 takes a third more, and compression gives that back.
const SENT_TIMES: u64 = 3;
/// Times the body that this may unpack to: 2.7, and texts may grow where they are escaped. A webhook that is a file as a
/// whole needs 4.7 for both at once.
pub const UNPACKED_TIMES: u64 = 5;
/// For heads and for what is always there.
const MORE_BYTES: u64 = 8 << 20;
/// What the edges are counted as that are none.
const NOBODY: &str = "unknown";

/// All of them.
#[derive(Debug)]
pub struct Edges {
    by_name: HashMap<String, Arc<Edge>>,
    nobody: Arc<Edge>,
    /// Bytes that may be posted.
    pub sent_bytes_max: u64,
    /// Bytes that these may unpack to.
    pub unpacked_bytes_max: u64,
}

/// One that hands webhooks in, or says that it does.
#[derive(Debug)]
pub struct Edge {
    name: String,
    /// False: nobody that is configured.
    known: bool,
    secrets: Vec<SigningSecret>,
    connections: Option<BTreeSet<String>>,
    /// Kilobytes of what it hands in that may still be taken in.
    pub bodies: Arc<Semaphore>,
}

/// Why it is not known to come from an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It names no edge, or one that is not configured.
    #[error("no such edge")]
    Unknown,
    /// It is not signed by the edge that it names.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Unproven {
    /// A short, stable name for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_edge",
            Self::Signature(error) => error.name(),
        }
    }
}

/// The headers that a signature stands in. One that is missing is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    id: String,
    timestamp: String,
    signatures: String,
}

impl Signature {
    /// As they came.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| text(headers, name).unwrap_or_default().to_owned();
        Self {
            id: text("webhook-id"),
            timestamp: text("webhook-timestamp"),
            signatures: text("webhook-signature"),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl Edges {
    /// Those of the configuration.
    pub fn new(edges: &[EdgeConfig], limits: &Limits) -> Self {
        // One edge alone does not take the memory of all webhooks, unless one of its own needs it.
        let bodies = u64::from(limits.bodies_bytes_max / 2).max(UNPACKED_TIMES * limits.body_bytes_max);
        let edge = |name: &str, secrets: Vec<SigningSecret>, connections| Edge {
            name: name.to_owned(),
            known: name != NOBODY,
            secrets,
            connections,
            bodies: crate::http::pool(bodies),
        };
        // Nobody has as many secrets as somebody, so that names cannot be found by how long an answer takes.
        let most = edges.iter().map(|edge| edge.secrets.len()).max().unwrap_or_default().max(1);
        let nobody = edge(NOBODY, (0..most).map(|_| nobodys_secret()).collect(), Some(BTreeSet::new()));
        let of = |config: &EdgeConfig| edge(&config.name, config.secrets.clone(), config.connections.clone());
        Self {
            by_name: edges.iter().map(|config| (config.name.clone(), Arc::new(of(config)))).collect(),
            nobody: Arc::new(nobody),
            sent_bytes_max: limits.body_bytes_max.saturating_mul(SENT_TIMES).saturating_add(MORE_BYTES),
            unpacked_bytes_max: limits
                .body_bytes_max
                .saturating_mul(UNPACKED_TIMES)
                .saturating_add(MORE_BYTES),
        }
    }

    /// Who a request says that it comes from.
    pub fn named_in(&self, headers: &HeaderMap) -> &Arc<Edge> {
        text(headers, EDGE_HEADER).and_then(|name| self.by_name.get(name)).unwrap_or(&self.nobody)
    }
}

/// The name that a request gives, for a log: nothing that is no name is repeated there.
pub fn given_name(headers: &HeaderMap) -> &str {
    text(headers, EDGE_HEADER).filter(|name| is_id(name)).unwrap_or("")
}

impl Edge {
    /// For logs and metrics.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may hand in webhooks of that connection.
    pub fn may_hand_in(&self, connection: &str) -> bool {
        self.connections.as_ref().is_none_or(|names| names.contains(connection))
    }

    /// Whether it signed that body about now.
    pub fn verify(&self, signature: &Signature, now_s: u64, body: &[u8]) -> Result<(), Unproven> {
        let Signature { id, timestamp, signatures } = signature;
        let verified = Signed { id, timestamp, signatures }.verify(&self.secrets, now_s, body);
        if !self.known {
            return Err(Unproven::Unknown);
        }
        Ok(verified?)
    }
}

/// As good as any other, and known to nobody.
fn nobodys_secret() -> SigningSecret {
    let random = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes).concat();
    let text = format!("{SECRET_PREFIX}{}", STANDARD.encode(random));
    SigningSecret::parse(&text).expect("32 bytes are a secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_790_000_000;
    const OLD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    const NEW: &str = "whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::parse(text).expect("a secret")
    }

    fn edges() -> Edges {
        let config = |name: &str, secrets: &[&str], connections: Option<&[&str]>| EdgeConfig {
            name: name.to_owned(),
            secrets: secrets.iter().map(|text| secret(text)).collect(),
            connections: connections.map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            outbox: None,
        };
        let all = [config("fra", &[NEW, OLD], Some(&["support"])), config("iad", &[OLD], None)];
        Edges::new(&all, &Limits::default())
    }

    /// Signed by that secret, in the name of that edge.
    fn headers(edge: &str, secret_text: &str, body: &[u8]) -> HeaderMap {
        let signature = secret(secret_text).sign("ing_1", NOW_S, body);
        let pairs = [
            (EDGE_HEADER, edge),
            ("webhook-id", "ing_1"),
            ("webhook-timestamp", &NOW_S.to_string()),
            ("webhook-signature", &signature),
        ];
        let pairs = pairs.map(|(name, value)| {
            (http::HeaderName::try_from(name).expect("a name"), value.parse().expect("a value"))
        });
        pairs.into_iter().collect()
    }

    fn verify(headers: &HeaderMap, now_s: u64, body: &[u8]) -> Result<(), &'static str> {
        let edges = edges();
        edges.named_in(headers).verify(&Signature::of(headers), now_s, body).map_err(Unproven::name)
    }

    #[test]
    fn only_who_has_the_secret_is_the_edge() {
        for (edge, secret) in [("fra", NEW), ("fra", OLD), ("iad", OLD)] {
            assert_eq!(verify(&headers(edge, secret, b"x"), NOW_S, b"x"), Ok(()), "{edge}");
        }
        for (headers, now_s, body, expected) in [
            (headers("iad", NEW, b"x"), NOW_S, b"x", "mismatch"),
            (headers("iad", OLD, b"x"), NOW_S, b"y", "mismatch"),
            (headers("iad", OLD, b"x"), NOW_S + 301, b"x", "stale"),
            (headers("lhr", OLD, b"x"), NOW_S, b"x", "unknown_edge"),
            (headers("unknown", OLD, b"x"), NOW_S, b"x", "unknown_edge"),
            (headers("", OLD, b"x"), NOW_S, b"x", "unknown_edge"),
            (HeaderMap::new(), NOW_S, b"x", "unknown_edge"),
        ] {
            assert_eq!(verify(&headers, now_s, body), Err(expected), "{headers:?}");
        }
        for missing in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut headers = headers("iad", OLD, b"x");
            headers.remove(missing);
            let expected = if missing == "webhook-signature" { "mismatch" } else { "malformed" };
            assert_eq!(verify(&headers, NOW_S, b"x"), Err(expected), "{missing}");
        }
    }

    #[test]
    fn nobody_costs_as_much_as_somebody_and_is_nobody() {
        let edges = edges();
        assert_eq!(edges.nobody.secrets.len(), 2);
        assert_ne!(edges.nobody.secrets[0], edges.nobody.secrets[1]);
        assert_eq!((edges.nobody.name(), edges.nobody.may_hand_in("support")), ("unknown", false));
        let signature = edges.nobody.secrets[0].sign("ing_1", NOW_S, b"x");
        let guessed =
            Signature { id: "ing_1".to_owned(), timestamp: NOW_S.to_string(), signatures: signature };
        assert_eq!(edges.nobody.verify(&guessed, NOW_S, b"x"), Err(Unproven::Unknown));
    }

    #[test]
    fn an_edge_has_its_connections_and_its_memory() {
        let edges = edges();
        let may = |edge: &str, connection: &str| edges.by_name[edge].may_hand_in(connection);
        assert!(may("fra", "support") && !may("fra", "sales") && may("iad", "sales"));
        // The largest webhook, a file that is in it twice: compressed and unpacked at once.
        let largest = Limits::default().body_bytes_max;
        assert!(edges.by_name["fra"].bodies.available_permits() as u64 * 1_024 >= largest * 47 / 10);
        assert!(edges.sent_bytes_max < edges.unpacked_bytes_max);
    }

    #[test]
    fn a_log_repeats_names_only() {
        assert_eq!(given_name(&headers("lhr", OLD, b"")), "lhr");
        assert_eq!(given_name(&headers("Ana <ana@example.net>", OLD, b"")), "");
        assert_eq!(given_name(&HeaderMap::new()), "");
    }
}
