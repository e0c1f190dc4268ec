//! What the Bot Connector answers.
//!
//! `https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/bot-conversations-error-codes`, read
//! 2026-09.

use serde::Deserialize;
use trunkline_sdk::calls;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::unconfirmed;
use trunkline_sdk::prelude::*;

use super::item::Item;
use crate::wire::filled;

/// `{"id":"1790000000999"}`: of an activity, or of a conversation.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Made {
    #[serde(deserialize_with = "lenient")]
    id: Option<Text>,
}

/// `{"error":{"code":"BotNotInConversationRoster","message":"…"}}`
#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
    #[serde(deserialize_with = "lenient")]
    error: Option<Words>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Words {
    #[serde(deserialize_with = "lenient")]
    code: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    message: Option<Text>,
}

/// The receipt of an activity. None where nothing was written, or the answer names no id: it was sent all the same.
pub fn receipt(item: &Item, answer: &Response, now: u64) -> Result<Option<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        let failure = failure(answer, now);
        // The message may be there: a second try may be a second message. What writes nothing may be tried again.
        let open = answer.status == 408 || answer.status >= 500;
        return Err(if open && !item.is_signal() { unconfirmed(failure) } else { failure });
    }
    let made: Made = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = filled(&made.id).filter(|_| !item.is_signal());
    Ok(id.map(|id| Receipt {
        message_id: id.to_owned(),
        part: u32::try_from(item.part).unwrap_or(u32::MAX),
        degraded: item.degraded.clone(),
        attributes: item.attributes.clone(),
    }))
}

/// The id of a conversation that was made.
pub fn conversation(answer: &Response, now: u64) -> Result<String, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(failure(answer, now));
    }
    let made: Made = serde_json::from_slice(&answer.body).unwrap_or_default();
    filled(&made.id).map(str::to_owned).ok_or_else(|| Failure {
        reason: FailureReason::Transient,
        code: Some("no_id".to_owned()),
        message: Some("the answer names no conversation".to_owned()),
    })
}

/// Why a call failed.
fn failure(answer: &Response, now: u64) -> Failure {
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = refused.error.unwrap_or_default();
    let code = filled(&words.code);
    let reason = match (answer.status, code) {
        (403, Some("ConversationBlockedByUser")) => FailureReason::OptedOut,
        (403, Some("BotDisabledByAdmin")) => FailureReason::Unauthorized,
        // The bot is not installed there any more, or may not write. That is said of one conversation, not of the bot.
        (403, _) => FailureReason::Unreachable,
        // Two calls at the same time in one conversation: this one was not done.
        (412, _) => FailureReason::Transient,
        _ => calls::reason(answer, now),
    };
    let code = code.map_or_else(|| answer.status.to_string(), str::to_owned);
    Failure { reason, code: Some(code), message: words.message.map(String::from) }
}
