//! The JSON that Slack sends. Any field may be missing, null, or of another form than documented.

use serde::Deserialize;
use trunkline_sdk::json::{Number, RawValue, Text, lenient};

/// Parses an item. None where it has not the form expected.
pub fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// [`parse`] for what has to be an object: a list of values would pass for one.
pub fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    if raw.get().starts_with('{') { parse(raw) } else { None }
}

/// A text that is there and not empty.
pub fn filled(text: &Option<Text>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// The items of a list. None where it is no list.
pub fn items(raw: Option<&RawValue>) -> Option<Vec<&RawValue>> {
    parse(raw?)
}

/// `{"enterprise_id":null,"team_id":"T0…","user_id":"U0…","is_bot":true,"is_enterprise_install":false}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Authorization {
    #[serde(deserialize_with = "lenient")]
    pub enterprise_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub team_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub is_bot: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub is_enterprise_install: Option<bool>,
}

/// The field `event`: `{"type":"message","channel":"D0…","channel_type":"im","user":"U0…","text":"hi","ts":"1790000000.000100",…}`.
/// What stands inside of `message` and `previous_message` has the same form.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Event<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub subtype: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub channel: Option<Text>,
    /// Where there is no `channel`.
    #[serde(deserialize_with = "lenient")]
    pub channel_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub channel_type: Option<Text>,
    /// An id, or the whole person (`team_join`, `user_change`).
    #[serde(borrow)]
    pub user: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_team: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub team: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user_profile: Option<UserProfile>,
    /// By the old name of a bot's message.
    #[serde(deserialize_with = "lenient")]
    pub username: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub bot_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub app_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub bot_profile: Option<BotProfile>,
    #[serde(deserialize_with = "lenient")]
    pub text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub event_ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub thread_ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub parent_user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub client_msg_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub edited: Option<Edited>,
    #[serde(deserialize_with = "lenient")]
    pub deleted_ts: Option<Text>,
    #[serde(borrow)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub previous_message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub files: Option<&'a RawValue>,
    #[serde(borrow)]
    pub attachments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub blocks: Option<&'a RawValue>,
    /// `thumbsup::skin-tone-2`
    #[serde(deserialize_with = "lenient")]
    pub reaction: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub item: Option<Item>,
    #[serde(deserialize_with = "lenient")]
    pub item_user: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub inviter: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub tab: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub assistant_thread: Option<AssistantThread>,
    #[serde(deserialize_with = "lenient")]
    pub tokens: Option<Tokens>,
}

impl Event<'_> {
    /// The id of the person, wherever it stands.
    pub fn user(&self) -> Option<String> {
        let direct = self.user.and_then(|raw| parse::<Text>(raw).or_else(|| parse::<Person>(raw)?.id));
        direct.or_else(|| self.user_id.clone()).map(String::from).filter(|id| !id.is_empty())
    }

    /// The conversation.
    pub fn channel(&self) -> Option<&str> {
        filled(&self.channel).or_else(|| filled(&self.channel_id))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct UserProfile {
    #[serde(deserialize_with = "lenient")]
    pub display_name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub real_name: Option<Text>,
}

/// `{"id":"B0…","app_id":"A0…","name":"Reminders"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct BotProfile {
    #[serde(deserialize_with = "lenient")]
    pub app_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Edited {
    #[serde(deserialize_with = "lenient")]
    pub ts: Option<Text>,
}

/// What a reaction stands at: `{"type":"message","channel":"C0…","ts":"1790000000.000100"}`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Item {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub channel: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub ts: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AssistantThread {
    #[serde(deserialize_with = "lenient")]
    pub user_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub channel_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub thread_ts: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Tokens {
    #[serde(deserialize_with = "lenient")]
    pub bot: Option<Vec<Text>>,
}

/// A file of a message. In channels that are shared with others only `id` and `file_access` are there.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct File {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub title: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub mimetype: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub filetype: Option<Text>,
    /// `slack_audio` for what was recorded in Slack.
    #[serde(deserialize_with = "lenient")]
    pub subtype: Option<Text>,
    /// Bytes.
    #[serde(deserialize_with = "lenient")]
    pub size: Option<Number>,
    #[serde(deserialize_with = "lenient")]
    pub duration_ms: Option<Number>,
    /// `hosted`, `external`, `snippet`, `tombstone`, `hidden_by_limit`.
    #[serde(deserialize_with = "lenient")]
    pub mode: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub url_private: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub url_private_download: Option<Text>,
}

