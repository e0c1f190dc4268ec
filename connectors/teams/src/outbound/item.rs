//! From the parts of a message to the activities that they become.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::plain;
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends};

use super::choices;

/// Bytes of one text.
const TEXT_BYTES_MAX: usize = 25_000;
/// What Teams shows as a picture.
const PICTURES: [&str; 3] = ["image/png", "image/jpeg", "image/gif"];
/// A part in the protocol's own notation: the whole activity. By any other name it is a card of that type.
const ACTIVITY: &str = "activity";

/// One activity.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The index of the first part that it carries.
    pub part: usize,
    /// Without what all activities of a message have.
    pub activity: Value,
    /// What had to be rendered otherwise.
    pub degraded: Vec<String>,
    /// For the receipt.
    pub attributes: Attributes,
}

impl Item {
    /// A part as it was asked for.
    pub fn new(part: usize, activity: Value) -> Self {
        Self { part, activity, degraded: Vec::new(), attributes: Attributes::new() }
    }

    /// Rendered otherwise: says how.
    pub fn degraded(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }

    /// Whether it writes nothing.
    pub fn is_signal(&self) -> bool {
        self.activity["type"] == "typing"
    }
}

/// Every activity of a message, in order.
pub fn items(message: &Outgoing) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    if let Some(subject) = message.subject.as_deref().filter(|subject| !subject.trim().is_empty()) {
        let note = "the subject is a text of its own: Teams has none";
        items.extend(texts(0, subject)?.into_iter().map(|item| item.degraded(note)));
    }
    for (index, part) in message.parts.iter().enumerate() {
        items.extend(of_part(index, part)?);
    }
    if message.parts.is_empty() {
        return Err(refuse("missing", "the message has no parts"));
    }
    Ok(items)
}

fn of_part(index: usize, part: &OutgoingPart) -> Result<Vec<Item>, Failure> {
    match part {
        OutgoingPart::Text(text) => texts(index, text),
        OutgoingPart::Html(_) => Err(unsupported(index, "HTML: send a text")),
        OutgoingPart::Media(media) => self::media(index, media),
        OutgoingPart::Location(place) => {
            let note = "the location is a text: Teams has none";
            Ok(texts(index, &plain::place(place))?.into_iter().map(|item| item.degraded(note)).collect())
        }
        OutgoingPart::Contacts(cards) => {
            let note = "the contact cards are a text: Teams has none";
            Ok(texts(index, &plain::cards(cards))?.into_iter().map(|item| item.degraded(note)).collect())
        }
        OutgoingPart::Choices(choices) => choices::items(index, choices),
        OutgoingPart::Template(_) => Err(unsupported(index, "templates: send a text")),
        OutgoingPart::Reaction(_) => Err(unsupported(index, "reactions of bots")),
        OutgoingPart::Read(_) => Err(unsupported(index, "read markers")),
        OutgoingPart::Typing => Ok(vec![Item::new(index, json!({ "type": "typing" }))]),
        OutgoingPart::Native(opaque) => Ok(vec![Item::new(index, native(index, opaque)?)]),
    }
}

/// A text in as many activities as it needs. Plain, so that nothing in it is taken for Markdown.
pub fn texts(part: usize, text: &str) -> Result<Vec<Item>, Failure> {
    if text.trim().is_empty() {
        return Err(refuse("missing", format!("part {part}: the text is empty")));
    }
    let pieces = at_word_ends(text, TEXT_BYTES_MAX, Unit::Bytes).into_iter();
    let activity = |text| json!({ "type": "message", "textFormat": "plain", "text": text });
    Ok(pieces.map(|text| Item::new(part, activity(text))).collect())
}

/// Pictures are shown; of everything else Teams takes no file by its address, so that it is a link.
fn media(part: usize, media: &Media) -> Result<Vec<Item>, Failure> {
    let MediaSource::Url(url) = &media.source else {
        return Err(unsupported(part, "media but by URL"));
    };
    let odd = |letter: char| letter.is_whitespace() || letter.is_control();
    if !url.starts_with("https://") || url.contains(odd) {
        return Err(refuse("unsupported", format!("part {part}: the URL of media is not `https`")));
    }
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (name, caption) = (filled(&media.name), filled(&media.caption));
    let declared = media.content_type.as_deref().map(str::to_ascii_lowercase);
    let content_type = match (&declared, &media.kind) {
        (Some(declared), _) => PICTURES.iter().find(|picture| declared == **picture).copied(),
        // Teams looks at the bytes.
        (None, MediaKind::Image) => Some("image/png"),
        (None, _) => None,
    };
    if let Some(content_type) = content_type {
        let mut picture = json!({ "contentType": content_type, "contentUrl": url });
        if let Some(name) = name {
            picture["name"] = json!(name);
        }
        let mut activity = json!({ "type": "message", "attachments": [picture] });
        if let Some(caption) = caption {
            activity["textFormat"] = json!("plain");
            activity["text"] = json!(caption);
        }
        return Ok(vec![Item::new(part, activity)]);
    }
    let named = name.map_or_else(|| url.clone(), |name| format!("{name}: {url}"));
    let text = caption.map_or_else(|| named.clone(), |caption| format!("{caption}\n\n{named}"));
    let note = "a link: Teams shows pictures of the types PNG, JPEG and GIF only";
    Ok(texts(part, &text)?.into_iter().map(|item| item.degraded(note)).collect())
}

/// A whole activity, or a card by its type.
fn native(part: usize, opaque: &Opaque) -> Result<Value, Failure> {
    let wrong = |what: &str| refuse("unsupported", format!("part {part}: {what}"));
    let payload = serde_json::from_str::<Value>(&opaque.payload).ok().filter(Value::is_object);
    let mut payload = payload.ok_or_else(|| wrong("the payload is no JSON object"))?;
    if opaque.name != ACTIVITY {
        if !opaque.name.starts_with("application/vnd.microsoft.") {
            return Err(wrong("the name is neither `activity` nor the content type of a card"));
        }
        let card = json!({ "contentType": opaque.name, "content": payload });
        return Ok(json!({ "type": "message", "attachments": [card] }));
    }
    match payload.get("type") {
        None => payload["type"] = json!("message"),
        Some(Value::String(kind)) if kind == "message" => {}
        Some(_) => return Err(wrong("the `type` of the activity is not `message`")),
    }
    Ok(payload)
}
