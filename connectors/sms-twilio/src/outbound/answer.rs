//! What Twilio answers to a call.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::Prepared;
use trunkline_sdk::prelude::*;
use trunkline_sdk::twilio::failure;

use super::typing;

/// `{"sid":"SM…","status":"queued","num_segments":"1","error_code":null,"error_message":null,…}`
#[derive(Deserialize)]
struct Created {
    #[serde(default, deserialize_with = "lenient")]
    sid: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    status: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    num_segments: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    error_code: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    error_message: Option<Text>,
}

#[derive(Deserialize)]
struct Shown {
    success: bool,
}

/// The receipt; none where the answer cannot be read, although the message was taken.
pub fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(failure::of_answer(answer, now));
    }
    if prepared.call.request.url == typing::URL {
        return match serde_json::from_slice::<Shown>(&answer.body) {
            Ok(Shown { success: false }) => Err(other("the typing indicator was not shown")),
            _ => Ok(Vec::new()),
        };
    }
    let Ok(created) = serde_json::from_slice::<Created>(&answer.body) else { return Ok(Vec::new()) };
    // No callback follows for the status that the answer itself has.
    if matches!(created.status.as_deref(), Some("failed" | "undelivered" | "canceled")) {
        return Err(failed(created));
    }
    let Some(sid) = created.sid.filter(|sid| !sid.is_empty()) else { return Ok(Vec::new()) };
    let mut receipt = prepared.receipt(sid);
    for (name, value) in [("num_segments", created.num_segments), ("status", created.status)] {
        receipt.attributes.extend(value.map(|value| (name.to_owned(), value.into())));
    }
    Ok(vec![receipt])
}

fn failed(created: Created) -> Failure {
    let reason = created.error_code.as_deref().and_then(failure::reason).unwrap_or(FailureReason::Other);
    let message = created.error_message.or(created.status).map(String::from);
    Failure { reason, code: created.error_code.map(String::from), message }
}

fn other(what: &str) -> Failure {
    Failure { reason: FailureReason::Other, code: None, message: Some(what.to_owned()) }
}
