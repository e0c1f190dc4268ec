//! Messages of an account: one call for each bubble and each sender action, in the order of the parts.
//!
//! `https://developers.facebook.com/docs/messenger-platform/reference/send-api`, read 2026-08. There is no
//! idempotency key, so that no message is repeatable.

mod choices;
pub mod failure;
mod media;
pub mod part;
mod recipient;
mod rendered;
pub mod window;

use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_model::{
    Call, Context, Failure, Media, Outgoing, OutgoingReaction, Receipt, Response, Template,
};

use crate::calls::{Calls, Sent};
use crate::json::{Text, lenient};
use crate::outbound::{self, Prepared, in_turn};
use crate::split::Unit;
use part::{Content, Piece};
use recipient::Recipient;
use window::{Permit, Window};

/// The contract's rounds, less the one that says what came of it.
const CALLS_MAX: usize = 31;

/// What tells the products apart in sending.
pub trait Sender {
    /// What it is called in notes and refusals.
    const NAME: &'static str;
    /// What our side is called in them: a Page.
    const ACCOUNT: &'static str;
    /// The setting that the host authorizes calls with.
    const TOKEN: &'static str;
    /// How long the text of a bubble may be.
    const TEXT_MAX: usize;
    /// What that is counted in.
    const UNIT: Unit;
    /// Names of parts in the product's own notation: the payload always is the value of `message`.
    const NATIVE: &'static [&'static str];
    /// Members of `recipient` beside `id`: schemes of identifiers under the same name.
    const RECIPIENTS: &'static [&'static str];
    /// Whether `message.metadata` carries the id of our message. It comes back in the echo, by which a message can
    /// be found whose answer was lost.
    const METADATA: bool;
    /// Whether what was fetched before can be sent by its `attachment_id`.
    const ATTACHMENT_IDS: bool;
    /// Whether a message can be quoted.
    const QUOTES: bool;
    /// What the receipt says where it cannot.
    const NOT_QUOTED: &'static str;
    /// How long the text above buttons may be, in UTF-16 units.
    const BUTTON_TEXT_MAX: usize;
    /// Whether buttons come before quick replies, where both would do.
    const BUTTONS_FIRST: bool;
    /// When contacts may be written to.
    const WINDOW: Window;

    /// Where messages of that account are posted.
    fn url(account: &str, context: &Context) -> Result<String, Failure>;
    /// Why a call failed. `now` is milliseconds since the Unix epoch.
    fn failure(answer: &Response, now: u64) -> Failure;
    /// Refuses a file that the product is known not to take.
    fn check_media(index: usize, media: &Media) -> Result<(), Failure>;
    /// The payload of the template that shows buttons below a text.
    fn buttons(text: &str, buttons: Vec<Value>) -> Value;
    /// The action for a reaction that is not empty.
    fn reaction(index: usize, reaction: &OutgoingReaction) -> Result<Content, Failure>;
    /// The value of `message` for a template that Meta has approved.
    fn template(index: usize, template: &Template) -> Result<Value, Failure>;
}

/// `outbound.send`.
pub fn send<S: Sender>(message: &Outgoing, context: &Context) -> Sent {
    let url = S::url(&message.account, context)?;
    let recipient = Recipient::of::<S>(message)?;
    let mut pieces = part::pieces::<S>(message)?;
    if pieces.len() > CALLS_MAX {
        let what = format!("this becomes {} messages, {CALLS_MAX} at most are sent as one", pieces.len());
        return Err(outbound::refuse("too_many", what).into());
    }
    recipient.check(&pieces)?;
    let permit = window::permit(&S::WINDOW, message, &recipient, &pieces, context)?;
    let quoting = quoting::<S>(message, &recipient, &mut pieces, context);
    let prepared: Vec<Prepared> = pieces
        .into_iter()
        .enumerate()
        .map(|(number, piece)| {
            let repeatable = matches!(piece.content, Content::Action(..));
            let metadata = S::METADATA.then_some(&*message.id);
            let mut body = body(&recipient, piece.content, &permit, metadata);
            if let (true, Some(quoted)) = (Some(number) == quoting, &message.reply_to) {
                body["reply_to"] = json!({ "mid": quoted.id });
            }
            let mut call = Call::post(&*url, "application/json", body.to_string()).bearer(S::TOKEN);
            // An action says how things are, twice no more than once.
            call.repeatable = repeatable;
            let prepared = Prepared::new(piece.part, call);
            Prepared { degraded: piece.degraded, attributes: piece.attributes, ..prepared }
        })
        .collect();
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| {
        receipts::<S>(prepared, answer, &recipient, context.now)
    })
}

/// The number of the call that carries `reply_to`: the first bubble, where the product takes it.
fn quoting<S: Sender>(
    message: &Outgoing,
    recipient: &Recipient,
    pieces: &mut [Piece],
    context: &Context,
) -> Option<usize> {
    message.reply_to.as_ref().filter(|quoted| !quoted.id.is_empty())?;
    let first = pieces.iter().position(|piece| !matches!(piece.content, Content::Action(..)))?;
    let free = matches!(pieces[first].content, Content::Message(_));
    if S::QUOTES && free && recipient.is_contact() && window::is_open(message, context) {
        return Some(first);
    }
    pieces[first].degraded.push(S::NOT_QUOTED.to_owned());
    None
}

fn body(recipient: &Recipient, content: Content, permit: &Permit, metadata: Option<&str>) -> Value {
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
    if let (Some(id), None) = (metadata, content.get("metadata")) {
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

fn receipts<S: Sender>(
    prepared: &Prepared,
    answer: &Response,
    recipient: &Recipient,
    now: u64,
) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(S::failure(answer, now));
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
