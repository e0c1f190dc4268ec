//! Messages to a contact, a group or a room: a reply while its token is fresh, else a push.
//!
//! `https://developers.line.biz/en/reference/messaging-api/#send-reply-message`, read 2026-07.

use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_sdk::calls;
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends};

use crate::CHANNEL_ACCESS_TOKEN;

const PUSH: &str = "https://api.line.me/v2/bot/message/push";
/// UTF-16 code units of one text.
const TEXT_UNITS_MAX: usize = 5_000;

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let to = recipient(message)?;
    let mut prepared = Vec::new();
    for (index, part) in message.parts.iter().enumerate() {
        match part {
            OutgoingPart::Text(text) => {
                for piece in at_word_ends(text, TEXT_UNITS_MAX, Unit::Utf16) {
                    let content = json!({ "type": "text", "text": piece });
                    prepared.push(push(message, to, index, prepared.len(), &content));
                }
            }
            _ => return Err(outbound::unsupported(index, "such part").into()),
        }
    }
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| receipts(prepared, answer, context.now))
}

/// The group, the room, or the contact.
fn recipient(message: &Outgoing) -> Result<&str, Failure> {
    if let Some(thread) = &message.thread
        && thread.kind != ThreadKind::Direct
    {
        return Ok(&thread.id);
    }
    outbound::address(message, &IdentifierScheme::Id)
        .ok_or_else(|| outbound::refuse("missing", "the contact has no LINE user id"))
}

fn push(message: &Outgoing, to: &str, part: usize, number: usize, content: &Value) -> Prepared {
    let body = json!({ "to": to, "messages": [content] }).to_string();
    let call = Call::post(PUSH, "application/json", body)
        .header("x-line-retry-key", outbound::retry_key(message, number))
        .bearer(CHANNEL_ACCESS_TOKEN)
        .repeatable();
    Prepared::new(part, call)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    #[serde(default)]
    sent_messages: Vec<SentMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentMessage {
    id: String,
    quote_token: Option<String>,
}

/// 409 says that a call with this retry key was accepted before.
fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !matches!(answer.status, 200 | 409) {
        return Err(failure(answer, now));
    }
    let accepted = serde_json::from_slice::<Accepted>(&answer.body);
    let messages = accepted.map(|accepted| accepted.sent_messages).unwrap_or_default();
    let receipts = messages.into_iter().map(|message| {
        let mut receipt = prepared.receipt(message.id);
        receipt.attributes.extend(message.quote_token.map(|token| ("quote_token".to_owned(), token)));
        receipt
    });
    Ok(receipts.collect())
}

#[derive(Deserialize)]
struct Problem {
    message: Option<String>,
}

fn failure(answer: &Response, now: u64) -> Failure {
    let message = serde_json::from_slice::<Problem>(&answer.body).ok().and_then(|problem| problem.message);
    let reason = match (answer.status, message.as_deref()) {
        // Until the next month: waiting does not help.
        (429, Some(text)) if text.contains("monthly limit") => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    Failure { reason, code: Some(answer.status.to_string()), message }
}
