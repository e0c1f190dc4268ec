//! `wit/events.wit`: messages and their parts.

use serde::{Deserialize, Serialize};

use crate::names::open_names;
use crate::{Attributes, Identifier, Opaque};

/// A message that is referred to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageRef {
    /// The provider's message id.
    pub id: String,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Identifier>,
}

impl MessageRef {
    /// A reference by id alone.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), author: None }
    }
}

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// The provider's message id.
    pub id: String,
    /// In reading order.
    pub parts: Vec<Part>,
    /// Of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What it quotes or answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageRef>,
    /// How the contact came here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// Absent: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// Written by a machine. Absent: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automated: bool,
}

impl Message {
    /// A message of these parts.
    pub fn new(id: impl Into<String>, parts: Vec<Part>) -> Self {
        Self { id: id.into(), parts, ..Self::default() }
    }
}

/// A piece of a message: an object with one member, named after what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    Text(String),
    /// HTML, not sanitized.
    Html(String),
    /// What was quoted below the new text.
    Quoted(String),
    /// Picture, sound, file.
    Media(Media),
    /// A place.
    Location(Location),
    /// Address cards.
    Contacts(Vec<ContactCard>),
    /// A button or menu entry.
    Choice(Choice),
    /// A shopping cart.
    Order(Order),
    /// What has no name here.
    Other(Opaque),
}

open_names! {
    /// What kind of media.
    MediaKind {
        /// A picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// Sound.
        Audio = "audio",
        /// A voice note.
        Voice = "voice",
        /// Anything.
        File = "file",
        /// A sticker.
        Sticker = "sticker",
    }
}

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// Can be fetched by anyone who knows it, for a while.
    Url(String),
    /// By the provider's id or protected URL; `blob:<sha256>` where the host holds the bytes.
    Reference(String),
    /// Here, as Base64. Never leaves the host: the journal stores the bytes and puts a reference in place.
    #[serde(with = "crate::pairs::bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    Bytes(Vec<u8>),
}

/// Picture, sound, file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Media {
    /// What kind.
    pub kind: MediaKind,
    /// Where the bytes are.
    pub source: MediaSource,
    /// As declared, not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// File name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Text that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// How long it plays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// What `cid:` in an HTML part refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// What the channel knows beyond this.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub attributes: Attributes,
}

impl Media {
    /// Media of which only kind and source are known.
    pub fn new(kind: MediaKind, source: MediaSource) -> Self {
        Self {
            kind,
            source,
            content_type: None,
            name: None,
            size: None,
            sha256: None,
            caption: None,
            duration_ms: None,
            content_id: None,
            attributes: Vec::new(),
        }
    }
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    /// Degrees, WGS 84.
    #[serde(deserialize_with = "crate::pairs::number")]
    pub latitude: f64,
    /// Degrees, WGS 84.
    #[serde(deserialize_with = "crate::pairs::number")]
    pub longitude: f64,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// An address card.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContactCard {
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As written on the card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// As written on the card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The vCard text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcard: Option<String>,
    /// What else the card holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub attributes: Attributes,
}

/// What the contact chose from what we offered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// What we gave it when we offered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the contact saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Answers as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// A line of an order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderItem {
    /// Product id.
    pub id: String,
    /// Product name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    #[serde(deserialize_with = "crate::pairs::number")]
    pub quantity: f64,
    /// Decimal number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<String>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A shopping cart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Order {
    /// Which catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// What.
    pub items: Vec<OrderItem>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What led the contact here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Referral {
    /// The provider's name for where.
    pub source: String,
    /// What we put into the link.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub ref_: Option<String>,
    /// Of the advertisement or post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of the advertisement or post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the contact saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// What the contact saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What the channel knows beyond this.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::pairs")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub attributes: Attributes,
}
