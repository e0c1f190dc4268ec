//! Slack's Web API: how it is called, and what it answers. Errors come with status 200.

use serde::Deserialize;
use serde_json::Value;
use trunkline_sdk::json::{RawValue, Text, lenient};
use trunkline_sdk::outbound::unconfirmed;
use trunkline_sdk::{calls, form, prelude::*};

use crate::BOT_TOKEN;
use crate::wire::filled;

const API: &str = "https://slack.com/api/";
/// Without the character set Slack warns in every answer.
const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";
/// Details in a failure.
const DETAILS_MAX: usize = 5;

/// A method with its arguments as JSON.
pub fn call(method: &str, arguments: &Value) -> Call {
    Call::post(format!("{API}{method}"), JSON, arguments.to_string()).bearer(BOT_TOKEN)
}

/// A method that takes no JSON.
pub fn form_call(method: &str, arguments: &[(&str, &str)]) -> Call {
    let body = form::encode(arguments.iter().copied());
    Call::post(format!("{API}{method}"), FORM, body).bearer(BOT_TOKEN)
}

/// A method that only reads.
pub fn get(method: &str, arguments: &[(&str, &str)]) -> Call {
    Call::get(format!("{API}{method}?{}", form::encode(arguments.iter().copied()))).bearer(BOT_TOKEN)
}

/// `{"ok":true,"channel":"D0…","ts":"1790000001.000200"}`, `{"ok":false,"error":"missing_scope","needed":"chat:write"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Answer<'a> {
    #[serde(deserialize_with = "lenient")]
    pub ok: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    error: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    needed: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    response_metadata: Option<Metadata>,
    /// An id, or the channel that was opened.
    #[serde(borrow)]
    pub channel: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub ts: Option<Text>,
    /// Of what only one person sees.
    #[serde(deserialize_with = "lenient")]
    pub message_ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub scheduled_message_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub upload_url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub file_id: Option<Text>,
    #[serde(borrow)]
    pub file: Option<&'a RawValue>,
    #[serde(borrow)]
    pub user: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    #[serde(deserialize_with = "lenient")]
    messages: Option<Vec<Text>>,
}

/// What a call may have done where its answer does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, or the same again.
    Harmless,
    /// A message that the contact sees.
    Writes,
}

/// The answer of a call that succeeded.
pub fn accepted<'a>(response: &'a Response, effect: Effect, now: u64) -> Result<Answer<'a>, Failure> {
    let answer = serde_json::from_slice::<Answer>(&response.body).unwrap_or_default();
    let fine = matches!(response.status, 200..=299);
    if fine && answer.ok == Some(true) {
        return Ok(answer);
    }
    let failure = failure(response, &answer, now);
    let open = match filled(&answer.error) {
        // By the documentation some of it may have happened before.
        Some(code) => matches!(code, "internal_error" | "fatal_error"),
        // No JSON of Slack's: a proxy's page.
        None => fine,
    };
    Err(if open && effect == Effect::Writes { unconfirmed(failure) } else { failure })
}

/// Why a call failed whose status says so.
pub fn refused(response: &Response, now: u64) -> Failure {
    failure(response, &serde_json::from_slice(&response.body).unwrap_or_default(), now)
}

/// The error of an answer, in Slack's word.
pub fn error(response: &Response) -> Option<String> {
    let answer = serde_json::from_slice::<Answer>(&response.body).ok()?;
    answer.error.map(String::from)
}

fn failure(response: &Response, answer: &Answer, now: u64) -> Failure {
    let code = filled(&answer.error);
    let reason = match code.and_then(reason) {
        Some(FailureReason::RateLimited(_)) => FailureReason::RateLimited(calls::retry_after(response, now)),
        Some(reason) => reason,
        None => calls::reason(response, now),
    };
    let needed = filled(&answer.needed).map(|scope| format!("needed: {scope}"));
    let details = answer.response_metadata.iter().flat_map(|metadata| metadata.messages.iter().flatten());
    let details = details.take(DETAILS_MAX).map(|detail| detail.to_string());
    let words: Vec<String> = needed.into_iter().chain(details).collect();
    let message = match words.is_empty() {
        false => Some(words.join("; ")),
        true if code.is_none() && matches!(response.status, 200..=299) => {
            Some("the answer is none of Slack's".to_owned())
        }
        true => None,
    };
    Failure { reason, code: Some(code.map_or_else(|| response.status.to_string(), str::to_owned)), message }
}

/// The class of an error. None where it is not in the table.
fn reason(code: &str) -> Option<FailureReason> {
    Some(match code {
        "ratelimited" | "rate_limited" => FailureReason::RateLimited(None),
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
            FailureReason::Transient
        }
        // The token.
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired"
        | "app_uninstalled" | "no_permission" | "org_login_required" | "access_denied" => {
            FailureReason::Unauthorized
        }
        // What the app may do.
        "missing_scope"
        | "not_allowed_token_type"
        | "restricted_action"
        | "ekm_access_denied"
        | "team_access_not_granted" => FailureReason::Unauthorized,
        "channel_not_found"
        | "not_in_channel"
        | "is_archived"
        | "user_not_found"
        | "users_not_found"
        | "user_disabled"
        | "cannot_dm_bot"
        | "messages_tab_disabled" => FailureReason::Unreachable,
        "file_not_found" | "file_deleted" => FailureReason::Unreachable,
        "msg_too_long"
        | "no_text"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "too_many_attachments"
        | "msg_blocks_too_long"
        | "invalid_arguments"
        | "invalid_name"
        | "bad_timestamp"
        | "message_not_found"
        | "thread_not_found"
        | "cannot_reply_to_message" => FailureReason::Invalid,
        _ => return None,
    })
}
