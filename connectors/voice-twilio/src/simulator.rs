//! The inverse: Twilio's webhook for an event.

use trunkline_sdk::form;
use trunkline_sdk::prelude::*;
use trunkline_sdk::twilio::ACCOUNT_SID;

/// The URL and the parameters. None for kinds and parts that Twilio has no webhook for.
pub fn webhook(event: &Event, url: &str, context: &Context) -> Option<(String, Vec<(String, String)>)> {
    let contact = event.contact.as_ref()?.identifiers.first()?.value.clone();
    let mut own: Vec<(&str, String)> = Vec::new();
    let (mut query, mut inbound) = (String::new(), true);
    let at = |report: &str, message: &str| {
        form::encode([
            ("report", report),
            ("step", crate::menu::START),
            ("number", "1"),
            ("message", message),
        ])
    };
    let call_sid = match &event.kind {
        EventKind::PhoneCall(call) => {
            inbound = call.inbound;
            own.push(("CallStatus", status(&call.state)?.to_owned()));
            own.extend(call.duration_ms.map(|ms| ("CallDuration", (ms / 1_000).to_string())));
            call.id.clone()
        }
        EventKind::Message(message) if plain(message) => {
            let [part] = message.parts.as_slice() else { return None };
            match part {
                Part::Text(text) => {
                    own.push(("SpeechResult", text.clone()));
                    query = at("input", &message.id);
                }
                Part::Choice(Choice { id: Some(id), title: None, data: None }) => {
                    own.push(("Digits", id.clone()));
                    query = at("input", &message.id);
                }
                _ => return None,
            }
            event.attribute("call_sid").unwrap_or(SAMPLE_CALL).to_owned()
        }
        _ => return None,
    };
    let (from, to) = if inbound { (&contact, &event.account) } else { (&event.account, &contact) };
    let direction = if inbound { "inbound" } else { "outbound-api" };
    let mut fields = vec![
        ("CallSid", call_sid),
        ("AccountSid", context.setting(ACCOUNT_SID)?.to_owned()),
        ("From", from.clone()),
        ("To", to.clone()),
        ("Direction", direction.to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ];
    fields.extend(own);
    if !fields.iter().any(|(name, _)| *name == "CallStatus") {
        fields.push(("CallStatus", "in-progress".to_owned()));
    }
    // Nothing empty comes back as what it was.
    if fields.iter().any(|(_, value)| value.is_empty()) {
        return None;
    }
    let url = if query.is_empty() { url.to_owned() } else { format!("{url}?{query}") };
    Some((url, fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

/// The call that a message is said in, where it does not say.
const SAMPLE_CALL: &str = "CA00000000000000000000000000000001";

/// Whether it has nothing that a caller's words cannot carry.
fn plain(message: &Message) -> bool {
    let bare = Message { id: message.id.clone(), parts: message.parts.clone(), ..Message::default() };
    *message == bare
}

/// None for what is no status of a call, or would come back as another.
fn status(state: &CallState) -> Option<&'static str> {
    match state {
        CallState::Ringing => Some("ringing"),
        CallState::Answered => Some("in-progress"),
        CallState::Ended => Some("completed"),
        CallState::Missed => Some("no-answer"),
        CallState::Rejected => Some("busy"),
        CallState::Failed => Some("failed"),
        CallState::Other(_) => None,
    }
}
