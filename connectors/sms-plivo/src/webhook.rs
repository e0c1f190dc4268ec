//! Which kind of webhook some fields are.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::form::Form;
use trunkline_sdk::prelude::*;

use crate::{message, status};

/// The longest message id, status and name that are taken: an event id is made of them.
const NAME_LENGTH_MAX: usize = 128;
/// Parameters that only a message has.
const CONTENT: [&str; 6] = ["Text", "Body", "Type", "MediaCount", "Media0", "Media1"];

/// The events of verified fields. `query` is that of the URL.
pub fn events(form: &Form, query: &str) -> Vec<Event> {
    let mut fields = Fields::new(form);
    let id = fields.peek("MessageUUID").filter(|id| id.len() <= NAME_LENGTH_MAX).map(str::to_owned);
    let state = fields.peek("Status").map(str::to_ascii_lowercase);
    match (id, state) {
        (Some(id), Some(state)) if state != "received" && state.len() <= NAME_LENGTH_MAX => {
            fields.take("MessageUUID");
            vec![status::event(id, &state, fields, query)]
        }
        (Some(id), None) if CONTENT.iter().any(|name| fields.has(name)) => {
            fields.take("MessageUUID");
            message::events(id, fields)
        }
        (Some(id), Some(state)) if state == "received" => {
            fields.take("MessageUUID");
            fields.take("Status");
            message::events(id, fields)
        }
        _ => vec![opaque(&fields)],
    }
}

/// Fields of which it is not known what they mean, a call's for instance.
fn opaque(fields: &Fields) -> Event {
    let names = ["Event", "EventType", "Status", "Type"];
    let name = names.iter().find_map(|name| fields.peek(name)).filter(|name| name.len() <= NAME_LENGTH_MAX);
    let account = fields.peek("To").map(message::identifier).map_or_else(String::new, |found| found.value);
    let payload = fields.json();
    let id = signature::content_id("webhook", &[&account, &payload]);
    Event::new(id, account, EventKind::Other(Opaque { name: name.unwrap_or("webhook").to_owned(), payload }))
}
