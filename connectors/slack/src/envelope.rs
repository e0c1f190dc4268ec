//! The envelope of an event: whose it is, and what kind.

use serde::Deserialize;
use trunkline_sdk::json::{RawValue, Text, lenient, milliseconds};
use trunkline_sdk::prelude::*;

use crate::address::{self, message_id};
use crate::wire::{self, Authorization, filled, items, object};
use crate::{message, occurrence};

/// `{"type":"event_callback","team_id":"T0…","api_app_id":"A0…","event_id":"Ev0…","event_time":1790000000,"authorizations":[{…}],
/// "event":{…}}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Envelope<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub kind: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub challenge: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub team_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub enterprise_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub api_app_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub event_id: Option<Text>,
    /// Seconds.
    #[serde(deserialize_with = "lenient")]
    pub event_time: Option<Text>,
    /// Seconds, of `app_rate_limited`.
    #[serde(deserialize_with = "lenient")]
    pub minute_rate_limited: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub is_ext_shared_channel: Option<bool>,
    #[serde(borrow)]
    pub authorizations: Option<&'a RawValue>,
    #[serde(borrow)]
    pub event: Option<&'a RawValue>,
}

/// The event of a verified body.
pub fn event(envelope: &Envelope, raw: &RawValue) -> Event {
    let origin = Origin::of(envelope, raw);
    match (filled(&envelope.kind), envelope.event) {
        (Some("event_callback"), Some(inner)) => match object::<wire::Event>(inner) {
            Some(item) => Happening { raw: inner, item, origin }.read(),
            None => origin.opaque("event_callback", inner),
        },
        (Some("app_rate_limited"), _) => occurrence::rate_limited(envelope, &origin, raw),
        (kind, _) => origin.opaque(kind.unwrap_or("webhook"), raw),
    }
}

/// What the envelope says for all of its events.
pub struct Origin {
    /// The workspace in which the app is installed, or the organization.
    pub account: String,
    event_id: String,
    at: Option<u64>,
    app_id: Option<String>,
    bot_user_id: Option<String>,
    shared: bool,
}

impl Origin {
    fn of(envelope: &Envelope, raw: &RawValue) -> Self {
        // In channels shared with others `team_id` may be theirs. At most one installation is told.
        let list = items(envelope.authorizations).unwrap_or_default();
        let installed: Authorization = list.first().and_then(|raw| object(raw)).unwrap_or_default();
        let organization = filled(&installed.enterprise_id).or_else(|| filled(&envelope.enterprise_id));
        let workspace = filled(&installed.team_id).or_else(|| filled(&envelope.team_id));
        let wide = installed.is_enterprise_install == Some(true);
        let account = address::account(wide, workspace, organization).unwrap_or_default().to_owned();
        let event_id = match filled(&envelope.event_id) {
            Some(id) => id.to_owned(),
            None => signature::content_id("event", &[&account, raw.get()]),
        };
        let bot = filled(&installed.user_id).filter(|_| installed.is_bot == Some(true));
        Self {
            account,
            event_id,
            at: filled(&envelope.event_time).and_then(milliseconds),
            app_id: filled(&envelope.api_app_id).map(str::to_owned),
            bot_user_id: bot.map(str::to_owned),
            shared: envelope.is_ext_shared_channel == Some(true),
        }
    }

    /// An event that concerns the account, with the envelope's id.
    pub fn event(&self, kind: EventKind) -> Event {
        let mut event = Event::new(self.event_id.clone(), self.account.clone(), kind);
        event.occurred_at = self.at;
        event
    }

    fn opaque(&self, name: &str, raw: &RawValue) -> Event {
        self.event(EventKind::Other(Opaque { name: name.to_owned(), payload: raw.get().to_owned() }))
    }
}

/// One `event`, with the envelope around it.
pub struct Happening<'a> {
    pub raw: &'a RawValue,
    pub item: wire::Event<'a>,
    pub origin: Origin,
}

