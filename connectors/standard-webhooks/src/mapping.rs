//! What the settings say about the bodies: where things stand in them, and what their types mean.

use serde_json::value::RawValue;
use trunkline_sdk::json::{scalars, snake_case};
use trunkline_sdk::prelude::*;

use crate::pointer::{Pointer, scalar};

/// Where the type stands.
pub const TYPE: &str = "type_at";
/// Where our side stands.
pub const ACCOUNT: &str = "account_at";
/// Where the contact's identifier stands.
pub const CONTACT: &str = "contact_at";
/// Where the contact's name stands.
pub const NAME: &str = "name_at";
/// Where the id of the message stands.
pub const MESSAGE: &str = "message_at";
/// Where the text stands.
pub const TEXT: &str = "text_at";
/// Where the time stands.
pub const TIME: &str = "time_at";
/// Where the URLs of media stand.
pub const MEDIA: &str = "media_at";
/// Where the media type stands.
pub const MEDIA_TYPE: &str = "media_type_at";
/// Where the id of the message stands that is answered or reacted to.
pub const REPLY_TO: &str = "reply_to_at";
/// Where the conversation stands.
pub const THREAD: &str = "thread_at";
/// Where it is said why a message failed.
pub const ERROR: &str = "error_at";
/// Where the idempotency key stands, if it is not the header's.
pub const EVENT: &str = "event_at";
/// Where the object stands whose other members are attributes.
pub const ATTRIBUTES: &str = "attributes_at";

/// Every setting that holds a pointer, with what it is where it is not set. `-` points nowhere.
const POINTERS: [(&str, &str); 14] = [
    (TYPE, "/type"),
    (ACCOUNT, "/data/account"),
    (CONTACT, "/data/from"),
    (NAME, "/data/name"),
    (MESSAGE, "/data/id"),
    (TEXT, "/data/text"),
    (TIME, "/timestamp"),
    (MEDIA, "/data/media_url"),
    (MEDIA_TYPE, "/data/media_type"),
    (REPLY_TO, "/data/reply_to"),
    (THREAD, NOWHERE),
    (ERROR, "/data/error"),
    (EVENT, NOWHERE),
    (ATTRIBUTES, "/data"),
];
const NOWHERE: &str = "-";
const KINDS: (&str, &str) = ("kinds", "message=message, message.created=message, message.received=message");
const ACCOUNT_DEFAULT: (&str, &str) = ("account", "default");
const CONTACT_SCHEME: (&str, &str) = ("contact_scheme", "id");

/// What a type means.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    Message,
    Echo,
    Edited,
    Unsent,
    Reaction,
    Typing,
    Status(DeliveryState),
    Consent(ConsentState),
}

impl Meaning {
    /// By its word in `kinds`.
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "message" => Self::Message,
            "echo" => Self::Echo,
            "edited" => Self::Edited,
            "unsent" => Self::Unsent,
            "reaction" => Self::Reaction,
            "typing" => Self::Typing,
            "opted_in" => Self::Consent(ConsentState::Granted),
            "opted_out" => Self::Consent(ConsentState::Revoked),
            "accepted" | "sent" | "delivered" | "read" | "played" | "failed" => Self::Status(word.into()),
            _ => return None,
        })
    }
}

/// The settings, read.
pub struct Mapping {
    pointers: Vec<(&'static str, Option<Pointer>)>,
    kinds: Vec<(String, Meaning)>,
    /// Our side, where a body does not say it.
    pub account: String,
    /// What kind of identifier the contact has.
    pub scheme: IdentifierScheme,
}

impl Mapping {
    /// Refuses with 503 where a setting cannot be read: better than events that mean something else.
    pub fn of(context: &Context) -> Result<Self, Refusal> {
        let setting = |(name, default)| context.setting(name).unwrap_or(default).trim();
        let pointer = |(name, default)| match setting((name, default)) {
            NOWHERE => Ok((name, None)),
            text => match Pointer::read(text) {
                Some(pointer) => Ok((name, Some(pointer))),
                None => Err(signature::misconfigured(&format!("`{name}` is no JSON pointer"))),
            },
        };
        let kinds =
            setting(KINDS).split([',', ' ', '\t', '\n']).filter(|entry| !entry.is_empty()).map(|entry| {
                // A type may have an equals sign in it, a kind has none.
                let meaning =
                    entry.rsplit_once('=').and_then(|(name, word)| Some((name, Meaning::of(word)?)));
                let (name, meaning) = meaning
                    .ok_or_else(|| signature::misconfigured("`kinds` has an entry that is no `type=kind`"))?;
                Ok((name.to_owned(), meaning))
            });
        Ok(Self {
            kinds: kinds.collect::<Result<_, Refusal>>()?,
            pointers: POINTERS.into_iter().map(pointer).collect::<Result<_, Refusal>>()?,
            account: setting(ACCOUNT_DEFAULT).to_owned(),
            scheme: setting(CONTACT_SCHEME).into(),
        })
    }

