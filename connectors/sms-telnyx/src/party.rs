//! Who takes part: numbers, short codes, sender names, agents.

use trunkline_sdk::json::RawValue;
use trunkline_sdk::{phone, prelude::*};

use crate::wire::{Party, Payload, items, parse, present};

/// A number in E.164 where it is one, else the address as an id: a short code, the name of a sender, a user id.
pub fn identifier(address: &str) -> Identifier {
    match phone::e164(address).filter(|_| address.trim().starts_with('+')) {
        Some(number) => Identifier::new(IdentifierScheme::Phone, number),
        None => Identifier::new(IdentifierScheme::Id, address),
    }
}

impl Party<'_> {
    /// The address of an item of `to` or `cc`.
    pub fn address(&self) -> Option<&str> {
        present(&self.phone_number).or(present(&self.agent_id))
    }
}

/// The address of `from`: an object, or only a text as in requests.
pub fn address(raw: Option<&RawValue>) -> Option<String> {
    let raw = raw?;
    let text: Option<String> = parse(raw);
    let party = || parse::<Party>(raw).and_then(|party| party.address().map(str::to_owned));
    text.or_else(party).filter(|address| !address.is_empty())
}

/// Which of the addressees of an inbound message is ours: in a group, the one at which it has arrived.
pub fn ours(item: &Payload) -> String {
    let mut parties = items(item.to).into_iter().filter_map(parse::<Party>);
    let mut first: Option<String> = None;
    let arrived = parties.find_map(|party| {
        let address = party.address()?.to_owned();
        if party.status.as_deref() == Some("webhook_delivered") {
            return Some(address);
        }
        first.get_or_insert(address);
        None
    });
    arrived.or(first).or_else(|| present(&item.messaging_profile_id).map(str::to_owned)).unwrap_or_default()
}

/// The conversation of a group: all who take part, ourselves included, sorted. None between two.
pub fn group(item: &Payload) -> Option<Thread> {
    let others = items(item.to).into_iter().chain(items(item.cc));
    let others = others.filter_map(|raw| parse::<Party>(raw)?.address().map(str::to_owned));
    let mut all: Vec<String> = address(item.from).into_iter().chain(others).collect();
    all.sort();
    all.dedup();
    (all.len() > 2).then(|| Thread { id: all.join(","), kind: ThreadKind::Group, title: None })
}