/// A quoted message, a preview of a link, or what a bot attached.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Attachment {
    #[serde(deserialize_with = "lenient")]
    pub is_share: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub is_msg_unfurl: Option<bool>,
}

/// `{"id":"U0…","username":"hana","team_id":"T0…"}`; in older interactions the username is `name`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Person {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub username: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub team_id: Option<Text>,
}

/// A workspace, an organization, a channel.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Named {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
}

/// An interaction: the JSON in the field `payload`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Payload<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub user: Option<Person>,
    #[serde(deserialize_with = "lenient")]
    pub team: Option<Named>,
    #[serde(deserialize_with = "lenient")]
    pub enterprise: Option<Named>,
    #[serde(deserialize_with = "lenient")]
    pub is_enterprise_install: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub api_app_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub trigger_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub response_url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub callback_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub action_ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub message_ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub channel: Option<Named>,
    #[serde(deserialize_with = "lenient")]
    pub container: Option<Container>,
    #[serde(borrow)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub actions: Option<&'a RawValue>,
    #[serde(borrow)]
    pub state: Option<&'a RawValue>,
    #[serde(borrow)]
    pub view: Option<&'a RawValue>,
    #[serde(borrow)]
    pub submission: Option<&'a RawValue>,
}

/// `{"type":"message","message_ts":"1790000000.000100","channel_id":"C0…","is_ephemeral":false,"thread_ts":"…"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Container {
    #[serde(deserialize_with = "lenient")]
    pub message_ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub channel_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub thread_ts: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub is_ephemeral: Option<bool>,
}

/// `{"type":"button","action_id":"a1","block_id":"b1","value":"v","text":{"type":"plain_text","text":"Yes"},"action_ts":"…"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Action {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub action_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub block_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub action_ts: Option<Text>,
    /// Of the older attachments.
    #[serde(deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub value: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub text: Option<Words>,
    #[serde(deserialize_with = "lenient")]
    pub selected_option: Option<Choice>,
    #[serde(deserialize_with = "lenient")]
    pub selected_options: Option<Vec<Choice>>,
    #[serde(deserialize_with = "lenient")]
    pub selected_user: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub selected_channel: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub selected_conversation: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub selected_date: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub selected_time: Option<Text>,
    /// Seconds.
    #[serde(deserialize_with = "lenient")]
    pub selected_date_time: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Choice {
    #[serde(deserialize_with = "lenient")]
    pub text: Option<Words>,
    #[serde(deserialize_with = "lenient")]
    pub value: Option<Text>,
}

/// `{"type":"plain_text","text":"Yes","emoji":true}`, or the text alone.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// Block Kit's text object.
    Object {
        /// What one reads.
        text: String,
    },
    /// Older attachments.
    Bare(String),
}

impl Words {
    /// What one reads.
    pub fn text(&self) -> &str {
        match self {
            Self::Object { text } | Self::Bare(text) => text,
        }
    }
}

/// `{"id":"V0…","callback_id":"order","title":{…},"private_metadata":"","state":{"values":{…}}}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct View<'a> {
    #[serde(deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub callback_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub title: Option<Words>,
    #[serde(deserialize_with = "lenient")]
    pub private_metadata: Option<Text>,
    #[serde(borrow)]
    pub state: Option<&'a RawValue>,
}

/// `{"values":{"block":{"action":{…}}}}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct State<'a> {
    #[serde(borrow)]
    pub values: Option<&'a RawValue>,
}
