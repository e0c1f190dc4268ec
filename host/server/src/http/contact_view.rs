//! What is kept of a person, as the API gives it. What is derived here is what the published description of the API
//! says.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use trunkline_core::cloud_event;
use trunkline_core::journal::{Erased, Exported, Known, MEDIA_ID};
use trunkline_model::Event;

use super::message_view::LifeView;
use crate::instant;

/// An identifier of a person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnownIdentifier")]
pub struct KnownView {
    /// `phone`, `email`, `id` or another.
    scheme: String,
    /// The identifier.
    value: String,
    /// The only connection on which it is theirs. Absent: it is on all.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
}

impl From<Known> for KnownView {
    fn from(known: Known) -> Self {
        Self {
            scheme: known.identifier.scheme.as_str().to_owned(),
            value: known.identifier.value,
            connection: known.connection,
        }
    }
}

/// What was removed, or would be.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Erased")]
pub struct ErasedView {
    /// Nothing was removed; the numbers say what would be.
    dry_run: bool,
    /// Who the person is: what was asked for, then what was known to be the same person.
    identifiers: Vec<KnownView>,
    /// Events that are about them.
    events: u64,
    /// Raw webhooks that brought such an event or hold an identifier of theirs, whatever else they hold.
    webhooks: u64,
    /// Messages to them, with their calls and statuses. What waited is not sent.
    messages: u64,
    /// Conversations with them.
    conversations: u64,
    /// Media items of their events, in the journal or fetched.
    media: u64,
    /// Names that were looked up.
    profiles: u64,
    /// Attempts to deliver their events that waited or were given up. 0 with `dry_run`.
    deliveries: u64,
    /// Opt-outs that were removed.
    opt_outs: u64,
    /// Opt-outs that are kept, so that nobody writes to them again.
    opt_outs_kept: u64,
    /// Events, messages and conversations of others in which an identifier of theirs was made unreadable.
    blotted: u64,
    /// False: what was removed may still stand in the database's log, until that is overwritten. Ask again.
    log_emptied: bool,
}

impl ErasedView {
    /// Of an erasure, or of what it would be.
    pub fn new(dry_run: bool, erased: Erased) -> Self {
        let removed = erased.removed;
        Self {
            dry_run,
            identifiers: erased.identifiers.into_iter().map(KnownView::from).collect(),
            events: removed.events,
            webhooks: removed.webhooks,
            messages: removed.messages,
            conversations: removed.conversations,
            media: erased.media,
            profiles: erased.profiles,
            deliveries: removed.deliveries,
            opt_outs: erased.opt_outs,
            opt_outs_kept: erased.opt_outs_kept,
            blotted: erased.blotted,
            log_emptied: erased.log_emptied,
        }
    }
}

/// The pieces of an export as lines, and how many these are.
pub fn lines(pieces: &[Exported]) -> (String, u64) {
    let mut text = String::new();
    let mut count = 0;
    for piece in pieces {
        let (first, media) = records(piece);
        for record in std::iter::once(first).chain(media) {
            text.push_str(&record.to_string());
            text.push('\n');
            count += 1;
        }
    }
    (text, count)
}

/// The record of a piece, and those of the media items in it.
fn records(piece: &Exported) -> (Value, Vec<Value>) {
    let alone = |record: Value| (record, Vec::new());
    match piece {
        Exported::Person(identifiers) => {
            let identifiers: Vec<KnownView> = identifiers.iter().cloned().map(KnownView::from).collect();
            alone(json!({ "record": "person", "identifiers": identifiers }))
        }
        Exported::Conversation(conversation) => alone(json!({
            "record": "conversation",
            "conversation": conversation.key,
            "connection": conversation.connection,
            "address": conversation.address,
            "last_wrote_at": conversation.inbound_at.and_then(instant::text),
        })),
        Exported::Profile(profile) => alone(json!({
            "record": "profile",
            "connection": profile.connection,
            "contact": profile.found,
            "looked_up_at": instant::text(profile.at),
        })),
        Exported::OptOut { connection, contact, origin, at } => alone(json!({
            "record": "opt_out",
            "connection": connection,
            "contact": contact,
            "origin": origin,
            "at": instant::text(*at),
        })),
        Exported::Event(stored) => {
            let event: Value = serde_json::from_slice(&cloud_event::render(stored)).unwrap_or_default();
            let record = json!({
                "record": "event",
                "received_at": instant::text(stored.received_at),
                "webhook": stored.webhook,
                "event": event,
            });
            (record, media(&stored.id, stored.event.get()))
        }
        Exported::Message(life) => {
            let mut life = serde_json::to_value(LifeView::from(life.as_ref())).unwrap_or_default();
            // Where a call went may hold a secret of ours, such as the id of an account.
            for call in life["calls"].as_array_mut().into_iter().flatten() {
                if let Some(call) = call.as_object_mut() {
                    call.remove("url");
                    call.remove("problem");
                }
            }
            alone(json!({ "record": "message", "message": life }))
        }
        Exported::Webhook { id, connection, received_at, bytes } => alone(json!({
            "record": "webhook",
            "webhook": id,
            "connection": connection,
            "received_at": instant::text(*received_at),
            "bytes": bytes,
        })),
        Exported::Mention { event } => alone(json!({ "record": "mention", "event": event })),
    }
}

fn media(event_id: &str, json: &str) -> Vec<Value> {
    let Ok(mut event) = serde_json::from_str::<Event>(json) else { return Vec::new() };
    let items = event.media_mut().map(|media| {
        let id = media.attributes.iter().find(|(name, _)| name == MEDIA_ID).map(|(_, id)| id.clone());
        json!({
            "record": "media",
            "event": event_id,
            "media_id": id,
            "kind": media.kind,
            "name": media.name,
            "content_type": media.content_type,
            "size": media.size,
            "sha256": media.sha256,
        })
    });
    items.collect()
}
