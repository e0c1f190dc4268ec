//! Messages to a contact: one call for each.
//!
//! `https://www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages`. The id of each message is ours, so that a
//! report names it even where the answer was lost. It is not documented that a second message of the same id is refused,
//! so that no call may be repeated.

use serde::Serialize;
use trunkline_sdk::json::{RawValue, members};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::texting::{self, Carrier, Draft};
use trunkline_sdk::{calls, prelude::*};

use crate::failure;
use crate::media::DOMAIN;
use crate::reference;
use crate::result::scalar;

const BASE_URL: &str = "base_url";
/// The setting with `App ` and the API key.
pub const AUTHORIZATION: &str = "authorization";

/// Ten segments and a little: what other providers take as well.
const TEXT_UNITS_MAX: usize = 1_600;

/// `{"messages":[{"sender":"Acme","destinations":[{"to":"…","messageId":"…"}],"content":{"text":"…"},"webhooks":{…}}]}`
#[derive(Serialize)]
struct Body<'a> {
    messages: [Message<'a>; 1],
}

#[derive(Serialize)]
struct Message<'a> {
    sender: &'a str,
    destinations: [Destination<'a>; 1],
    content: Content<'a>,
    webhooks: Webhooks<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Destination<'a> {
    to: &'a str,
    message_id: String,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Webhooks<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Delivery<'a>>,
    callback_data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery<'a> {
    url: &'a str,
    intermediate_report: bool,
    content_type: &'a str,
}

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let url = format!("https://{}/sms/3/messages", host(context)?);
    texting::require_direct(message)?;
    let ours = texting::sender(message)?;
    let theirs = texting::recipient(message)?;
    let carrier = Carrier {
        name: "Infobip",
        text_units_max: TEXT_UNITS_MAX,
        files_max: 0,
        bytes_max: 0,
        no_files: Some("this connector sends no MMS"),
        numbers_pieces: true,
    };
    let report = context.setting("report_url");
    let callback_data = reference::given_along(&message.id, &ours);
    let mut prepared = Vec::new();
    for (number, draft) in texting::drafts(message, &carrier)?.into_iter().enumerate() {
        let Draft { part, text, degraded, attributes, .. } = draft;
        let delivery =
            report.map(|url| Delivery { url, intermediate_report: true, content_type: "application/json" });
        let body = Body {
            messages: [Message {
                sender: digits(&ours),
                destinations: [Destination {
                    to: digits(&theirs),
                    message_id: outbound::retry_key(message, number),
                }],
                content: Content { text: &text },
                webhooks: Webhooks { delivery, callback_data: &callback_data },
            }],
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut call = Call::post(&*url, "application/json", body).header("accept", "application/json");
        call.credentials.push(Credential::Header(("authorization".to_owned(), AUTHORIZATION.to_owned())));
        prepared.push(Prepared { degraded, attributes, ..Prepared::new(part, call) });
    }
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| receipts(prepared, answer, context.now))
}

/// The host of our account, also where the setting is a URL.
fn host(context: &Context) -> Result<&str, Failure> {
    let failure = |what: &str| Failure {
        reason: FailureReason::Unauthorized,
        code: None,
        message: Some(format!("the setting `{BASE_URL}` {what}")),
    };
    let text = context.setting(BASE_URL).ok_or_else(|| failure("is empty"))?.trim();
    let host = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
    let ours = !host.contains('/') && calls::is_at(&format!("https://{host}"), DOMAIN);
    if ours { Ok(host) } else { Err(failure("is no host below `api.infobip.com`")) }
}

/// Infobip writes numbers without `+`.
fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

/// The receipt; none where the answer cannot be read, although the message was taken. What is rejected is rejected with 200.
fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(failure::of_answer(answer, now));
    }
    let Some((id, group, name, words)) = created(&answer.body) else { return Ok(Vec::new()) };
    if let Some(group @ ("REJECTED" | "UNDELIVERABLE" | "EXPIRED")) = group.as_deref() {
        return Err(failure::of_report(group, name.as_deref(), words, None));
    }
    let Some(id) = id else { return Ok(Vec::new()) };
    let mut receipt = prepared.receipt(id);
    receipt.attributes.extend(name.map(|name| ("status".to_owned(), name)));
    Ok(vec![receipt])
}

type Created = (Option<String>, Option<String>, Option<String>, Option<String>);

/// `{"bulkId":"…","messages":[{"messageId":"…","status":{"groupId":1,"groupName":"PENDING","name":"…","description":"…"}}]}`
fn created(body: &[u8]) -> Option<Created> {
    let whole: &RawValue = serde_json::from_slice(body).ok()?;
    let [messages] = members(whole, ["messages"]);
    let messages: Vec<&RawValue> = serde_json::from_str(messages?.get()).ok()?;
    let [id, status] = members(messages.first()?, ["messageId", "status"]);
    let [group, name, words] = match status {
        Some(status) => members(status, ["groupName", "name", "description"]),
        None => [None; 3],
    };
    Some((id.and_then(scalar), group.and_then(scalar), name.and_then(scalar), words.and_then(scalar)))
}
