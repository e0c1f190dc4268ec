//! Why a message was not sent or not delivered, or a call not made: Twilio's error codes, for answers and for statuses alike.
//!
//! `https://www.twilio.com/docs/api/errors`, read 2026-09.

use serde::Deserialize;
use trunkline_model::{Failure, FailureReason, Response};

use crate::calls;
use crate::json::{Text, lenient};

/// What a call was refused with:
/// `{"code":21610,"message":"…","more_info":"https://www.twilio.com/docs/errors/21610","status":400}`.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default, deserialize_with = "lenient")]
    code: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Text>,
}

/// Why a call that was not answered with 2xx failed. `now` is milliseconds since the Unix epoch.
pub fn of_answer(answer: &Response, now: u64) -> Failure {
    let problem = serde_json::from_slice::<Problem>(&answer.body).unwrap_or_default();
    let known = problem.code.as_deref().and_then(reason);
    let reason = known.unwrap_or_else(|| match answer.status {
        // The URL names our account, never the contact.
        404 | 410 => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    });
    let reason = match reason {
        FailureReason::RateLimited(None) => FailureReason::RateLimited(calls::retry_after(answer, now)),
        other => other,
    };
    let code = problem.code.map_or_else(|| answer.status.to_string(), String::from);
    Failure { reason, code: Some(code), message: problem.message.map(String::from) }
}

/// The class of an error code. None where it is not in the table.
pub fn reason(code: &str) -> Option<FailureReason> {
    Some(match code.trim().parse::<u32>().ok()? {
        // Too fast, a full queue, a daily cap.
        14107 | 20429 | 21611 | 30001 | 30017 | 30022 | 30023 | 30027 | 63017 | 63018 | 63038 => {
            FailureReason::RateLimited(None)
        }
        // 30003: the handset is switched off or out of reach.
        20500 | 20503 | 30003 | 30410 | 63009 | 63010 | 63012 => FailureReason::Transient,
        // 30004 may also be a block by the carrier: not to be repeated in either case.
        21610 | 30004 | 63014 | 63033 => FailureReason::OptedOut,
        63016 => FailureReason::WindowClosed,
        21214 | 21612 | 21614 | 30005 | 30006 | 63003 | 63024 | 63032 | 63036 => FailureReason::Unreachable,
        // The recipient's address is none.
        21201 | 21211 | 21213 | 21217 | 21604 => FailureReason::Invalid,
        // What a call is to say.
        12100 | 12200 | 21205 => FailureReason::Invalid,
        // Content, 30007 being filtered as spam.
        21602 | 21617 | 21618 | 30007 | 30019 | 63005 | 63006 | 63013 | 63021 | 63026 => {
            FailureReason::Invalid
        }
        // Media.
        11751 | 21620 | 21623 | 30011 | 63019 | 63034 | 63037 => FailureReason::Invalid,
        // Templates.
        21654..=21656 | 63027 | 63028 | 63040 | 63041 => FailureReason::Invalid,
        // The status callback's URL is refused.
        21609 => FailureReason::Unauthorized,
        // The sender: unregistered, unverified, not ours, wrongly configured.
        14108 | 21212 | 21601 | 21603 | 21606 | 21621 | 21701..=21705 | 30018 | 30024 | 30032 | 30034 => {
            FailureReason::Unauthorized
        }
        63001 | 63002 | 63007 | 63008 | 63020 | 63031 => FailureReason::Unauthorized,
        // The account: credentials, geographic permissions, suspension, trial.
        // Of calls also: no such caller id, a country or a recipient that is switched off.
        20003 | 20005 | 20403 | 20404 | 21210 | 21215 | 21216 | 21219 | 21408 | 21608 | 30002 => {
            FailureReason::Unauthorized
        }
        // 30008 says nothing; of 30009, a part of what the contact wrote never arrived.
        30008 | 30009 => FailureReason::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class() {
        let classes: [(FailureReason, &[u32]); 7] = [
            (
                FailureReason::RateLimited(None),
                &[14107, 20429, 21611, 30001, 30017, 30022, 30023, 30027, 63017, 63018, 63038],
            ),
            (FailureReason::Transient, &[20500, 20503, 30003, 30410, 63009, 63010, 63012]),
            (FailureReason::OptedOut, &[21610, 30004, 63014, 63033]),
            (FailureReason::WindowClosed, &[63016]),
            (FailureReason::Unreachable, &[21214, 21612, 21614, 30005, 30006, 63003, 63024, 63032, 63036]),
            (
                FailureReason::Invalid,
                &[
                    11751, 12100, 12200, 21201, 21205, 21211, 21213, 21217, 21602, 21604, 21617, 21618,
                    21620, 21623, 21654, 21655, 21656, 30007, 30011, 30019, 63005, 63006, 63013, 63019,
                    63021, 63026, 63027, 63028, 63034, 63037, 63040, 63041,
                ],
            ),
            (
                FailureReason::Unauthorized,
                &[
                    14108, 20003, 20005, 20403, 20404, 21210, 21212, 21215, 21216, 21219, 21408, 21601,
                    21603, 21606, 21608, 21609, 21621, 21701, 21702, 21703, 21704, 21705, 30002, 30018,
                    30024, 30032, 30034, 63001, 63002, 63007, 63008, 63020, 63031,
                ],
            ),
        ];
        for (expected, codes) in classes {
            for code in codes {
                assert_eq!(reason(&code.to_string()), Some(expected.clone()), "{code}");
            }
        }
        assert_eq!(reason(" 30008 "), Some(FailureReason::Other));
        for code in ["99999", "", "x", "99999999999999999999"] {
            assert_eq!(reason(code), None, "{code}");
        }
    }
}
