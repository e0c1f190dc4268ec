//! Invokes: the contact pressed something, and Teams waits for the answer.
//!
//! What a button brings is a choice like any other and is answered at once. What wants a content in the answer (dialogs, searches,
//! sign-ins) cannot be had here: it is kept, and its answer is empty. Microsoft's own libraries answer 501 there; but a webhook
//! that is kept is answered with a success.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use trunkline_sdk::prelude::*;

use crate::conversation::Scene;
use crate::message;
use crate::wire::{Activity, filled, parse};

/// What is written into the answer to an activity: nothing, but for invokes.
pub fn response(activity: &Activity) -> Response {
    if filled(&activity.kind) != Some("invoke") {
        return Response::empty(200);
    }
    match filled(&activity.name).unwrap_or_default() {
        "adaptiveCard/action" => {
            let done = json!({
                "statusCode": 200,
                "type": "application/vnd.microsoft.activity.message",
                "value": "ok",
            });
            Response::with_body(200, "application/json", done.to_string())
        }
        "fileConsent/invoke" | "message/submitAction" | "actionableMessage/executeAction" => {
            Response::with_body(200, "application/json", "{}")
        }
        _ => Response::empty(200),
    }
}

/// `{"action":{"type":"Action.Execute","verb":"approve","data":{…}},"trigger":"manual"}`
#[derive(Deserialize)]
struct Execute {
    action: Action,
}

#[derive(Deserialize)]
struct Action {
    #[serde(default)]
    verb: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    data: Option<Value>,
}

/// A choice of the contact. None where the invoke is of another kind, or of another form than expected.
pub fn event(scene: &Scene) -> Option<Event> {
    let activity = scene.activity;
    let value = activity.value?;
    let choice = match filled(&activity.name)? {
        "adaptiveCard/action" => executed(parse(value)?),
        "fileConsent/invoke" => named(parse(value)?, "action")?,
        "message/submitAction" => named(parse(value)?, "actionName")?,
        "actionableMessage/executeAction" => named(parse(value)?, "actionId")?,
        _ => return None,
    };
    let message = Message {
        reply_to: filled(&activity.reply_to_id).map(MessageRef::new),
        ..Message::new(message::id(scene), vec![Part::Choice(choice)])
    };
    Some(scene.event(&["invoke"], EventKind::Message(message)))
}

fn executed(execute: Execute) -> Choice {
    let Action { verb, title, data } = execute.action;
    let mut choice = match data {
        Some(Value::Object(members)) => message::chosen(members),
        Some(Value::Null) | None => Choice { id: None, title: None, data: None },
        Some(other) => Choice { id: None, title: None, data: Some(other.to_string()) },
    };
    choice.id = choice.id.or(verb);
    choice.title = choice.title.or(title);
    choice
}

/// What one member names, with all the others as its data.
fn named(mut members: Map<String, Value>, member: &str) -> Option<Choice> {
    let Some(Value::String(id)) = members.shift_remove(member) else { return None };
    let data = (!members.is_empty()).then(|| Value::Object(members).to_string());
    Some(Choice { id: Some(id), title: None, data })
}
