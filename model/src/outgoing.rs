//! `wit/outbound.wit`: messages to a contact.

use serde::{Deserialize, Serialize};

use crate::{
    Attributes, Call, ContactCard, Failure, Identifier, Location, Media, MessageRef, Opaque, Thread,
};

/// The answer of `outbound.send`.
#[derive(Debug, Clone, PartialEq)]
pub enum SendStep {
    /// Make this call first.
    Call(Call),
    /// The provider has it.
    Sent(Vec<Receipt>),
    /// It does not.
    Failed(SendFailure),
}

/// A message to a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Trunkline's id, a UUID.
    pub id: String,
    /// Our side.
    pub account: String,
    /// The one to key by first.
    pub to: Vec<Identifier>,
    /// The conversation, where the contact alone does not identify it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// In reading order.
    pub parts: Vec<OutgoingPart>,
    /// Of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageRef>,
    /// Milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_inbound_at: Option<u64>,
    /// What the channel needs beyond this.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    pub attributes: Attributes,
}

/// A piece of a message to a contact: an object with one member, or the bare name `typing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutgoingPart {
    /// Plain text.
    Text(String),
    /// HTML.
    Html(String),
    /// Picture, sound, file.
    Media(Media),
    /// A place.
    Location(Location),
    /// Address cards.
    Contacts(Vec<ContactCard>),
    /// Something to choose from.
    Choices(Choices),
    /// A message that the provider has approved.
    Template(Template),
    /// An emoji on a message.
    Reaction(OutgoingReaction),
    /// Marks messages as read.
    Read(MessageRef),
    /// Shows that we are writing.
    Typing,
    /// In the provider's own notation.
    Native(Opaque),
}

/// Something to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choices {
    /// The question.
    pub text: String,
    /// The answers.
    pub options: Vec<ChoiceOption>,
    /// What opens the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// One of the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChoiceOption {
    /// Comes back.
    pub id: String,
    /// What the contact sees.
    pub title: String,
    /// What the contact sees below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A link instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A message that the provider has approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Template {
    /// At the provider.
    pub name: String,
    /// As the provider spells it.
    pub language: String,
    /// By name or number.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub parameters: Attributes,
    /// JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<String>,
}

/// An emoji on a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutgoingReaction {
    /// The message reacted to.
    pub target: MessageRef,
    /// Absent: take it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
}

/// The longest message id in a receipt.
pub const MESSAGE_ID_BYTES_MAX: usize = 1_024;

/// One message at the provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// The provider's id.
    pub message_id: String,
    /// The first part that it carries.
    pub part: u32,
    /// What was rendered otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    /// What the provider said beyond this.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub attributes: Attributes,
}

/// A message that was not, or only in part, sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SendFailure {
    /// Why.
    pub failure: Failure,
    /// What was sent before.
    pub receipts: Vec<Receipt>,
}
