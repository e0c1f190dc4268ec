//! One item of `messaging` or `standby`: who, when, and under which key what.

use std::collections::BTreeMap;

use serde::Deserialize;
use trunkline_model::{Attributes, Contact, Event, EventKind, Identifier, IdentifierScheme, Opaque};

use super::wire::EchoMark;
pub use super::wire::Party;
use crate::json::{RawValue, Text, milliseconds};
use crate::signature;

/// The members of a JSON object, none of them null.
pub type Members<'a> = BTreeMap<String, &'a RawValue>;

/// What an item needs to know of the entry that it stands in.
pub struct Origin {
    /// The account's id, empty where the entry does not say.
    pub account: String,
    /// When the entry was sent.
    pub time: Option<u64>,
    /// Another application owns the conversation.
    pub standby: bool,
    /// What the entry says beside its lists (`hop_context`).
    pub attributes: Attributes,
}

/// An item whose content is not read yet.
pub struct Item<'a> {
    /// As it was sent.
    pub raw: &'a RawValue,
    /// What it consists of.
    pub members: Members<'a>,
    /// The id of our side: a Page, a professional account.
    pub account: String,
    /// Who did it.
    pub sender: Party,
    /// Who it was done to.
    pub recipient: Party,
    /// As sent; empty where there is none.
    pub timestamp: Text,
    /// The account did it, not the contact.
    pub ours: bool,
    occurred_at: Option<u64>,
    /// What the channels share: `echo`, `standby`. They stand first, so that no other member of such a name
    /// passes for them.
    marks: Attributes,
    /// What stands beside the content, in the item and in the entry.
    rest: Attributes,
}

impl<'a> Item<'a> {
    /// None where it is no object. `keys` are the members that are read as content.
    pub fn read(raw: &'a RawValue, origin: &Origin, keys: &[&str]) -> Option<Self> {
        let members = members(raw)?;
        let party = |name: &str| members.get(name).and_then(|raw| parse::<Party>(raw)).unwrap_or_default();
        let (sender, recipient) = (party("sender"), party("recipient"));
        let echo = members.get("message").and_then(|raw| parse::<EchoMark>(raw)).unwrap_or_default();
        let echo = echo.is_echo.unwrap_or_default();
        // The dashboard's test has the entry id `0`.
        let stated = Some(&*origin.account).filter(|account| !matches!(*account, "" | "0"));
        let addressed = present(if echo { &sender.id } else { &recipient.id });
        let account = stated.or(addressed).unwrap_or(&origin.account).to_owned();
        let ours = echo || (!account.is_empty() && sender.id.as_deref() == Some(&*account));
        let timestamp = members.get("timestamp").and_then(|raw| parse::<Text>(raw)).unwrap_or_default();
        let mut marks = Vec::new();
        if ours {
            marks.push(("echo".to_owned(), "true".to_owned()));
        }
        if origin.standby {
            marks.push(("standby".to_owned(), "true".to_owned()));
        }
        let mut rest = remainder(&members, &[keys, &["sender", "recipient", "timestamp"]].concat());
        rest.extend(origin.attributes.iter().cloned());
        let occurred_at = milliseconds(&timestamp).or(origin.time);
        Some(Self { raw, members, account, sender, recipient, timestamp, ours, occurred_at, marks, rest })
    }

    /// An event of this item.
    pub fn event(&self, id: impl Into<String>, kind: EventKind) -> Event {
        let mut event = Event::new(id, &*self.account, kind);
        event.occurred_at = self.occurred_at;
        event.contact = self.contact();
        event.attributes.clone_from(&self.marks);
        event.attributes.extend(self.rest.iter().cloned());
        event
    }

    /// An event of this item with what its content says beyond the model.
    pub fn event_with(&self, id: impl Into<String>, kind: EventKind, attributes: Attributes) -> Event {
        let mut event = self.event(id, kind);
        event.attributes.extend(attributes);
        event
    }

    /// The item as it is, under its provider's name.
    pub fn opaque(&self, name: &str) -> Event {
        let payload = self.raw.get().to_owned();
        let id = self.content_id(name);
        let mut event = self.event(id, EventKind::Other(Opaque { name: name.to_owned(), payload }));
        // The rest is in the payload.
        event.attributes.clone_from(&self.marks);
        event
    }

    /// An id made of everything in the item.
    pub fn content_id(&self, name: &str) -> String {
        signature::content_id(name, &[&self.account, self.raw.get()])
    }

    /// An id for what happens once at a time between two: sender, recipient, timestamp and type.
    pub fn moment_id(&self, name: &str, kind: &str) -> String {
        if self.timestamp.is_empty() {
            return self.content_id(name);
        }
        signature::content_id(name, &[key(&self.sender), key(&self.recipient), &self.timestamp, kind])
    }

    /// The person at the other end. Echoes have been seen with the contact on either side.
    fn contact(&self) -> Option<Contact> {
        let is_account = |party: &Party| party.id.as_deref() == Some(&*self.account);
        let party = if self.ours && !is_account(&self.recipient) { &self.recipient } else { &self.sender };
        if is_account(party) {
            return None;
        }
        let id = present(&party.id).map(|id| Identifier::new(IdentifierScheme::Id, id));
        let reference = present(&party.user_ref).map(user_ref);
        let identifiers: Vec<Identifier> = id.into_iter().chain(reference).collect();
        (!identifiers.is_empty()).then(|| Contact { identifiers, ..Contact::default() })
    }
}

/// The name that the checkbox plugin gave to somebody whose id is not known yet.
pub fn user_ref(reference: &str) -> Identifier {
    Identifier::new(IdentifierScheme::Other("user_ref".to_owned()), reference)
}

/// What a party is told apart by.
pub fn key(party: &Party) -> &str {
    present(&party.id).or(present(&party.user_ref)).unwrap_or_default()
}

/// A text that is there and not empty.
pub fn present(text: &Option<Text>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Parses a piece of JSON. None where it has not the form expected.
pub fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// The members of an object. None where it is none.
pub fn members(raw: &RawValue) -> Option<Members<'_>> {
    let mut members: Members = parse(raw)?;
    members.retain(|_, value| value.get() != "null");
    Some(members)
}

/// The members that nothing else reads, for attributes.
pub fn remainder(members: &Members, read: &[&str]) -> Attributes {
    let rest = members.iter().filter(|(name, _)| !read.contains(&name.as_str()));
    rest.map(|(name, raw)| (name.clone(), text(raw))).collect()
}

/// A text as it is, anything else in JSON's notation.
pub fn text(raw: &RawValue) -> String {
    parse::<String>(raw).unwrap_or_else(|| raw.get().to_owned())
}
