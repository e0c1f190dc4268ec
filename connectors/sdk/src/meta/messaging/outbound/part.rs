//! From the parts of a message to bubbles and sender actions. Everything is checked here, before the first call.

use serde_json::{Value, json};
use trunkline_model::{Attributes, Failure, Opaque, Outgoing, OutgoingPart, OutgoingReaction};

use super::{Sender, choices, media, rendered};
use crate::email;
use crate::outbound::{refuse, unsupported};
use crate::split::at_word_ends;

/// What one call carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The index of the part that it renders.
    pub part: usize,
    /// What it says.
    pub content: Content,
    /// What is rendered otherwise than asked for.
    pub degraded: Vec<String>,
    /// For the receipt.
    pub attributes: Attributes,
}

/// The content of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The value of `message`.
    Message(Value),
    /// The value of `message`, with a template that Meta has approved: allowed at any time.
    Template(Value),
    /// A `sender_action`, and its `payload`. Nothing is written.
    Action(&'static str, Option<Value>),
}

impl Piece {
    /// A call that renders that part as it was asked for.
    pub fn new(part: usize, content: Content) -> Self {
        Self { part, content, degraded: Vec::new(), attributes: Attributes::new() }
    }

    /// A bubble: the value of `message`.
    pub fn message(part: usize, message: Value) -> Self {
        Self::new(part, Content::Message(message))
    }
}

/// Every call of a message, in order.
pub(super) fn pieces<S: Sender>(message: &Outgoing) -> Result<Vec<Piece>, Failure> {
    if message.parts.is_empty() {
        return Err(refuse("missing", "the message has no parts"));
    }
    let mut pieces = Vec::new();
    let mut parts = message.parts.iter().enumerate();
    if let Some(subject) = message.subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty()) {
        let mut words = subject.to_owned();
        if let [OutgoingPart::Text(text), ..] = message.parts.as_slice() {
            words = format!("{words}\n\n{text}");
            parts.next();
        }
        pieces.extend(noted(texts::<S>(0, &words)?, &["the subject is sent as text".to_owned()]));
    }
    for (index, part) in parts {
        let is_last = message.parts[index + 1..].iter().all(is_action);
        pieces.extend(part_pieces::<S>(index, part, is_last)?);
    }
    Ok(pieces)
}

fn is_action(part: &OutgoingPart) -> bool {
    matches!(part, OutgoingPart::Typing | OutgoingPart::Read(_) | OutgoingPart::Reaction(_))
}

/// `is_last`: no bubble follows.
fn part_pieces<S: Sender>(index: usize, part: &OutgoingPart, is_last: bool) -> Result<Vec<Piece>, Failure> {
    let one = |content| Ok(vec![Piece::new(index, content)]);
    match part {
        OutgoingPart::Text(text) => texts::<S>(index, text),
        OutgoingPart::Html(html) => {
            let note = "HTML is sent as plain text".to_owned();
            Ok(noted(texts::<S>(index, email::text_of_html(html).trim())?, &[note]))
        }
        OutgoingPart::Media(media) => media::pieces::<S>(index, media),
        OutgoingPart::Location(place) => {
            let note = "the location is sent as text with a link to a map".to_owned();
            Ok(noted(texts::<S>(index, &rendered::location(place))?, &[note]))
        }
        OutgoingPart::Contacts(cards) => {
            let note = "the address cards are sent as text".to_owned();
            Ok(noted(texts::<S>(index, &rendered::contacts(cards))?, &[note]))
        }
        OutgoingPart::Choices(choices) => choices::pieces::<S>(index, choices, is_last),
        OutgoingPart::Template(template) => one(Content::Template(S::template(index, template)?)),
        OutgoingPart::Reaction(reaction) => one(self::reaction::<S>(index, reaction)?),
        OutgoingPart::Read(_) => one(Content::Action("mark_seen", None)),
        OutgoingPart::Typing => one(Content::Action("typing_on", None)),
        OutgoingPart::Native(native) => one(Content::Message(self::native::<S>(index, native)?)),
    }
}

/// A text in as many bubbles as it needs.
pub fn texts<S: Sender>(index: usize, text: &str) -> Result<Vec<Piece>, Failure> {
    if text.trim().is_empty() {
        return Err(refuse("missing", format!("part {index}: the text is empty")));
    }
    let pieces = at_word_ends(text, S::TEXT_MAX, S::UNIT).into_iter();
    Ok(pieces.map(|piece| Piece::message(index, json!({ "text": piece }))).collect())
}

/// The same with notes on the first one.
pub fn noted(mut pieces: Vec<Piece>, notes: &[String]) -> Vec<Piece> {
    if let Some(first) = pieces.first_mut() {
        first.degraded.extend_from_slice(notes);
    }
    pieces
}

fn reaction<S: Sender>(index: usize, reaction: &OutgoingReaction) -> Result<Content, Failure> {
    let target = &reaction.target.id;
    if target.is_empty() {
        return Err(refuse("missing", format!("part {index}: the reaction has no message")));
    }
    match &reaction.emoji {
        None => Ok(Content::Action("unreact", Some(json!({ "message_id": target })))),
        Some(emoji) if emoji.trim().is_empty() => {
            Err(refuse("missing", format!("part {index}: the reaction has no emoji")))
        }
        Some(_) => S::reaction(index, reaction),
    }
}

fn native<S: Sender>(index: usize, native: &Opaque) -> Result<Value, Failure> {
    if !S::NATIVE.contains(&native.name.as_str()) {
        return Err(unsupported(index, &format!("`{}`, only: {}", native.name, S::NATIVE.join(", "))));
    }
    let payload = serde_json::from_str::<Value>(&native.payload).ok();
    let object = payload.filter(|payload| payload.as_object().is_some_and(|object| !object.is_empty()));
    object.ok_or_else(|| {
        let what = format!("part {index}: the payload is not the JSON object that `message` has to be");
        refuse("missing", what)
    })
}
