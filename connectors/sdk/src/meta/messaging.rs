//! What the channels of the Messenger Platform share: webhooks of one shape, and one Send API.
//!
//! `https://developers.facebook.com/docs/messenger-platform/webhooks`, read 2026-08. A `POST` holds entries (one an
//! account) of items: `messaging` for conversations that are ours, `standby` for those that another application owns,
//! `changes` for everything else about the account. Each item becomes events of its own; one that cannot be read
//! becomes `other` and leaves its neighbours alone.

pub mod attachment;
mod conversation;
pub mod envelope;
pub mod item;
mod message;
pub mod outbound;
pub mod profile;
mod referral;
pub mod simulator;
mod wire;

use serde_json::Value;
use trunkline_model::Event;

use crate::json::RawValue;
use item::{Item, Origin};

/// What tells one product of the platform from another.
pub trait Product {
    /// The member `object` of its webhooks. Where that is missing, it is taken for this one.
    const OBJECT: &'static str;
    /// The members of an item that say what happened, in the order in which they are looked for.
    const KEYS: &'static [&'static str];
    /// Attachments that are media, with an address that leads to the bytes, or a place, or a heart. Any other one is
    /// handed on as it is.
    const ATTACHMENTS: &'static [&'static str];
    /// Attachments that are links: handed on as they are, too, with address and title as attributes.
    const LINKS: &'static [&'static str];
    /// Whether stories are answered: id and address of one become attributes.
    const STORIES: bool;

    /// The events of a member that the products do not share. None where it has not the form expected.
    fn content(key: &str, raw: &RawValue, item: &Item) -> Option<Vec<Event>>;

    /// The events of a change: of what is no conversation.
    fn change(field: &str, value: &RawValue, origin: &Origin) -> Vec<Event>;

    /// The member of an item for an event that the products do not share. None where there is none.
    fn simulated(event: &Event, time: u64) -> Option<(&'static str, Value)>;
}
