//! The Graph API: where it is, and what its errors mean.

use trunkline_sdk::meta::graph;
use trunkline_sdk::prelude::*;

use crate::status;

/// The setting with the token of every call.
pub const ACCESS_TOKEN: &str = "access_token";
/// The setting with the version of the API.
pub const API_VERSION: &str = "api_version";

/// As in `connector.toml`: Meta keeps a version for about two years.
const API_VERSION_DEFAULT: &str = "v26.0";

/// The URL of one object (a phone number, a media item) without what may follow it. Ids go into the path, so
/// they are held to what Meta's ids consist of.
pub fn object_url(id: &str, what: &str, context: &Context) -> Result<String, Failure> {
    let version = context.setting(API_VERSION).unwrap_or(API_VERSION_DEFAULT);
    if !graph::is_version(version) {
        let message = format!("`{API_VERSION}` is `{version}`, expected `{API_VERSION_DEFAULT}` or the like");
        return Err(Failure { reason: FailureReason::Unauthorized, code: None, message: Some(message) });
    }
    if !is_id(id) {
        return Err(trunkline_sdk::outbound::refuse("missing", format!("`{id}` is no {what}")));
    }
    Ok(format!("https://graph.facebook.com/{version}/{id}"))
}

/// Why a call failed. `now` is milliseconds since the Unix epoch.
pub fn failure(answer: &Response, now: u64) -> Failure {
    graph::failure(answer, now, |error| error.code.and_then(status::reason))
}

/// Whether a text can be an id of the Graph API.
pub fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_ids_gets_into_the_path() {
        for (id, expected) in [("202020202020202", true), ("a_B-7", true), ("", false), ("1/messages", false)]
        {
            assert_eq!(is_id(id), expected, "{id}");
        }
    }

    #[test]
    fn the_manifest_has_the_same_default() {
        let line = format!("default = \"{API_VERSION_DEFAULT}\"");
        assert!(include_str!("../connector.toml").contains(&line), "{line}");
    }
}
