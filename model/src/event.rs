//! `wit/events.wit`: the event and what is not a message.

use serde::{Deserialize, Serialize};

use crate::names::open_names;
use crate::{Attributes, Media, Message, MessageRef, Referral};

/// The longest id of an event. As `wit/events.wit` says.
pub const EVENT_ID_BYTES_MAX: usize = 512;

/// One thing that happened on a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// The provider's idempotency key.
    pub id: String,
    /// Our side, as the provider names it.
    pub account: String,
    /// Milliseconds since the Unix epoch, the provider's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<u64>,
    /// The person at the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The conversation, where the contact alone does not identify it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// What happened: an object with one member, named after the kind.
    pub kind: EventKind,
    /// What the channel knows beyond the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub attributes: Attributes,
}

impl Event {
    /// An event that has only what every event has.
    pub fn new(id: impl Into<String>, account: impl Into<String>, kind: EventKind) -> Self {
        Self {
            id: id.into(),
            account: account.into(),
            occurred_at: None,
            contact: None,
            thread: None,
            kind,
            attributes: Vec::new(),
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every media item in it, in order.
    pub fn media_mut(&mut self) -> impl Iterator<Item = &mut Media> {
        let message = match &mut self.kind {
            EventKind::Message(message) | EventKind::Echo(message) | EventKind::Edited(message) => {
                Some(message)
            }
            _ => None,
        };
        message.into_iter().flat_map(|message| &mut message.parts).filter_map(|part| match part {
            crate::Part::Media(media) => Some(media),
            _ => None,
        })
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The contact wrote to us.
    Message(Message),
    /// We wrote by other means.
    Echo(Message),
    /// A message has new content.
    Edited(Message),
    /// A message was taken back.
    Unsent(MessageRef),
    /// An emoji on a message.
    Reaction(Reaction),
    /// What became of a message of ours.
    Status(Status),
    /// What became of all messages of ours up to a time.
    Watermark(Watermark),
    /// Somebody entered or left.
    Membership(Membership),
    /// Opt-in and opt-out.
    Consent(Consent),
    /// Other identifiers for the same person.
    Identity(IdentityChange),
    /// The contact is writing.
    Typing(Typing),
    /// The contact came by a link, without writing.
    Referral(Referral),
    /// Who owns the conversation.
    Handover(Handover),
    /// A voice or video call.
    PhoneCall(PhoneCall),
    /// About our account.
    AccountNotice(AccountNotice),
    /// What has no name here.
    Other(Opaque),
}

impl EventKind {
    /// The name as it stands in JSON, in CloudEvents types and in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Echo(_) => "echo",
            Self::Edited(_) => "edited",
            Self::Unsent(_) => "unsent",
            Self::Reaction(_) => "reaction",
            Self::Status(_) => "status",
            Self::Watermark(_) => "watermark",
            Self::Membership(_) => "membership",
            Self::Consent(_) => "consent",
            Self::Identity(_) => "identity",
            Self::Typing(_) => "typing",
            Self::Referral(_) => "referral",
            Self::Handover(_) => "handover",
            Self::PhoneCall(_) => "phone_call",
            Self::AccountNotice(_) => "account_notice",
            Self::Other(_) => "other",
        }
    }

    /// Every name that [`EventKind::name`] can give.
    pub const NAMES: [&str; 16] = [
        "message",
        "echo",
        "edited",
        "unsent",
        "reaction",
        "status",
        "watermark",
        "membership",
        "consent",
        "identity",
        "typing",
        "referral",
        "handover",
        "phone_call",
        "account_notice",
        "other",
    ];
}

open_names! {
    /// What kind of identifier a text is.
    IdentifierScheme {
        /// The provider's own id.
        Id = "id",
        /// E.164.
        Phone = "phone",
        /// An e-mail address.
        Email = "email",
        /// Not a key.
        Username = "username",
    }
}

/// One identifier of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Identifier {
    /// What kind.
    pub scheme: IdentifierScheme,
    /// The identifier itself.
    pub value: String,
}

impl Identifier {
    /// An identifier of that scheme.
    pub fn new(scheme: IdentifierScheme, value: impl Into<String>) -> Self {
        Self { scheme, value: value.into() }
    }
}

/// A person at the other end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contact {
    /// The one to key by first.
    pub identifiers: Vec<Identifier>,
    /// As the contact shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// A picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

