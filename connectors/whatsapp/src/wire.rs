//! The JSON that WhatsApp sends. Every field but an id may be missing; ids may be numbers.

use serde::Deserialize;
use trunkline_sdk::json::{Number, RawValue, Text, lenient};

/// `{"object":"whatsapp_business_account","entry":[{"id":"101","changes":[{"field":"messages","value":{…}}]}]}`
///
/// Entries and changes are read at once, or kept as they are to be read one by one.
#[derive(Deserialize)]
pub struct Envelope<E> {
    #[serde(default = "Vec::new")]
    pub entry: Vec<E>,
}

#[derive(Deserialize)]
pub struct Entry<C> {
    #[serde(default)]
    pub id: Text,
    /// Seconds; on the fields about the account only.
    #[serde(default, deserialize_with = "lenient")]
    pub time: Option<Text>,
    #[serde(default = "Vec::new")]
    pub changes: Vec<C>,
}

#[derive(Deserialize)]
pub struct Change<'a> {
    #[serde(default)]
    pub field: Text,
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
}

/// `{"metadata":{"phone_number_id":"202"},"contacts":[…],"messages":[…],"statuses":[…],"errors":[…]}`
#[derive(Deserialize)]
pub struct Value<'a> {
    #[serde(default, deserialize_with = "lenient")]
    pub metadata: Option<Metadata>,
    #[serde(default, deserialize_with = "lenient")]
    pub contacts: Option<Vec<Profile>>,
    #[serde(borrow, default)]
    pub messages: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub statuses: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub errors: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub message_echoes: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub calls: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub user_preferences: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub user_id_update: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pub messaging_handovers: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
pub struct Metadata {
    pub phone_number_id: Option<Text>,
}

/// `{"profile":{"name":"Ana P.","username":"anap"},"wa_id":"5215550002222","user_id":"MX.1a2B"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Profile {
    #[serde(deserialize_with = "lenient")]
    pub profile: Option<Name>,
    #[serde(deserialize_with = "lenient")]
    pub wa_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub parent_user_id: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Name {
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub username: Option<Text>,
}

/// `{"from":"5215550002222","from_user_id":"MX.1a2B","id":"wamid.A","timestamp":"1790000000","type":"text",
/// "text":{"body":"hola"}}`
#[derive(Deserialize)]
pub struct Message<'a> {
    pub id: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub from: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub from_user_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub from_parent_user_id: Option<Text>,
    /// On echoes: the contact.
    #[serde(default, deserialize_with = "lenient")]
    pub to: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub to_user_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub group_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub timestamp: Option<Text>,
    #[serde(rename = "type", default)]
    pub kind: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub context: Option<Quote>,
    #[serde(borrow)]
    pub referral: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub text: Option<TextBody>,
    #[serde(default, deserialize_with = "lenient")]
    pub image: Option<Media>,
    #[serde(default, deserialize_with = "lenient")]
    pub video: Option<Media>,
    #[serde(default, deserialize_with = "lenient")]
    pub audio: Option<Media>,
    #[serde(default, deserialize_with = "lenient")]
    pub voice: Option<Media>,
    #[serde(default, deserialize_with = "lenient")]
    pub document: Option<Media>,
    #[serde(default, deserialize_with = "lenient")]
    pub sticker: Option<Media>,
    #[serde(default, deserialize_with = "lenient")]
    pub location: Option<Location>,
    #[serde(borrow)]
    pub contacts: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub interactive: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub button: Option<Button>,
    #[serde(default, deserialize_with = "lenient")]
    pub order: Option<Order>,
    #[serde(default, deserialize_with = "lenient")]
    pub reaction: Option<Reaction>,
    #[serde(default, deserialize_with = "lenient")]
    pub system: Option<System>,
    #[serde(borrow)]
    pub edit: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub revoke: Option<Revoke>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Quote {
    #[serde(deserialize_with = "lenient")]
    pub from: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    pub forwarded: bool,
    pub frequently_forwarded: bool,
    #[serde(deserialize_with = "lenient")]
    pub referred_product: Option<ReferredProduct>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReferredProduct {
    #[serde(deserialize_with = "lenient")]
    pub catalog_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub product_retailer_id: Option<Text>,
}

#[derive(Deserialize)]
pub struct TextBody {
    pub body: String,
}

/// `{"id":"901","mime_type":"image/jpeg","sha256":"q83v","caption":"look"}`; `sha256` is Base64.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Media {
    pub id: Text,
    #[serde(deserialize_with = "lenient")]
    pub mime_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub sha256: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub caption: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub filename: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub voice: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub animated: Option<bool>,
}

