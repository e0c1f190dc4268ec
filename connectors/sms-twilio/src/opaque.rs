//! What is neither a message nor a status: kept as it is.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::twilio::{self, ACCOUNT_SID};
use trunkline_sdk::{Interrupt, malformed, prelude::*};

/// The longest name that is taken from a webhook.
const NAME_LENGTH_MAX: usize = 64;

/// Fields of a form of which it is not known what they mean.
pub fn event(fields: &Fields, context: &Context) -> Event {
    other(name(fields), fields.json(), context)
}

/// What the fields call themselves.
pub fn name(fields: &Fields) -> &str {
    let names = ["EventType", "MessageStatus", "SmsStatus", "MessageType"];
    bounded(names.iter().find_map(|name| fields.peek(name)))
}

/// A body that is no form. The messaging webhooks have none, but other products of Twilio do.
pub fn document(body: &[u8], context: &Context) -> Result<Event, Interrupt> {
    let document: serde_json::Value = serde_json::from_slice(body).map_err(malformed)?;
    twilio::require_account(document["AccountSid"].as_str(), context)?;
    let name = document["EventType"].as_str().or(document["type"].as_str());
    // Serde has checked that it is UTF-8.
    let payload = String::from_utf8_lossy(body).into_owned();
    Ok(other(bounded(name), payload, context))
}

fn other(name: &str, payload: String, context: &Context) -> Event {
    let account = context.setting(ACCOUNT_SID).unwrap_or_default();
    let id = signature::content_id("webhook", &[account, &payload]);
    Event::new(id, account, EventKind::Other(Opaque { name: name.to_owned(), payload }))
}

fn bounded(name: Option<&str>) -> &str {
    name.filter(|name| !name.is_empty() && name.len() <= NAME_LENGTH_MAX).unwrap_or("webhook")
}
