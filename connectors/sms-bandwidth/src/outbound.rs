//! Messages to a contact or a group: one call for each.
//!
//! `https://dev.bandwidth.com/apis/messaging/`. There is no idempotency key, so no call may be repeated; the tag of a message,
//! which its statuses bring back, is our id of it.

use serde::{Deserialize, Serialize};
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::texting::{self, Carrier, Draft};
use trunkline_sdk::{form, mms, phone, prelude::*};

use crate::failure;

const ACCOUNT_ID: &str = "account_id";
const APPLICATION_ID: &str = "application_id";
const API_USER: &str = "api_user";
const API_PASSWORD: &str = "api_password";

/// What Bandwidth takes as `text`.
const TEXT_UNITS_MAX: usize = 2_048;
const FILES_MAX: usize = 10;
/// Of all files of one message.
const BYTES_MAX: u64 = 3_750_000;

/// Our account at Bandwidth.
pub struct Account<'a> {
    id: String,
    application: &'a str,
}

impl<'a> Account<'a> {
    fn of(context: &'a Context) -> Result<Self, Failure> {
        let id = required(ACCOUNT_ID, context)?;
        let id = form::path_segment(id).ok_or_else(|| incomplete(ACCOUNT_ID))?;
        Ok(Self { id, application: required(APPLICATION_ID, context)? })
    }

    fn messages_url(&self) -> String {
        format!("https://messaging.bandwidth.com/api/v2/users/{}/messages", self.id)
    }

    /// With the API credential.
    pub fn authorized(call: Call, context: &Context) -> Result<Call, Failure> {
        Ok(call.basic(required(API_USER, context)?, API_PASSWORD))
    }
}

fn required<'a>(setting: &str, context: &'a Context) -> Result<&'a str, Failure> {
    context.setting(setting).ok_or_else(|| incomplete(setting))
}

fn incomplete(setting: &str) -> Failure {
    let message = Some(format!("the setting `{setting}` is empty"));
    Failure { reason: FailureReason::Unauthorized, code: None, message }
}

/// `{"applicationId":"…","to":["+1…"],"from":"+1…","text":"…","media":["https://…"],"tag":"…"}`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    application_id: &'a str,
    to: &'a [String],
    from: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    media: &'a [String],
    tag: &'a str,
}

/// `{"id":"…","segmentCount":1,…}`
#[derive(Default, Deserialize)]
struct Created {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<Text>,
    #[serde(default, rename = "segmentCount", deserialize_with = "lenient")]
    segment_count: Option<Text>,
}

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let account = Account::of(context)?;
    let ours = texting::sender(message)?;
    let to = recipients(message, &ours)?;
    let no_mms = to.iter().find_map(|theirs| mms::obstacle(context.setting("mms"), &ours, theirs));
    let carrier = Carrier {
        name: "Bandwidth",
        text_units_max: TEXT_UNITS_MAX,
        files_max: FILES_MAX,
        bytes_max: BYTES_MAX,
        no_files: no_mms,
        numbers_pieces: true,
    };
    let mut prepared = Vec::new();
    for draft in texting::drafts(message, &carrier)? {
        let Draft { part, text, files, degraded, attributes, .. } = draft;
        let body = Body {
            application_id: account.application,
            to: &to,
            from: &ours,
            text: &text,
            media: &files,
            tag: &message.id,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let call =
            Account::authorized(Call::post(account.messages_url(), "application/json", body), context)?;
        prepared.push(Prepared { degraded, attributes, ..Prepared::new(part, call) });
    }
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| receipts(prepared, answer, context.now))
}

/// The contact; or everybody else in a group, whose id lists them all.
fn recipients(message: &Outgoing, ours: &str) -> Result<Vec<String>, Failure> {
    let Some(thread) = message.thread.as_ref().filter(|thread| thread.kind != ThreadKind::Direct) else {
        return Ok(vec![texting::recipient(message)?]);
    };
    let numbers: Option<Vec<String>> = thread.id.split(',').map(phone::e164).collect();
    let numbers = numbers.filter(|_| thread.kind == ThreadKind::Group).ok_or_else(|| {
        outbound::refuse(
            "unsupported",
            "a group is named by the numbers of its members, with commas between them",
        )
    })?;
    let others: Vec<String> = numbers.into_iter().filter(|number| number != ours).collect();
    if others.is_empty() {
        return Err(outbound::refuse("missing", "there is nobody else in the group"));
    }
    Ok(others)
}

/// The receipt; none where the answer cannot be read, although the message was taken.
fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(failure::of_answer(answer, now));
    }
    let created = serde_json::from_slice::<Created>(&answer.body).unwrap_or_default();
    let Some(id) = created.id.filter(|id| !id.is_empty()) else { return Ok(Vec::new()) };
    let mut receipt = prepared.receipt(id);
    receipt.attributes.extend(created.segment_count.map(|count| ("segment_count".to_owned(), count.into())));
    Ok(vec![receipt])
}
