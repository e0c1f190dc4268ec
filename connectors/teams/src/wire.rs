//! The JSON of an activity. Every field may be missing or null; one of another form than expected counts as missing.
//!
//! `https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference`, read 2026-09.

use serde::Deserialize;
use trunkline_sdk::json::{RawValue, Text, lenient};

/// `{"type":"message","id":"1790000000123","timestamp":"2026-09-21T14:13:20.123Z","channelId":"msteams","serviceUrl":"https://…",
/// "from":{…},"conversation":{…},"recipient":{…},"text":"hello"}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Activity<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub timestamp: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub local_timezone: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub channel_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub service_url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub from: Option<Account>,
    #[serde(deserialize_with = "lenient")]
    pub recipient: Option<Account>,
    #[serde(deserialize_with = "lenient")]
    pub conversation: Option<Conversation>,
    #[serde(deserialize_with = "lenient")]
    pub locale: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub delivery_mode: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub importance: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub reply_to_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub text_format: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub text: Option<Text>,
    #[serde(borrow)]
    pub attachments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub entities: Option<&'a RawValue>,
    /// What an event, an invoke or a card brings along.
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
    /// Of an event or an invoke.
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
    /// Of an installation.
    #[serde(deserialize_with = "lenient")]
    pub action: Option<Text>,
    #[serde(borrow)]
    pub members_added: Option<&'a RawValue>,
    #[serde(borrow)]
    pub members_removed: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub topic_name: Option<Text>,
    #[serde(borrow)]
    pub reactions_added: Option<&'a RawValue>,
    #[serde(borrow)]
    pub reactions_removed: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub channel_data: Option<ChannelData>,
}

/// `{"id":"29:1abc","name":"Ana","aadObjectId":"…"}`
#[derive(Deserialize, Default, Clone)]
#[serde(default, rename_all = "camelCase")]
pub struct Account {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
    /// Who it is in the tenant's directory, the same for every bot.
    #[serde(deserialize_with = "lenient")]
    pub aad_object_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub role: Option<Text>,
}

/// `{"id":"19:…@thread.tacv2;messageid=1790000000123","conversationType":"channel","isGroup":true,"tenantId":"…"}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Conversation {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub conversation_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub is_group: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub tenant_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
}

/// What Teams knows beyond the protocol.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct ChannelData {
    #[serde(deserialize_with = "lenient")]
    pub event_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub tenant: Option<Named>,
    #[serde(deserialize_with = "lenient")]
    pub team: Option<Named>,
    #[serde(deserialize_with = "lenient")]
    pub channel: Option<Named>,
    #[serde(deserialize_with = "lenient")]
    pub meeting: Option<Named>,
}

/// `{"id":"19:…@thread.tacv2","name":"General"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Named {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
}

/// `{"contentType":"image/png","contentUrl":"https://…","name":"a.png"}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Attachment<'a> {
    #[serde(deserialize_with = "lenient")]
    pub content_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub content_url: Option<Text>,
    #[serde(borrow)]
    pub content: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
}

/// The content of `application/vnd.microsoft.teams.file.download.info`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct Download {
    #[serde(deserialize_with = "lenient")]
    pub download_url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub unique_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub file_type: Option<Text>,
}

/// `{"type":"mention","text":"<at>Bot</at>","mentioned":{"id":"28:…","name":"Bot"}}`, or `{"type":"clientInfo",…}`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Entity {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub text: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub mentioned: Option<Account>,
    #[serde(deserialize_with = "lenient")]
    pub platform: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub country: Option<Text>,
}

/// A text that is there and not empty.
pub fn filled(text: &Option<Text>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Parses an item. None where it has not the form expected.
pub fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// Items of a list that are looked at one by one. Teams sends a handful; a list of hundreds of thousands of empty ones must
/// not take the memory.
pub const ITEMS_MAX: usize = 200;

/// The items of a list. None where it is no list.
pub fn items(raw: Option<&RawValue>) -> Option<Vec<&RawValue>> {
    parse(raw?)
}

/// The items of a list that is not too long to be looked at.
pub fn few_items(raw: &RawValue) -> Option<Vec<&RawValue>> {
    items(Some(raw)).filter(|items| items.len() <= ITEMS_MAX)
}
