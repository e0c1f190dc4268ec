//! Why a message was not sent or not delivered: Plivo's answers and the error codes of its statuses.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::{calls, prelude::*};

/// `{"api_id":"…","error":"…"}`
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default, deserialize_with = "lenient")]
    error: Option<Text>,
}

/// Why a call that was not answered with 2xx failed. `now` is milliseconds since the Unix epoch. Answers have no code of
/// their own.
pub fn of_answer(answer: &Response, now: u64) -> Failure {
    let problem = serde_json::from_slice::<Problem>(&answer.body).unwrap_or_default();
    let reason = match answer.status {
        // The URL names our account, never the contact.
        404 | 410 => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    Failure { reason, code: Some(answer.status.to_string()), message: problem.error.map(String::from) }
}

/// The class of a status's `ErrorCode`, and what it stands for. What Plivo may use for what passes and for what does not is
/// `other`.
pub fn of_code(code: &str) -> (FailureReason, Option<&'static str>) {
    let (reason, words) = match code {
        "10" => (FailureReason::Invalid, "invalid message"),
        "20" => (FailureReason::Transient, "network error"),
        "30" => (FailureReason::Invalid, "taken for spam"),
        "40" => (FailureReason::Unauthorized, "invalid source number"),
        "50" => (FailureReason::Unreachable, "invalid destination number"),
        "60" => (FailureReason::Other, "loop detected"),
        "70" | "80" => (FailureReason::Unreachable, "destination unavailable"),
        "90" => (FailureReason::Other, "carrier unavailable"),
        "100" => (FailureReason::Other, "unknown error"),
        "200" => (FailureReason::OptedOut, "the contact has opted out"),
        "300" => (FailureReason::Other, "duplicate or not dispatched"),
        "420" | "450" | "451" => (FailureReason::Other, "expired or against a rule"),
        "900" => (FailureReason::Unauthorized, "insufficient credit"),
        _ => return (FailureReason::Other, None),
    };
    (reason, Some(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_class() {
        for (code, expected) in [
            ("10", FailureReason::Invalid),
            ("20", FailureReason::Transient),
            ("30", FailureReason::Invalid),
            ("40", FailureReason::Unauthorized),
            ("50", FailureReason::Unreachable),
            ("70", FailureReason::Unreachable),
            ("80", FailureReason::Unreachable),
            ("200", FailureReason::OptedOut),
            ("900", FailureReason::Unauthorized),
        ] {
            assert_eq!(of_code(code).0, expected, "{code}");
        }
        for code in ["60", "90", "100", "300", "420", "450", "451", "999", "", "x"] {
            assert_eq!(of_code(code).0, FailureReason::Other, "{code}");
        }
    }
}
