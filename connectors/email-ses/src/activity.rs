//! What became of a mail that we sent: of every recipient by itself.

use serde::Deserialize;
use trunkline_sdk::email::{Mailbox, mailboxes};
use trunkline_sdk::json::{RawValue, Text, lenient, members, scalars, snake_case, text};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::envelope::Envelope;
use crate::outcome::bounce;
use crate::topic::Topic;

/// `{"messageId":"0100…","timestamp":"…","source":"help@example.org","destination":["ada@example.net"],
/// "commonHeaders":{"from":["Help <help@example.org>"],"subject":"Open hours"},"tags":{"campaign":["spring"]}}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Mail {
    #[serde(deserialize_with = "lenient")]
    message_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    timestamp: Option<String>,
    #[serde(deserialize_with = "lenient")]
    source: Option<String>,
    #[serde(deserialize_with = "lenient")]
    destination: Option<Vec<Box<RawValue>>>,
    #[serde(deserialize_with = "lenient")]
    common_headers: Option<CommonHeaders>,
    #[serde(deserialize_with = "lenient")]
    tags: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CommonHeaders {
    #[serde(deserialize_with = "lenient")]
    from: Option<Vec<Text>>,
    #[serde(deserialize_with = "lenient")]
    subject: Option<String>,
}

/// What the kinds of events say of it, all in one: `{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[…]}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    #[serde(deserialize_with = "lenient")]
    timestamp: Option<String>,
    #[serde(deserialize_with = "lenient")]
    bounce_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    bounce_sub_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    complaint_feedback_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    delay_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    reason: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    error_message: Option<Text>,
    #[serde(alias = "bouncedRecipients", alias = "complainedRecipients", alias = "delayedRecipients")]
    #[serde(deserialize_with = "lenient")]
    recipients: Option<Vec<Box<RawValue>>>,
    #[serde(deserialize_with = "lenient")]
    new_topic_preferences: Option<Preferences>,
}

/// `{"unsubscribeAll":false,"topicSubscriptionStatus":[{"topicName":"offers","subscriptionStatus":"OptOut"}]}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Preferences {
    #[serde(deserialize_with = "lenient")]
    unsubscribe_all: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    topic_subscription_status: Option<Vec<Preference>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preference {
    topic_name: Text,
    subscription_status: Text,
}

/// `"ada@example.net"`, or `{"emailAddress":"Ada <ada@example.net>","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 …"}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Recipient {
    #[serde(deserialize_with = "lenient")]
    email_address: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    status: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    diagnostic_code: Option<Text>,
}

/// Who it happened to, and what.
struct Occurrence {
    mailbox: Option<Mailbox>,
    kind: EventKind,
}

/// The events of a notification of that name. None where it is not known, or does not say what happened to which mail.
pub fn events(raw: &RawValue, name: &str, envelope: &Envelope, topic: &Topic) -> Vec<Event> {
    let member = match name {
        "Bounce" => "bounce",
        "Complaint" => "complaint",
        "Delivery" => "delivery",
        "Send" => "send",
        "Reject" => "reject",
        "Open" => "open",
        "Click" => "click",
        "Rendering Failure" => "failure",
        "DeliveryDelay" => "deliveryDelay",
        "Subscription" => "subscription",
        _ => return Vec::new(),
    };
    let [found, mail] = members(raw, [member, "mail"]);
    let mail: Mail = mail.and_then(|mail| serde_json::from_str(mail.get()).ok()).unwrap_or_default();
    let Some(id) = mail.message_id.clone().filter(|id| !id.is_empty()) else { return Vec::new() };
    let Some(found) = found else { return Vec::new() };
    let detail: Detail = serde_json::from_str(found.get()).unwrap_or_default();
    let occurrences = occurrences(name, &id, &detail, &mail);
    let several = occurrences.len() > 1;
    let common = attributes(&id, found, &mail, topic);
    let time = detail.timestamp.as_deref().or(mail.timestamp.as_deref()).and_then(iso8601);
    let account = mail.account().unwrap_or_else(|| topic.arn.clone());
    let event = |(number, occurrence): (usize, Occurrence)| {
        let message_id = ("message_id".to_owned(), id.0.clone());
        let id = if several { format!("{}:{number}", envelope.id) } else { envelope.id.clone() };
        let mut event = Event::new(id, &*account, occurrence.kind);
        event.occurred_at = time.or_else(|| iso8601(&envelope.timestamp));
        event.contact = occurrence.mailbox.as_ref().map(Mailbox::contact);
        // A status says it by itself.
        let is_status = matches!(event.kind, EventKind::Status(_));
        event.attributes.extend(Some(message_id).filter(|_| !is_status));
        event.attributes.extend(common.iter().cloned());
        if name == "Complaint" && several {
            // The complaint says at which provider it was made, not by whom.
            event.attributes.push(("possible".to_owned(), "true".to_owned()));
        }
        event
    };
    occurrences.into_iter().enumerate().map(event).collect()
}

