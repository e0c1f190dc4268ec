//! Messages to a contact: customer service messages within 48 hours of the contact's own, templates at any time.
//!
//! `https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html`, read 2026-07.

mod attachment;
mod choices;
mod item;
mod plain;
mod template;

use serde_json::{Value, json};
use trunkline_sdk::outbound::{self, attribute};
use trunkline_sdk::prelude::*;

use crate::access_token::{JSON, Session, Token};
use crate::failure::{Reply, UNREADABLE};
use item::{Content, Item};

/// The host gives 32 rounds. The token takes one, another token and the call with it two, the end one.
const CALLS_MAX: usize = 28;
/// In which a contact may be written to.
const WINDOW_MS: u64 = 48 * 3_600_000;
/// The agent of WeChat's own customer service whose name the contact sees.
const AGENT: &str = "kf_account";

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let to = outbound::address(message, &IdentifierScheme::Id)
        .ok_or_else(|| outbound::refuse("missing", "the contact has no OpenID"))?;
    let items = items(message)?;
    // What has begun goes on: only the first round looks at the clock.
    if context.exchanges.is_empty() {
        check_window(message, &items, context.now)?;
    }
    let mut sent = Vec::new();
    deliver(message, to, &items, context, &mut sent).map_err(|unfinished| match unfinished {
        Unfinished::Call(call) => Unfinished::Call(call),
        Unfinished::Failed(failure) => Unfinished::Failed(SendFailure { failure, receipts: sent.clone() }),
    })?;
    Ok(sent)
}

/// The whole message in the order of its parts, checked.
fn items(message: &Outgoing) -> Result<Vec<Item<'_>>, Failure> {
    let mut items = Vec::new();
    if let Some(subject) = message.subject.as_deref().filter(|subject| !subject.trim().is_empty()) {
        let texts = item::texts(0, subject)?.into_iter();
        items.extend(texts.map(|item| item.degraded("the subject is a text of its own: WeChat has none")));
    }
    for (index, part) in message.parts.iter().enumerate() {
        items.extend(item::items(index, part)?);
    }
    let writes = items.iter_mut().find(|item| !matches!(item.content, Content::Typing));
    if let (true, Some(first)) = (message.reply_to.is_some(), writes) {
        first.degraded.push("the quote is left out: WeChat has none".to_owned());
    }
    match items.iter().map(Item::calls).sum() {
        0 => Err(outbound::refuse("missing", "the message has no parts")),
        calls if calls > CALLS_MAX => {
            let what = format!("the message needs {calls} calls, at most {CALLS_MAX}: send it in pieces");
            Err(outbound::refuse("too_many", what))
        }
        _ => Ok(items),
    }
}

/// Templates alone may go to somebody who has not written for long. Of somebody who has never written nothing is known: a
/// follow opens a window as well.
fn check_window(message: &Outgoing, items: &[Item], now: u64) -> Result<(), Failure> {
    let free = items.iter().any(|item| !matches!(item.content, Content::Template(_)));
    let closed = message.last_inbound_at.is_some_and(|at| now.saturating_sub(at) > WINDOW_MS);
    if free && closed {
        return Err(outbound::window_closed("the contact wrote more than 48 hours ago: send a template"));
    }
    Ok(())
}

fn deliver(
    message: &Outgoing,
    to: &str,
    items: &[Item],
    context: &Context,
    sent: &mut Vec<Receipt>,
) -> Result<(), Unfinished<Failure>> {
    let mut session = Session::open(context)?;
    for (number, item) in items.iter().enumerate() {
        let (path, body) = match &item.content {
            Content::Typing => {
                let body = json!({ "touser": to, "command": "Typing" }).to_string();
                let call = |token: &Token| post(token, "message/custom/typing", &body).repeatable();
                Reply::of(session.make(call)?, context.now)?;
                continue;
            }
            Content::Template(content) => {
                ("message/template/send", template::body(content, to, &key(message, number)))
            }
            Content::Message { kind, content } => ("message/custom/send", custom(message, to, kind, content)),
            Content::Upload(file) => {
                let answer = session.make(|token| file.call(token))?;
                let reply = Reply::of(answer, context.now)?;
                let id = reply.media_id.map(String::from).ok_or_else(|| Failure {
                    reason: FailureReason::Transient,
                    code: None,
                    message: Some("the answer to the upload has no `media_id`".to_owned()),
                })?;
                ("message/custom/send", custom(message, to, file.kind, &file.content(&id)))
            }
        };
        let body = body.to_string();
        let answer = session.make(|token| post(token, path, &body))?;
        let reply = Reply::of(answer, context.now).map_err(|failure| match failure.code.as_deref() {
            Some(UNREADABLE) => outbound::unconfirmed(failure),
            _ => failure,
        })?;
        // Only templates have an id at WeChat.
        let id = reply.msgid.map(String::from).filter(|id| !id.is_empty());
        sent.push(item.receipt(id.unwrap_or_else(|| outbound::retry_key(message, number))));
    }
    Ok(())
}

/// Texts go as they are, in UTF-8: WeChat shows contacts the escapes of JSON.
fn post(token: &Token, path: &str, body: &str) -> Call {
    Call::post(token.url(path, &[]), JSON, body)
}

fn custom(message: &Outgoing, to: &str, kind: &str, content: &Value) -> Value {
    let mut body = json!({ "touser": to, "msgtype": kind, kind: content });
    if let Some(agent) = attribute(message, AGENT) {
        body["customservice"] = json!({ "kf_account": agent });
    }
    body
}

/// At most 32 characters: a UUID without its hyphens.
fn key(message: &Outgoing, number: usize) -> String {
    let key = outbound::retry_key(message, number).replace('-', "");
    key.chars().take(32).collect()
}