#[derive(Deserialize)]
pub struct Location {
    pub latitude: Number,
    pub longitude: Number,
    #[serde(default, deserialize_with = "lenient")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub address: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub url: Option<String>,
}

/// `{"payload":"P1","text":"Yes"}`: the quick-reply button of a template.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Button {
    #[serde(deserialize_with = "lenient")]
    pub payload: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub text: Option<Text>,
}

/// `{"type":"button_reply","button_reply":{"id":"yes_1","title":"Yes"}}`
#[derive(Deserialize)]
pub struct Interactive<'a> {
    #[serde(rename = "type", default)]
    pub kind: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub button_reply: Option<Reply>,
    #[serde(default, deserialize_with = "lenient")]
    pub list_reply: Option<Reply>,
    #[serde(default, deserialize_with = "lenient")]
    pub nfm_reply: Option<FormReply>,
    #[serde(borrow)]
    pub call_permission_reply: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Reply {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub title: Option<Text>,
}

/// `{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"t1\"}"}`: JSON inside of a text.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct FormReply {
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub body: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub response_json: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Order {
    #[serde(deserialize_with = "lenient")]
    pub catalog_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub text: Option<String>,
    pub product_items: Vec<ProductItem>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ProductItem {
    pub product_retailer_id: Text,
    #[serde(deserialize_with = "lenient")]
    pub quantity: Option<Number>,
    #[serde(deserialize_with = "lenient")]
    pub item_price: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub currency: Option<Text>,
}

/// Removed where `emoji` is absent or empty.
#[derive(Deserialize)]
pub struct Reaction {
    pub message_id: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub emoji: Option<String>,
}

/// `{"type":"user_changed_number","wa_id":"15550003333","body":"…"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct System {
    #[serde(rename = "type")]
    pub kind: Text,
    #[serde(deserialize_with = "lenient")]
    pub wa_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub new_wa_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub previous_user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub parent_user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub previous_parent_user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub customer: Option<Text>,
}

#[derive(Deserialize)]
pub struct Edit<'a> {
    pub original_message_id: Text,
    #[serde(borrow)]
    pub message: &'a RawValue,
}

#[derive(Deserialize)]
pub struct Revoke {
    pub original_message_id: Text,
}

/// `{"id":"wamid.OUT1","status":"delivered","timestamp":"1790000005","recipient_id":"5215550002222"}`
#[derive(Deserialize)]
pub struct Status<'a> {
    pub id: Text,
    pub status: Text,
    #[serde(default, deserialize_with = "lenient")]
    pub timestamp: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub recipient_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub recipient_user_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub recipient_type: Option<Text>,
    #[serde(default, alias = "participant_recipient_id", deserialize_with = "lenient")]
    pub recipient_participant_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub recipient_participant_user_id: Option<Text>,
    #[serde(default, alias = "parent_recipient_user_id", deserialize_with = "lenient")]
    pub recipient_parent_user_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub biz_opaque_callback_data: Option<Text>,
    #[serde(borrow)]
    pub pricing: Option<&'a RawValue>,
    #[serde(borrow)]
    pub conversation: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub errors: Option<Vec<Error>>,
}

/// `{"code":131047,"title":"Re-engagement message","message":"…","error_data":{"details":"…"}}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Error {
    #[serde(deserialize_with = "lenient")]
    pub code: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub title: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error_data: Option<ErrorData>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ErrorData {
    #[serde(deserialize_with = "lenient")]
    pub details: Option<String>,
}

/// Fields of the items of `user_preferences`, `user_id_update`, `calls` and `messaging_handovers`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AccountItem {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub wa_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub timestamp: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub category: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub value: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub from: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub to: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub event: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub status: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub direction: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub duration: Option<Number>,
}

/// `{"previous":"MX.1","current":"MX.2"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Successor {
    #[serde(deserialize_with = "lenient")]
    pub previous: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub current: Option<Text>,
}

/// An item of `user_id_update`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IdUpdate {
    #[serde(deserialize_with = "lenient")]
    pub wa_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Successor>,
    #[serde(deserialize_with = "lenient")]
    pub parent_user_id: Option<Successor>,
    #[serde(deserialize_with = "lenient")]
    pub timestamp: Option<Text>,
}
