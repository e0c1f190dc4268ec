//! Messages to a contact, over the channel on which the contact writes: one call for each.
//!
//! `https://developer.vonage.com/en/api/messages`, read 2026. There is no idempotency key, so no call that writes to the contact
//! may be repeated.

mod answer;
mod choices;
mod draft;
mod file;
mod layout;
mod parts;
mod peers;

use serde_json::{Map, Value, json};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::{prelude::*, sms};

use draft::{Draft, Step};
use peers::Peers;

/// The contract has 32 rounds, the last of which gives the receipts.
const CALLS_MAX: usize = 31;
/// After the contact's last message, on WhatsApp.
const WINDOW_MS: u64 = 24 * 60 * 60 * 1_000;

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let api = Api::of(context)?;
    let peers = Peers::of(message)?;
    let parts::Rendered { steps, options } = parts::rendered(message, &peers, context)?;
    let steps = layout::laid_out(steps, message, &peers)?;
    if steps.len() > CALLS_MAX {
        let what = format!("{} messages at Vonage, at most {CALLS_MAX} can be sent at once", steps.len());
        return Err(outbound::refuse("too_many", what).into());
    }
    require_window(&steps, message, &peers, context.now)?;
    let prepared: Vec<Prepared> = steps
        .into_iter()
        .map(|step| match step {
            Step::Seen { part, path, typing } => Prepared::new(part, api.seen(&path, typing)),
            Step::Message(draft) => self::prepared(draft, &options, message, &peers, &api),
        })
        .collect();
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| {
        answer::receipts(prepared, answer, context.now)
    })
}

/// Where calls go, and how they are authorized.
struct Api<'a> {
    host: &'static str,
    api_key: &'a str,
}

impl<'a> Api<'a> {
    fn of(context: &'a Context) -> Result<Self, Failure> {
        let Some(api_key) = context.setting("api_key") else {
            let message = Some("the setting `api_key` is empty".to_owned());
            return Err(Failure { reason: FailureReason::Unauthorized, code: None, message });
        };
        let host = match context.setting("region") {
            Some("eu") => "api-eu.nexmo.com",
            Some("us") => "api-us.nexmo.com",
            _ => "api.nexmo.com",
        };
        Ok(Self { host, api_key })
    }

    fn message(&self, body: Map<String, Value>) -> Call {
        let url = format!("https://{}/v1/messages", self.host);
        let body = Value::Object(body).to_string();
        Call::post(url, "application/json", body).basic(self.api_key, "api_secret")
    }

    /// Marks a message of the contact's as read, and may show that we are writing. Twice is once.
    fn seen(&self, path: &str, typing: bool) -> Call {
        let mut body = json!({ "status": "read" });
        if typing {
            body["replying_indicator"] = json!({ "show": true, "type": "text" });
        }
        let url = format!("https://{}/v1/messages/{path}", self.host);
        let mut call = Call::post(url, "application/json", body.to_string());
        call.request.method = "PATCH".to_owned();
        call.basic(self.api_key, "api_secret").repeatable()
    }
}

fn prepared(
    draft: Draft,
    options: &Map<String, Value>,
    message: &Outgoing,
    peers: &Peers,
    api: &Api,
) -> Prepared {
    let mut attributes = draft.attributes;
    let channel = draft.channel.unwrap_or(&peers.channel);
    let mut body = Map::new();
    body.insert("channel".to_owned(), json!(channel));
    body.insert("to".to_owned(), json!(peers.to));
    body.insert("from".to_owned(), json!(peers.from));
    if !draft.text.is_empty() {
        if channel == "sms" {
            let segments = sms::segments(&draft.text);
            attributes.push(("segments".to_owned(), segments.count.to_string()));
            attributes.push(("encoding".to_owned(), segments.encoding.name().to_owned()));
        }
        body.insert("message_type".to_owned(), json!("text"));
        body.insert("text".to_owned(), json!(draft.text));
    }
    body.extend(draft.fields);
    // The host matches a status by it where the answer to the call was lost.
    body.insert("client_ref".to_owned(), json!(message.id));
    if let Some(quoted) = message.reply_to.as_ref().filter(|_| draft.quotes) {
        body.insert("context".to_owned(), json!({ "message_uuid": quoted.id }));
    }
    body.extend(options.clone());
    Prepared { degraded: draft.degraded, attributes, ..Prepared::new(draft.part, api.message(body)) }
}

/// WhatsApp takes nothing but templates from those to whom the contact has not written for a day.
fn require_window(steps: &[Step], message: &Outgoing, peers: &Peers, now: u64) -> Result<(), Failure> {
    let free_form = steps.iter().any(|step| matches!(step, Step::Message(draft) if draft.free_form));
    if !free_form || !peers.is_whatsapp() {
        return Ok(());
    }
    let closed = match message.last_inbound_at {
        Some(then) => now.saturating_sub(then) >= WINDOW_MS,
        // Events spell our number with `+`: of another spelling, the host knows no message even where there was one.
        None => message.account.starts_with('+'),
    };
    if closed {
        return Err(outbound::window_closed(
            "WhatsApp takes free text only within 24 hours of the contact's last message: send a `template`",
        ));
    }
    Ok(())
}
