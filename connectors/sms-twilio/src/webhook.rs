//! Which kind of webhook some fields are, and what Twilio wants to hear.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::form::Form;
use trunkline_sdk::prelude::*;

use crate::{message, opaque, status};

/// The longest message id and status that are taken: an event id is made of both.
const NAME_LENGTH_MAX: usize = 128;

/// Parameters that only an inbound message has, also where they are empty.
const CONTENT: [&str; 9] = [
    "Body",
    "NumMedia",
    "MediaUrl0",
    "Latitude",
    "ButtonPayload",
    "ButtonText",
    "ListId",
    "InteractiveData",
    "MessageType",
];

/// The events of verified fields, and the response to them. `query` is that of the URL.
pub fn answer(form: &Form, query: &str, context: &Context) -> Answer {
    let mut fields = Fields::new(form);
    let state = fields.peek("MessageStatus").or(fields.peek("SmsStatus")).map(str::to_ascii_lowercase);
    let callback = fields.peek("MessageStatus").is_some();
    let content = CONTENT.iter().any(|name| fields.has(name));
    let message_sid = message_sid(&mut fields);
    match (message_sid, state.as_deref()) {
        (Some(sid), None) if content => inbound(message::events(sid, fields, context)),
        (Some(sid), Some("received" | "receiving")) if content || !callback => {
            inbound(message::events(sid, fields, context))
        }
        (None, _) | (_, None | Some("received" | "receiving")) => {
            inbound(vec![opaque::event(&fields, context)])
        }
        (_, Some(state)) if state.len() > NAME_LENGTH_MAX => inbound(vec![opaque::event(&fields, context)]),
        (Some(sid), Some(state)) => {
            Answer { response: Response::empty(204), events: vec![status::event(sid, state, fields, query)] }
        }
    }
}

/// TwiML that says nothing. Plain text might be sent to the contact as a reply.
fn no_reply() -> Response {
    Response::with_body(200, "text/xml", r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#)
}

fn inbound(events: Vec<Event>) -> Answer {
    Answer { response: no_reply(), events }
}

/// The id, with its deprecated copies taken as well.
fn message_sid(fields: &mut Fields) -> Option<String> {
    let names = ["MessageSid", "SmsMessageSid", "SmsSid"];
    let sid = names
        .iter()
        .find_map(|name| fields.peek(name))
        .filter(|sid| sid.len() <= NAME_LENGTH_MAX)?
        .to_owned();
    for name in names {
        if fields.peek(name) == Some(&sid) {
            fields.take(name);
        }
    }
    Some(sid)
}
