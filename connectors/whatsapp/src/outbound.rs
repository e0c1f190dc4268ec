//! Messages to a contact or a group: each becomes a call of its own, in the order of the parts.
//!
//! `https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages`, read 2026-08. The API has no
//! idempotency key, so that no call that writes to the contact is repeatable.

mod choices;
mod content;
mod media;
mod recipient;
mod template;

use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::prelude::*;

use crate::graph::{self, ACCESS_TOKEN};
use recipient::Recipient;

/// How long after the contact's last message we may write freely.
const WINDOW_MS: u64 = 24 * 60 * 60 * 1_000;
/// The host calls at most 32 times: once for each call, and once for the result.
const CALLS_MAX: usize = 31;

/// The names of message types that need to be told apart.
const TEMPLATE: &str = "template";
const REACTION: &str = "reaction";

/// One message at WhatsApp, not addressed yet.
#[derive(Debug, PartialEq)]
struct Draft {
    part: usize,
    /// WhatsApp's `type`, and the name of the member with the content.
    kind: String,
    content: Value,
    /// The id of the message that it quotes.
    quotes: Option<String>,
    degraded: Vec<String>,
    attributes: Attributes,
}

impl Draft {
    fn new(part: usize, kind: &str, content: Value) -> Self {
        let (degraded, attributes) = (Vec::new(), Attributes::new());
        Self { part, kind: kind.to_owned(), content, quotes: None, degraded, attributes }
    }

    /// With what had to be rendered otherwise, for a person to read.
    fn degraded(mut self, note: impl Into<String>) -> Self {
        self.degraded.push(note.into());
        self
    }
}

/// One call.
enum Step {
    Message(Draft),
    /// Marks a message as read, perhaps showing that we write.
    Marker {
        part: usize,
        message_id: String,
        typing: bool,
    },
}

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let url = graph::object_url(&message.account, "phone number id (`account`)", context)? + "/messages";
    let recipient = Recipient::of(message)?;
    let mut steps = steps(message, &recipient)?;
    if steps.len() > CALLS_MAX {
        let count = steps.len();
        let what = format!("the message becomes {count} messages, at most {CALLS_MAX} can be sent at once");
        return Err(outbound::refuse("too_many", what).into());
    }
    check_window(message, &steps, context.now)?;
    quote(message, &mut steps)?;
    let prepared: Vec<_> = steps.iter().map(|step| prepare(step, message, &recipient, &url)).collect();
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| receipts(prepared, answer, context.now))
}

/// Every part, in order.
fn steps(message: &Outgoing, recipient: &Recipient) -> Result<Vec<Step>, Failure> {
    if message.parts.is_empty() {
        return Err(outbound::refuse("missing", "the message has no parts"));
    }
    let group = recipient.is_group();
    let mut subject = message.subject.as_deref().filter(|subject| !subject.trim().is_empty());
    let mut steps = Vec::new();
    for (index, part) in message.parts.iter().enumerate() {
        let drafts = match part {
            OutgoingPart::Text(text) => content::text(index, text, subject.take())?,
            OutgoingPart::Html(_) => return Err(outbound::unsupported(index, "HTML: send it as `text`")),
            OutgoingPart::Media(media) => media::drafts(index, media)?,
            OutgoingPart::Location(place) => content::location(index, place)?,
            OutgoingPart::Contacts(cards) => vec![content::contacts(index, cards)?],
            OutgoingPart::Choices(choices) => choices::drafts(index, choices, group)?,
            OutgoingPart::Template(template) => vec![template::draft(index, template)?],
            OutgoingPart::Reaction(reaction) => vec![content::reaction(index, reaction)?],
            OutgoingPart::Native(native) => vec![content::native(index, native)?],
            OutgoingPart::Read(target) => {
                steps.push(marker(index, Some(&target.id), false, group)?);
                continue;
            }
            OutgoingPart::Typing => {
                let last = outbound::attribute(message, outbound::LAST_MESSAGE_ID);
                steps.push(marker(index, last, true, group)?);
                continue;
            }
        };
        steps.extend(drafts.into_iter().map(Step::Message));
    }
    if subject.is_some() {
        let what = "WhatsApp has no subject: it can only stand above a `text`, and there is none";
        return Err(outbound::refuse("unsupported", what));
    }
    Ok(steps)
}

fn marker(part: usize, message_id: Option<&str>, typing: bool, group: bool) -> Result<Step, Failure> {
    let what = if typing { "typing indicator" } else { "read marker" };
    if group {
        return Err(outbound::unsupported(part, &format!("{what} in groups")));
    }
    let Some(message_id) = message_id.filter(|id| !id.is_empty()) else {
        let what = format!("part {part}: a {what} needs the id of a message of the contact");
        return Err(outbound::refuse("missing", what));
    };
    Ok(Step::Marker { part, message_id: message_id.to_owned(), typing })
}

