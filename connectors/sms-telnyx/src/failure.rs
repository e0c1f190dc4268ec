//! Why a message was not sent or not delivered: Telnyx's error codes, for answers and for statuses alike.
//!
//! `https://developers.telnyx.com/docs/messaging/messages/error-codes`, read 2026-04.

use serde::Deserialize;
use trunkline_sdk::json::RawValue;
use trunkline_sdk::{calls, prelude::*};

use crate::wire::{Problem, items, parse, present};

/// What a call was refused with: `{"errors":[{"code":"40310","title":"…","detail":"…"}]}`
#[derive(Default, Deserialize)]
struct Problems<'a> {
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

/// Why a call that was not answered with 2xx failed. `now` is milliseconds since the Unix epoch.
pub fn of_answer(answer: &Response, now: u64) -> Failure {
    let problems = serde_json::from_slice::<Problems>(&answer.body).unwrap_or_default();
    let problem = items(problems.errors).into_iter().find_map(parse::<Problem>);
    let by_status = || match answer.status {
        // The URL names nothing of the contact.
        404 | 410 => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    let mut failure = problem.map_or_else(unknown, of_problem);
    let known = failure.code.as_deref().and_then(reason);
    failure.reason = match known.unwrap_or_else(by_status) {
        FailureReason::RateLimited(None) => FailureReason::RateLimited(calls::retry_after(answer, now)),
        other => other,
    };
    failure.code.get_or_insert_with(|| answer.status.to_string());
    failure
}

/// Of an item of `errors`.
pub fn of_problem(problem: Problem) -> Failure {
    let code = present(&problem.code).map(str::to_owned);
    let reason = code.as_deref().and_then(reason).unwrap_or(FailureReason::Other);
    let words: Vec<&str> = [&problem.title, &problem.detail].into_iter().filter_map(present).collect();
    let message = (!words.is_empty()).then(|| words.join(": "));
    Failure { reason, code, message }
}

/// Nothing is said.
pub fn unknown() -> Failure {
    Failure { reason: FailureReason::Other, code: None, message: None }
}

/// The class of an error code. None where it is not in the table.
pub fn reason(code: &str) -> Option<FailureReason> {
    Some(match code.trim().parse::<u32>().ok()? {
        // Too fast, a full queue, a spending limit that is reset.
        10011 | 40011 | 40016 | 40018 | 40318 | 40333 => FailureReason::RateLimited(None),
        // 40002: taken for spam for the time being; 40005: expired before the carrier took it.
        40002 | 40004..=40006 | 40014 | 40320 => FailureReason::Transient,
        40300 => FailureReason::OptedOut,
        40001 | 40008 | 40012 | 40310 => FailureReason::Unreachable,
        // Spam, content, length, media.
        40003 | 40009 | 40015 | 40017 | 40302 | 40304 | 40316 | 40317 | 40322 | 40328 => {
            FailureReason::Invalid
        }
        // The sender: not ours, not registered, not for this purpose, blocked for a day (40020).
        40010 | 40013 | 40019 | 40020 | 40100 | 40150 | 40151 | 40155 | 40301 | 40305..=40309 => {
            FailureReason::Unauthorized
        }
        40315 | 40319 | 40321 | 40323 | 40325 | 40329 | 40330 => FailureReason::Unauthorized,
        // Messaging profile, account, key.
        10009 | 40311..=40314 | 40331 => FailureReason::Unauthorized,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class() {
        let classes: [(FailureReason, &[u32]); 6] = [
            (FailureReason::RateLimited(None), &[10011, 40011, 40016, 40018, 40318, 40333]),
            (FailureReason::Transient, &[40002, 40004, 40005, 40006, 40014, 40320]),
            (FailureReason::OptedOut, &[40300]),
            (FailureReason::Unreachable, &[40001, 40008, 40012, 40310]),
            (FailureReason::Invalid, &[40003, 40009, 40015, 40017, 40302, 40304, 40316, 40317, 40322, 40328]),
            (
                FailureReason::Unauthorized,
                &[
                    10009, 40010, 40013, 40019, 40020, 40100, 40150, 40151, 40155, 40301, 40305, 40306,
                    40307, 40308, 40309, 40311, 40312, 40313, 40314, 40315, 40319, 40321, 40323, 40325,
                    40329, 40330, 40331,
                ],
            ),
        ];
        for (expected, codes) in classes {
            for code in codes {
                assert_eq!(reason(&code.to_string()), Some(expected.clone()), "{code}");
            }
        }
        for code in ["49999", "", "x", "99999999999999999999"] {
            assert_eq!(reason(code), None, "{code}");
        }
    }
}
