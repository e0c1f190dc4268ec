//! Where the Graph API is, and what its errors mean: what every ability that makes calls shares.
//!
//! `https://developers.facebook.com/docs/messenger-platform/reference/send-api`, read 2026-08.

use trunkline_sdk::meta::graph;
use trunkline_sdk::meta::messaging::outbound::failure::classify;
use trunkline_sdk::prelude::*;

/// The setting that the host authorizes calls with. It never comes here.
pub const PAGE_ACCESS_TOKEN: &str = "page_access_token";
const API_VERSION_DEFAULT: &str = "v25.0";

/// The URL of a path below the version. `page_or_user` is refused where it is not the digits that every id
/// is: it must not lead anywhere else.
pub fn url(context: &Context, page_or_user: &str, rest: &str) -> Result<String, Failure> {
    let version = graph::version(context, API_VERSION_DEFAULT)?;
    if !graph::is_number(page_or_user) {
        let what = format!("`{page_or_user}` is no id of Messenger: digits were expected");
        return Err(trunkline_sdk::outbound::refuse("missing", what));
    }
    Ok(format!("https://graph.facebook.com/{version}/{page_or_user}{rest}"))
}

/// Why a call failed. `now` is milliseconds since the Unix epoch.
pub fn failure(answer: &Response, now: u64) -> Failure {
    graph::failure(answer, now, classify)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lead_nowhere_else() {
        let context = |version: &str| Context {
            settings: vec![(graph::API_VERSION.to_owned(), version.to_owned())],
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
