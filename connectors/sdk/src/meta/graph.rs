//! The Graph API: its versions, and its errors, as every call of it answers them.
//!
//! `https://developers.facebook.com/docs/graph-api/guides/error-handling`, read 2026-08:
//! `{"error":{"message":"...","type":"OAuthException","code":131047,"error_subcode":2494010,
//! "error_data":{"details":"..."},"is_transient":false,"fbtrace_id":"..."}}`

use serde::Deserialize;
use trunkline_model::{Context, Failure, FailureReason, Response};

use crate::calls;
use crate::json::{Text, lenient};

/// The setting with the version of the API. Meta keeps one for about two years.
pub const API_VERSION: &str = "api_version";

/// The version that calls are made to: the setting, or else that one.
pub fn version<'a>(context: &'a Context, default: &'a str) -> Result<&'a str, Failure> {
    let version = context.setting(API_VERSION).unwrap_or(default);
    if is_version(version) {
        return Ok(version);
    }
    let message = format!("the setting `{API_VERSION}` is `{version}`, expected one like `{default}`");
    Err(Failure { reason: FailureReason::Unauthorized, code: None, message: Some(message) })
}

/// Whether a text is a version, `v25.0`: it goes into the path.
pub fn is_version(text: &str) -> bool {
    let numbers = text.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
    numbers.is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// Whether a text is nothing but digits, as most ids are.
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The member `error` of an answer.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GraphError {
    /// What the class is decided by.
    #[serde(default, deserialize_with = "lenient")]
    pub code: Option<u32>,
    /// Narrows the code down.
    #[serde(default, rename = "error_subcode", deserialize_with = "lenient")]
    pub subcode: Option<u32>,
    /// For developers, in English.
    #[serde(default)]
    message: Option<Text>,
    #[serde(default, rename = "error_data", deserialize_with = "lenient")]
    data: Option<ErrorData>,
    #[serde(default, deserialize_with = "lenient")]
    is_transient: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
struct ErrorData {
    #[serde(default)]
    details: Option<Text>,
}

#[derive(Deserialize)]
struct Envelope {
    error: Option<GraphError>,
}

/// Why a call failed: `classify` knows the codes of the product; what it does not know goes by `is_transient`,
/// then by the status. `now` is milliseconds since the Unix epoch.
pub fn failure(
    response: &Response,
    now: u64,
    classify: impl Fn(&GraphError) -> Option<FailureReason>,
) -> Failure {
    let error = serde_json::from_slice::<Envelope>(&response.body).ok().and_then(|envelope| envelope.error);
    let Some(error) = error else {
        return Failure {
            reason: calls::reason(response, now),
            code: Some(response.status.to_string()),
            message: None,
        };
    };
    let reason = match classify(&error) {
        Some(FailureReason::RateLimited(None)) => {
            FailureReason::RateLimited(calls::retry_after(response, now))
        }
        Some(reason) => reason,
        None if error.is_transient == Some(true) => FailureReason::Transient,
        None => calls::reason(response, now),
    };
    let code = match (error.code, error.subcode) {
        (Some(code), Some(subcode)) => format!("{code}/{subcode}"),
        (Some(code), None) => code.to_string(),
        (None, _) => response.status.to_string(),
    };
    let details = error.data.and_then(|data| data.details).or(error.message);
    Failure { reason, code: Some(code), message: details.map(String::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(status: u16, body: &str) -> Failure {
        let classify = |error: &GraphError| match error.code {
            Some(7) => Some(FailureReason::RateLimited(None)),
            _ => None,
        };
        let mut response = Response::with_body(status, "application/json", body);
        response.headers.push(("retry-after".to_owned(), "3".to_owned()));
        failure(&response, 0, classify)
    }

    #[test]
    fn the_code_decides_then_the_flag_then_the_status() {
        for (status, body, reason, code) in [
            (400, r#"{"error":{"code":7}}"#, FailureReason::RateLimited(Some(3_000)), "7"),
            (400, r#"{"error":{"code":2,"is_transient":true}}"#, FailureReason::Transient, "2"),
            (401, r#"{"error":{"code":190,"error_subcode":463}}"#, FailureReason::Unauthorized, "190/463"),
            (500, "<html>", FailureReason::Transient, "500"),
            (400, r#"{"error":{"code":"x"}}"#, FailureReason::Invalid, "400"),
        ] {
            let failure = found(status, body);
            assert_eq!((failure.reason, failure.code.as_deref()), (reason, Some(code)), "{body}");
        }
    }

    #[test]
    fn nothing_but_versions_gets_into_the_path() {
        for (version, expected) in [
            ("v26.0", true),
            ("v9.10", true),
            ("26.0", false),
            ("v26", false),
            ("v26.0/..", false),
            ("v.", false),
        ] {
            assert_eq!(is_version(version), expected, "{version}");
        }
    }

    #[test]
    fn details_come_before_the_message() {
        let failure = found(400, r#"{"error":{"code":1,"message":"m","error_data":{"details":"d"}}}"#);
        assert_eq!(failure.message.as_deref(), Some("d"));
    }
}
