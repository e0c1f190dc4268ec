//! Why a message was not sent or not delivered: error codes of the Messages API, and those of receipts of the SMS API.
//!
//! `https://developer.vonage.com/en/messages/concepts/troubleshooting`, read 2026.

use serde_json::{Map, Value};
use trunkline_sdk::{calls, prelude::*};

use crate::scalar::member;

/// What Vonage says where it has sent the same message before.
pub const SENT_BEFORE: &str = "1320";

/// Why a call that was not answered with 2xx failed. `now` is milliseconds since the Unix epoch.
pub fn of_answer(answer: &Response, now: u64) -> Failure {
    let problem = serde_json::from_slice::<Map<String, Value>>(&answer.body).unwrap_or_default();
    let mut failure = of_problem(&problem);
    let by_status = || match answer.status {
        // The URL names nothing of the contact.
        404 | 410 => FailureReason::Unauthorized,
        _ => calls::reason(answer, now),
    };
    failure.reason = match failure.code.as_deref().and_then(reason).unwrap_or_else(by_status) {
        FailureReason::RateLimited(None) => FailureReason::RateLimited(calls::retry_after(answer, now)),
        other => other,
    };
    failure.code.get_or_insert_with(|| answer.status.to_string());
    failure
}

/// Of `{"type":"https://…#1240","title":"1240","detail":"…","instance":"…"}`.
pub fn of_problem(problem: &Map<String, Value>) -> Failure {
    let title = member(problem, "title");
    let kind = member(problem, "type");
    let numeric = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = title.clone().filter(|title| numeric(title)).or_else(|| {
        let last = kind.as_deref()?.rsplit(['#', '/']).next()?;
        numeric(last).then(|| last.to_owned())
    });
    let parameters = problem.get("invalid_parameters").and_then(Value::as_array).into_iter().flatten();
    let parameters = parameters.filter_map(|parameter| {
        let parameter = parameter.as_object()?;
        Some(format!("{}: {}", member(parameter, "name")?, member(parameter, "reason")?))
    });
    let words: Vec<String> = title
        .filter(|title| !numeric(title))
        .into_iter()
        .chain(member(problem, "detail"))
        .chain(parameters)
        .collect();
    let reason = code.as_deref().and_then(reason).unwrap_or(FailureReason::Other);
    Failure { reason, code, message: (!words.is_empty()).then(|| words.join(": ")) }
}

/// Nothing is said.
pub fn unknown() -> Failure {
    Failure { reason: FailureReason::Other, code: None, message: None }
}

/// The class of a code of the Messages API. None where it is not in the table.
pub fn reason(code: &str) -> Option<FailureReason> {
    Some(match code.trim().parse::<u32>().ok()? {
        429 | 1000 | 1241 => FailureReason::RateLimited(None),
        // 1360: it was not delivered within its time to live.
        1030 | 1100 | 1180 | 1220 | 1230 | 1331 | 1360 => FailureReason::Transient,
        1240 => FailureReason::OptedOut,
        1340 => FailureReason::WindowClosed,
        // The recipient: unknown, absent, barred, prepaid, too young.
        1050 | 1170 | 1190 | 1200 | 1260 | 1270 | 1280 | 1290 | 1300 | 1310 | 1330 => {
            FailureReason::Unreachable
        }
        // Request, content, media; 1210 being spam.
        1010 | 1020..=1022 | 1040 | 1090 | 1130 | 1150 | 1210 | 1380..=1382 => FailureReason::Invalid,
        // Account, sender, permission.
        1060 | 1070 | 1080 | 1110 | 1120 | 1140 | 1160 | 1350 | 1370 => FailureReason::Unauthorized,
        _ => return None,
    })
}

/// The class of an `err-code` of the SMS API.
pub fn of_err_code(code: Option<String>) -> Failure {
    let reason = match code.as_deref().and_then(|code| code.trim().parse::<u32>().ok()) {
        Some(2 | 7 | 8) => FailureReason::Transient,
        // Routing, plan and age of the subscriber are among them.
        Some(3..=5 | 11..=15) => FailureReason::Unreachable,
        Some(9) => FailureReason::OptedOut,
        Some(6 | 10 | 52) => FailureReason::Invalid,
        Some(16) => FailureReason::RateLimited(None),
        // Regulation: the sender or its text is not registered.
        Some(50 | 51 | 53 | 54) => FailureReason::Unauthorized,
        _ => FailureReason::Other,
    };
    Failure { reason, code, message: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class() {
        let classes: [(FailureReason, &[u32]); 7] = [
            (FailureReason::RateLimited(None), &[429, 1000, 1241]),
            (FailureReason::Transient, &[1030, 1100, 1180, 1220, 1230, 1331, 1360]),
            (FailureReason::OptedOut, &[1240]),
            (FailureReason::WindowClosed, &[1340]),
            (FailureReason::Unreachable, &[1050, 1170, 1190, 1200, 1260, 1270, 1280, 1290, 1300, 1310, 1330]),
            (
                FailureReason::Invalid,
                &[1010, 1020, 1021, 1022, 1040, 1090, 1130, 1150, 1210, 1380, 1381, 1382],
            ),
            (FailureReason::Unauthorized, &[1060, 1070, 1080, 1110, 1120, 1140, 1160, 1350, 1370]),
        ];
        for (expected, codes) in classes {
            for code in codes {
                assert_eq!(reason(&code.to_string()), Some(expected.clone()), "{code}");
            }
        }
        for code in ["9999", "", "x", SENT_BEFORE] {
            assert_eq!(reason(code), None, "{code}");
        }
    }

    #[test]
    fn every_err_code_has_its_class() {
        let classes: [(FailureReason, &[&str]); 7] = [
            (FailureReason::Transient, &["2", "7", "8"]),
            (FailureReason::Unreachable, &["3", "4", "5", "11", "12", "13", "14", "15"]),
            (FailureReason::OptedOut, &["9", " 9 "]),
            (FailureReason::Invalid, &["6", "10", "52"]),
            (FailureReason::RateLimited(None), &["16"]),
            (FailureReason::Unauthorized, &["50", "51", "53", "54"]),
            (FailureReason::Other, &["1", "99", "1000", "x"]),
        ];
        for (expected, codes) in classes {
            for code in codes {
                assert_eq!(of_err_code(Some((*code).to_owned())).reason, expected, "{code}");
            }
        }
        assert_eq!(of_err_code(None).reason, FailureReason::Other);
    }
}
