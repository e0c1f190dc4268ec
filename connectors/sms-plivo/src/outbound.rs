//! Messages to a contact: one call for each.
//!
//! `https://www.plivo.com/docs/messaging/api/message/send-a-message`. There is no idempotency key, so no call may be
//! repeated.

use serde::{Deserialize, Serialize};
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::texting::{self, Carrier, Draft};
use trunkline_sdk::{mms, prelude::*, reference};

use crate::account::Account;
use crate::failure;

/// What Plivo takes as `text`.
const TEXT_UNITS_MAX: usize = 1_600;
const FILES_MAX: usize = 10;
/// Of all files of one message.
const BYTES_MAX: u64 = 5_000_000;
/// After the contact's last message, on WhatsApp.
const WINDOW_MS: u64 = 24 * 60 * 60 * 1_000;

/// `{"src":"15005550199","dst":"15005550123","text":"hello","type":"sms"}`
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    powerpack_uuid: Option<&'a str>,
    dst: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    media_urls: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
}

/// `{"message_uuid":["…"],"api_id":"…","message":"message(s) queued"}`
#[derive(Default, Deserialize)]
struct Created {
    #[serde(default, deserialize_with = "lenient")]
    message_uuid: Option<Vec<Text>>,
}

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let account = Account::of(context)?;
    texting::require_direct(message)?;
    let ours = texting::sender(message)?;
    let theirs = texting::recipient(message)?;
    let whatsapp = is_whatsapp(message)?;
    let local = if is_powerpack(&ours) { &theirs } else { &ours };
    let carrier = Carrier {
        name: "Plivo",
        text_units_max: TEXT_UNITS_MAX,
        files_max: if whatsapp { 1 } else { FILES_MAX },
        bytes_max: BYTES_MAX,
        no_files: if whatsapp { None } else { mms::obstacle(context.setting("mms"), local, &theirs) },
        numbers_pieces: !whatsapp,
    };
    let drafts = texting::drafts(message, &carrier)?;
    if whatsapp {
        require_window(message, context.now)?;
    }
    let callback = context.setting("status_callback").map(|url| reference::given_along(url, &message.id));
    let prepared: Vec<Prepared> = drafts
        .into_iter()
        .map(|draft| {
            let body = body(&draft, &ours, &theirs, whatsapp, callback.clone());
            let call = Call::post(account.messages_url(), "application/json", body);
            let Draft { part, degraded, mut attributes, .. } = draft;
            if whatsapp {
                attributes.retain(|(name, _)| name == outbound::ANSWERS);
            }
            Prepared { degraded, attributes, ..Prepared::new(part, account.authorize(call)) }
        })
        .collect();
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| receipts(prepared, answer, context.now))
}

fn body(draft: &Draft, ours: &str, theirs: &str, whatsapp: bool, callback: Option<String>) -> Vec<u8> {
    let kind = match (whatsapp, draft.files.is_empty()) {
        (true, _) => "whatsapp",
        (false, true) => "sms",
        (false, false) => "mms",
    };
    let body = Body {
        src: (!is_powerpack(ours)).then(|| digits(ours)),
        powerpack_uuid: is_powerpack(ours).then_some(ours),
        dst: digits(theirs),
        text: &draft.text,
        kind,
        media_urls: &draft.files,
        method: callback.as_ref().map(|_| "POST"),
        url: callback,
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// Plivo writes numbers without `+`.
fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

/// A pool of numbers, by its UUID.
fn is_powerpack(sender: &str) -> bool {
    let groups: Vec<&str> = sender.split('-').collect();
    let hexadecimal = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(hexadecimal)
}

/// The channel of the contact's last message, or that which the sender gives along.
fn is_whatsapp(message: &Outgoing) -> Result<bool, Failure> {
    match outbound::attribute(message, "channel") {
        None | Some("sms" | "mms") => Ok(false),
        Some("whatsapp") => Ok(true),
        Some(_) => Err(outbound::refuse("unsupported", "`channel` is none of `sms`, `mms` and `whatsapp`")),
    }
}

/// WhatsApp takes free text only for a day after the contact's last message.
fn require_window(message: &Outgoing, now: u64) -> Result<(), Failure> {
    let open = message.last_inbound_at.is_some_and(|then| now.saturating_sub(then) < WINDOW_MS);
    if open {
        return Ok(());
    }
    Err(outbound::window_closed(
        "WhatsApp takes free text only within 24 hours of the contact's last message, and this connector sends no templates",
    ))
}

/// The receipt; none where the answer cannot be read, although the message was taken.
fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(failure::of_answer(answer, now));
    }
    let created = serde_json::from_slice::<Created>(&answer.body).unwrap_or_default();
    let id = created.message_uuid.unwrap_or_default().into_iter().find(|id| !id.is_empty());
    Ok(id.map(|id| prepared.receipt(id)).into_iter().collect())
}