    /// Where that setting points to.
    pub fn pointer(&self, setting: &str) -> Option<&Pointer> {
        self.pointers.iter().find(|(name, _)| *name == setting)?.1.as_ref()
    }

    /// What stands there.
    pub fn find<'a>(&self, setting: &str, body: &'a RawValue) -> Option<&'a RawValue> {
        self.pointer(setting)?.find(body)
    }

    /// The text or number that stands there.
    pub fn text(&self, setting: &str, body: &RawValue) -> Option<String> {
        self.find(setting, body).and_then(scalar)
    }

    /// What a type means: the first entry that fits. One that ends in `*` fits what begins like it.
    pub fn meaning(&self, name: &str) -> Option<&Meaning> {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        self.kinds.iter().find(|(pattern, _)| fits(pattern)).map(|(_, meaning)| meaning)
    }

    /// A type that has a meaning: the inverse.
    pub fn type_of(&self, meaning: &Meaning) -> Option<String> {
        let of_it = self.kinds.iter().filter(|(_, found)| found == meaning);
        let mut names = of_it.map(|(pattern, _)| pattern.replace('*', "simulated"));
        names.find(|name| self.meaning(name) == Some(meaning))
    }

    /// What else there is, in snake_case.
    pub fn attributes(&self, body: &RawValue) -> Attributes {
        let Some(parent) = self.pointer(ATTRIBUTES) else { return Attributes::new() };
        let read = self.pointers.iter().filter_map(|(_, pointer)| pointer.as_ref()?.member_of(parent));
        let read: Vec<&str> = read.collect();
        let others = parent.find(body).map(|object| scalars(object, &read)).unwrap_or_default();
        others.into_iter().map(|(name, value)| (snake_case(&name), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(settings: &[(&str, &str)]) -> Result<Mapping, Refusal> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Mapping::of(&Context { settings: settings.collect(), ..Context::default() })
    }

    /// What the manifest promises is what is done where a setting is empty.
    #[test]
    fn the_defaults_are_those_of_the_manifest() {
        let manifest = include_str!("../connector.toml");
        for (name, default) in POINTERS.into_iter().chain([KINDS, ACCOUNT_DEFAULT, CONTACT_SCHEME]) {
            let table = manifest.split(&format!("[settings.{name}]\n")).nth(1).expect(name);
            let table = table.split("\n[").next().unwrap_or_default();
            assert!(table.contains(&format!("\ndefault = \"{default}\"")), "{name}: {default}");
        }
    }

    #[test]
    fn the_first_entry_that_fits_counts() {
        let settings = [("kinds", "a.b=echo,\n a.*=message  x=y=read")];
        let mapping = mapping(&settings).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        assert_eq!(mapping.meaning("a.b"), Some(&Meaning::Echo));
        assert_eq!(mapping.meaning("a.c"), Some(&Meaning::Message));
        assert_eq!(mapping.meaning("x=y"), Some(&Meaning::Status(DeliveryState::Read)));
        assert_eq!(mapping.meaning("a"), None);
        assert_eq!(mapping.type_of(&Meaning::Message).as_deref(), Some("a.simulated"));
        assert_eq!(mapping.type_of(&Meaning::Typing), None);
    }

    #[test]
    fn what_cannot_be_read_is_the_operators_to_mend() {
        for settings in [("kinds", "message"), ("kinds", "message=letter"), ("text_at", "data.text")] {
            let refusal = mapping(&[settings]).err().expect("refused");
            assert_eq!((refusal.reason, refusal.status), (RefusalReason::Misconfigured, 503), "{settings:?}");
        }
        assert!(mapping(&[("text_at", "-"), ("kinds", "*=message")]).is_ok());
    }
}
