//! What LINE answers: receipts, or why there are none.

use serde::Deserialize;
use trunkline_sdk::calls;
use trunkline_sdk::json::{RawValue, Text, lenient};
use trunkline_sdk::outbound::SPENT;
use trunkline_sdk::prelude::*;

use super::item::Item;
use crate::envelope::parse;
use crate::event::filled;

/// Details in a failure; LINE gives one for each wrong field.
const DETAILS_MAX: usize = 5;

/// `{"sentMessages":[{"id":"510000000000000101","quoteToken":"q-101"}]}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted<'a> {
    #[serde(borrow)]
    sent_messages: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SentMessage {
    #[serde(deserialize_with = "lenient")]
    id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    quote_token: Option<Text>,
}

/// One for each message id, in the order of the messages sent. None where the answer cannot be read: the
/// messages were accepted all the same. `spent` says that the reply token is used up.
pub fn receipts(items: &[Item], answer: &Response, spent: bool) -> Vec<Receipt> {
    let accepted = serde_json::from_slice::<Accepted>(&answer.body).ok();
    let messages = accepted.and_then(|accepted| parse::<Vec<&RawValue>>(accepted.sent_messages?));
    let receipts = messages.unwrap_or_default().into_iter().zip(items).filter_map(|(raw, item)| {
        let message: SentMessage = parse(raw)?;
        let mut receipt = Receipt {
            message_id: filled(&message.id)?.to_owned(),
            part: u32::try_from(item.part).unwrap_or(u32::MAX),
            degraded: item.degraded.clone(),
            attributes: item.attributes.clone(),
        };
        let mut add = |name: &str, value: &str| receipt.attributes.push((name.to_owned(), value.to_owned()));
        if let Some(token) = filled(&message.quote_token) {
            add("quote_token", token);
        }
        if spent {
            add(SPENT, "reply_token");
        }
        Some(receipt)
    });
    receipts.collect()
}

/// Whether a reply failed for nothing but its token, so that a push can take its place.
pub fn is_dead_token(answer: &Response) -> bool {
    answer.status == 400 && Problem::of(answer).is("invalid reply token")
}

/// Whether a reply was accepted. Where LINE failed itself, it may have delivered it before, and there is no retry
/// key that would keep a second try from being a second message.
pub fn replied(answer: &Response, now: u64) -> Result<(), Failure> {
    if matches!(answer.status, 200..=299) {
        return Ok(());
    }
    let failure = failure(answer, now);
    Err(match failure.reason {
        FailureReason::Transient => trunkline_sdk::outbound::unconfirmed(failure),
        _ => failure,
    })
}

/// Why a call failed.
pub fn failure(answer: &Response, now: u64) -> Failure {
    let problem = Problem::of(answer);
    let reason = match answer.status {
        // Until the next month: waiting does not help.
        429 if problem.is("monthly limit") => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    Failure { reason, code: Some(answer.status.to_string()), message: problem.words() }
}

/// `{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty",
/// "property":"messages[0].text"}]}`
#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "lenient")]
    message: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    details: Option<Vec<Detail>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    #[serde(deserialize_with = "lenient")]
    message: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    property: Option<Text>,
}

impl Problem {
    fn of(answer: &Response) -> Self {
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    fn is(&self, words: &str) -> bool {
        self.message.as_deref().is_some_and(|message| message.to_ascii_lowercase().contains(words))
    }

    /// With the fields that are wrong: only they tell what to do.
    fn words(&self) -> Option<String> {
        let details = self.details.iter().flatten().take(DETAILS_MAX).filter_map(|detail| {
            let words: Vec<&str> =
                [filled(&detail.property), filled(&detail.message)].into_iter().flatten().collect();
            (!words.is_empty()).then(|| words.join(": "))
        });
        let all: Vec<String> = filled(&self.message).map(str::to_owned).into_iter().chain(details).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