/// Everything but templates and markers is for those who wrote within the last 24 hours.
fn check_window(message: &Outgoing, steps: &[Step], now: u64) -> Result<(), Failure> {
    let free = |step: &Step| matches!(step, Step::Message(draft) if draft.kind != TEMPLATE);
    if !steps.iter().any(free) {
        return Ok(());
    }
    match message.last_inbound_at {
        Some(last) if now.saturating_sub(last) < WINDOW_MS => Ok(()),
        Some(_) => Err(outbound::window_closed(
            "the contact wrote last more than 24 hours ago: send a template, and wait for an answer",
        )),
        None => Err(outbound::window_closed("the contact has not written yet: send a template first")),
    }
}

/// The first message that can quote is the one that does.
fn quote(message: &Outgoing, steps: &mut [Step]) -> Result<(), Failure> {
    let Some(quoted) = &message.reply_to else { return Ok(()) };
    if quoted.id.is_empty() {
        return Err(outbound::refuse("missing", "`reply_to` has no id"));
    }
    let drafts = steps.iter_mut().filter_map(|step| match step {
        Step::Message(draft) => Some(draft),
        Step::Marker { .. } => None,
    });
    let mut drafts: Vec<&mut Draft> = drafts.collect();
    let quoting = drafts.iter().position(|draft| draft.kind != TEMPLATE && draft.kind != REACTION);
    if let Some(quoting) = quoting {
        drafts[quoting].quotes = Some(quoted.id.clone());
    } else if let Some(first) = drafts.first_mut() {
        let note = format!("a {} quotes nothing: `reply_to` is left out", first.kind);
        first.degraded.push(note);
    } else {
        return Err(outbound::refuse(
            "unsupported",
            "a marker cannot be the answer to a message (`reply_to`)",
        ));
    }
    Ok(())
}

fn prepare(step: &Step, message: &Outgoing, recipient: &Recipient, url: &str) -> Prepared {
    let mut body = json!({ "messaging_product": "whatsapp" });
    let draft = match step {
        Step::Message(draft) => draft,
        Step::Marker { part, message_id, typing } => {
            body["status"] = json!("read");
            body["message_id"] = json!(message_id);
            if *typing {
                body["typing_indicator"] = json!({ "type": "text" });
            }
            return Prepared::new(*part, post(url, &body).repeatable());
        }
    };
    recipient.write(&mut body);
    body["type"] = json!(draft.kind);
    body[&draft.kind] = draft.content.clone();
    if let Some(id) = &draft.quotes {
        body["context"] = json!({ "message_id": id });
    }
    // Comes back with every status.
    body["biz_opaque_callback_data"] = json!(message.id);
    if let Some(hash) = outbound::attribute(message, "recipient_identity_key_hash") {
        body["recipient_identity_key_hash"] = json!(hash);
    }
    Prepared {
        degraded: draft.degraded.clone(),
        attributes: draft.attributes.clone(),
        ..Prepared::new(draft.part, post(url, &body))
    }
}

fn post(url: &str, body: &Value) -> Call {
    Call::post(url, "application/json", body.to_string()).bearer(ACCESS_TOKEN)
}

/// `{"contacts":[{"input":"…","wa_id":"…","user_id":"…"}],"messages":[{"id":"wamid.O1","message_status":"accepted"}]}`;
/// for a marker `{"success":true}`.
#[derive(Deserialize)]
struct Accepted {
    #[serde(default, deserialize_with = "lenient")]
    contacts: Option<Vec<AcceptedContact>>,
    #[serde(default, deserialize_with = "lenient")]
    messages: Option<Vec<AcceptedMessage>>,
}

#[derive(Deserialize)]
struct AcceptedContact {
    #[serde(default)]
    wa_id: Option<Text>,
    #[serde(default)]
    user_id: Option<Text>,
}

#[derive(Deserialize)]
struct AcceptedMessage {
    id: Text,
    #[serde(default)]
    message_status: Option<Text>,
}

/// What was accepted counts as sent, even where the answer cannot be read: no receipt then, and no second try.
fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(graph::failure(answer, now));
    }
    let Ok(accepted) = serde_json::from_slice::<Accepted>(&answer.body) else { return Ok(Vec::new()) };
    let contact = accepted.contacts.and_then(|contacts| contacts.into_iter().next());
    let (wa_id, user_id) = contact.map(|contact| (contact.wa_id, contact.user_id)).unwrap_or_default();
    let messages = accepted.messages.unwrap_or_default().into_iter().filter(|message| !message.id.is_empty());
    let receipts = messages.map(|message| {
        let mut receipt = prepared.receipt(message.id);
        let said = [("message_status", &message.message_status), ("wa_id", &wa_id), ("user_id", &user_id)];
        let said =
            said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
        receipt.attributes.extend(said);
        receipt
    });
    Ok(receipts.collect())
}
