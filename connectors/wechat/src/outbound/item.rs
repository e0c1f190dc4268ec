//! One message at WeChat, and the parts that become texts.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends};

use super::attachment::{self, File};
use super::{choices, plain, template};

/// Of one text. Not confirmed: others cut at 1,600 characters.
const TEXT_BYTES_MAX: usize = 2_048;

/// One message at WeChat.
pub struct Item<'a> {
    /// The index of the first part that it carries.
    pub part: usize,
    /// What it says.
    pub content: Content<'a>,
    /// What had to be rendered otherwise.
    pub degraded: Vec<String>,
    /// For the receipt.
    pub attributes: Attributes,
}

/// What a message says.
pub enum Content<'a> {
    /// A customer service message of that `msgtype`.
    Message { kind: String, content: Value },
    /// A file that is uploaded first.
    Upload(File<'a>),
    /// A template message without its recipient.
    Template(Value),
    /// Writes nothing.
    Typing,
}

impl<'a> Item<'a> {
    /// A part as it was asked for.
    pub fn new(part: usize, content: Content<'a>) -> Self {
        Self { part, content, degraded: Vec::new(), attributes: Attributes::new() }
    }

    /// A customer service message.
    pub fn message(part: usize, kind: &str, content: Value) -> Self {
        Self::new(part, Content::Message { kind: kind.to_owned(), content })
    }

    /// Rendered otherwise: says how.
    pub fn degraded(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }

    /// How many calls it takes.
    pub fn calls(&self) -> usize {
        if matches!(self.content, Content::Upload(_)) { 2 } else { 1 }
    }

    /// What is known once it is sent.
    pub fn receipt(&self, message_id: String) -> Receipt {
        Receipt {
            message_id,
            part: u32::try_from(self.part).unwrap_or(u32::MAX),
            degraded: self.degraded.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

/// The messages that a part becomes.
pub fn items(index: usize, part: &OutgoingPart) -> Result<Vec<Item<'_>>, Failure> {
    match part {
        OutgoingPart::Text(text) => texts(index, text),
        OutgoingPart::Html(_) => Err(unsupported(index, "HTML: send a text")),
        OutgoingPart::Media(media) => attachment::items(index, media),
        OutgoingPart::Location(location) => {
            instead(index, &plain::place(location), "the place is a text: WeChat's API sends none")
        }
        OutgoingPart::Contacts(cards) => {
            instead(index, &plain::cards(cards), "contact cards are a text: WeChat has none")
        }
        OutgoingPart::Choices(choices) => choices::items(index, choices),
        OutgoingPart::Template(template) => {
            Ok(vec![Item::new(index, Content::Template(template::content(index, template)?))])
        }
        OutgoingPart::Reaction(_) => Err(unsupported(index, "reactions")),
        OutgoingPart::Read(_) => Err(unsupported(index, "read markers")),
        OutgoingPart::Typing => Ok(vec![Item::new(index, Content::Typing)]),
        OutgoingPart::Native(opaque) => Ok(vec![native(index, opaque)?]),
    }
}

/// A text in as many messages as it needs.
pub fn texts<'a>(part: usize, text: &str) -> Result<Vec<Item<'a>>, Failure> {
    if text.trim().is_empty() {
        return Err(refuse("missing", format!("part {part}: the text is empty")));
    }
    let pieces = at_word_ends(text, TEXT_BYTES_MAX, Unit::Bytes);
    Ok(pieces.into_iter().map(|text| Item::message(part, "text", json!({ "content": text }))).collect())
}

/// A text in place of something else.
pub fn instead<'a>(part: usize, text: &str, note: &str) -> Result<Vec<Item<'a>>, Failure> {
    Ok(texts(part, text)?.into_iter().map(|item| item.degraded(note)).collect())
}

/// WeChat's own notation: what stands below the `msgtype`.
fn native<'a>(part: usize, opaque: &Opaque) -> Result<Item<'a>, Failure> {
    let wrong = |what: String| refuse("unsupported", format!("part {part}: {what}"));
    let is_name = !opaque.name.is_empty()
        && opaque.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_name || matches!(opaque.name.as_str(), "touser" | "msgtype" | "customservice") {
        return Err(wrong("the name is no `msgtype`".to_owned()));
    }
    let content: Value = serde_json::from_str(&opaque.payload)
        .map_err(|error| wrong(format!("no JSON, line {} column {}", error.line(), error.column())))?;
    if !content.is_object() {
        return Err(wrong(format!("what stands below `{}` is a JSON object", opaque.name)));
    }
    Ok(Item::message(part, &opaque.name, content))
}
