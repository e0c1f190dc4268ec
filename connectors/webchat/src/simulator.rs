//! The widget's own request, with a session that it might have.

use serde_json::{Map, Value, json};
use trunkline_sdk::prelude::*;

use crate::identity::Person;
use crate::session::Session;
use crate::site::Site;

/// Members of an action that are not its content.
const FRAME: [&str; 3] = ["token", "id", "type"];
/// Actions that become something else than `other`.
const KNOWN: [&str; 4] = ["message", "typing", "read", "identify"];

/// The request for an event. None where a visitor does no such thing.
pub fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
    let site = Site::of(context).ok().filter(|site| site.account == event.account)?;
    let session = session(event.contact.as_ref()?)?;
    session.require_identity(&site).ok()?;
    let (id, mut body) = action(&event.kind)?;
    body.insert("token".to_owned(), session.token(&site)?.0.into());
    body.insert("id".to_owned(), id.unwrap_or(&event.id).into());
    let headers = [("content-type", "text/plain;charset=UTF-8"), ("origin", site.first_origin())];
    Some(Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: Value::Object(body).to_string().into_bytes(),
    })
}

/// A session of that contact, whatever it is called.
fn session(contact: &Contact) -> Option<Session> {
    let of = |scheme: IdentifierScheme| {
        let found = contact.identifiers.iter().find(|identifier| identifier.scheme == scheme);
        found.map(|identifier| identifier.value.clone())
    };
    let contact_id = of(IdentifierScheme::Id).filter(|id| !id.is_empty())?;
    let id = signature::content_id("simulated", &[&contact_id]).replace(':', "-");
    let person = Person {
        user: String::new(),
        name: contact.name.clone(),
        email: of(IdentifierScheme::Email),
        phone: of(IdentifierScheme::Phone),
    };
    Some(Session { id, contact_id, person })
}

/// The id of what is done, where it has one of its own, and the rest of the body.
fn action(kind: &EventKind) -> Option<(Option<&str>, Map<String, Value>)> {
    let (id, body) = match kind {
        EventKind::Message(message) => {
            let parts = message.parts.iter().map(|part| self::part(part, message));
            let mut body = json!({ "type": "message", "parts": parts.collect::<Option<Vec<_>>>()? });
            if let Some(answered) = &message.reply_to {
                body["reply_to"] = answered.id.as_str().into();
            }
            (Some(message.id.as_str()), body)
        }
        EventKind::Typing(Typing::Started) => (None, json!({ "type": "typing", "state": "started" })),
        EventKind::Typing(Typing::Stopped) => (None, json!({ "type": "typing", "state": "stopped" })),
        EventKind::Watermark(Watermark { state: DeliveryState::Read, up_to }) => {
            (None, json!({ "type": "read", "up_to": up_to }))
        }
        EventKind::Other(other) if !KNOWN.contains(&other.name.as_str()) => {
            let payload = serde_json::from_str::<Map<String, Value>>(&other.payload).unwrap_or_default();
            let mut body = json!({ "type": other.name });
            for (name, value) in payload.into_iter().filter(|(name, _)| !FRAME.contains(&name.as_str())) {
                body[name] = value;
            }
            (None, body)
        }
        _ => return None,
    };
    match body {
        Value::Object(body) => Some((id, body)),
        _ => None,
    }
}

fn part(part: &Part, message: &Message) -> Option<Value> {
    match part {
        Part::Text(text) => Some(json!({ "text": text })),
        Part::Choice(Choice { id, title, data: None }) => {
            let message = message.reply_to.as_ref().map(|answered| answered.id.as_str());
            Some(json!({ "choice": { "id": id, "title": title, "message": message } }))
        }
        Part::Media(Media { source: MediaSource::Bytes(bytes), name, content_type, .. }) => {
            let data = signature::base64(bytes);
            Some(json!({ "file": { "name": name, "type": content_type, "data": data } }))
        }
        _ => None,
    }
}
