//! Who wrote, and in which conversation: what all events of an activity have in common.

use trunkline_sdk::json::{RawValue, Text};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::wire::{Account, Activity, Conversation, Entity, ITEMS_MAX, Named, filled, items, parse};

/// What stands between a channel's id and the message that a thread of it begins with.
const ROOT: &str = ";messageid=";

/// An activity and what surrounds it.
pub struct Scene<'a> {
    /// As it was sent.
    pub raw: &'a RawValue,
    /// The same, read.
    pub activity: &'a Activity<'a>,
    app_id: &'a str,
}

impl<'a> Scene<'a> {
    /// What an activity for that bot is about.
    pub fn new(raw: &'a RawValue, activity: &'a Activity<'a>, app_id: &'a str) -> Self {
        Self { raw, activity, app_id }
    }

    /// An event of this activity. `what` tells it from the others with the activity's id.
    pub fn event(&self, what: &[&str], kind: EventKind) -> Event {
        Event {
            occurred_at: filled(&self.activity.timestamp).and_then(iso8601),
            contact: self.contact(),
            thread: self.thread(),
            attributes: self.attributes(),
            ..Event::new(self.id(what), self.app_id, kind)
        }
    }

    /// An event of what has no name here: that part of the activity, or all of it.
    pub fn other(&self, what: &[&str], name: &str, raw: &RawValue) -> Event {
        self.event(what, EventKind::Other(Opaque { name: name.to_owned(), payload: raw.get().to_owned() }))
    }

    /// Ids are unique within a conversation only, and some channels give none.
    fn id(&self, what: &[&str]) -> String {
        let Some(id) = filled(&self.activity.id) else {
            let pieces: Vec<&str> = [self.raw.get()].into_iter().chain(what.iter().copied()).collect();
            return signature::content_id("activity", &pieces);
        };
        let channel = filled(&self.activity.channel_id).unwrap_or_default();
        let place = [channel, self.conversation_id().unwrap_or_default(), id];
        place.iter().chain(what).copied().collect::<Vec<_>>().join("|")
    }

    fn conversation(&self) -> Option<&Conversation> {
        self.activity.conversation.as_ref()
    }

    /// As Teams wants it back: with the message that a thread begins with.
    pub fn conversation_id(&self) -> Option<&str> {
        filled(&self.conversation()?.id)
    }

    /// The message that a channel's thread begins with.
    pub fn root(&self) -> Option<&str> {
        Some(self.conversation_id()?.split_once(ROOT)?.1).filter(|id| !id.is_empty())
    }

    /// Whether an id is the bot's own.
    pub fn is_own(&self, id: &str) -> bool {
        // What the bot itself did has somebody else for its recipient.
        self.is_app(id) || (!self.is_echo() && self.recipient() == Some(id))
    }

    /// In Teams the bot's id is its app's.
    fn is_app(&self, id: &str) -> bool {
        id.strip_prefix("28:").unwrap_or(id) == self.app_id
    }