impl Happening<'_> {
    fn read(&self) -> Event {
        let name = filled(&self.item.kind).unwrap_or("event");
        let read = match name {
            "message" => message::event(self),
            // The same message comes as `message` as well, where the app is subscribed to both.
            "app_mention" => message::posted(self),
            "reaction_added" | "reaction_removed" => occurrence::reaction(self, name),
            "member_joined_channel" | "member_left_channel" => occurrence::membership(self, name),
            "tokens_revoked" | "app_uninstalled" => Some(occurrence::notice(self, name)),
            "assistant_thread_started" | "assistant_thread_context_changed" => {
                Some(occurrence::assistant_thread(self, name))
            }
            _ => None,
        };
        read.unwrap_or_else(|| {
            // What happens to a message or a channel is told as a message of a subtype.
            let name = filled(&self.item.subtype).filter(|_| name == "message").unwrap_or(name);
            self.event(self.opaque(name), &self.item)
        })
    }

    /// The event as it was sent.
    pub fn opaque(&self, name: &str) -> EventKind {
        EventKind::Other(Opaque { name: name.to_owned(), payload: self.raw.get().to_owned() })
    }

    /// An event by the one who speaks in `item`: the event itself, or the message inside of it.
    pub fn event(&self, kind: EventKind, item: &wire::Event) -> Event {
        let mut event = self.origin.event(kind);
        event.occurred_at = self.moment().or(event.occurred_at);
        event.contact = self.contact(item);
        event.thread = self.item.channel().and_then(|channel| {
            let channel_type = filled(&self.item.channel_type);
            address::thread(channel, channel_type, parent(item), event.contact.is_some())
        });
        event.attributes = self.attributes(item);
        event
    }

    /// When it happened.
    fn moment(&self) -> Option<u64> {
        let time = filled(&self.item.event_ts).or_else(|| filled(&self.item.ts));
        time.and_then(milliseconds)
    }

    /// The id of a message in the event's channel.
    pub fn message_id(&self, ts: &str) -> String {
        message_id(self.item.channel(), ts)
    }

    /// The person, or the bot of another app. None: it was us.
    pub fn contact(&self, item: &wire::Event) -> Option<Contact> {
        if self.is_ours(item) {
            return None;
        }
        let mut contact = match item.user() {
            Some(user) => Contact::new(IdentifierScheme::Id, user),
            None => Contact::new(IdentifierScheme::Other("bot_id".to_owned()), filled(&item.bot_id)?),
        };
        let profile = item.user_profile.as_ref();
        let person = profile.and_then(|profile| filled(&profile.display_name).or(filled(&profile.real_name)));
        let bot = item.bot_profile.as_ref().and_then(|profile| filled(&profile.name));
        contact.name = person.or(bot).or(filled(&item.username)).map(str::to_owned);
        Some(contact)
    }

    /// Whether our own app speaks.
    pub fn is_ours(&self, item: &wire::Event) -> bool {
        let bot_app = item.bot_profile.as_ref().and_then(|profile| filled(&profile.app_id));
        let app = filled(&item.app_id).or(bot_app);
        let same_app = app.is_some() && app == self.origin.app_id.as_deref();
        same_app || item.user().is_some_and(|user| self.is_bot_user(&user))
    }

    /// Whether somebody is the bot of our own app.
    pub fn is_bot_user(&self, user: &str) -> bool {
        self.origin.bot_user_id.as_deref() == Some(user)
    }

    /// The id of our own bot.
    pub fn bot_user(&self) -> Option<&str> {
        self.origin.bot_user_id.as_deref()
    }

    fn attributes(&self, item: &wire::Event) -> Attributes {
        let own = &self.item;
        let team = filled(&item.user_team).or_else(|| filled(&item.team));
        let pairs = [
            ("event_id", Some(self.origin.event_id.as_str())),
            ("channel_id", own.channel()),
            ("channel_type", filled(&own.channel_type)),
            ("subtype", filled(&item.subtype)),
            ("thread_ts", filled(&item.thread_ts)),
            ("client_msg_id", filled(&item.client_msg_id)),
            ("bot_id", filled(&item.bot_id)),
            ("app_id", filled(&item.app_id)),
            // Of somebody who is a guest here from another workspace.
            ("user_team", team.filter(|team| *team != self.origin.account)),
            ("inviter", filled(&own.inviter)),
            ("tab", filled(&own.tab)),
            ("is_ext_shared_channel", self.origin.shared.then_some("true")),
        ];
        let there = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        there.collect()
    }
}

/// The root of the thread that a message stands in. The root itself stands in the channel.
pub fn parent<'a>(item: &'a wire::Event) -> Option<&'a str> {
    filled(&item.thread_ts).filter(|thread| item.ts.as_deref() != Some(*thread))
}
