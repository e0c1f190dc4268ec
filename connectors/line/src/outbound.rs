//! Messages to a contact, a group or a room: a reply while its token is fresh, else pushes.
//!
//! `https://developers.line.biz/en/reference/messaging-api/#send-reply-message`, read 2026-07.

mod answer;
mod attachment;
mod choices;
mod item;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use trunkline_sdk::outbound::{self, LAST_MESSAGE_ID, attribute};
use trunkline_sdk::prelude::*;

use crate::event::TEST_REPLY_TOKENS;
use crate::{CHANNEL_ACCESS_TOKEN, REPLY_TOKEN_SECONDS};
pub use answer::failure;
use answer::receipts;
use item::Item;

const PUSH: &str = "https://api.line.me/v2/bot/message/push";
const REPLY: &str = "https://api.line.me/v2/bot/message/reply";
const LOADING: &str = "https://api.line.me/v2/bot/chat/loading/start";
const MARK_AS_READ: &str = "https://api.line.me/v2/bot/chat/markAsRead";
const JSON: &str = "application/json";

/// Messages of one call.
const MESSAGES_MAX: usize = 5;
/// The host gives 32 rounds. The last one only tells the end, and a reply that fails takes one more.
const STEPS_MAX: usize = 30;
/// What LINE itself takes where nothing is said. A message ends it earlier.
const LOADING_SECONDS: u32 = 20;
/// Documented is about a minute; in the field tokens die earlier, and the call takes its time as well.
const REPLY_TOKEN_SECONDS_DEFAULT: u64 = 50;

/// What is done in one call (two, where a reply turns into a push).
enum Step {
    /// Up to [`MESSAGES_MAX`] messages.
    Messages(Vec<Item>),
    /// A call that writes nothing: loading animation, read marker.
    Signal(Call),
}

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let to = recipient(message)?;
    let steps = steps(message, to)?;
    let mut reply_token = reply_token(message, &steps, context)?;
    let mut calls = Calls::new(context);
    let mut sent = Vec::new();
    let mut spent = false;
    let mut pushes = 0;
    for step in &steps {
        let (items, call) = match step {
            Step::Signal(call) => (&[][..], call.clone()),
            Step::Messages(items) => (&items[..], push(message, to, pushes, items)),
        };
        // There is but one step with messages where there is a token.
        if let Some(token) = reply_token.take_if(|_| !items.is_empty()) {
            let answer = calls.make(reply(token, items))?;
            spent = true;
            if !answer::is_dead_token(answer) {
                let read = answer::replied(answer, context.now).map(|()| receipts(items, answer, spent));
                sent.extend(read.map_err(|failure| failed(failure, &sent))?);
                continue;
            }
        }
        pushes += usize::from(!items.is_empty());
        let answer = calls.make(call)?;
        // 409: a call with this retry key was accepted before.
        if !matches!(answer.status, 200..=299) && (items.is_empty() || answer.status != 409) {
            return Err(failed(failure(answer, context.now), &sent));
        }
        sent.extend(receipts(items, answer, spent));
    }
    Ok(sent)
}

fn failed(failure: Failure, sent: &[Receipt]) -> Unfinished<SendFailure> {
    Unfinished::Failed(SendFailure { failure, receipts: sent.to_vec() })
}

/// The group, the room, or the contact.
fn recipient(message: &Outgoing) -> Result<&str, Failure> {
    let id = match group(message) {
        Some(thread) => Some(thread.id.as_str()).filter(|id| !id.is_empty()),
        None => outbound::address(message, &IdentifierScheme::Id),
    };
    id.ok_or_else(|| outbound::refuse("missing", "neither the contact nor the thread has a LINE id"))
}

/// The conversation, where it is not with the contact alone.
fn group(message: &Outgoing) -> Option<&Thread> {
    message.thread.as_ref().filter(|thread| thread.kind != ThreadKind::Direct)
}

/// The whole message in the order of its parts, checked.
fn steps(message: &Outgoing, to: &str) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    let last = message.parts.iter().rposition(carries_message);
    let mut subject = message.subject.as_deref().filter(|subject| !subject.trim().is_empty());
    let mut quote = Quote::of(message);
    for (index, part) in message.parts.iter().enumerate() {
        if let Some(signal) = signal(message, to, index, part)? {
            steps.push(Step::Signal(signal));
            continue;
        }
        let mut items = item::items(index, part, last == Some(index))?;
        if let Some(subject) = subject.take() {
            let note = "the subject is a text of its own: LINE has none";
            items.splice(0..0, item::texts(index, subject)?.into_iter().map(|item| item.degraded(note)));
        }
        for item in items {
            let item = quote.put(item);
            match steps.last_mut() {
                Some(Step::Messages(batch)) if batch.len() < MESSAGES_MAX => batch.push(item),
                _ => steps.push(Step::Messages(vec![item])),
            }
        }
    }
    quote.left_out(&mut steps);
    match steps.len() {
        0 => Err(outbound::refuse("missing", "the message has no parts")),
        _ if subject.is_some() => {
            Err(outbound::refuse("unsupported", "LINE has no subject, and there is no text to put it before"))
        }
        count if count > STEPS_MAX => {
            let what = format!("the message needs {count} calls, at most {STEPS_MAX}: send it in pieces");
            Err(outbound::refuse("too_many", what))
        }
        _ => Ok(steps),
    }
}

