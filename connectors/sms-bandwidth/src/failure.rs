//! Why a message was not sent or not delivered: Bandwidth's answers, and the error codes of its statuses.
//!
//! `https://dev.bandwidth.com/docs/messaging/errors/codes`

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::{calls, prelude::*};

/// `{"type":"request-validation","description":"…","fieldErrors":[{"fieldName":"from","description":"…"}]}`
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    description: Option<Text>,
    #[serde(default, rename = "fieldErrors", deserialize_with = "lenient")]
    field_errors: Option<Vec<FieldError>>,
}

#[derive(Default, Deserialize)]
struct FieldError {
    #[serde(default, rename = "fieldName", deserialize_with = "lenient")]
    field_name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    description: Option<Text>,
}

/// Why a call that was not answered with 2xx failed. `now` is milliseconds since the Unix epoch.
pub fn of_answer(answer: &Response, now: u64) -> Failure {
    let problem = serde_json::from_slice::<Problem>(&answer.body).unwrap_or_default();
    let reason = match answer.status {
        // The URL names our account, never the contact.
        404 | 410 => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    let code = problem.kind.map_or_else(|| answer.status.to_string(), String::from);
    let fields = problem.field_errors.unwrap_or_default().into_iter().map(|error| {
        let words = [error.field_name, error.description].into_iter().flatten().map(String::from);
        words.collect::<Vec<_>>().join(": ")
    });
    let words: Vec<String> = problem.description.map(String::from).into_iter().chain(fields).collect();
    Failure { reason, code: Some(code), message: (!words.is_empty()).then(|| words.join("; ")) }
}

/// The class of a status's `errorCode`.
pub fn of_code(code: &str) -> FailureReason {
    match code.trim().parse::<u32>().unwrap_or(0) {
        4775 => FailureReason::OptedOut,
        4303 | 4350 | 4404 | 4406 | 4432 | 4482 | 4700 | 4720 | 4721 | 4730 => FailureReason::Unreachable,
        4701 | 4702 | 5000..=5999 => FailureReason::Transient,
        // A day's volume is used up.
        4780 | 4781 | 4785 => FailureReason::RateLimited(None),
        // Spam and content.
        4301 | 4470 | 4481 | 4750..=4753 | 4770 | 4771 => FailureReason::Invalid,
        // The sender and its registration.
        4302 | 4403 | 4405 | 4407 | 4431 | 4433 | 4434 | 4773 | 4774 | 4790..=4795 => {
            FailureReason::Unauthorized
        }
        // The request or the account.
        4001 | 4360 | 4401 | 4408..=4412 | 4435 | 4451 | 4452 | 4492 | 4493 => FailureReason::Unauthorized,
        // 9902: no receipt in time. The message may have arrived.
        _ => FailureReason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_class() {
        let classes: [(FailureReason, &[u32]); 7] = [
            (FailureReason::OptedOut, &[4775]),
            (FailureReason::Unreachable, &[4303, 4350, 4404, 4406, 4432, 4482, 4700, 4720, 4721, 4730]),
            (
                FailureReason::Transient,
                &[
                    4701, 4702, 5100, 5101, 5111, 5201, 5211, 5220, 5500, 5501, 5600, 5610, 5620, 5630, 5650,
                    5999,
                ],
            ),
            (FailureReason::RateLimited(None), &[4780, 4781, 4785]),
            (FailureReason::Invalid, &[4301, 4470, 4481, 4750, 4751, 4752, 4753, 4770, 4771]),
            (
                FailureReason::Unauthorized,
                &[
                    4001, 4302, 4360, 4401, 4403, 4405, 4407, 4408, 4412, 4431, 4433, 4434, 4435, 4451, 4452,
                    4492, 4493, 4773, 4774, 4790, 4795,
                ],
            ),
            (FailureReason::Other, &[0, 9902, 9999]),
        ];
        for (expected, codes) in classes {
            for code in codes {
                assert_eq!(of_code(&code.to_string()), expected, "{code}");
            }
        }
        assert_eq!((of_code("x"), of_code("")), (FailureReason::Other, FailureReason::Other));
    }
}