fn occurrences(name: &str, id: &str, detail: &Detail, mail: &Mail) -> Vec<Occurrence> {
    let status = |state: DeliveryState, failure: Option<Failure>| {
        let message_id = id.to_owned();
        EventKind::Status(Status { message_id, state, failure, client_reference: None })
    };
    let plain = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_owned();
    let failed = |words: &Option<Text>| {
        let message = words.clone().map(String::from);
        status(DeliveryState::Failed, Some(Failure { reason: FailureReason::Invalid, code: None, message }))
    };
    let named = detail.recipients.as_deref().unwrap_or_default();
    let sent_to = mail.destination.as_deref().unwrap_or_default();
    match name {
        "Bounce" => {
            let (kind, what) = (plain(&detail.bounce_type), plain(&detail.bounce_sub_type));
            each(name, named, |recipient| {
                let words = recipient.diagnostic_code.as_deref();
                let (state, failure) = bounce(&kind, &what, recipient.status.as_deref(), words);
                status(state, failure)
            })
        }
        "DeliveryDelay" => each(name, named, |recipient| {
            let code = recipient.status.clone().or_else(|| detail.delay_type.clone()).map(String::from);
            let message = recipient.diagnostic_code.clone().map(String::from);
            let failure = Failure { reason: FailureReason::Transient, code, message };
            status(DeliveryState::Other("deferred".to_owned()), Some(failure))
        }),
        "Delivery" => each(name, named, |_| status(DeliveryState::Delivered, None)),
        "Send" => each(name, sent_to, |_| status(DeliveryState::Accepted, None)),
        "Reject" => each(name, sent_to, |_| failed(&detail.reason)),
        "Rendering Failure" => each(name, sent_to, |_| failed(&detail.error_message)),
        "Complaint" => complaints(named, detail),
        "Open" => one(mail, status(DeliveryState::Read, None)),
        "Click" => one(mail, status(DeliveryState::Other("clicked".to_owned()), None)),
        _ => consents(mail, detail.new_topic_preferences.as_ref()),
    }
}

/// One for each recipient; one about nobody where there is none. A recipient that cannot be read is kept as it is.
fn each(name: &str, recipients: &[Box<RawValue>], kind: impl Fn(&Recipient) -> EventKind) -> Vec<Occurrence> {
    if recipients.is_empty() {
        return vec![Occurrence { mailbox: None, kind: kind(&Recipient::default()) }];
    }
    let occurrences = recipients.iter().map(|raw| {
        let recipient = match text(raw) {
            Some(address) => Some(Recipient { email_address: Some(Text(address)), ..Recipient::default() }),
            None => Some(raw.get())
                .filter(|raw| raw.starts_with('{'))
                .and_then(|raw| serde_json::from_str(raw).ok()),
        };
        let found =
            recipient.and_then(|recipient| Some((first(recipient.email_address.as_deref()?)?, recipient)));
        match found {
            Some((mailbox, recipient)) => Occurrence { mailbox: Some(mailbox), kind: kind(&recipient) },
            None => {
                let opaque = Opaque { name: name.to_owned(), payload: raw.get().to_owned() };
                Occurrence { mailbox: None, kind: EventKind::Other(opaque) }
            }
        }
    });
    occurrences.collect()
}

