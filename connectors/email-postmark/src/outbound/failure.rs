//! What Postmark's answers mean. `ErrorCode` counts, not the status: documents differ in the latter.

use serde::Deserialize;
use trunkline_sdk::calls;
use trunkline_sdk::json::{Number, Text, lenient};
use trunkline_sdk::prelude::*;

/// `{"ErrorCode":406,"Message":"You tried to send to a recipient that has been marked as inactive."}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Problem {
    #[serde(deserialize_with = "lenient")]
    error_code: Option<Number>,
    #[serde(deserialize_with = "lenient")]
    message: Option<Text>,
}

/// Nothing where the answer is a success.
pub fn accepted(answer: &Response, now: u64) -> Result<(), Failure> {
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = problem.error_code.map(|code| code.0).filter(|code| *code != 0.0);
    let success = (200..300).contains(&answer.status);
    let reason = match code.map(|code| code as i64) {
        None if success => return Ok(()),
        // A server error is one whatever the body says.
        _ if answer.status >= 500 || answer.status == 429 => calls::reason(answer, now),
        Some(10) => FailureReason::Unauthorized,
        // Bounced, complained or suppressed before: which of them is not said.
        Some(406) => FailureReason::Unreachable,
        // The sender is not confirmed, or the account may not send.
        Some(400 | 401 | 405 | 412 | 413) => FailureReason::Unauthorized,
        // The address of the call is wrong. Never the contact.
        None if answer.status == 404 => FailureReason::Unauthorized,
        // Out for maintenance.
        Some(100) => FailureReason::Transient,
        Some(_) if success => FailureReason::Invalid,
        _ => calls::reason(answer, now),
    };
    let number = code.map_or_else(|| answer.status.to_string(), |code| code.to_string());
    let words = problem.message.map(String::from).filter(|text| !text.is_empty());
    Err(Failure { reason, code: Some(number), message: words })
}
