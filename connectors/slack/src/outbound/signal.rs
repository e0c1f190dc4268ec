//! Calls that write nothing: reactions, and the sign that somebody writes.

use serde_json::json;
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;

use super::place::Place;
use crate::address::channel_and_ts;
use crate::api::{self, Effect};
use crate::emoji;

/// What Slack shows behind the app's name. A message ends it.
const STATUS: &str = "is typing…";

/// One call. Making it again changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    call: Call,
    /// An error that says that it is done already.
    done: Option<&'static str>,
}

impl Signal {
    /// Makes the call.
    pub fn send(&self, calls: &mut Calls, now: u64) -> Result<(), Unfinished<Failure>> {
        let response = calls.make(self.call.clone())?;
        let done =
            response.status == 200 && self.done.is_some() && api::error(response).as_deref() == self.done;
        match api::accepted(response, Effect::Harmless, now) {
            Err(failure) if !done => Err(failure.into()),
            _ => Ok(()),
        }
    }
}

/// `reactions.add`. Taking one back would need the name that it was given under.
pub fn reaction(part: usize, reaction: &OutgoingReaction) -> Result<Signal, Failure> {
    let Some(emoji) = reaction.emoji.as_deref().filter(|emoji| !emoji.is_empty()) else {
        return Err(unsupported(part, "reactions taken back: Slack wants to know which one"));
    };
    let Some((channel, timestamp)) = channel_and_ts(&reaction.target.id) else {
        let what = format!("part {part}: the target is no message of Slack's, `<channel>:<ts>`");
        return Err(refuse("missing", what));
    };
    let name = emoji::name(emoji)
        .ok_or_else(|| unsupported(part, "name for this emoji in the connector: write it as `:name:`"))?;
    let arguments = json!({ "channel": channel, "timestamp": timestamp, "name": name });
    Ok(Signal { call: api::call("reactions.add", &arguments).repeatable(), done: Some("already_reacted") })
}

/// `assistant.threads.setStatus`: only threads with an assistant have it.
pub fn typing(part: usize, place: &Place) -> Result<Signal, Failure> {
    let thread_ts = place.thread_ts.as_deref().filter(|_| !place.is_person());
    let thread_ts = thread_ts.ok_or_else(|| unsupported(part, "typing outside of threads"))?;
    let arguments = json!({ "channel_id": place.channel, "thread_ts": thread_ts, "status": STATUS });
    Ok(Signal { call: api::call("assistant.threads.setStatus", &arguments).repeatable(), done: None })
}