    fn recipient(&self) -> Option<&'a str> {
        filled(&self.activity.recipient.as_ref()?.id)
    }

    /// Whether the activity tells of something that the bot did.
    pub fn is_echo(&self) -> bool {
        let from = self.activity.from.as_ref().and_then(|from| filled(&from.id));
        from.is_some_and(|id| self.is_app(id))
    }

    /// Whether another bot sent it.
    pub fn is_automated(&self) -> bool {
        self.activity.from.as_ref().is_some_and(|from| {
            let bot = filled(&from.id).is_some_and(|id| id.starts_with("28:"));
            bot || filled(&from.role).is_some_and(|role| role.eq_ignore_ascii_case("bot"))
        })
    }

    fn contact(&self) -> Option<Contact> {
        let from = self.activity.from.as_ref().filter(|_| !self.is_echo())?;
        let mut contact = person(from)?;
        contact.locale = filled(&self.activity.locale).map(str::to_owned);
        Some(contact)
    }

    /// Whether one person writes with the bot. Where the type is missing: group chats and channels have ids of their own form.
    pub fn is_direct(&self) -> bool {
        self.kind() == ThreadKind::Direct
    }

    fn kind(&self) -> ThreadKind {
        let Some(conversation) = self.conversation() else { return ThreadKind::Direct };
        match filled(&conversation.conversation_type) {
            Some("personal") => ThreadKind::Direct,
            Some("groupChat") => ThreadKind::Group,
            Some(other) => ThreadKind::Other(other.to_owned()),
            None if self.root().is_some() => ThreadKind::Other("channel".to_owned()),
            None => {
                let id = filled(&conversation.id).unwrap_or_default();
                let group = conversation.is_group.unwrap_or_else(|| id.starts_with("19:"));
                if group { ThreadKind::Group } else { ThreadKind::Direct }
            }
        }
    }

    fn thread(&self) -> Option<Thread> {
        let kind = Some(self.kind()).filter(|kind| *kind != ThreadKind::Direct)?;
        let data = self.activity.channel_data.as_ref();
        let named = |named: &Option<Named>| filled(&named.as_ref()?.name).map(str::to_owned);
        let title = filled(&self.conversation()?.name).map(str::to_owned);
        let title = title.or_else(|| named(&data?.channel)).or_else(|| named(&data?.team));
        Some(Thread { id: self.conversation_id()?.to_owned(), kind, title })
    }

    /// What a message to this conversation needs, and what else is known of it.
    fn attributes(&self) -> Attributes {
        let activity = self.activity;
        let data = activity.channel_data.as_ref();
        let id = |named: &'a Option<Named>| filled(&named.as_ref()?.id);
        let conversation = activity.conversation.as_ref();
        let tenant = conversation.and_then(|conversation| filled(&conversation.tenant_id));
        let bot = self.recipient().filter(|id| !self.is_echo() && !self.is_app(id));
        let entities = self.entities();
        let client = entities.iter().find(|entity| filled(&entity.kind) == Some("clientInfo"));
        let known = |text: &'a Option<Text>, usual: &str| filled(text).filter(|text| *text != usual);
        let values = [
            ("channel", filled(&activity.channel_id)),
            ("service_url", filled(&activity.service_url)),
            ("conversation_id", self.conversation_id()),
            ("tenant_id", tenant.or_else(|| id(&data?.tenant))),
            ("bot_id", bot),
            ("team_id", data.and_then(|data| id(&data.team))),
            ("channel_id", data.and_then(|data| id(&data.channel))),
            ("meeting_id", data.and_then(|data| id(&data.meeting))),
            ("event_type", data.and_then(|data| filled(&data.event_type))),
            ("topic_name", filled(&activity.topic_name)),
            ("text_format", known(&activity.text_format, "plain")),
            ("importance", known(&activity.importance, "normal")),
            ("delivery_mode", known(&activity.delivery_mode, "normal")),
            ("local_timezone", filled(&activity.local_timezone)),
            ("platform", client.and_then(|client| filled(&client.platform))),
            ("country", client.and_then(|client| filled(&client.country))),
        ];
        let values =
            values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        values.chain(self.mentions(&entities)).collect()
    }

    /// The entities of the activity that have the form expected.
    pub fn entities(&self) -> Vec<Entity> {
        let all = items(self.activity.entities).unwrap_or_default();
        all.into_iter().take(ITEMS_MAX).filter_map(parse).collect()
    }

    /// Whom a message mentions, the bot included, as JSON.
    fn mentions(&self, entities: &[Entity]) -> Option<(String, String)> {
        let mentioned = |entity: &Entity| {
            let account = entity.mentioned.as_ref().filter(|_| filled(&entity.kind) == Some("mention"))?;
            Some(serde_json::json!({ "id": filled(&account.id)?, "name": filled(&account.name) }))
        };
        let all: Vec<_> = entities.iter().filter_map(mentioned).collect();
        (!all.is_empty()).then(|| ("mention".to_owned(), serde_json::Value::Array(all).to_string()))
    }
}

/// Somebody who is named. None without an id.
pub fn person(account: &Account) -> Option<Contact> {
    let mut contact = Contact::new(IdentifierScheme::Id, filled(&account.id)?);
    if let Some(directory) = filled(&account.aad_object_id) {
        let scheme = IdentifierScheme::Other("aad_object_id".to_owned());
        contact.identifiers.push(Identifier::new(scheme, directory));
    }
    contact.name = filled(&account.name).map(str::to_owned);
    Some(contact)
}
