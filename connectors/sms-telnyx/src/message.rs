//! What a contact wrote, or did with a message.

use trunkline_sdk::json::{RawValue, Text, scalars};
use trunkline_sdk::keyword::keyword;
use trunkline_sdk::prelude::*;

use crate::body::{self, Related};
use crate::envelope::Head;
use crate::wire::{Party, Payload, parse, present};
use crate::{consent, party};

/// Members that are told otherwise, or say nothing beyond the event.
const TOLD: [&str; 17] = [
    "body",
    "completed_at",
    "direction",
    "from",
    "from_user_id",
    "id",
    "messaging_profile_id",
    "received_at",
    "record_type",
    "sent_at",
    "subject",
    "text",
    "to",
    "type",
    "valid_until",
    "webhook_failover_url",
    "webhook_url",
];

/// Attribute names to which the contract or this connector gives a meaning.
const RESERVED: [&str; 6] = ["channel", "event_type", "keyword", "redelivery", "reply_token", "standby"];

/// The message, and a consent where it is an opt-out or opt-in keyword.
pub fn events(head: &Head, raw: &RawValue) -> Option<Vec<Event>> {
    let item: Payload = parse(raw)?;
    let id = present(&item.id).unwrap_or(&head.id).to_owned();
    let related = Related::of(&item, raw);
    let content = body::content(&item);
    let typed = content.typed.as_deref().and_then(|text| keyword(text, &[]));
    let keyword = present(&item.autoresponse_type).and_then(consent::keyword).or(typed);
    let extra = content.attributes;
    let mut event = Event::new(&*head.id, party::ours(&item), kind(id, content.parts, &item, &related));
    event.occurred_at = head.occurred_at;
    event.contact = contact(&item, raw);
    event.thread = party::group(&item);
    event.attributes = attributes(&item, raw);
    event.attributes.extend(sender(&item));
    event.attributes.extend(extra);
    event.attributes.extend(keyword.map(|keyword| ("keyword".to_owned(), keyword.name().to_owned())));
    let consent = keyword.and_then(|keyword| consent::event(&event, keyword));
    Some(std::iter::once(event).chain(consent).collect())
}

fn kind(id: String, mut parts: Vec<Part>, item: &Payload, related: &Related) -> EventKind {
    let about = |name: &str| {
        let reference = body::reference(related, name)?;
        let id = present(&reference.id)?.to_owned();
        Some((id, reference))
    };
    if let Some((target, reaction)) = about("reaction") {
        let emoji = present(&reaction.emoji).map(str::to_owned);
        return EventKind::Reaction(Reaction { target: MessageRef::new(target), emoji, name: None });
    }
    if let Some((target, _)) = about("revoke") {
        return EventKind::Unsent(MessageRef::new(target));
    }
    if let Some((target, edit)) = about("edit") {
        // The new content stands in the edit, or where a message has its content.
        let inner = edit.message.map(|body| Payload { body: Some(body), ..Payload::default() });
        let parts = inner.map_or(parts, |inner| body::content(&inner).parts);
        return EventKind::Edited(Message::new(target, parts));
    }
    // About a message that is not named: kept as it is.
    let odd: Vec<Part> =
        ["reaction", "revoke", "edit"].iter().filter_map(|name| related.part(name)).collect();
    if !odd.is_empty() && parts == [Part::Text(String::new())] {
        parts.clear();
    }
    parts.extend(odd);
    let context = body::reference(related, "context");
    let reply_to = context.as_ref().and_then(|context| {
        let author = present(&context.from).map(party::identifier);
        Some(MessageRef { id: present(&context.id)?.to_owned(), author })
    });
    EventKind::Message(Message {
        id,
        parts,
        subject: present(&item.subject).map(str::to_owned),
        reply_to,
        forwarded: context.is_some_and(|context| context.forwarded == Some(true)),
        ..Message::default()
    })
}

fn contact(item: &Payload, raw: &RawValue) -> Option<Contact> {
    let user_id = body::user_id(item, raw).map(|id| Identifier::new(IdentifierScheme::Id, id));
    let address = party::address(item.from).map(|address| party::identifier(&address));
    let identifiers: Vec<Identifier> = user_id.into_iter().chain(address).collect();
    (!identifiers.is_empty()).then(|| Contact { identifiers, ..Contact::default() })
}

/// What Telnyx knows of the contact's number.
fn sender(item: &Payload) -> Attributes {
    let Some(party) = item.from.and_then(parse::<Party>) else { return Vec::new() };
    let known = [("carrier", &party.carrier), ("line_type", &party.line_type)];
    known.into_iter().filter_map(pair).collect()
}

/// What a message has, whichever way it goes: its channel first.
pub fn attributes(item: &Payload, raw: &RawValue) -> Attributes {
    let channel = present(&item.kind).map_or_else(|| "sms".to_owned(), str::to_ascii_lowercase);
    let mut all = vec![("channel".to_owned(), channel)];
    all.extend(pair(("messaging_profile_id", &item.messaging_profile_id)));
    for (name, value) in scalars(raw, &TOLD) {
        if !value.is_empty() {
            let name = if RESERVED.contains(&&*name) { format!("payload_{name}") } else { name };
            all.push((name, value));
        }
    }
    if let Some(cost) = &item.cost {
        all.extend(
            pair(("cost_amount", &cost.amount)).into_iter().chain(pair(("cost_currency", &cost.currency))),
        );
    }
    all
}

/// An attribute where there is something to say.
pub fn pair((name, value): (&str, &Option<Text>)) -> Option<(String, String)> {
    present(value).map(|value| (name.to_owned(), value.to_owned()))
}
