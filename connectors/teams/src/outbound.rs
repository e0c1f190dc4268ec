//! Messages to a person, a group chat or a channel: an access token first, then one call for each activity.
//!
//! `https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-send-and-receive-messages`, read
//! 2026-09. No key keeps a second try from being a second message, so that none is repeatable.

mod answer;
mod choices;
mod item;
mod target;

use serde_json::{Value, json};
use trunkline_sdk::form::path_segment;
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use crate::token::{self, App};
use item::Item;
use target::Target;

const JSON: &str = "application/json";
/// The host gives 32 rounds, the last one tells the end. Two tokens, a new conversation, and one call that a dead token failed.
const ITEMS_MAX: usize = 27;
/// Bytes of an activity. Older documentation has 28 KB, of which the longest text leaves room for the rest.
const ACTIVITY_BYTES_MAX: usize = 100_000;

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let app = App::of(context)?;
    let target = Target::of(message, app, context)?;
    let items = items(message)?;
    let mut quoting = message.reply_to.as_ref().map(|quoted| quoted.id.as_str()).filter(|id| !id.is_empty());
    for id in quoting.iter().copied().chain(target.conversation.as_deref()) {
        segment(id)?;
    }
    let mut session =
        Session { app, calls: Calls::new(context), token: String::new(), renewed: false, context };
    session.token = app.token::<SendFailure>(&mut session.calls, context.now)?;
    let conversation = session.conversation(&target)?;
    let mut receipts = Vec::new();
    for item in &items {
        let quoted = quoting.take_if(|_| !item.is_signal());
        let call = call(&target, &conversation, item, quoted)?;
        let answer = session.make(call).map_err(|unfinished| with_receipts(unfinished, &receipts))?;
        match answer::receipt(item, answer, context.now) {
            Ok(receipt) => receipts.extend(receipt),
            Err(failure) => return Err(Unfinished::Failed(SendFailure { failure, receipts })),
        }
    }
    Ok(receipts)
}

/// An id as it stands in a path.
fn segment(id: &str) -> Result<String, Failure> {
    path_segment(id)
        .ok_or_else(|| refuse("missing", format!("`{id}` is no id of a conversation or an activity")))
}

/// What was sent before it failed.
fn with_receipts(unfinished: Unfinished<SendFailure>, receipts: &[Receipt]) -> Unfinished<SendFailure> {
    match unfinished {
        Unfinished::Failed(failed) => {
            Unfinished::Failed(SendFailure { receipts: receipts.to_vec(), ..failed })
        }
        call @ Unfinished::Call(_) => call,
    }
}

/// Every activity of a message, checked.
fn items(message: &Outgoing) -> Result<Vec<Item>, Failure> {
    let items = item::items(message)?;
    if items.len() > ITEMS_MAX {
        let what = format!("this becomes {} activities, at most {ITEMS_MAX}: send it in pieces", items.len());
        return Err(refuse("too_many", what));
    }
    for item in &items {
        let bytes = item.activity.to_string().len();
        if bytes > ACTIVITY_BYTES_MAX {
            let what =
                format!("part {}: an activity of {bytes} bytes, at most {ACTIVITY_BYTES_MAX}", item.part);
            return Err(refuse("too_long", what));
        }
    }
    Ok(items)
}

/// Sends an activity; below the one that it answers, where there is one.
fn call(target: &Target, conversation: &str, item: &Item, quoted: Option<&str>) -> Result<Call, Failure> {
    let mut url = format!("{}/v3/conversations/{}/activities", target.service, segment(conversation)?);
    let mut activity = item.activity.clone();
    activity["from"] = json!({ "id": target.bot });
    activity["conversation"] = json!({ "id": conversation });
    if let Some(person) = &target.person {
        activity["recipient"] = json!({ "id": person });
    }
    if let Some(quoted) = quoted {
        url = format!("{url}/{}", segment(quoted)?);
        activity["replyToId"] = json!(quoted);
    }
    let mut call = Call::post(url, JSON, activity.to_string());
    call.repeatable = item.is_signal();
    Ok(call)
}

/// The calls of one message.
struct Session<'a> {
    app: App<'a>,
    calls: Calls<'a>,
    token: String,
    renewed: bool,
    context: &'a Context,
}

impl<'a> Session<'a> {
    /// Makes a call with the token. A message that waited may have one that is over: then it is asked for once more.
    fn make(&mut self, call: Call) -> Result<&'a Response, Unfinished<SendFailure>> {
        let answer = self.calls.make(token::with(call.clone(), &self.token))?;
        if answer.status != 401 || self.renewed {
            return Ok(answer);
        }
        self.renewed = true;
        self.token = self.app.token::<SendFailure>(&mut self.calls, self.context.now)?;
        Ok(self.calls.make(token::with(call, &self.token))?)
    }

    /// The conversation's id. With a person who is not known to have one it is made; where there is one it is the same again.
    fn conversation(&mut self, target: &Target) -> Result<String, Unfinished<SendFailure>> {
        if let Some(id) = &target.conversation {
            return Ok(id.clone());
        }
        let body: Value = json!({
            "isGroup": false,
            "bot": { "id": target.bot },
            "members": [{ "id": target.person }],
            "tenantId": target.tenant,
            "channelData": { "tenant": { "id": target.tenant } },
        });
        let url = format!("{}/v3/conversations", target.service);
        let answer = self.make(Call::post(url, JSON, body.to_string()).repeatable())?;
        Ok(answer::conversation(answer, self.context.now)?)
    }
}
