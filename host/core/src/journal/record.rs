//! What goes into and comes out of the journal, and how it is encoded.
//!
//! Everything that costs time without needing the database (hashing, JSON, compression) happens here, on the
//! caller's side of the queue, so that the one writer only writes.

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use trunkline_model::{Event, MediaSource};

use super::JournalError;
use super::effect::{ConsentChange, Effect};
use super::raw::{Head, Raw};
use crate::conversation::conversation_key;

/// What public ids start with.
pub const EVENT_ID_PREFIX: &str = "evt_";
/// What the reference of a media item starts with whose bytes the journal holds.
pub const BLOB_PREFIX: &str = "blob:";
/// The attribute of a media item that says under which id its bytes can be asked for.
pub const MEDIA_ID: &str = "media_id";

/// What an edge hands in within so much stands among its neighbours as if it had come to the host itself.
const IN_TIME_MS: u64 = 5 * 60 * 1_000;

/// A genuine webhook and what a connector read in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// The connection that it came in on.
    pub connection: String,
    /// Id of the connector that read it.
    pub connector: String,
    /// Hex SHA-256 of the component file that read it; `<connector>@<version>` of one that read it at an edge.
    pub component: String,
    /// When it came from the provider, in milliseconds since the Unix epoch: the time that the connector was given.
    pub received_at: u64,
    /// When it came to this host, where it had come to an edge before.
    pub handed_in_at: Option<u64>,
    /// Of the request.
    pub method: String,
    /// As the provider called it.
    pub url: String,
    /// In order of arrival.
    pub headers: Vec<(String, String)>,
    /// Raw.
    pub body: Vec<u8>,
    /// In the order in which the connector gave them.
    pub events: Vec<Event>,
}

/// What became of the events of a webhook, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appended {
    /// One for each event.
    pub events: Vec<AppendedEvent>,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendedEvent {
    /// The public id.
    pub id: String,
    /// Its place in the journal. None: a duplicate.
    pub seq: Option<u64>,
    /// [`trunkline_model::EventKind::name`].
    pub kind: &'static str,
}

/// An event as it was committed.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StoredEvent {
    /// Its place in the journal: rises, and is never given twice.
    pub seq: u64,
    /// The public id.
    pub id: String,
    /// The connection that it came in on.
    pub connection: String,
    /// Id of the connector that read it.
    pub connector: String,
    /// [`conversation_key`].
    pub conversation: String,
    /// [`trunkline_model::EventKind::name`].
    pub kind: String,
    /// Milliseconds since the Unix epoch, our clock.
    pub received_at: u64,
    /// Milliseconds since the Unix epoch, the provider's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<u64>,
    /// Number of the webhook that brought it first.
    pub webhook: u64,
    /// How often it came again.
    pub duplicates: u64,
    /// Id of the message of ours that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The [`Event`] as JSON; serialized as it stands, without parsing it again.
    pub event: Box<RawValue>,
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StoredWebhook {
    /// Its number.
    pub id: u64,
    /// The connection that it came in on.
    pub connection: String,
    /// Id of the connector that read it.
    pub connector: String,
    /// As in [`Webhook::component`].
    pub component: String,
    /// Milliseconds since the Unix epoch.
    pub received_at: u64,
    /// Of the request.
    pub method: String,
    /// As the provider called it.
    pub url: String,
    /// In order of arrival.
    pub headers: Vec<(String, String)>,
    /// Raw.
    pub body: Vec<u8>,
}

/// First half of a SHA-256: enough that no two of any realistic number of events collide.
pub(super) type Key = [u8; 16];

/// A webhook, ready to be written.
#[derive(Debug)]
pub(super) struct Record {
    pub connection: String,
    pub connector: String,
    pub component: String,
    pub received_at: i64,
    /// Where that is so much later that it stands apart from the order of its neighbours.
    pub handed_in_late_at: Option<i64>,
    pub raw: Raw,
    pub events: Vec<EventRecord>,
}

#[derive(Debug)]
pub(super) struct EventRecord {
    pub key: Key,
    pub conversation: String,
    pub kind: &'static str,
    pub occurred_at: Option<i64>,
    pub json: String,
    pub effect: Effect,
    pub consent: Option<ConsentChange>,
    pub account: String,
    /// The bytes that came inside of it.
    pub blobs: Vec<Blob>,
}

#[derive(Debug)]
pub(super) struct Blob {
    pub sha256: [u8; 32],
    pub bytes: Vec<u8>,
}

impl Blob {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { sha256: Sha256::digest(&bytes).into(), bytes }
    }
}

