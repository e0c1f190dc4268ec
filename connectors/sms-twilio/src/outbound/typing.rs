//! The typing indicator of WhatsApp. It is shown for 25 seconds, or until we write, and marks the contact's
//! message as read.
//!
//! `https://www.twilio.com/docs/whatsapp/api/typing-indicators-resource`, public beta, read 2026-09.

use serde_json::json;
use trunkline_sdk::{outbound, prelude::*};

use super::peers::Peers;

/// Where it is shown.
pub const URL: &str = "https://messaging.twilio.com/v3/Indicators/Typing.json";

/// Shown twice is shown once.
pub fn call(message_id: &str) -> Call {
    let body = json!({ "channel": "WHATSAPP", "messageId": message_id }).to_string();
    Call::post(URL, "application/json", body).repeatable()
}

/// The message of the contact's to which the indicator belongs: that which is to be marked as read, or
/// answered, else the last one.
pub fn message_id(part: usize, message: &Outgoing, peers: &Peers) -> Result<String, Failure> {
    if !peers.is_whatsapp() {
        return Err(outbound::unsupported(part, "typing indicator, except on WhatsApp"));
    }
    let read = message.parts.iter().find_map(|part| match part {
        OutgoingPart::Read(target) => Some(&*target.id),
        _ => None,
    });
    let answered = message.reply_to.as_ref().map(|target| &*target.id);
    let last = outbound::attribute(message, outbound::LAST_MESSAGE_ID);
    let found = read.or(answered).or(last).filter(|id| !id.is_empty()).map(str::to_owned);
    found.ok_or_else(|| {
        let what =
            format!("part {part}: a typing indicator needs the contact's last message (`last_message_id`)");
        outbound::refuse("missing", what)
    })
}

/// Twilio marks a message as read with the typing indicator, and not otherwise: to do so alone would tell the
/// contact that we are writing.
pub fn require_typing(part: usize, message: &Outgoing, peers: &Peers) -> Result<(), Failure> {
    if !peers.is_whatsapp() {
        return Err(outbound::unsupported(part, "read marker, except on WhatsApp"));
    }
    if message.parts.contains(&OutgoingPart::Typing) {
        return Ok(());
    }
    let what = format!(
        "part {part}: Twilio marks as read only along with the typing indicator: send `typing` with it"
    );
    Err(outbound::refuse("unsupported", what))
}
