//! The time in which a contact may be written to freely, and what is allowed after it.
//!
//! `https://developers.facebook.com/docs/messenger-platform/send-messages#messaging_types`, read 2026-08.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{attribute, refuse, window_closed};
use trunkline_sdk::prelude::*;

use super::part::{Content, Piece};
use super::recipient::Recipient;

/// Set to `true`: people answer, and Meta has approved the Human Agent feature.
const HUMAN_AGENT_SETTING: &str = "human_agent";
/// The attribute by which a sender asks for a tag.
const MESSAGE_TAG: &str = "message_tag";
const HUMAN_AGENT: &str = "HUMAN_AGENT";
const CUSTOMER_FEEDBACK: &str = "CUSTOMER_FEEDBACK";
/// Answered with error 100 since 27 April 2026.
const RETIRED: [&str; 3] = ["ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"];

const HOUR_MS: u64 = 3_600_000;
const STANDARD_MS: u64 = 24 * HOUR_MS;
const HUMAN_AGENT_MS: u64 = 7 * 24 * HOUR_MS;

const CURE: &str = "Wait for the contact to write, or send a utility template that Meta has approved. Where a \
                    person answers and Meta has approved the Human Agent feature, the setting \
                    `human_agent = \"true\"` (or the attribute `message_tag` = `HUMAN_AGENT`) allows it up \
                    to 7 days";

/// What a free message is declared as.
#[derive(Debug, PartialEq)]
pub struct Permit {
    messaging_type: Option<&'static str>,
    tag: Option<&'static str>,
}

impl Permit {
    const RESPONSE: Self = Self { messaging_type: Some("RESPONSE"), tag: None };

    fn tagged(tag: &'static str) -> Self {
        Self { messaging_type: Some("MESSAGE_TAG"), tag: Some(tag) }
    }

    pub fn write(&self, body: &mut Value) {
        if let Some(messaging_type) = self.messaging_type {
            body["messaging_type"] = json!(messaging_type);
        }
        if let Some(tag) = self.tag {
            body["tag"] = json!(tag);
        }
    }
}

/// Milliseconds since the contact's last message.
fn age(message: &Outgoing, context: &Context) -> Option<u64> {
    message.last_inbound_at.map(|last| context.now.saturating_sub(last))
}

/// The contact may be written to without a tag.
pub fn is_open(message: &Outgoing, context: &Context) -> bool {
    age(message, context).is_some_and(|age| age < STANDARD_MS)
}

/// How free messages are to be declared; an error where they are not allowed.
pub fn permit(
    message: &Outgoing,
    recipient: &Recipient,
    pieces: &[Piece],
    context: &Context,
) -> Result<Permit, Failure> {
    let asked = attribute(message, MESSAGE_TAG).map(tag).transpose()?;
    if recipient.is_subscriber() {
        return Ok(Permit { messaging_type: None, tag: None });
    }
    // Whom the plugin or a comment names has not written yet: that is what such an address is for.
    let free = pieces.iter().any(|piece| matches!(piece.content, Content::Message(_)));
    if !free || !recipient.is_contact() || is_open(message, context) {
        return Ok(Permit::RESPONSE);
    }
    let human_agent = context.setting(HUMAN_AGENT_SETTING) == Some("true");
    let tag = asked.or(human_agent.then_some(HUMAN_AGENT));
    let age = age(message, context);
    match tag {
        Some(HUMAN_AGENT) if age.is_some_and(|age| age < HUMAN_AGENT_MS) => Ok(Permit::tagged(HUMAN_AGENT)),
        // Only Messenger knows who may be asked for feedback, and until when.
        Some(CUSTOMER_FEEDBACK) => Ok(Permit::tagged(CUSTOMER_FEEDBACK)),
        // The rest of a message of which something was sent in time: Messenger refuses it, and then what was
        // sent is told along.
        _ if !context.exchanges.is_empty() => Ok(Permit::RESPONSE),
        _ => Err(window_closed(closed(age))),
    }
}

fn tag(name: &str) -> Result<&'static str, Failure> {
    match name {
        HUMAN_AGENT => Ok(HUMAN_AGENT),
        CUSTOMER_FEEDBACK => Ok(CUSTOMER_FEEDBACK),
        _ if RETIRED.contains(&name) => {
            let what = format!("Meta has ended the tag `{name}`: send an approved utility template instead");
            Err(refuse("unsupported", what))
        }
        _ => {
            Err(refuse("unsupported", format!("`{name}` is no tag: `{HUMAN_AGENT}`, `{CUSTOMER_FEEDBACK}`")))
        }
    }
}

fn closed(age: Option<u64>) -> String {
    match age {
        None => "the contact has not written to the Page yet: only an approved utility template can be sent"
            .into(),
        Some(age) if age < HUMAN_AGENT_MS => {
            format!("the contact's last message is {} hours old, 24 are allowed. {CURE}", age / HOUR_MS)
        }
        Some(age) => format!(
            "the contact's last message is {} days old, 7 are allowed at most. Wait for the contact to \
             write, or send a utility template that Meta has approved",
            age / HOUR_MS / 24
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A case file has one clock for all of its rounds.
    #[test]
    fn what_is_half_sent_when_the_window_closes_is_left_to_messenger() {
        let text = || OutgoingPart::Text("hi".to_owned());
        let message = Outgoing {
            id: "01990000-0000-7000-8000-000000000001".to_owned(),
            account: "700".to_owned(),
            to: vec![Identifier::new(IdentifierScheme::Id, "800")],
            thread: None,
            parts: vec![text(), text()],
            subject: None,
            reply_to: None,
            last_inbound_at: Some(1_000),
            attributes: Attributes::new(),
        };
        let mut context = Context { now: 1_000 + STANDARD_MS, ..Context::default() };
        let Err(Unfinished::Failed(failed)) = crate::outbound::send(&message, &context) else {
            panic!("the window is closed")
        };
        assert_eq!(failed.failure.reason, FailureReason::WindowClosed);

        context.now -= 1;
        for answer in [r#"{"message_id":"m_1"}"#, r#"{"error":{"code":10,"error_subcode":2018278}}"#] {
            let Err(Unfinished::Call(call)) = crate::outbound::send(&message, &context) else {
                panic!("a call is wanted")
            };
            let status = if answer.contains("error") { 400 } else { 200 };
            let response = Response::with_body(status, "application/json", answer);
            context.exchanges.push(Exchange { request: call.request, response });
            context.now = 1_000 + STANDARD_MS;
        }
        let Err(Unfinished::Failed(failed)) = crate::outbound::send(&message, &context) else {
            panic!("Messenger refused it")
        };
        assert_eq!(failed.failure.reason, FailureReason::WindowClosed);
        assert_eq!(failed.receipts.len(), 1);
    }
}