/// Identifies an event by what the provider says, so that every delivery of it gets the same id.
pub(super) fn event_key(connection: &str, account: &str, id: &str) -> Key {
    let mut hash = Sha256::new();
    for part in [connection, account, id] {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

/// The public id of an event: deterministic over connection, account and the provider's id.
pub fn event_id(connection: &str, account: &str, id: &str) -> String {
    id_of_key(&event_key(connection, account, id))
}

pub(super) fn id_of_key(key: &[u8]) -> String {
    format!("{EVENT_ID_PREFIX}{}", hex::encode(key))
}

pub(super) fn key_of_id(id: &str) -> Option<Key> {
    let mut key = Key::default();
    hex::decode_to_slice(id.strip_prefix(EVENT_ID_PREFIX)?, &mut key).ok()?;
    Some(key)
}

/// SQLite has no unsigned numbers. A time beyond year 292 million is a connector's mistake, not a reason to
/// refuse the webhook for ever; the exact value stays in the event's JSON.
pub(super) fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Record {
    /// Encodes and compresses. Takes time in proportion to the size of the webhook.
    pub(super) fn new(webhook: Webhook) -> Result<Self, JournalError> {
        let head = Head {
            method: webhook.method.as_str(),
            url: webhook.url.as_str(),
            headers: webhook.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        };
        let raw = Raw::new(&head, &webhook.body)?;
        let connection = webhook.connection.as_str();
        let events = webhook.events.into_iter().map(|event| EventRecord::of_webhook(connection, event));
        let events = events.collect::<serde_json::Result<_>>().map_err(JournalError::encoding)?;
        Ok(Self {
            connection: webhook.connection,
            connector: webhook.connector,
            component: webhook.component,
            received_at: column(webhook.received_at),
            handed_in_late_at: webhook
                .handed_in_at
                .filter(|at| at.saturating_sub(webhook.received_at) > IN_TIME_MS)
                .map(column),
            raw,
            events,
        })
    }
}

impl EventRecord {
    pub(super) fn new(connection: &str, event: &Event) -> serde_json::Result<Self> {
        Ok(Self {
            key: event_key(connection, &event.account, &event.id),
            conversation: conversation_key(connection, event),
            kind: event.kind.name(),
            occurred_at: event.occurred_at.map(column),
            json: serde_json::to_string(event)?,
            effect: Effect::of(event),
            consent: ConsentChange::of(event),
            account: event.account.clone(),
            blobs: Vec::new(),
        })
    }

    /// The same for an event as a connector gives it: files inside of it are kept beside it, and all are numbered.
    pub(super) fn of_webhook(connection: &str, mut event: Event) -> serde_json::Result<Self> {
        let blobs = extract_blobs(&mut event);
        number_media(connection, &mut event);
        Ok(Self { blobs, ..Self::new(connection, &event)? })
    }
}

/// Moves inline bytes out of the event and puts a reference in their place.
fn extract_blobs(event: &mut Event) -> Vec<Blob> {
    let mut blobs = Vec::new();
    for media in event.media_mut() {
        let MediaSource::Bytes(bytes) = &mut media.source else { continue };
        let bytes = std::mem::take(bytes);
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        let name = hex::encode(sha256);
        media.size.get_or_insert(bytes.len() as u64);
        media.source = MediaSource::Reference(format!("{BLOB_PREFIX}{name}"));
        media.sha256.get_or_insert(name);
        blobs.push(Blob { sha256, bytes });
    }
    blobs
}

/// The id of the `number`th media item of an event, from 0.
pub fn media_id(event_id: &str, number: usize) -> String {
    format!("{event_id}.{number}")
}

/// Says of every media item under which id its bytes can be asked for. Nothing that a connector says goes before
/// that: the name would be a provider's, or a contact's.
fn number_media(connection: &str, event: &mut Event) {
    if event.media_mut().next().is_none() {
        return;
    }
    let id = event_id(connection, &event.account, &event.id);
    for (number, media) in event.media_mut().enumerate() {
        media.attributes.retain(|(name, _)| name != MEDIA_ID);
        media.attributes.push((MEDIA_ID.to_owned(), media_id(&id, number)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_each_part_and_on_nothing_else() {
        let id = event_id("shop", "account", "1");
        assert_eq!(id, event_id("shop", "account", "1"));
        assert_eq!(id.len(), "evt_".len() + 32);
        for other in [("sho", "paccount", "1"), ("shop", "account1", ""), ("desk", "account", "1")] {
            assert_ne!(id, event_id(other.0, other.1, other.2));
        }
    }

    #[test]
    fn ids_and_keys_are_the_same_value() {
        let key = event_key("shop", "account", "1");
        assert_eq!(key_of_id(&id_of_key(&key)), Some(key));
        for bad in [
            "",
            "evt_",
            "evt_00",
            "msg_00000000000000000000000000000000",
            "evt_zz000000000000000000000000000000",
        ] {
            assert_eq!(key_of_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn media_are_numbered_among_themselves_whatever_a_connector_says() {
        let mut event = crate::samples::media_message("1", &[b"a", b"b"]);
        if let trunkline_model::EventKind::Message(message) = &mut event.kind {
            message.parts.insert(1, trunkline_model::Part::Text("between".into()));
        }
        let forged = event.media_mut().next().unwrap();
        forged.attributes = vec![(MEDIA_ID.into(), "evt_0.7".into()), ("page".into(), "1".into())];
        number_media("shop", &mut event);
        let id = event_id("shop", "account", "1");
        let attributes: Vec<_> = event.media_mut().map(|media| media.attributes.clone()).collect();
        let numbered = |number| (MEDIA_ID.to_owned(), format!("{id}.{number}"));
        assert_eq!(attributes, [vec![("page".into(), "1".into()), numbered(0)], vec![numbered(1)]]);
    }

    #[test]
    fn times_beyond_the_column_are_clamped() {
        assert_eq!(column(7), 7);
        assert_eq!(column(u64::MAX), i64::MAX);
    }
}
