//! Events and webhooks for the tests of this crate.

use std::path::Path;

use serde_json::value::RawValue;
use trunkline_model::{
    Contact, Event, EventKind, Identifier, IdentifierScheme, Media, MediaKind, MediaSource, Message,
    Outgoing, OutgoingPart, Part,
};

use crate::journal::{FILE_NAME, NewMessage, StoredEvent, Webhook, event_id};

/// A text message of that contact.
pub fn message(id: &str, contact: &str) -> Event {
    let message = Message::new(id, vec![Part::Text(format!("text of {id}"))]);
    Event {
        occurred_at: Some(1_700_000_000_123),
        contact: Some(Contact::new(IdentifierScheme::Phone, contact)),
        ..Event::new(id, "account", EventKind::Message(message))
    }
}

/// A message with these bytes inline, once for each.
pub fn media_message(id: &str, contents: &[&[u8]]) -> Event {
    let part = |bytes: &&[u8]| Part::Media(Media::new(MediaKind::Image, MediaSource::Bytes(bytes.to_vec())));
    let message = Message::new(id, contents.iter().map(part).collect());
    Event { kind: EventKind::Message(message), ..self::message(id, "+491701234567") }
}

/// A webhook of the connection `shop`.
pub fn webhook(events: Vec<Event>) -> Webhook {
    Webhook {
        connection: "shop".into(),
        connector: "sample".into(),
        component: "c0ffee".repeat(10),
        received_at: 1_700_000_001_000,
        handed_in_at: None,
        method: "POST".into(),
        url: "https://example.com/hooks/shop?a=1".into(),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("x-twice".into(), "2".into()),
            ("x-twice".into(), "1".into()),
        ],
        body: b"{\"raw\":true}\0\xFF".to_vec(),
        events,
    }
}

/// A text message to that contact, one part for each text.
pub fn new_message(id: &str, contact: &str, texts: &[&str], queued_at: u64) -> NewMessage {
    let outgoing = Outgoing {
        id: id.to_owned(),
        account: "account".to_owned(),
        to: vec![Identifier::new(IdentifierScheme::Phone, contact)],
        thread: None,
        parts: texts.iter().map(|text| OutgoingPart::Text((*text).to_owned())).collect(),
        subject: None,
        reply_to: None,
        last_inbound_at: None,
        attributes: Vec::new(),
    };
    NewMessage {
        id: id.to_owned(),
        connection: "shop".to_owned(),
        connector: "sample".to_owned(),
        conversation: format!("shop/account/{contact}"),
        outgoing,
        queued_at,
        key: None,
    }
}

/// An event as it comes out of the journal, without one.
pub fn stored(seq: u64, conversation: &str) -> StoredEvent {
    let event = message(&format!("m{seq}"), conversation);
    StoredEvent {
        seq,
        id: event_id("shop", &event.account, &event.id),
        connection: "shop".into(),
        connector: "sample".into(),
        conversation: conversation.into(),
        kind: event.kind.name().into(),
        received_at: 1_700_000_001_000,
        occurred_at: event.occurred_at,
        webhook: 1,
        duplicates: 0,
        message: None,
        event: RawValue::from_string(serde_json::to_string(&event).unwrap()).unwrap(),
    }
}

/// What a machine has on disk that loses power now.
pub fn crashed_copy(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("{FILE_NAME}{suffix}");
        std::fs::copy(folder.join(&name), copy.path().join(&name)).unwrap();
    }
    copy
}
