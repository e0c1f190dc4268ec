//! Messages to a contact or a group: one call for each.
//!
//! `https://developers.telnyx.com/api-reference/messages/send-a-message`, read 2026-04.

mod answer;
mod draft;
mod layout;
mod media;
mod parts;
mod peers;

use serde_json::{Map, Value, json};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::{prelude::*, sms};

use crate::status::REFERENCE_TAG;
use draft::Draft;
use peers::Peers;

const API: &str = "https://api.telnyx.com/v2";
/// The contract has 32 rounds, the last of which gives the receipts.
const CALLS_MAX: usize = 31;
/// What Telnyx takes as one message (40302).
const SEGMENTS_MAX: usize = 10;

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let peers = Peers::of(message, context)?;
    let parts::Rendered { drafts, options } = parts::rendered(message, &peers, context)?;
    let drafts = layout::laid_out(drafts, message)?;
    if drafts.len() > CALLS_MAX {
        let what = format!("{} messages at Telnyx, at most {CALLS_MAX} can be sent at once", drafts.len());
        return Err(outbound::refuse("too_many", what).into());
    }
    let mut prepared = Vec::with_capacity(drafts.len());
    for (number, draft) in drafts.into_iter().enumerate() {
        prepared.push(self::prepared(number, draft, &options, message, &peers));
    }
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| {
        answer::receipts(prepared, answer, context.now)
    })
}

fn prepared(
    number: usize,
    draft: Draft,
    options: &Map<String, Value>,
    message: &Outgoing,
    peers: &Peers,
) -> Prepared {
    let mut attributes = draft.attributes;
    let mut body = peers.fields(draft.route);
    if !draft.text.is_empty() {
        if draft.media.is_empty() {
            let segments = sms::segments(&draft.text);
            attributes.push(("segments".to_owned(), segments.count.to_string()));
            attributes.push(("encoding".to_owned(), segments.encoding.name().to_owned()));
        }
        body.insert("text".to_owned(), draft.text.into());
    }
    if !draft.media.is_empty() {
        let urls: Vec<String> = draft.media.into_iter().map(|file| file.url).collect();
        body.insert("media_urls".to_owned(), urls.into());
    }
    if let Some(subject) = draft.subject {
        body.insert("subject".to_owned(), subject.into());
    }
    body.extend(options.clone());
    body.extend(draft.fields);
    // The host matches a status by it where the answer to the call was lost.
    let reference = json!(format!("{REFERENCE_TAG}{}", message.id));
    match body.get_mut("tags") {
        Some(Value::Array(tags)) => tags.push(reference),
        _ => drop(body.insert("tags".to_owned(), json!([reference]))),
    }
    let url = format!("{API}/messages{}", peers.path(draft.route));
    let call = Call::post(url, "application/json", Value::Object(body).to_string())
        // It is taken, but nothing says that Telnyx tells a second message by it: the call is not repeatable.
        .header("idempotency-key", outbound::retry_key(message, number))
        .bearer("api_key");
    Prepared { degraded: draft.degraded, attributes, ..Prepared::new(draft.part, call) }
}
