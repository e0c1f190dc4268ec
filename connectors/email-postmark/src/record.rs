//! The webhooks about mail that was sent: one record each. Every field of it but its type may be missing.

use serde::Deserialize;
use trunkline_sdk::email::{Mailbox, mailboxes};
use trunkline_sdk::json::{RawValue, Text, lenient, members, text};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::bounce::{Outcome, outcome};
use crate::wire::{is_no_id, message_id, other};

/// What Trunkline gives along with a mail and Postmark gives back: the message's id, and the mailbox that it is from.
pub const METADATA: [&str; 2] = ["trunkline_message", "trunkline_mailbox"];

const SENDER: &str = "sender";

/// `{"RecordType":"Bounce","ID":42,"Type":"HardBounce","TypeCode":1,"MessageID":"22222222-…","Email":"ada@example.net",
/// "From":"help@example.org","BouncedAt":"2026-02-03T09:00:00Z","Details":"smtp;550 5.1.1 …","Inactive":true,"Metadata":{…}}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Record<'a> {
    #[serde(rename = "ID", deserialize_with = "lenient")]
    id: Option<Text>,
    #[serde(rename = "MessageID", deserialize_with = "lenient")]
    message_id: Option<Text>,
    #[serde(rename = "Type", deserialize_with = "lenient")]
    kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    recipient: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    email: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    from: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    delivered_at: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    bounced_at: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    received_at: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    changed_at: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    details: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    description: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    tag: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    message_stream: Option<Text>,
    #[serde(rename = "ServerID", deserialize_with = "lenient")]
    server_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    inactive: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    first_open: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    platform: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    user_agent: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    client: Option<Named>,
    #[serde(rename = "OS", deserialize_with = "lenient")]
    system: Option<Named>,
    #[serde(deserialize_with = "lenient")]
    geo: Option<Geo>,
    #[serde(deserialize_with = "lenient")]
    original_link: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    click_location: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    origin: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    suppress_sending: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    suppression_reason: Option<Text>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Named {
    #[serde(deserialize_with = "lenient")]
    name: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Geo {
    #[serde(rename = "IP", deserialize_with = "lenient")]
    ip: Option<Text>,
}

/// The event of a record. `trace` is the header that stays the same when Postmark sends this again.
pub fn event(raw: &RawValue, name: &str, trace: Option<&str>, context: &Context) -> Event {
    let Ok(record) = serde_json::from_str::<Record>(raw.get()) else { return other(name, raw) };
    let mailed = record.message_id.as_deref().filter(|id| !id.is_empty() && !is_no_id(id)).map(message_id);
    let (reference, mailbox) = record.given_along();
    let kind = record.kind(name, mailed.clone(), reference);
    let kind = kind
        .unwrap_or_else(|| EventKind::Other(Opaque { name: name.to_owned(), payload: raw.get().to_owned() }));
    let mut event = Event::new(record.event_id(name, trace), record.account(mailbox, context), kind);
    event.occurred_at = record.time().and_then(iso8601);
    event.contact = record.contact();
    event.attributes = record.attributes(name);
    if !matches!(event.kind, EventKind::Status(_)) {
        event.attributes.extend(mailed.map(|id| ("message_id".to_owned(), id)));
    }
    event
}

/// `SMTP API Error` and `SMTPApiError`, in one spelling.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

impl Record<'_> {
    fn kind(&self, name: &str, mailed: Option<String>, reference: Option<String>) -> Option<EventKind> {
        let status = |state: DeliveryState, failure: Option<Failure>| {
            let (message_id, client_reference) = (mailed.clone()?, reference.clone());
            Some(EventKind::Status(Status { message_id, state, failure, client_reference }))
        };
        match plain(name).as_str() {
            "delivery" => status(DeliveryState::Delivered, None),
            "open" => status(DeliveryState::Read, None),
            "click" => status(DeliveryState::Other("clicked".to_owned()), None),
            "subscriptionchange" => self.subscription().map(EventKind::Consent),
            "spamcomplaint" => Some(self.consent(ConsentState::Revoked, "complaint")),
            kind @ ("bounce" | "smtpapierror") => {
                let otherwise = if kind == "bounce" { "Unknown" } else { "SMTPApiError" };
                match outcome(self.kind.as_deref().unwrap_or(otherwise)) {
                    Outcome::Failed(reason) => status(DeliveryState::Failed, Some(self.failure(reason))),
                    Outcome::Deferred => {
                        let failure = self.failure(FailureReason::Transient);
                        status(DeliveryState::Other("deferred".to_owned()), Some(failure))
                    }
                    Outcome::Answered(name) => status(DeliveryState::Other(name.to_owned()), None),
                    Outcome::Consent(state, origin) => Some(self.consent(state, origin)),
                    Outcome::Other => None,
                }
            }
            _ => None,
        }
    }

    fn failure(&self, reason: FailureReason) -> Failure {
        let words = filled(&self.details).or_else(|| filled(&self.description));
        Failure { reason, code: filled(&self.kind), message: words }
    }

    fn consent(&self, state: ConsentState, origin: &str) -> EventKind {
        EventKind::Consent(Consent { state, scope: "all".to_owned(), origin: origin.to_owned() })
    }

    /// A suppression holds for one message stream.
    fn subscription(&self) -> Option<Consent> {
        let scope = filled(&self.message_stream).unwrap_or_else(|| "all".to_owned());
        let by = self.origin.as_deref().map(str::to_lowercase).unwrap_or_default();
        let (state, origin) = match (self.suppress_sending?, self.suppression_reason.as_deref()) {
            (false, _) => (ConsentState::Granted, by),
            (true, Some("SpamComplaint")) => (ConsentState::Revoked, "complaint".to_owned()),
            // The mailbox is gone, which is no wish of the contact's.
            (true, Some("HardBounce")) => {
                (ConsentState::Other("suppressed".to_owned()), "hard_bounce".to_owned())
            }
            (true, _) if by == "recipient" => (ConsentState::Revoked, "unsubscribe".to_owned()),
            (true, _) => (ConsentState::Revoked, by),
        };
        Some(Consent { state, scope, origin })
    }

    /// Bounces and complaints have ids of their own. One mail has several other records: its id alone says nothing.
    fn event_id(&self, name: &str, trace: Option<&str>) -> String {
        let own = self.id.as_deref().filter(|id| !id.is_empty() && *id != "0");
        let trace = trace.map(str::trim).filter(|trace| !trace.is_empty());
        match (own, trace) {
            (Some(id), _) => format!("{}:{id}", plain(name)),
            (None, Some(trace)) => format!("trace:{trace}"),
            (None, None) => {
                let time = self.time().unwrap_or_default();
                let given = [
                    &self.message_id,
                    &self.recipient,
                    &self.email,
                    &self.original_link,
                    &self.kind,
                    &self.message_stream,
                    &self.origin,
                ];
                let mut pieces: Vec<&str> =
                    given.into_iter().map(|piece| piece.as_deref().unwrap_or_default()).collect();
                let suppressed = self.suppress_sending.map(|truth| truth.to_string()).unwrap_or_default();
                pieces.extend([name, time, &suppressed]);
                signature::content_id("event", &pieces)
            }
        }
    }

    fn time(&self) -> Option<&str> {
        let times = [&self.delivered_at, &self.bounced_at, &self.received_at, &self.changed_at];
        times.into_iter().find_map(|time| time.as_deref())
    }

    fn contact(&self) -> Option<Contact> {
        let address = filled(&self.recipient).or_else(|| filled(&self.email))?;
        mailboxes(&address).first().map(Mailbox::contact)
    }

    /// The mailbox that the mail was from, as the mail itself said; only bounces repeat it.
    fn account(&self, mailbox: Option<String>, context: &Context) -> String {
        let from = filled(&self.from).or_else(|| context.setting(SENDER).map(str::to_owned));
        let from = || mailboxes(&from?).into_iter().next().map(|mailbox| mailbox.address);
        mailbox.or_else(from).or_else(|| filled(&self.server_id)).unwrap_or_default()
    }

    /// The message's id and mailbox; where it has none of ours, everything that was given along.
    fn given_along(&self) -> (Option<String>, Option<String>) {
        let Some(metadata) = self.metadata else { return (None, None) };
        let [reference, mailbox] = members(metadata, METADATA).map(|value| value.and_then(text));
        let others = metadata.get().trim();
        let is_filled = others.starts_with('{') && others.len() > 2;
        let others = Some(others.to_owned()).filter(|_| is_filled && mailbox.is_none());
        (reference.or(others), mailbox)
    }

    fn attributes(&self, name: &str) -> Attributes {
        let truth = |truth: Option<bool>| truth.map(|truth| truth.to_string());
        let named = |named: &Option<Named>| named.as_ref().and_then(|named| filled(&named.name));
        // A bounce's type is its failure's code.
        let kind = Some(&self.kind).filter(|_| plain(name) != "bounce");
        let values = [
            ("type", kind.and_then(filled)),
            ("inactive", truth(self.inactive)),
            ("first_open", truth(self.first_open)),
            ("url", filled(&self.original_link)),
            ("click_location", filled(&self.click_location)),
            ("client", named(&self.client)),
            ("os", named(&self.system)),
            ("platform", filled(&self.platform)),
            ("user_agent", filled(&self.user_agent)),
            ("ip", self.geo.as_ref().and_then(|geo| filled(&geo.ip))),
            ("suppression_reason", filled(&self.suppression_reason)),
            ("tag", filled(&self.tag)),
            ("message_stream", filled(&self.message_stream)),
        ];
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

fn filled(text: &Option<Text>) -> Option<String> {
    text.as_deref().filter(|text| !text.is_empty()).map(str::to_owned)
}
