//! The JSON webhooks. One event each; every field of it but its name may be missing.

use serde::Deserialize;
use serde_json::Value;
use trunkline_sdk::json::{RawValue, Text, lenient, milliseconds};
use trunkline_sdk::prelude::*;

use crate::activity::Activity;
use crate::proof::Proof;

/// `{"signature":{"timestamp":"1700000000","token":"tttt…","signature":"fae72e…"},"event-data":{…}}`
#[derive(Deserialize)]
pub struct Notification<'a> {
    #[serde(default, deserialize_with = "lenient")]
    signature: Option<Signature>,
    #[serde(borrow, rename = "event-data")]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Signature {
    #[serde(deserialize_with = "lenient")]
    timestamp: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    token: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    signature: Option<Text>,
    /// Of a sub-account: made with the key of the account above.
    #[serde(rename = "parent-signature", deserialize_with = "lenient")]
    parent: Option<Text>,
}

/// `{"event":"failed","id":"inv0001","timestamp":1700000000.123,"severity":"permanent","recipient":"ada@example.net",
/// "delivery-status":{"code":550,"enhanced-code":"5.1.1"},"message":{"headers":{"message-id":"own-7@mg.example.org"}},
/// "user-variables":{"msg":"own-7"},"tags":["t"]}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Data<'a> {
    #[serde(deserialize_with = "lenient")]
    event: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    timestamp: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    severity: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    reason: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    recipient: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    ip: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    delivery_status: Option<DeliveryStatus>,
    #[serde(deserialize_with = "lenient")]
    reject: Option<Reject>,
    #[serde(deserialize_with = "lenient")]
    message: Option<Message>,
    #[serde(deserialize_with = "lenient")]
    envelope: Option<Envelope>,
    #[serde(deserialize_with = "lenient")]
    flags: Option<Flags>,
    #[serde(deserialize_with = "lenient")]
    client_info: Option<ClientInfo>,
    #[serde(deserialize_with = "lenient")]
    mailing_list: Option<MailingList>,
    #[serde(deserialize_with = "lenient")]
    tags: Option<Vec<Text>>,
    #[serde(borrow)]
    user_variables: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct DeliveryStatus {
    #[serde(deserialize_with = "lenient")]
    code: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    enhanced_code: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    message: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    description: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    attempt_no: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reject {
    #[serde(deserialize_with = "lenient")]
    reason: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    description: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    #[serde(deserialize_with = "lenient")]
    headers: Option<Headers>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Headers {
    #[serde(deserialize_with = "lenient")]
    message_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    from: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    to: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope {
    #[serde(deserialize_with = "lenient")]
    sender: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Flags {
    #[serde(deserialize_with = "lenient")]
    is_test_mode: Option<bool>,
}

/// A program that opens every mail or follows every link has a name here.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ClientInfo {
    #[serde(deserialize_with = "lenient")]
    bot: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct MailingList {
    #[serde(deserialize_with = "lenient")]
    address: Option<Text>,
}

impl<'a> Notification<'a> {
    /// Parses the outer object; `event-data` stays text. The error names no content.
    pub fn read(body: &'a [u8]) -> Result<Self, &'static str> {
        serde_json::from_slice(body).map_err(|_| "body is no JSON object of the form expected")
    }

    /// The parts of the signature.
    pub fn proof(&self) -> Proof {
        let text = |text: Option<&Text>| text.map(|text| text.0.clone()).unwrap_or_default();
        let signature = self.signature.as_ref();
        let given = [
            signature.and_then(|parts| parts.signature.as_ref()),
            signature.and_then(|parts| parts.parent.as_ref()),
        ];
        Proof {
            timestamp: text(signature.and_then(|parts| parts.timestamp.as_ref())),
            token: text(signature.and_then(|parts| parts.token.as_ref())),
            signatures: given
                .into_iter()
                .flatten()
                .map(|text| text.0.clone())
                .filter(|text| !text.is_empty())
                .collect(),
        }
    }

    /// What it says. What cannot be read is kept as it is.
    pub fn event(&self) -> Event {
        let raw = self.data.map_or("null", RawValue::get);
        // An array would pass for an object with its members in order.
        let object = Some(raw).filter(|raw| raw.trim_start().starts_with('{'));
        match object.and_then(|raw| serde_json::from_str::<Data>(raw).ok()) {
            Some(data) => data.activity(raw).event(),
            None => {
                let id = signature::content_id("event", &[raw, &self.proof().token]);
                Event::new(
                    id,
                    "",
                    EventKind::Other(Opaque { name: "event-data".to_owned(), payload: raw.to_owned() }),
                )
            }
        }
    }
}

impl Data<'_> {
    fn activity(self, raw: &str) -> Activity {
        let occurred_at = self.timestamp.as_deref().and_then(milliseconds);
        let name = self.event.map_or_else(|| "event-data".to_owned(), String::from);
        // Ids are unique within a day only.
        let id = match (&self.id, occurred_at) {
            (Some(id), Some(time)) => format!("{}:{}", &**id, time / 86_400_000),
            _ => signature::content_id("event", &[raw]),
        };
        let headers = self.message.and_then(|message| message.headers).unwrap_or_default();
        let (status, reject) = (self.delivery_status.unwrap_or_default(), self.reject.unwrap_or_default());
        let mut attributes = Attributes::new();
        let mut add = |name: &str, value: Option<String>| {
            attributes.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
        };
        let click = name == "clicked";
        add("url", owned(self.url).filter(|_| click));
        add("ip", owned(self.ip).filter(|_| click || name == "opened"));
        add("bot", owned(self.client_info.and_then(|client| client.bot)));
        add("severity", owned(self.severity.clone()));
        add("attempt_no", owned(status.attempt_no));
        add("tags", self.tags.map(|tags| tags.iter().map(|tag| &**tag).collect::<Vec<_>>().join(", ")));
        let test_mode = self.flags.and_then(|flags| flags.is_test_mode).unwrap_or_default();
        add("test_mode", test_mode.then(|| "true".to_owned()));
        Activity {
            name,
            id,
            occurred_at,
            // A rejected mail has no recipient of its own yet.
            recipient: owned(self.recipient).or_else(|| owned(headers.to)),
            message_id: owned(headers.message_id),
            from: owned(headers.from).or_else(|| owned(self.envelope.and_then(|envelope| envelope.sender))),
            severity: owned(self.severity),
            reason: owned(self.reason).or_else(|| owned(reject.reason)).unwrap_or_default(),
            code: owned(status.code),
            enhanced: owned(status.enhanced_code),
            words: owned(status.message)
                .or_else(|| owned(status.description))
                .or_else(|| owned(reject.description)),
            client_reference: self.user_variables.and_then(|variables| client_reference(variables.get())),
            scope: owned(self.mailing_list.and_then(|list| list.address)),
            attributes,
            raw: raw.to_owned(),
        }
    }
}

/// The variable `msg`, which is what Trunkline gives along; else all of them as JSON.
pub fn client_reference(variables: &str) -> Option<String> {
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(variables) else { return None };
    match object.get("msg") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
        None => (!object.is_empty()).then(|| variables.to_owned()),
    }
}

fn owned(text: Option<Text>) -> Option<String> {
    text.map(String::from).filter(|text| !text.is_empty())
}
