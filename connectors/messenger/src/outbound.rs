//! Messages of the Page: one call for each bubble and each sender action, in the order of the parts.
//!
//! `https://developers.facebook.com/docs/messenger-platform/reference/send-api`, read 2026-08. There is no
//! idempotency key, so that no message is repeatable. `message.metadata` holds the id of our message: it
//! comes back in the echo, by which a message can be found whose answer was lost.

mod choices;
mod media;
mod part;
mod recipient;
mod rendered;
mod template;
mod window;

use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::prelude::*;

use crate::api;
use part::{Content, Piece};
use recipient::Recipient;
use window::Permit;

/// The contract's rounds, less the one that says what came of it.
const CALLS_MAX: usize = 31;
const NOT_QUOTED: &str = "the message that this one answers is not quoted: Messenger quotes only in free \
                          messages within 24 hours of the contact's last one";

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let url = api::url(context, &message.account, "/messages")?;
    let recipient = Recipient::of(message)?;
    let mut pieces = part::pieces(message)?;
    if pieces.len() > CALLS_MAX {
        let what = format!("this becomes {} messages, {CALLS_MAX} at most are sent as one", pieces.len());
        return Err(outbound::refuse("too_many", what).into());
    }
    recipient.check(&pieces)?;
    let permit = window::permit(message, &recipient, &pieces, context)?;
    let quoting = quoting(message, &recipient, &mut pieces, context);
    let prepared: Vec<Prepared> = pieces
        .into_iter()
        .enumerate()
        .map(|(number, piece)| {
            let repeatable = matches!(piece.content, Content::Action(..));
            let mut body = body(&recipient, piece.content, &permit, &message.id);
            if let (true, Some(quoted)) = (Some(number) == quoting, &message.reply_to) {
                body["reply_to"] = json!({ "mid": quoted.id });
            }
            let mut call =
                Call::post(&*url, "application/json", body.to_string()).bearer(api::PAGE_ACCESS_TOKEN);
            // An action says how things are, twice no more than once.
            call.repeatable = repeatable;
            let prepared = Prepared::new(piece.part, call);
            Prepared { degraded: piece.degraded, attributes: piece.attributes, ..prepared }
        })
        .collect();
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| {
        receipts(prepared, answer, &recipient, context.now)
    })
}

/// The number of the call that carries `reply_to`: the first bubble, where Messenger takes it.
fn quoting(
    message: &Outgoing,
    recipient: &Recipient,
    pieces: &mut [Piece],
    context: &Context,
) -> Option<usize> {
    message.reply_to.as_ref().filter(|quoted| !quoted.id.is_empty())?;
    let first = pieces.iter().position(|piece| !matches!(piece.content, Content::Action(..)))?;
    let free = matches!(pieces[first].content, Content::Message(_));
    if free && recipient.is_contact() && window::is_open(message, context) {
        return Some(first);
    }
    pieces[first].degraded.push(NOT_QUOTED.to_owned());
    None
}

fn body(recipient: &Recipient, content: Content, permit: &Permit, id: &str) -> Value {
    let mut body = json!({ "recipient": recipient.json() });
    let mut content = match content {
        Content::Action(name, payload) => {
            body["sender_action"] = json!(name);
            if let Some(payload) = payload {
                body["payload"] = payload;
            }
            return body;
        }
        Content::Template(content) => {
            body["messaging_type"] = json!("UTILITY");
            content
        }
        Content::Message(content) => {
            permit.write(&mut body);
            content
        }
    };
    if content.get("metadata").is_none() {
        content["metadata"] = json!(id);
    }
    body["message"] = content;
    body
}

/// `{"recipient_id":"800","message_id":"m_out","attachment_id":"910"}`: no message id for an action, no
/// recipient for a `user_ref`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Accepted {
    #[serde(deserialize_with = "lenient")]
    recipient_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    message_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    attachment_id: Option<Text>,
}

fn receipts(
    prepared: &Prepared,
    answer: &Response,
    recipient: &Recipient,
    now: u64,
) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(api::failure(answer, now));
    }
    // Whatever stands in the body: it was sent.
    let accepted: Accepted = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(id) = accepted.message_id.filter(|id| !id.is_empty()) else { return Ok(Vec::new()) };
    let mut receipt = prepared.receipt(id);
    let contact = accepted.recipient_id.filter(|id| !id.is_empty() && **id != *recipient.value);
    for (name, value) in [("attachment_id", accepted.attachment_id), ("recipient_id", contact)] {
        receipt.attributes.extend(value.map(|value| (name.to_owned(), value.into())));
    }
    Ok(vec![receipt])
}
