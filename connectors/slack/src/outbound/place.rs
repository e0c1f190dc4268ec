//! Where a message goes: a channel, a thread in it, or a person's conversation with the app.

use trunkline_sdk::outbound::{LAST_MESSAGE_ID, address, attribute, refuse};
use trunkline_sdk::prelude::*;

use crate::address::{channel_and_parent, channel_and_ts, is_direct};

/// Channel and thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The id of a channel, or of a person: Slack finds the conversation.
    pub channel: String,
    pub thread_ts: Option<String>,
    /// What became of `reply_to`, where it is not as asked for.
    pub note: Option<&'static str>,
}

impl Place {
    /// Of a message. Refuses one that has neither thread nor contact.
    pub fn of(message: &Outgoing) -> Result<Self, Failure> {
        let target = message.reply_to.as_ref().map(|target| channel_and_ts(&target.id));
        let thread = message.thread.as_ref().filter(|thread| !thread.id.is_empty());
        let (channel, parent) = match thread {
            Some(thread) => channel_and_parent(&thread.id),
            None => (direct(message, target.flatten())?, None),
        };
        let (thread_ts, note) = match (target, parent) {
            (None, parent) => (parent, None),
            (Some(Some((place, ts))), None) if place == channel => (Some(ts), None),
            (Some(Some((place, ts))), Some(parent)) if place == channel && ts == parent => {
                (Some(parent), None)
            }
            (Some(Some((place, _))), Some(parent)) if place == channel => {
                (Some(parent), Some("the answer stands in the thread: Slack cannot quote a message of it"))
            }
            (Some(_), parent) => {
                (parent, Some("the reference is left out: it is no message of this conversation"))
            }
        };
        Ok(Self { channel: channel.to_owned(), thread_ts: thread_ts.map(str::to_owned), note })
    }

    /// Whether the channel is not known, but the person.
    pub fn is_person(&self) -> bool {
        self.channel.starts_with(['U', 'W'])
    }
}

/// The channel with the contact alone, where the contact has written in it, else the contact.
fn direct<'a>(message: &'a Outgoing, target: Option<(&'a str, &'a str)>) -> Result<&'a str, Failure> {
    let last = attribute(message, LAST_MESSAGE_ID).and_then(channel_and_ts);
    let known = target.or(last).map(|(channel, _)| channel).filter(|channel| is_direct(channel));
    let person = || address(message, &IdentifierScheme::Id);
    known
        .or_else(person)
        .ok_or_else(|| refuse("missing", "neither the contact nor the thread has a Slack id"))
}
