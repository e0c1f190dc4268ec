//! The JSON that the platform sends. Every field but what identifies may be missing; ids may be numbers.

use serde::Deserialize;

use crate::json::{Number, RawValue, Text, lenient};

/// `{"object":"page","entry":[{"id":"700","time":1790000000456,"messaging":[…]}]}`
#[derive(Deserialize)]
pub struct Envelope<'a> {
    #[serde(default, deserialize_with = "lenient")]
    pub object: Option<Text>,
    #[serde(borrow, default)]
    pub entry: Option<Vec<&'a RawValue>>,
}

/// `{"field":"feed","value":{…}}`
#[derive(Deserialize)]
pub struct Change<'a> {
    pub field: Text,
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
}

/// `{"id":"800"}`, or for somebody who came by the checkbox plugin `{"user_ref":"ref-1"}`, or both.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Party {
    /// Scoped to the account.
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    /// What the plugin calls somebody whose id is not known.
    #[serde(deserialize_with = "lenient")]
    pub user_ref: Option<Text>,
}

/// `{"mid":"m_1","text":"hi","quick_reply":{"payload":"Y"},"reply_to":{"mid":"m_0"},"attachments":[…]}`
#[derive(Deserialize)]
pub struct Message<'a> {
    pub mid: Text,
    #[serde(borrow)]
    pub text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub quick_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    pub attachments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub referral: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub reply_to: Option<ReplyTo>,
    #[serde(default, deserialize_with = "lenient")]
    pub is_deleted: Option<bool>,
}

/// What tells an echo before the message is read.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct EchoMark {
    #[serde(deserialize_with = "lenient")]
    pub is_echo: Option<bool>,
}

/// `{"mid":"m_0"}`, or for a story `{"story":{"id":"1800","url":"https://…"}}`
#[derive(Deserialize)]
pub struct ReplyTo {
    #[serde(default, deserialize_with = "lenient")]
    pub mid: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub story: Option<Story>,
    /// The sender answers a message of his own.
    #[serde(default, deserialize_with = "lenient")]
    pub is_self_reply: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Story {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub url: Option<Text>,
}

#[derive(Deserialize)]
pub struct QuickReply<'a> {
    #[serde(borrow)]
    pub payload: Option<&'a RawValue>,
}

/// `{"mid":"m_4","title":"Get Started","payload":"GS","referral":{…}}`
#[derive(Deserialize)]
pub struct Postback<'a> {
    #[serde(default, deserialize_with = "lenient")]
    pub mid: Option<Text>,
    #[serde(borrow)]
    pub title: Option<&'a RawValue>,
    #[serde(borrow)]
    pub payload: Option<&'a RawValue>,
    #[serde(borrow)]
    pub referral: Option<&'a RawValue>,
}

/// `{"mid":"m_1","text":"new","num_edit":1}`
#[derive(Deserialize)]
pub struct Edit {
    pub mid: Text,
    pub text: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub num_edit: Option<Text>,
}

/// `{"action":"react","mid":"m_1","reaction":"love","emoji":"❤"}`; the last two are absent on `unreact`.
#[derive(Deserialize)]
pub struct Reaction {
    pub mid: Text,
    #[serde(default)]
    pub action: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub reaction: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub emoji: Option<String>,
}

/// `{"type":"image","payload":{"url":"https://…"}}`; for shared links `title` and `url` stand beside `type`.
#[derive(Deserialize)]
pub struct Attachment<'a> {
    #[serde(rename = "type")]
    pub kind: Text,
    #[serde(borrow)]
    pub payload: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub title: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub url: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Payload {
    #[serde(deserialize_with = "lenient")]
    pub url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub title: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub sticker_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub coordinates: Option<Coordinates>,
    #[serde(deserialize_with = "lenient")]
    pub product: Option<Product>,
}

#[derive(Deserialize)]
pub struct Coordinates {
    pub lat: Number,
    pub long: Number,
}

/// `{"elements":[{"id":"901","retailer_id":"sku-1","title":"Tea","subtitle":"$5"}]}`
#[derive(Deserialize)]
pub struct Product {
    pub elements: Vec<ProductElement>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ProductElement {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub retailer_id: Option<Text>,
}

/// `{"type":"notification_messages","notification_messages_status":"STOP NOTIFICATIONS"}`, or of a plugin
/// `{"ref":"page-1","user_ref":"ref-1"}`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct OptIn {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub notification_messages_status: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_ref: Option<Text>,
}

/// The members of `pass_thread_control`, `take_thread_control` and `request_thread_control`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Handover {
    #[serde(deserialize_with = "lenient")]
    pub previous_owner_app_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub new_owner_app_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub requested_owner_app_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub metadata: Option<Text>,
}
