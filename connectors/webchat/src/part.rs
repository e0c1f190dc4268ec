//! The parts of a visitor's message.

use serde_json::value::RawValue;
use trunkline_sdk::email::attachment;
use trunkline_sdk::json::{members, text};
use trunkline_sdk::prelude::*;

/// Characters of all texts of a message.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Parts of a message.
pub const PARTS_MAX: usize = 10;
const FILE_BYTES_MAX: usize = 8_000_000;
const UNKNOWN_BYTES_MAX: usize = 65_536;
const FIELD_CHARS_MAX: usize = 1_000;
const TYPE_CHARS_MAX: usize = 255;

/// What a message holds.
pub struct Parts {
    /// In order.
    pub parts: Vec<Part>,
    /// The message in which the choice that was made was offered.
    pub answered: Option<String>,
}

/// Reads a list of parts. None where it is no list, or empty. Refuses with 413 what is too much: the widget sends no such thing.
pub fn parts(raw: &RawValue) -> Result<Option<Parts>, Interrupt> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else { return Ok(None) };
    if items.is_empty() {
        return Ok(None);
    }
    if items.len() > PARTS_MAX {
        return Err(too_large("a message of more than 10 parts"));
    }
    let mut parts = Parts { parts: Vec::new(), answered: None };
    let mut characters = 0;
    for item in items {
        let part = part(item, &mut parts.answered)?;
        if let Part::Text(text) = &part {
            characters += text.chars().count();
        }
        parts.parts.push(part);
    }
    if characters > TEXT_CHARS_MAX {
        return Err(too_large("a text of more than 10,000 characters"));
    }
    Ok(Some(parts))
}

/// Refuses with 413.
pub fn too_large(what: &str) -> Interrupt {
    Refusal::new(RefusalReason::Malformed, 413, format!("{what} is too large")).into()
}

fn part(raw: &RawValue, answered: &mut Option<String>) -> Result<Part, Interrupt> {
    let [written, chosen, file] = members(raw, ["text", "choice", "file"]);
    let words = written.and_then(text).map(|text| text.replace('\0', ""));
    if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
        return Ok(Part::Text(words));
    }
    if let Some((choice, message)) = chosen.and_then(choice) {
        *answered = answered.take().or(message);
        return Ok(Part::Choice(choice));
    }
    if let Some(media) = file.map(self::file).transpose()?.flatten() {
        return Ok(Part::Media(media));
    }
    if raw.get().len() > UNKNOWN_BYTES_MAX {
        return Err(too_large("a part that has no name here"));
    }
    let named = [("text", written.is_some()), ("choice", chosen.is_some()), ("file", file.is_some())];
    let name = named.into_iter().find(|(_, is_there)| *is_there).map_or("part", |(name, _)| name);
    Ok(Part::Other(Opaque { name: name.to_owned(), payload: raw.get().to_owned() }))
}

/// A choice has what it was offered with, or what the visitor saw.
fn choice(raw: &RawValue) -> Option<(Choice, Option<String>)> {
    let field = |raw: Option<&RawValue>| {
        let text = raw.and_then(text).filter(|text| !text.is_empty());
        text.filter(|text| text.chars().count() <= FIELD_CHARS_MAX)
    };
    let [id, title, message] = members(raw, ["id", "title", "message"]).map(field);
    let choice = Choice { id, title, data: None };
    (choice.id.is_some() || choice.title.is_some()).then_some((choice, message))
}

/// The bytes themselves. A URL is never taken: whoever fetched it would fetch from wherever a stranger wants.
fn file(raw: &RawValue) -> Result<Option<Media>, Interrupt> {
    let [name, kind, data] = members(raw, ["name", "type", "data"]);
    let Some(data) = data else { return Ok(None) };
    if data.get().len() > FILE_BYTES_MAX / 3 * 4 + 8 {
        return Err(too_large("a file of more than 8 MB"));
    }
    // Base64 has nothing to escape: mostly it need not be copied.
    let bytes = match serde_json::from_str::<&str>(data.get()) {
        Ok(data) => signature::base64_decode(data),
        Err(_) => text(data).and_then(|data| signature::base64_decode(&data)),
    };
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
    let kind = kind.and_then(text).filter(|kind| kind.len() <= TYPE_CHARS_MAX);
    let mut media = attachment(kind.as_deref(), name.and_then(text).as_deref(), bytes);
    if media.content_type.as_deref().is_some_and(|kind| kind.starts_with("image/svg")) {
        // It may hold a script: a file to keep, no picture to show.
        media.kind = MediaKind::File;
    }
    Ok(Some(media))
}
