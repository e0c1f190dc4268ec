//! What Telnyx sends. Every field may be missing, null, or of another form.

use serde::Deserialize;
use trunkline_sdk::json::{Number, RawValue, Text, lenient};

/// `{"data":{…},"meta":{"attempt":1,"delivered_to":"https://…"}}`
#[derive(Deserialize)]
pub struct Envelope<'a> {
    #[serde(borrow)]
    pub data: &'a RawValue,
    #[serde(default, deserialize_with = "lenient")]
    pub meta: Option<Meta>,
}

#[derive(Deserialize)]
pub struct Meta {
    #[serde(default, deserialize_with = "lenient")]
    pub attempt: Option<Number>,
}

/// `{"event_type":"message.received","id":"…","occurred_at":"2026-02-01T12:00:00.000Z","record_type":"event","payload":{…}}`
#[derive(Deserialize)]
pub struct Data<'a> {
    #[serde(default, deserialize_with = "lenient")]
    pub event_type: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub occurred_at: Option<Text>,
    #[serde(borrow, default)]
    pub payload: Option<&'a RawValue>,
}

/// A message. `to`, `cc`, `media`, `errors` and `tags` are lists, whose items are read one by one.
#[derive(Default, Deserialize)]
pub struct Payload<'a> {
    #[serde(default, deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub direction: Option<Text>,
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub messaging_profile_id: Option<Text>,
    #[serde(borrow, default)]
    pub from: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub to: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub cc: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub text: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub subject: Option<Text>,
    #[serde(borrow, default)]
    pub media: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub body: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub autoresponse_type: Option<Text>,
    #[serde(borrow, default)]
    pub errors: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub cost: Option<Cost>,
    #[serde(borrow, default)]
    pub tags: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct Cost {
    #[serde(default, deserialize_with = "lenient")]
    pub amount: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub currency: Option<Text>,
}

/// `{"phone_number":"+15005550123","carrier":"…","line_type":"Wireless","status":"delivered"}`
#[derive(Deserialize)]
pub struct Party<'a> {
    #[serde(default, deserialize_with = "lenient")]
    pub phone_number: Option<Text>,
    /// Instead of a number where an RCS agent writes.
    #[serde(default, deserialize_with = "lenient")]
    pub agent_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub carrier: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub line_type: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub status: Option<Text>,
    #[serde(borrow, default)]
    pub errors: Option<&'a RawValue>,
}

/// `{"url":"https://…","content_type":"image/jpeg","sha256":"…","size":20480}`; files of RCS and WhatsApp have other names
/// for the same.
#[derive(Deserialize)]
pub struct File {
    #[serde(alias = "file_uri", alias = "link", default, deserialize_with = "lenient")]
    pub url: Option<Text>,
    #[serde(alias = "mime_type", default, deserialize_with = "lenient")]
    pub content_type: Option<Text>,
    #[serde(alias = "hash_sha256", default, deserialize_with = "lenient")]
    pub sha256: Option<Text>,
    #[serde(alias = "file_size_bytes", default, deserialize_with = "lenient")]
    pub size: Option<Number>,
    #[serde(alias = "file_name", alias = "filename", default, deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub caption: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub voice: Option<bool>,
}

#[derive(Deserialize)]
pub struct Place {
    pub latitude: Number,
    pub longitude: Number,
    #[serde(default, deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub address: Option<Text>,
}

/// Something chosen: `suggestion_response`, a WhatsApp button or list row.
#[derive(Deserialize)]
pub struct Reply {
    #[serde(alias = "postback_data", alias = "payload", default, deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(alias = "text", default, deserialize_with = "lenient")]
    pub title: Option<Text>,
}

/// What refers to another message: `context`, `reaction`, `revoke`, `edit`.
#[derive(Deserialize)]
pub struct Reference<'a> {
    #[serde(alias = "message_id", alias = "original_message_id", default, deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub from: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub emoji: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub forwarded: Option<bool>,
    /// The new content of an edited message, in the place of a `body`.
    #[serde(borrow, alias = "body", default)]
    pub message: Option<&'a RawValue>,
}

/// `{"code":"40008","title":"Undeliverable","detail":"…","meta":{…}}`
#[derive(Deserialize)]
pub struct Problem {
    #[serde(default, deserialize_with = "lenient")]
    pub code: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub title: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub detail: Option<Text>,
}

/// Parses an item. None where it has not the form expected.
pub fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// The items of a list; one that stands without a list is one.
pub fn items(raw: Option<&RawValue>) -> Vec<&RawValue> {
    let Some(raw) = raw else { return Vec::new() };
    match serde_json::from_str(raw.get()) {
        Ok(items) => items,
        Err(_) if raw.get() == "null" => Vec::new(),
        Err(_) => vec![raw],
    }
}

/// A text that is there and not empty.
pub fn present(text: &Option<Text>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}
