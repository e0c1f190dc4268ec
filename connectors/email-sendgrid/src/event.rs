//! The Event Webhook: lists of what became of mail that was sent. Every field of an item may be missing.

use serde::Deserialize;
use trunkline_sdk::email::{Mailbox, enhanced_code, mailboxes, message_id};
use trunkline_sdk::json::{RawValue, Text, lenient, milliseconds};
use trunkline_sdk::prelude::*;

use crate::reason;

/// What Trunkline gives along with a mail, and SendGrid gives back beside its own fields: the message's id, the mailbox that it
/// is from, and its Message-ID.
pub const ARGUMENTS: [&str; 3] = ["trunkline_message", "trunkline_mailbox", "trunkline_mail"];

const SENDER: &str = "sender";

/// `{"email":"ada@example.net","timestamp":1790000000,"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 …",
/// "sg_event_id":"e1","sg_message_id":"s1.filter01","smtp-id":"<own-7@example.org>","category":["hours"],"trunkline_message":"…"}`
#[derive(Deserialize, Default)]
#[serde(default)]
struct Item {
    #[serde(deserialize_with = "lenient")]
    event: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    email: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    timestamp: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    sg_event_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    sg_message_id: Option<Text>,
    #[serde(rename = "smtp-id", deserialize_with = "lenient")]
    smtp_id: Option<Text>,
    #[serde(rename = "type", deserialize_with = "lenient")]
    kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    status: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    reason: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    response: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    attempt: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    bounce_classification: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    useragent: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    ip: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    sg_machine_open: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    asm_group_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    category: Option<Categories>,
    #[serde(deserialize_with = "lenient")]
    trunkline_message: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    trunkline_mailbox: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    trunkline_mail: Option<Text>,
}

/// One, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Categories {
    One(Text),
    Several(Vec<Text>),
}

/// The events of a body, one for each item.
pub fn events(body: &[u8], context: &Context) -> Result<Vec<Event>, serde_json::Error> {
    let raw: &RawValue = serde_json::from_slice(body)?;
    let items: Vec<&RawValue> =
        if raw.get().starts_with('[') { serde_json::from_str(raw.get())? } else { vec![raw] };
    Ok(items.into_iter().map(|item| event(item, context)).collect())
}

fn event(raw: &RawValue, context: &Context) -> Event {
    let item = read(raw.get());
    let mailed = item.message_id();
    let kind = item.consent().map(EventKind::Consent).or_else(|| {
        let (state, failure) = item.state()?;
        let client_reference = filled(&item.trunkline_message);
        Some(EventKind::Status(Status { message_id: mailed.clone()?, state, failure, client_reference }))
    });
    let kind = kind.unwrap_or_else(|| {
        let name = filled(&item.event).unwrap_or_else(|| "event".to_owned());
        EventKind::Other(Opaque { name, payload: raw.get().to_owned() })
    });
    let id = filled(&item.sg_event_id).unwrap_or_else(|| signature::content_id("event", &[raw.get()]));
    let mut event = Event::new(id, item.account(context), kind);
    event.occurred_at = item.timestamp.as_deref().and_then(milliseconds);
    event.contact = item.email.as_deref().and_then(|email| mailboxes(email).first().map(Mailbox::contact));
    event.attributes = item.attributes();
    if matches!(event.kind, EventKind::Consent(_)) {
        event.attributes.extend(mailed.map(|id| ("message_id".to_owned(), id)));
    }
    event
}

/// Nothing of what is no object: an array would pass for one with its members in order. What was given along stands beside
/// SendGrid's own fields, and may have the name of one: then the last counts.
fn read(raw: &str) -> Item {
    let Some(object) = Some(raw).filter(|raw| raw.starts_with('{')) else { return Item::default() };
    let again = || {
        let object: serde_json::Value = serde_json::from_str(object).ok()?;
        serde_json::from_str(&object.to_string()).ok()
    };
    serde_json::from_str(object).ok().or_else(again).unwrap_or_default()
}