/// One, about the recipient where there is only one: a pixel does not say who looked.
fn one(mail: &Mail, kind: EventKind) -> Vec<Occurrence> {
    vec![Occurrence { mailbox: mail.recipient(), kind }]
}

/// Whoever complains does not want to be written to; but not every report is a complaint.
fn complaints(named: &[Box<RawValue>], detail: &Detail) -> Vec<Occurrence> {
    let kind = detail.complaint_feedback_type.as_deref().unwrap_or("abuse");
    if !matches!(kind, "abuse" | "other") || named.is_empty() {
        return Vec::new();
    }
    each("Complaint", named, |_| consent(ConsentState::Revoked, "all", "complaint"))
}

fn consents(mail: &Mail, preferences: Option<&Preferences>) -> Vec<Occurrence> {
    let Some((preferences, mailbox)) = preferences.zip(mail.recipient()) else { return Vec::new() };
    if preferences.unsubscribe_all == Some(true) {
        let kind = consent(ConsentState::Revoked, "all", "unsubscribe");
        return vec![Occurrence { mailbox: Some(mailbox), kind }];
    }
    let topics = preferences.topic_subscription_status.as_deref().unwrap_or_default();
    let consents = topics.iter().filter_map(|topic| {
        let (state, origin) = match &*topic.subscription_status {
            "OptIn" => (ConsentState::Granted, "user_preferences"),
            "OptOut" => (ConsentState::Revoked, "unsubscribe"),
            _ => return None,
        };
        Some(Occurrence { mailbox: Some(mailbox.clone()), kind: consent(state, &topic.topic_name, origin) })
    });
    consents.collect()
}

fn consent(state: ConsentState, scope: &str, origin: &str) -> EventKind {
    EventKind::Consent(Consent { state, scope: scope.to_owned(), origin: origin.to_owned() })
}

/// Everything that is said of it, and what tells which mail it was.
fn attributes(id: &str, found: &RawValue, mail: &Mail, topic: &Topic) -> Attributes {
    let mut attributes = Attributes::new();
    let mut add = |name: &str, value: String| attributes.push((name.to_owned(), value));
    // The header that SES writes, which answers refer to.
    let domain = match topic.region() {
        "us-east-1" => "email",
        region => region,
    };
    add("internet_message_id", format!("{id}@{domain}.amazonses.com"));
    for (name, value) in scalars(found, &["timestamp"]) {
        add(&snake_case(&name), value);
    }
    if let Some(subject) = mail.common_headers.as_ref().and_then(|headers| headers.subject.clone()) {
        add("subject", subject);
    }
    for (name, values) in mail.tags.iter().flatten() {
        let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
        let values: Vec<&str> = values.iter().filter_map(serde_json::Value::as_str).collect();
        if !values.is_empty() {
            add(&format!("tag_{}", snake_case(name)), values.join(", "));
        }
    }
    attributes
}

impl Mail {
    /// The mailbox that it was sent from.
    fn account(&self) -> Option<String> {
        let headers = self.common_headers.as_ref().and_then(|headers| headers.from.as_ref());
        let from = headers.and_then(|from| first(from.first()?));
        from.or_else(|| first(self.source.as_deref()?)).map(|mailbox| mailbox.address)
    }

    /// Who it was sent to, where that is one.
    fn recipient(&self) -> Option<Mailbox> {
        match self.destination.as_deref()? {
            [only] => first(&text(only)?),
            _ => None,
        }
    }
}

fn first(value: &str) -> Option<Mailbox> {
    mailboxes(value).into_iter().next()
}