impl Contact {
    /// A contact of whom only one identifier is known.
    pub fn new(scheme: IdentifierScheme, value: impl Into<String>) -> Self {
        Self { identifiers: vec![Identifier::new(scheme, value)], ..Self::default() }
    }
}

open_names! {
    /// What kind of conversation.
    ThreadKind {
        /// One contact.
        Direct = "direct",
        /// Several.
        Group = "group",
    }
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Thread {
    /// The provider's id.
    pub id: String,
    /// What kind.
    pub kind: ThreadKind,
    /// A name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// An emoji on a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The message reacted to.
    pub target: MessageRef,
    /// Absent: the reaction was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// The provider's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

open_names! {
    /// How far a message of ours has come.
    DeliveryState {
        /// The provider has it.
        Accepted = "accepted",
        /// On its way.
        Sent = "sent",
        /// On the device or mail server.
        Delivered = "delivered",
        /// Seen.
        Read = "read",
        /// Listened to.
        Played = "played",
        /// Final.
        Failed = "failed",
    }
}

/// What became of a message of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {
    /// The provider's id of it.
    pub message_id: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// Why not further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What we gave along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reference: Option<String>,
}

/// What became of all messages of ours up to a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Watermark {
    /// How far they have come.
    pub state: DeliveryState,
    /// Milliseconds since the Unix epoch, inclusive.
    pub up_to: u64,
}

open_names! {
    /// Entered or left.
    MembershipChange {
        /// Entered.
        Joined = "joined",
        /// Left.
        Left = "left",
    }
}

/// Somebody entered or left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership {
    /// Entered or left.
    pub change: MembershipChange,
    /// Who. Empty: our own account.
    pub members: Vec<Contact>,
}

open_names! {
    /// Whether the contact may be written to.
    ConsentState {
        /// Yes.
        Granted = "granted",
        /// No.
        Revoked = "revoked",
    }
}

/// Opt-in and opt-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Consent {
    /// Yes or no.
    pub state: ConsentState,
    /// What for.
    pub scope: String,
    /// How it came about.
    pub origin: String,
}

/// Other identifiers for the same person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IdentityChange {
    /// Until now.
    pub previous: Vec<Identifier>,
    /// From now on.
    pub current: Vec<Identifier>,
}

/// Whether the contact is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Typing {
    /// Yes.
    Started,
    /// No longer.
    Stopped,
}

open_names! {
    /// What became of the ownership of a conversation.
    HandoverAction {
        /// Ours now.
        GivenToUs = "given_to_us",
        /// No longer ours.
        TakenFromUs = "taken_from_us",
        /// Somebody asks for it.
        Requested = "requested",
    }
}

/// Who owns the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Handover {
    /// What became of it.
    pub action: HandoverAction,
    /// The provider's id of who had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_owner: Option<String>,
    /// The provider's id of who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_owner: Option<String>,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

open_names! {
    /// How far a call has come.
    CallState {
        /// It rings.
        Ringing = "ringing",
        /// They talk.
        Answered = "answered",
        /// They talked.
        Ended = "ended",
        /// Nobody answered.
        Missed = "missed",
        /// Somebody declined.
        Rejected = "rejected",
        /// It could not be made.
        Failed = "failed",
    }
}

/// A voice or video call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PhoneCall {
    /// The provider's call id.
    pub id: String,
    /// The contact calls us.
    pub inbound: bool,
    /// How far it has come.
    pub state: CallState,
    /// How long they talked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// How much an account notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warning,
    /// Messages are or will be blocked.
    Critical,
}

/// Something about our account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountNotice {
    /// The provider's name for it.
    pub name: String,
    /// How much it matters.
    pub severity: Severity,
    /// One line for a person.
    pub summary: String,
    /// As the provider sent it.
    pub payload: String,
}

/// What the model has no name for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Opaque {
    /// The provider's name for it.
    pub name: String,
    /// As the provider sent it.
    pub payload: String,
}

/// What the sender has to do about a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// Do not repeat it.
    Invalid,
    /// Tell the operator.
    Unauthorized,
    /// Repeat after so many milliseconds.
    RateLimited(Option<u64>),
    /// Repeat later.
    Transient,
    /// Use a template.
    WindowClosed,
    /// Not on this channel.
    Unreachable,
    /// Never repeat it.
    OptedOut,
    /// See the provider's words.
    Other,
}

/// Why a message could not be sent or delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failure {
    /// What to do.
    pub reason: FailureReason,
    /// The provider's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