impl Item {
    fn name(&self) -> &str {
        self.event.as_deref().unwrap_or_default()
    }

    /// The Message-ID without brackets, as the mail itself says; else what SendGrid calls it, which is that of its answer with
    /// more behind it.
    fn message_id(&self) -> Option<String> {
        let own = filled(&self.trunkline_mail).or_else(|| message_id(self.smtp_id.as_deref()?));
        let theirs = || {
            let id = self.sg_message_id.as_deref()?.split('.').next()?;
            Some(id.to_owned()).filter(|id| !id.is_empty())
        };
        own.or_else(theirs)
    }

    fn account(&self, context: &Context) -> String {
        let mailbox = filled(&self.trunkline_mailbox).or_else(|| context.setting(SENDER).map(str::to_owned));
        let mailbox = mailbox.and_then(|mailbox| mailboxes(&mailbox).into_iter().next());
        mailbox.map(|mailbox| mailbox.address).unwrap_or_default()
    }

    fn state(&self) -> Option<(DeliveryState, Option<Failure>)> {
        let other = |name: &str| DeliveryState::Other(name.to_owned());
        let words = filled(&self.reason).or_else(|| filled(&self.response));
        let status = self.status.as_deref();
        let failure = |reason: FailureReason| {
            let code = filled(&self.status);
            let code = code.or_else(|| words.as_deref().and_then(enhanced_code).map(str::to_owned));
            Some(Failure { reason, code, message: words.clone() })
        };
        Some(match self.name() {
            "processed" => (DeliveryState::Accepted, None),
            "delivered" => (DeliveryState::Delivered, None),
            "open" => (DeliveryState::Read, None),
            "click" => (other("clicked"), None),
            "deferred" => (other("deferred"), failure(FailureReason::Transient)),
            "bounce" => {
                let blocked = self.kind.as_deref() == Some("blocked");
                (DeliveryState::Failed, failure(reason::bounce(blocked, status, words.as_deref())))
            }
            "dropped" => {
                (DeliveryState::Failed, failure(reason::dropped(words.as_deref().unwrap_or_default())))
            }
            _ => return None,
        })
    }

    fn consent(&self) -> Option<Consent> {
        let group = || Some(format!("asm_group_id:{}", filled(&self.asm_group_id)?));
        let (state, scope, origin) = match self.name() {
            "spamreport" => (ConsentState::Revoked, None, "complaint"),
            "unsubscribe" => (ConsentState::Revoked, None, "unsubscribe"),
            "group_unsubscribe" => (ConsentState::Revoked, group(), "unsubscribe"),
            "group_resubscribe" => (ConsentState::Granted, Some(group()?), "resubscribe"),
            _ => return None,
        };
        let scope = scope.unwrap_or_else(|| "all".to_owned());
        Some(Consent { state, scope, origin: origin.to_owned() })
    }

    fn attributes(&self) -> Attributes {
        let bounce = Some(&self.kind).filter(|_| self.name() == "bounce");
        let values = [
            ("type", bounce.and_then(filled)),
            ("bounce_classification", filled(&self.bounce_classification)),
            ("attempt", filled(&self.attempt)),
            ("url", filled(&self.url)),
            ("useragent", filled(&self.useragent)),
            ("ip", filled(&self.ip).filter(|_| matches!(self.name(), "open" | "click"))),
            ("sg_machine_open", filled(&self.sg_machine_open)),
            ("sg_message_id", filled(&self.sg_message_id)),
            ("category", self.categories()),
        ];
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn categories(&self) -> Option<String> {
        let list = match self.category.as_ref()? {
            Categories::One(one) => one.0.clone(),
            Categories::Several(list) => list.iter().map(|name| &**name).collect::<Vec<_>>().join(", "),
        };
        Some(list).filter(|list| !list.is_empty())
    }
}

fn filled(text: &Option<Text>) -> Option<String> {
    text.as_deref().filter(|text| !text.is_empty()).map(str::to_owned)
}
