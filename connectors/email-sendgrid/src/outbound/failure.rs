//! What SendGrid's answers mean. Suppressed recipients are none of them: SendGrid takes the mail and reports it as dropped.

use serde::Deserialize;
use trunkline_sdk::calls;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;

/// `{"errors":[{"message":"The from address does not match a verified Sender Identity.","field":"from","help":"…"}]}`
#[derive(Deserialize, Default)]
#[serde(default)]
struct Problems {
    #[serde(deserialize_with = "lenient")]
    errors: Option<Vec<Problem>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    #[serde(deserialize_with = "lenient")]
    message: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    field: Option<Text>,
}

/// Nothing where the answer is a success.
pub fn accepted(answer: &Response, now: u64) -> Result<(), Failure> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let problems: Problems = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = problems.errors.unwrap_or_default().into_iter().filter_map(|problem| {
        let message = problem.message.filter(|text| !text.is_empty())?;
        let field = problem.field.filter(|text| !text.is_empty());
        Some(
            field
                .map_or_else(|| String::from(message.clone()), |field| format!("{}: {}", &*field, &*message)),
        )
    });
    let words = words.collect::<Vec<_>>().join("; ");
    let reason = match (answer.status, calls::reason(answer, now)) {
        // The address of the call, or the region, is wrong. Never the contact.
        (404, _) => FailureReason::Unauthorized,
        (_, FailureReason::RateLimited(None)) => FailureReason::RateLimited(reset(answer, now)),
        (_, reason) => reason,
    };
    Err(Failure {
        reason,
        code: Some(answer.status.to_string()),
        message: Some(words).filter(|words| !words.is_empty()),
    })
}

/// Milliseconds until the second in which the count begins anew.
fn reset(answer: &Response, now: u64) -> Option<u64> {
    let seconds = answer.header("x-ratelimit-reset")?.trim().parse::<u64>().ok()?;
    Some(seconds.saturating_mul(1_000).saturating_sub(now))
}
