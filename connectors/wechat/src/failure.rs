//! What WeChat's API answers: an error is a number in a 200.

use serde::Deserialize;
use trunkline_sdk::calls;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;

/// The code of an answer that cannot be read.
pub const UNREADABLE: &str = "unreadable";
/// A quota of calls in a minute.
const MINUTE_MS: u64 = 60_000;

/// `{"errcode":45015,"errmsg":"response out of time limit rid: 6a1b…"}`, or what was asked for.
#[derive(Debug, Deserialize, Default)]
#[serde(default)]
pub struct Reply {
    #[serde(deserialize_with = "lenient")]
    errcode: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    errmsg: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub access_token: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub media_id: Option<Text>,
    /// 64 bits.
    #[serde(deserialize_with = "lenient")]
    pub msgid: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub video_url: Option<Text>,
}

impl Reply {
    /// None where it is no object: a list would pass for one whose members are all absent.
    fn parse(body: &[u8]) -> Option<Self> {
        let object = body.trim_ascii_start().starts_with(b"{");
        serde_json::from_slice(body).ok().filter(|_| object)
    }

    /// Reads an answer. An error where WeChat says no, or where what it says cannot be read.
    pub fn of(answer: &Response, now: u64) -> Result<Self, Failure> {
        let reply = Self::parse(&answer.body);
        let words = reply.as_ref().and_then(|reply| reply.errmsg.clone()).map(String::from);
        let code = reply.as_ref().and_then(|reply| reply.errcode.as_deref()).filter(|code| *code != "0");
        if let Some(code) = code {
            return Err(Failure { reason: reason_of(code), code: Some(code.to_owned()), message: words });
        }
        if !matches!(answer.status, 200..=299) {
            let reason = calls::reason(answer, now);
            return Err(Failure { reason, code: Some(answer.status.to_string()), message: words });
        }
        reply.ok_or_else(|| Failure {
            reason: FailureReason::Transient,
            code: Some(UNREADABLE.to_owned()),
            message: Some("the answer is no JSON object".to_owned()),
        })
    }
}

/// Whether the access token is none any more.
pub fn is_dead_token(answer: &Response) -> bool {
    let reply = Reply::parse(&answer.body).unwrap_or_default();
    matches!(reply.errcode.as_deref(), Some("40001" | "40014" | "42001"))
}

/// What to do about an error.
/// `https://developers.weixin.qq.com/doc/offiaccount/en/Getting_Started/Global_Return_Code.html`, read 2026-07.
pub fn reason_of(code: &str) -> FailureReason {
    match code {
        "-1" => FailureReason::Transient,
        // The token, the AppID, the secret, the white list; permissions, bans, limits of the account.
        "40001" | "40014" | "42001" | "40013" | "40125" | "40164" | "41002" | "41004" | "48001" | "48004"
        | "50002" => FailureReason::Unauthorized,
        "40003" | "43004" => FailureReason::Unreachable,
        "40007" | "44004" | "45002" | "47001" => FailureReason::Invalid,
        "45009" => FailureReason::RateLimited(None),
        "45011" => FailureReason::RateLimited(Some(MINUTE_MS)),
        // The contact has to write again: too long ago, or answered too often since.
        "45015" | "45047" => FailureReason::WindowClosed,
        "43019" | "43101" | "48002" => FailureReason::OptedOut,
        _ => FailureReason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Reply, Failure> {
        Reply::of(&Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }, 0)
    }

    #[test]
    fn an_error_stands_in_a_200() {
        let failure = read(200, r#"{"errcode":45015,"errmsg":"out of time"}"#).expect_err("an error");
        assert_eq!(failure.reason, FailureReason::WindowClosed);
        assert_eq!(
            (failure.code.as_deref(), failure.message.as_deref()),
            (Some("45015"), Some("out of time"))
        );
    }

    #[test]
    fn no_error_is_success() {
        let reply = read(200, r#"{"errcode":0,"errmsg":"ok","msgid":400000000000000001}"#).expect("success");
        assert_eq!(reply.msgid.as_deref(), Some("400000000000000001"));
        assert!(read(200, r#"{"access_token":"t","expires_in":7200}"#).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_no_success() {
        for body in ["", "null", "<html>", "[]", "{", "\"ok\""] {
            let failure = read(200, body).expect_err("unreadable");
            assert_eq!(failure.code.as_deref(), Some(UNREADABLE), "{body}");
        }
        for (status, reason) in [
            (302, FailureReason::Other),
            (400, FailureReason::Invalid),
            (401, FailureReason::Unauthorized),
            (503, FailureReason::Transient),
        ] {
            let failure = read(status, "{}").expect_err("an error");
            assert_eq!((failure.reason, failure.code), (reason, Some(status.to_string())));
        }
    }

    #[test]
    fn a_token_dies_with_three_codes() {
        let dead = |body: &str| {
            is_dead_token(&Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() })
        };
        assert!(
            dead(r#"{"errcode":40001}"#) && dead(r#"{"errcode":"42001"}"#) && dead(r#"{"errcode":40014}"#)
        );
        assert!(!dead(r#"{"errcode":40003}"#) && !dead("") && !dead("{}"));
    }
}
