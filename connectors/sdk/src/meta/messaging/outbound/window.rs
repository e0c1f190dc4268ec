//! The time in which a contact may be written to freely, and what is allowed after it.
//!
//! `https://developers.facebook.com/docs/messenger-platform/send-messages#messaging_types`, read 2026-08.

use serde_json::{Value, json};
use trunkline_model::{Context, Failure, Outgoing};

use super::part::{Content, Piece};
use super::recipient::Recipient;
use crate::outbound::{attribute, refuse, window_closed};

/// Set to `true`: people answer, and Meta has approved the Human Agent feature.
const HUMAN_AGENT_SETTING: &str = "human_agent";
/// The attribute by which a sender asks for a tag.
const MESSAGE_TAG: &str = "message_tag";
/// The tag by which a person answers after the window.
pub const HUMAN_AGENT: &str = "HUMAN_AGENT";

const HOUR_MS: u64 = 3_600_000;
const STANDARD_MS: u64 = 24 * HOUR_MS;
const HUMAN_AGENT_MS: u64 = 7 * 24 * HOUR_MS;

/// What a product says of its window.
pub struct Window {
    /// `messaging_type` of a message within it.
    pub open: Option<&'static str>,
    /// The tags beyond it. All but [`HUMAN_AGENT`] are left to the product: only it knows until when they are allowed.
    pub tags: &'static [&'static str],
    /// The tags that have ended.
    pub retired: &'static [&'static str],
    /// What to do in the 7 days in which a person may answer.
    pub cure: &'static str,
    /// What to do after them.
    pub late: &'static str,
    /// What to say of a contact who has not written yet.
    pub never: &'static str,
}

/// What a free message is declared as.
#[derive(Debug, PartialEq)]
pub struct Permit {
    messaging_type: Option<&'static str>,
    tag: Option<&'static str>,
}

impl Permit {
    fn tagged(tag: &'static str) -> Self {
        Self { messaging_type: Some("MESSAGE_TAG"), tag: Some(tag) }
    }

    /// Adds it to the body of a call.
    pub fn write(&self, body: &mut Value) {
        if let Some(messaging_type) = self.messaging_type {
            body["messaging_type"] = json!(messaging_type);
        }
        if let Some(tag) = self.tag {
            body["tag"] = json!(tag);
        }
    }
}

/// Milliseconds since the contact's last message.
fn age(message: &Outgoing, context: &Context) -> Option<u64> {
    message.last_inbound_at.map(|last| context.now.saturating_sub(last))
}

/// The contact may be written to without a tag.
pub fn is_open(message: &Outgoing, context: &Context) -> bool {
    age(message, context).is_some_and(|age| age < STANDARD_MS)
}

/// How free messages are to be declared; an error where they are not allowed.
pub(super) fn permit(
    window: &Window,
    message: &Outgoing,
    recipient: &Recipient,
    pieces: &[Piece],
    context: &Context,
) -> Result<Permit, Failure> {
    let asked = attribute(message, MESSAGE_TAG).map(|name| tag(window, name)).transpose()?;
    if recipient.is_subscriber() {
        return Ok(Permit { messaging_type: None, tag: None });
    }
    let open = Permit { messaging_type: window.open, tag: None };
    // Whom the plugin or a comment names has not written yet: that is what such an address is for.
    let free = pieces.iter().any(|piece| matches!(piece.content, Content::Message(_)));
    if !free || !recipient.is_contact() || is_open(message, context) {
        return Ok(open);
    }
    let human_agent = context.setting(HUMAN_AGENT_SETTING) == Some("true");
    let tag = asked.or(human_agent.then_some(HUMAN_AGENT));
    let age = age(message, context);
    match tag {
        Some(tag) if tag != HUMAN_AGENT || age.is_some_and(|age| age < HUMAN_AGENT_MS) => {
            Ok(Permit::tagged(tag))
        }
        // The rest of a message of which something was sent in time: the product refuses it, and then what was
        // sent is told along.
        _ if !context.exchanges.is_empty() => Ok(open),
        _ => Err(window_closed(closed(window, age))),
    }
}

fn tag(window: &Window, name: &str) -> Result<&'static str, Failure> {
    if let Some(tag) = window.tags.iter().find(|tag| **tag == name) {
        return Ok(tag);
    }
    if window.retired.contains(&name) {
        let what = format!("Meta has ended the tag `{name}`: send an approved utility template instead");
        return Err(refuse("unsupported", what));
    }
    let tags: Vec<String> = window.tags.iter().map(|tag| format!("`{tag}`")).collect();
    Err(refuse("unsupported", format!("`{name}` is no tag: {}", tags.join(", "))))
}

fn closed(window: &Window, age: Option<u64>) -> String {
    match age {
        None => window.never.to_owned(),
        Some(age) if age < HUMAN_AGENT_MS => {
            format!(
                "the contact's last message is {} hours old, 24 are allowed. {}",
                age / HOUR_MS,
                window.cure
            )
        }
        Some(age) => {
            format!(
                "the contact's last message is {} days old, 7 are allowed at most. {}",
                age / HOUR_MS / 24,
                window.late
            )
        }
    }
}
