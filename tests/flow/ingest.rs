//! What an edge hands in: the same events as from the same webhook at the host, kept as soon as it is answered, and nothing
//! that anybody else hands in.

mod crash;
mod outbox;
mod refused;
mod same;

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use trunkline_model::{Event, EventKind, Message, Part, Request};
use trunkline_policy::ingest::{EDGE_HEADER, Ingest, PATH, Packed, Raw, ReadBy, VERSION};
use trunkline_policy::signature::SigningSecret;

use crate::host::Host;
use crate::http::{self, Answer};
use crate::samples;

/// What the edges of the tests sign with.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const OTHER_SECRET: &str = "whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// Headers as they are sent.
type Headers = Vec<(String, String)>;

/// An edge with one secret, and with more in its configuration.
fn edge(name: &str, more: &str) -> String {
    format!("[edges.{name}]\nsecret = \"{SECRET}\"\n{more}")
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(now.as_millis()).expect("before the year 292 million")
}

/// A webhook of a connection with its events, as its connector's edge hands it in.
fn ingest(connection: &str, connector: &str, request: Request, events: Vec<Event>) -> Ingest {
    Ingest {
        version: VERSION,
        connection: connection.to_owned(),
        connector: ReadBy { id: connector.to_owned(), version: "0.9.1".to_owned() },
        received_at: now_ms(),
        webhook: Raw::from(request),
        events,
    }
}

/// A text message on `line`, invented as a whole.
fn message(id: &str, sender: &str) -> Ingest {
    let message = Message::new(id, vec![Part::Text("hello from the edge".to_owned())]);
    let contact = trunkline_model::Contact::new(trunkline_model::IdentifierScheme::Id, sender);
    let event = Event {
        contact: Some(contact),
        ..Event::new(id, "U00000000000000000000000000000001", EventKind::Message(message))
    };
    ingest("line", "line", samples::line_text(id, sender), vec![event])
}

/// The headers of an edge that signs with that secret, at that time.
fn headers(edge: &str, secret: &str, packed: &Packed, at_s: u64) -> Headers {
    let secret = SigningSecret::parse(secret).expect("a secret");
    let pairs = [
        (EDGE_HEADER, edge.to_owned()),
        ("webhook-id", packed.id.clone()),
        ("webhook-timestamp", at_s.to_string()),
        ("webhook-signature", secret.sign(&packed.id, at_s, &packed.body)),
        ("content-type", "application/json".to_owned()),
    ];
    let gzip = packed.gzip.then(|| ("content-encoding", "gzip".to_owned()));
    pairs.into_iter().chain(gzip).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Replaces a header, or takes it away.
fn with(mut headers: Headers, name: &str, value: Option<&str>) -> Headers {
    headers.retain(|(found, _)| found != name);
    headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    headers
}

fn post(host: &Host, headers: &Headers, body: &[u8]) -> Answer {
    http::request(host.address, "POST", PATH, headers, body)
}

/// Hands it in as the edge `fra`.
fn hand_in(host: &Host, ingest: &Ingest) -> Answer {
    try_hand_in(host.address, ingest).expect("the host answers")
}

/// The same where the host may be gone.
fn try_hand_in(address: SocketAddr, ingest: &Ingest) -> std::io::Result<Answer> {
    let packed = ingest.pack();
    let headers = headers("fra", SECRET, &packed, now_ms() / 1_000);
    http::try_request(address, "POST", PATH, &headers, &packed.body)
}

/// Whether each event of an answer was known already.
fn duplicates(answer: &Answer) -> Vec<bool> {
    let answer = answer.json();
    let events = answer["events"].as_array().expect("a list");
    events.iter().map(|event| event["duplicate"].as_bool().expect("yes or no")).collect()
}

/// What the host counted of an edge.
fn counted(host: &Host, edge: &str, outcome: &str) -> u64 {
    host.metric(&format!("trunkline_ingest_total{{edge=\"{edge}\",outcome=\"{outcome}\"}}"))
}