fn carries_message(part: &OutgoingPart) -> bool {
    !matches!(part, OutgoingPart::Typing | OutgoingPart::Read(_))
}

/// The call behind a part that writes nothing. None for all others. Making one again changes nothing.
fn signal(message: &Outgoing, to: &str, index: usize, part: &OutgoingPart) -> Result<Option<Call>, Failure> {
    let (url, body) = match part {
        OutgoingPart::Typing if group(message).is_some() => {
            return Err(outbound::unsupported(index, "loading animation in groups and rooms"));
        }
        OutgoingPart::Typing => (LOADING, json!({ "chatId": to, "loadingSeconds": LOADING_SECONDS })),
        OutgoingPart::Read(target) => {
            let token = token_of(message, target, "mark_as_read_token").ok_or_else(|| {
                let what =
                    "only the contact's last message can be marked as read, with its `mark_as_read_token`";
                outbound::refuse("missing", format!("part {index}: {what}"))
            })?;
            (MARK_AS_READ, json!({ "markAsReadToken": token }))
        }
        _ => return Ok(None),
    };
    Ok(Some(Call::post(url, JSON, body.to_string()).bearer(CHANNEL_ACCESS_TOKEN).repeatable()))
}

/// An attribute of the contact's last message, where that is the message referred to.
fn token_of<'a>(message: &'a Outgoing, target: &MessageRef, name: &str) -> Option<&'a str> {
    attribute(message, LAST_MESSAGE_ID).filter(|id| *id == target.id)?;
    attribute(message, name)
}

/// What becomes of `reply_to`.
enum Quote<'a> {
    /// Nothing is to be quoted, or it is by now.
    Done,
    /// The first message that can quote does.
    Token(&'a str),
    /// Why not.
    Not(&'static str),
}

impl<'a> Quote<'a> {
    fn of(message: &'a Outgoing) -> Self {
        let Some(target) = &message.reply_to else { return Self::Done };
        match token_of(message, target, "quote_token") {
            Some(token) => Self::Token(token),
            None => Self::Not("only the contact's last message can be quoted, with its `quote_token`"),
        }
    }

    fn put(&mut self, mut item: Item) -> Item {
        if let Self::Token(token) = self
            && item.can_quote()
        {
            item.content["quoteToken"] = Value::from(*token);
            *self = Self::Done;
        }
        item
    }

    /// Says it on the first message.
    fn left_out(self, steps: &mut [Step]) {
        let why = match self {
            Self::Done => return,
            Self::Token(_) => "only texts and stickers can quote",
            Self::Not(why) => why,
        };
        let batches = steps.iter_mut().filter_map(|step| match step {
            Step::Messages(items) => items.first_mut(),
            Step::Signal(_) => None,
        });
        if let Some(first) = batches.into_iter().next() {
            first.degraded.push(format!("the quote is left out: {why}"));
        }
    }
}

/// The token with which this message is a reply. None: it is pushed.
///
/// The attributes are those of the last message of this conversation, so that its token leads to the recipient.
/// What has been called already decides before the clock does: a message that is resumed goes on as it began.
fn reply_token<'a>(
    message: &'a Outgoing,
    steps: &[Step],
    context: &Context,
) -> Result<Option<&'a str>, Failure> {
    let seconds = match context.setting(REPLY_TOKEN_SECONDS) {
        None => REPLY_TOKEN_SECONDS_DEFAULT,
        Some(text) => text.parse().map_err(|_| Failure {
            reason: FailureReason::Unauthorized,
            code: None,
            message: Some(format!(
                "setting `{REPLY_TOKEN_SECONDS}` is `{text}`, expected a number of seconds"
            )),
        })?,
    };
    let batches = steps.iter().filter(|step| matches!(step, Step::Messages(_))).count();
    let token =
        attribute(message, "reply_token").filter(|token| batches == 1 && !TEST_REPLY_TOKENS.contains(token));
    let began_with = |url| context.exchanges.iter().any(|exchange| exchange.request.url == url);
    let replies = began_with(REPLY)
        || !began_with(PUSH)
            && message
                .last_inbound_at
                .is_some_and(|at| context.now.saturating_sub(at) < seconds.saturating_mul(1_000));
    Ok(token.filter(|_| replies))
}

/// The token can be used once, but nothing tells a second use from a dead token: not repeatable.
fn reply(token: &str, items: &[Item]) -> Call {
    let body = json!({ "replyToken": token, "messages": contents(items) }).to_string();
    Call::post(REPLY, JSON, body).bearer(CHANNEL_ACCESS_TOKEN)
}

fn push(message: &Outgoing, to: &str, number: usize, items: &[Item]) -> Call {
    let body = json!({ "to": to, "messages": contents(items) }).to_string();
    Call::post(PUSH, JSON, body)
        .header("x-line-retry-key", outbound::retry_key(message, number))
        .bearer(CHANNEL_ACCESS_TOKEN)
        .repeatable()
}

fn contents(items: &[Item]) -> Vec<&Value> {
    items.iter().map(|item| &item.content).collect()
}
