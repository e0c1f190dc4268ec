//! Where the Graph API is, and what its errors mean: what every ability that makes calls shares.
//!
//! `https://developers.facebook.com/docs/messenger-platform/reference/send-api`, read 2026-08.

use trunkline_sdk::meta::graph::{self, GraphError};
use trunkline_sdk::prelude::*;

/// The setting that the host authorizes calls with. It never comes here.
pub const PAGE_ACCESS_TOKEN: &str = "page_access_token";
const API_VERSION: &str = "api_version";
const API_VERSION_DEFAULT: &str = "v25.0";

/// The URL of a path below the version. `page_or_user` is refused where it is not the digits that every id
/// is: it must not lead anywhere else.
pub fn url(context: &Context, page_or_user: &str, rest: &str) -> Result<String, Failure> {
    let version = context.setting(API_VERSION).unwrap_or(API_VERSION_DEFAULT);
    if !is_version(version) {
        let message = format!("the setting `api_version` is `{version}`, expected one like `v25.0`");
        return Err(Failure { reason: FailureReason::Unauthorized, code: None, message: Some(message) });
    }
    if !is_number(page_or_user) {
        let what = format!("`{page_or_user}` is no id of Messenger: digits were expected");
        return Err(trunkline_sdk::outbound::refuse("missing", what));
    }
    Ok(format!("https://graph.facebook.com/{version}/{page_or_user}{rest}"))
}

fn is_version(version: &str) -> bool {
    let numbers = version.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
    numbers.is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Why a call failed.
pub fn failure(answer: &Response, now: u64) -> Failure {
    graph::failure(answer, now, classify)
}

/// `https://developers.facebook.com/docs/messenger-platform/reference/send-api/error-codes`, read 2026-08.
fn classify(error: &GraphError) -> Option<FailureReason> {
    let reason = match (error.code?, error.subcode) {
        (10, Some(2_018_278 | 2_018_065)) => FailureReason::WindowClosed,
        // The person does not take messages of this Page: blocked, deactivated, or never existed.
        (10, Some(2_018_108)) | (100, Some(2_018_001)) | (200, Some(1_545_041)) | (551, _) => {
            FailureReason::Unreachable
        }
        // "Received invalid JSON reply" is documented for messages that were sent: never repeat them.
        (1, Some(1_357_046)) => FailureReason::Other,
        // 2 has been seen for people who blocked the Page as well: the host gives up after some attempts.
        (1 | 2 | 1200, _) => FailureReason::Transient,
        (4 | 17 | 32 | 613 | 80_006, _) => FailureReason::RateLimited(None),
        // Among others: 10/1893063, the Page is restricted for a while; 200/2018028, the app is not live.
        (10 | 190 | 200..=299, _) => FailureReason::Unauthorized,
        // Among others: 100/2018109, the attachment is too big.
        (100, _) => FailureReason::Invalid,
        _ => return None,
    };
    Some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lead_nowhere_else() {
        let context = |version: &str| Context {
            settings: vec![(API_VERSION.to_owned(), version.to_owned())],
            ..Context::default()
        };
        let url = |version: &str, id: &str| url(&context(version), id, "/messages").map_err(|no| no.reason);
        assert_eq!(url("", "700"), Ok("https://graph.facebook.com/v25.0/700/messages".to_owned()));
        assert_eq!(url("v26.0", "700"), Ok("https://graph.facebook.com/v26.0/700/messages".to_owned()));
        for version in ["25.0", "v25", "v25.0/me", "v.0", "v25.0.1"] {
            assert_eq!(url(version, "700"), Err(FailureReason::Unauthorized), "{version}");
        }
        for id in ["", "me", "7/../8", "700?x=1", "٧"] {
            assert_eq!(url("v25.0", id), Err(FailureReason::Invalid), "{id}");
        }
    }

    #[test]
    fn every_documented_error_has_a_class() {
        use FailureReason::{
            Invalid, Other, RateLimited, Transient, Unauthorized, Unreachable, WindowClosed,
        };
        for (status, code, subcode, expected) in [
            (400, 10, "2018278", WindowClosed),
            (400, 10, "2018065", WindowClosed),
            (400, 10, "2018108", Unreachable),
            (400, 10, "1893063", Unauthorized),
            (403, 10, "null", Unauthorized),
            (400, 100, "null", Invalid),
            (400, 100, "2018001", Unreachable),
            (400, 100, "2018109", Invalid),
            (401, 190, "463", Unauthorized),
            (400, 190, "null", Unauthorized),
            (400, 200, "2018028", Unauthorized),
            (400, 200, "1545041", Unreachable),
            (400, 551, "1545041", Unreachable),
            (400, 551, "null", Unreachable),
            (400, 4, "null", RateLimited(None)),
            (400, 17, "null", RateLimited(None)),
            (400, 32, "null", RateLimited(None)),
            (400, 613, "null", RateLimited(None)),
            (400, 80_006, "null", RateLimited(None)),
            (429, 368_000, "null", RateLimited(None)),
            (400, 1200, "null", Transient),
            (500, 2, "null", Transient),
            (500, 1, "null", Transient),
            (500, 1, "1357046", Other),
            (503, 424_242, "null", Transient),
            (400, 424_242, "null", Invalid),
        ] {
            let body = format!(r#"{{"error":{{"code":{code},"error_subcode":{subcode}}}}}"#);
            let failure = failure(&Response::with_body(status, "application/json", body), 0);
            assert_eq!(failure.reason, expected, "{status} {code}/{subcode}");
        }
    }
}
