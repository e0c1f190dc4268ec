//! The JSON that LINE sends. Every field but the ids may be missing; ids and numbers may be either.

use serde::Deserialize;
use trunkline_sdk::json::{Number, RawValue, Text, lenient};

/// `{"destination":"U0…1","events":[{…}]}`
#[derive(Deserialize)]
pub struct Envelope<'a> {
    #[serde(default, deserialize_with = "lenient")]
    pub destination: Option<Text>,
    #[serde(borrow)]
    pub events: Option<&'a RawValue>,
}

/// `{"type":"message","mode":"active","timestamp":1790000000123,"source":{…},"webhookEventId":"01J…",
/// "deliveryContext":{"isRedelivery":false},"replyToken":"…","message":{…}}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Event<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub webhook_event_id: Option<Text>,
    /// Milliseconds.
    #[serde(deserialize_with = "lenient")]
    pub timestamp: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub mode: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub reply_token: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub delivery_context: Option<DeliveryContext>,
    #[serde(borrow)]
    pub source: Option<&'a RawValue>,
    #[serde(borrow)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub postback: Option<&'a RawValue>,
    #[serde(borrow)]
    pub joined: Option<&'a RawValue>,
    #[serde(borrow)]
    pub left: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub unsend: Option<Unsend>,
    #[serde(deserialize_with = "lenient")]
    pub follow: Option<Follow>,
    #[serde(deserialize_with = "lenient")]
    pub beacon: Option<Beacon>,
    #[serde(deserialize_with = "lenient")]
    pub chat_control: Option<ChatControl>,
    #[serde(deserialize_with = "lenient")]
    pub module: Option<Module>,
    #[serde(deserialize_with = "lenient")]
    pub delivery: Option<Delivery>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct DeliveryContext {
    #[serde(deserialize_with = "lenient")]
    pub is_redelivery: Option<bool>,
}

/// `{"type":"group","groupId":"C0…","userId":"U0…"}`; in groups and rooms `userId` is there only where the
/// user has agreed.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Source {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub group_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub room_id: Option<Text>,
}

/// `{"id":"510000000000000001","type":"text","text":"hi (moon)","quoteToken":"q-1"}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message<'a> {
    pub id: Text,
    #[serde(rename = "type", default)]
    pub kind: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub text: Option<String>,
    #[serde(borrow)]
    pub emojis: Option<&'a RawValue>,
    #[serde(borrow)]
    pub mention: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub quote_token: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub quoted_message_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub mark_as_read_token: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub content_provider: Option<ContentProvider>,
    #[serde(default, deserialize_with = "lenient")]
    pub image_set: Option<ImageSet>,
    /// Milliseconds.
    #[serde(default, deserialize_with = "lenient")]
    pub duration: Option<Number>,
    #[serde(default, deserialize_with = "lenient")]
    pub file_name: Option<Text>,
    /// Bytes.
    #[serde(default, deserialize_with = "lenient")]
    pub file_size: Option<Number>,
    #[serde(default, deserialize_with = "lenient")]
    pub title: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub address: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub latitude: Option<Number>,
    #[serde(default, deserialize_with = "lenient")]
    pub longitude: Option<Number>,
    #[serde(default, deserialize_with = "lenient")]
    pub package_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub sticker_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub sticker_resource_type: Option<Text>,
    #[serde(borrow)]
    pub keywords: Option<&'a RawValue>,
}

/// `{"type":"external","originalContentUrl":"https://…","previewImageUrl":"https://…"}`, or `{"type":"line"}`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ContentProvider {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub original_content_url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub preview_image_url: Option<Text>,
}

/// `{"id":"E005D41A7288F41B65593ED38FF6E9834B046AB36A37921A56BC236F13A91855","index":1,"total":2}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ImageSet {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub index: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub total: Option<Text>,
}

/// `{"data":"a=1","params":{"datetime":"2026-10-01T09:30"}}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Postback<'a> {
    #[serde(deserialize_with = "lenient")]
    pub data: Option<Text>,
    #[serde(borrow)]
    pub params: Option<&'a RawValue>,
}

/// `{"members":[{"type":"user","userId":"U0…"}]}`
#[derive(Deserialize)]
pub struct Members<'a> {
    #[serde(borrow)]
    pub members: Vec<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Unsend {
    #[serde(deserialize_with = "lenient")]
    pub message_id: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Follow {
    #[serde(deserialize_with = "lenient")]
    pub is_unblocked: Option<bool>,
}

/// `{"hwid":"d41d8cd98f","type":"enter","dm":"…"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Beacon {
    #[serde(deserialize_with = "lenient")]
    pub hwid: Option<Text>,
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub dm: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ChatControl {
    /// Milliseconds.
    #[serde(deserialize_with = "lenient")]
    pub expire_at: Option<Text>,
}

/// `{"type":"detached","botId":"U0…","reason":"bot_deleted"}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Module {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub bot_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub reason: Option<Text>,
}

/// `{"data":"15034552939884E28681A7D668CEA94C147C716C0EC9DFE8B80B44EF3B57F6BD0602366BC3menu01"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Delivery {
    #[serde(deserialize_with = "lenient")]
    pub data: Option<Text>,
}
