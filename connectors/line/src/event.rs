//! One event: what all of them have in common, and which of them is what.

use trunkline_sdk::json::{RawValue, Text, milliseconds};
use trunkline_sdk::prelude::*;

use crate::envelope::{parse, unreadable};
use crate::wire::{self, Source};
use crate::{message, occurrence};

/// The longest id that the journal takes. LINE's are ULIDs of 26 characters.
const ID_BYTES_MAX: usize = 512;
/// Who sends the two events with which the console used to try a webhook.
const TEST_USER: &str = "Udeadbeefdeadbeefdeadbeefdeadbeef";
/// Their reply tokens. An answer with one of them is an error at LINE.
pub const TEST_REPLY_TOKENS: [&str; 2] =
    ["00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff"];

/// An item of `events`.
pub fn event(raw: &RawValue, account: &str) -> Event {
    let Some(item) = parse::<wire::Event>(raw) else {
        return unreadable("event", account, raw);
    };
    let source: Source = item.source.and_then(parse).unwrap_or_default();
    let id = id(&item, account, raw);
    let mut attributes = attributes(&item, &source);
    let name = item.kind.as_deref().filter(|name| !name.is_empty()).unwrap_or("event");
    let kind = kind(name, &item, &id, raw, &mut attributes)
        .unwrap_or_else(|| EventKind::Other(Opaque { name: name.to_owned(), payload: raw.get().to_owned() }));
    Event {
        id,
        account: account.to_owned(),
        occurred_at: item.timestamp.as_deref().and_then(milliseconds),
        contact: contact(&source),
        thread: thread(&source),
        kind,
        attributes,
    }
}

/// The person of a source, where LINE may say who it is.
pub fn contact(source: &Source) -> Option<Contact> {
    Some(Contact::new(IdentifierScheme::Id, filled(&source.user_id)?))
}

/// A text that is there and not empty.
pub fn filled(text: &Option<Text>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// None where the type is unknown or its content has not the form expected.
fn kind(
    name: &str,
    item: &wire::Event,
    id: &str,
    raw: &RawValue,
    attributes: &mut Attributes,
) -> Option<EventKind> {
    match name {
        "message" => Some(EventKind::Message(message::message(item.message?, attributes)?)),
        // The id is that of the message that was edited. Only in groups.
        "messageEdited" => Some(EventKind::Edited(message::message(item.message?, attributes)?)),
        "postback" => Some(EventKind::Message(message::postback(item.postback?, id)?)),
        "unsend" => Some(EventKind::Unsent(MessageRef::new(filled(&item.unsend.as_ref()?.message_id)?))),
        "follow" | "unfollow" => Some(EventKind::Consent(occurrence::consent(name, item))),
        "join" | "leave" | "memberJoined" | "memberLeft" => {
            Some(EventKind::Membership(occurrence::membership(name, item, attributes)?))
        }
        "beacon" => Some(EventKind::Referral(occurrence::referral(item.beacon.as_ref()?)?)),
        "activated" | "deactivated" => {
            Some(EventKind::Handover(occurrence::handover(name, item, attributes)))
        }
        "botSuspended" | "botResumed" | "module" => {
            Some(EventKind::AccountNotice(occurrence::notice(name, item, raw)?))
        }
        "delivery" => Some(EventKind::Status(occurrence::status(item.delivery.as_ref()?)?)),
        // What the contact did, but nothing that this model has a name for: `videoPlayComplete`,
        // `accountLink`, `membership` (a paid subscription, not a group); and types that are yet to come.
        _ => None,
    }
}

/// `webhookEventId`, which a redelivery keeps. Events from before it existed are told apart by their content,
/// of which a redelivery changes nothing but `deliveryContext`.
fn id(item: &wire::Event, account: &str, raw: &RawValue) -> String {
    if let Some(id) = filled(&item.webhook_event_id).filter(|id| id.len() <= ID_BYTES_MAX) {
        return id.to_owned();
    }
    let lasting = parse::<serde_json::Map<String, serde_json::Value>>(raw).and_then(|mut content| {
        content.remove("deliveryContext");
        serde_json::to_string(&content).ok()
    });
    signature::content_id("event", &[account, lasting.as_deref().unwrap_or(raw.get())])
}

fn thread(source: &Source) -> Option<Thread> {
    let (id, kind) = match source.kind.as_deref()? {
        "group" => (filled(&source.group_id)?, ThreadKind::Group),
        "room" => (filled(&source.room_id)?, ThreadKind::Other("room".to_owned())),
        _ => return None,
    };
    Some(Thread { id: id.to_owned(), kind, title: None })
}

fn attributes(item: &wire::Event, source: &Source) -> Attributes {
    let mut attributes = Attributes::new();
    let mut add = |name: &str, value: &str| attributes.push((name.to_owned(), value.to_owned()));
    match item.mode.as_deref() {
        None | Some("active" | "") => {}
        Some("standby") => add("standby", "true"),
        Some(other) => add("mode", other),
    }
    if item.delivery_context.as_ref().and_then(|context| context.is_redelivery) == Some(true) {
        add("redelivery", "true");
    }
    let reply_token = filled(&item.reply_token);
    let test = source.user_id.as_deref() == Some(TEST_USER)
        || reply_token.is_some_and(|token| TEST_REPLY_TOKENS.contains(&token));
    if test {
        add("test", "true");
    } else if let Some(token) = reply_token {
        add("reply_token", token);
    }
    // A kind of conversation that is yet to come.
    let known = matches!(source.kind.as_deref(), Some("user" | "group" | "room"));
    if let Some(raw) = item.source.filter(|_| !known) {
        add("source", raw.get());
    }
    attributes
}
