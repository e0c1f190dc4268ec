//! Why a message was not sent or not delivered: Infobip's answers and its delivery reports.

use trunkline_sdk::json::{RawValue, members};
use trunkline_sdk::{calls, prelude::*};

use crate::result::scalar;

/// Why a call that was not answered with 2xx failed. `now` is milliseconds since the Unix epoch.
///
/// `{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Invalid login details"}}}`
pub fn of_answer(answer: &Response, now: u64) -> Failure {
    let reason = match answer.status {
        // The URL names our account, never the contact.
        404 | 410 => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    let (code, message) = exception(&answer.body).unwrap_or_default();
    Failure { reason, code: Some(code.unwrap_or_else(|| answer.status.to_string())), message }
}

fn exception(body: &[u8]) -> Option<(Option<String>, Option<String>)> {
    let whole: &RawValue = serde_json::from_slice(body).ok()?;
    let [error] = members(whole, ["requestError"]);
    let [service, policy] = members(error?, ["serviceException", "policyException"]);
    let [code, text] = members(service.or(policy)?, ["messageId", "text"]);
    Some((code.and_then(scalar), text.and_then(scalar)))
}

/// Why a delivery report, or the answer to a call, says that a message failed. `group` is that of the status; an error has a
/// group of its own, and says whether it is permanent.
pub fn of_report(
    group: &str,
    name: Option<&str>,
    words: Option<String>,
    error: Option<&RawValue>,
) -> Failure {
    let [error_group, error_name, error_words, permanent] = match error {
        Some(error) => members(error, ["groupName", "name", "description", "permanent"]),
        None => [None; 4],
    };
    let error_group = error_group.and_then(scalar).map(|text| text.to_ascii_uppercase());
    let permanent = permanent.and_then(scalar).as_deref() == Some("true");
    let reason = match error_group.as_deref() {
        Some("HANDSET_ERRORS" | "USER_ERRORS") if permanent => FailureReason::Unreachable,
        Some("OPERATOR_ERRORS") if permanent => FailureReason::Other,
        Some("HANDSET_ERRORS" | "USER_ERRORS" | "OPERATOR_ERRORS") => FailureReason::Transient,
        // The telephone was not there as long as the message was valid.
        _ if group == "EXPIRED" => FailureReason::Unreachable,
        _ => FailureReason::Other,
    };
    let named = error_name.and_then(scalar).filter(|name| name != "NO_ERROR");
    let code = named.clone().or_else(|| name.map(str::to_owned)).unwrap_or_else(|| group.to_owned());
    let message = named.and(error_words.and_then(scalar)).or(words);
    Failure { reason, code: Some(code), message }
}
