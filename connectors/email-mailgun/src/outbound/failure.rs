//! What Mailgun's answers mean. Suppressed recipients are none of them: Mailgun takes the mail and reports it
//! afterwards as failed, see `reason.rs`.

use serde::Deserialize;
use trunkline_sdk::calls;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;

/// Bytes of an answer that is words and no JSON: `Forbidden`.
const WORDS_SIZE_MAX: usize = 300;

#[derive(Deserialize)]
struct Problem {
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Text>,
}

/// The answer where it is a success.
pub fn accepted(answer: &Response, now: u64) -> Result<&Response, Failure> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let words = words(answer);
    let said = |text: &str| words.as_deref().is_some_and(|words| words.to_ascii_lowercase().contains(text));
    let blocked = said("is not allowed to send")
        || said("for test purposes only")
        || said("activate your mailgun account");
    let reason = match answer.status {
        // So many recipients an hour for new accounts: the domain is in order, and the hour passes.
        400..=499 if said("recipient limit exceeded") => {
            FailureReason::RateLimited(calls::retry_after(answer, now))
        }
        // Seen with 400, 403 and 421: the account or the domain, whatever the status says.
        400..=499 if blocked => FailureReason::Unauthorized,
        // The domain is not there: wrong region, wrong name. Never the contact.
        404 => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    Err(Failure { reason, code: Some(answer.status.to_string()), message: words })
}

fn words(answer: &Response) -> Option<String> {
    if let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body) {
        return problem.message.map(String::from).filter(|text| !text.is_empty());
    }
    let text = std::str::from_utf8(&answer.body).ok()?.trim().trim_matches('"');
    let plain = !text.is_empty() && text.len() <= WORDS_SIZE_MAX && !text.contains(['<', '{']);
    plain.then(|| text.to_owned())
}
