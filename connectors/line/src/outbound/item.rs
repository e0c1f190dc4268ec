//! One message at LINE, and the parts that become texts and places.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends, shortened};

use super::{attachment, choices};

/// UTF-16 code units of one text.
pub const TEXT_UNITS_MAX: usize = 5_000;
/// Of a place's title and address. Not confirmed any more, but older documentation had it.
const PLACE_UNITS_MAX: usize = 100;

/// One message at LINE.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The index of the first part that it carries.
    pub part: usize,
    /// LINE's message object.
    pub content: Value,
    /// What had to be rendered otherwise.
    pub degraded: Vec<String>,
    /// For the receipt.
    pub attributes: Attributes,
}

impl Item {
    /// A part as it was asked for.
    pub fn new(part: usize, content: Value) -> Self {
        Self { part, content, degraded: Vec::new(), attributes: Attributes::new() }
    }

    /// Rendered otherwise: says how.
    pub fn degraded(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }

    /// Whether it can quote, and does not yet.
    pub fn can_quote(&self) -> bool {
        let kind = self.content["type"].as_str().unwrap_or_default();
        matches!(kind, "text" | "textV2" | "sticker") && self.content.get("quoteToken").is_none()
    }
}

/// The messages that a part becomes. `last`: no other message follows.
pub fn items(index: usize, part: &OutgoingPart, last: bool) -> Result<Vec<Item>, Failure> {
    match part {
        OutgoingPart::Text(text) => texts(index, text),
        OutgoingPart::Html(_) => Err(unsupported(index, "HTML: send a text")),
        OutgoingPart::Media(media) => attachment::items(index, media),
        OutgoingPart::Location(location) => place(index, location),
        OutgoingPart::Contacts(cards) => contacts(index, cards),
        OutgoingPart::Choices(choices) => choices::items(index, choices, last),
        OutgoingPart::Template(_) => Err(unsupported(index, "templates: send a text")),
        OutgoingPart::Reaction(_) => Err(unsupported(index, "reactions")),
        OutgoingPart::Native(opaque) => Ok(vec![Item::new(index, native(index, opaque)?)]),
        // Their calls write nothing.
        OutgoingPart::Read(_) | OutgoingPart::Typing => Ok(Vec::new()),
    }
}

/// A text in as many messages as it needs.
pub fn texts(part: usize, text: &str) -> Result<Vec<Item>, Failure> {
    if text.trim().is_empty() {
        return Err(refuse("missing", format!("part {part}: the text is empty")));
    }
    let pieces = at_word_ends(text, TEXT_UNITS_MAX, Unit::Utf16);
    Ok(pieces.into_iter().map(|text| Item::new(part, json!({ "type": "text", "text": text }))).collect())
}

/// LINE wants a title and an address; where they are not given, something true stands in for them.
fn place(part: usize, location: &Location) -> Result<Vec<Item>, Failure> {
    let (latitude, longitude) = (location.latitude, location.longitude);
    for (name, found, most) in [("latitude", latitude, 90.0), ("longitude", longitude, 180.0)] {
        // Written so that NaN fails as well.
        if !(-most..=most).contains(&found) {
            let what = format!("part {part}: the {name} is `{found}`, expected -{most} to {most}");
            return Err(refuse("unsupported", what));
        }
    }
    let coordinates = format!("{latitude}, {longitude}");
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (name, address) = (given(&location.name), given(&location.address));
    let mut degraded = Vec::new();
    if name.is_none() {
        let stand_in = if address.is_some() { "address stands" } else { "coordinates stand" };
        degraded.push(format!("LINE needs a name: the {stand_in} in for it"));
    }
    if address.is_none() {
        degraded.push("LINE needs an address: the coordinates stand in for it".to_owned());
    }
    let address = address.unwrap_or(coordinates);
    let mut fitting = |what: &str, text: String| match shortened(&text, PLACE_UNITS_MAX, Unit::Utf16) {
        None => text,
        Some(short) => {
            degraded.push(format!("the {what} is shortened to {PLACE_UNITS_MAX} characters"));
            short
        }
    };
    let title = fitting("name", name.unwrap_or_else(|| address.clone()));
    let address = fitting("address", address);
    let content = json!({
        "type": "location",
        "title": title,
        "address": address,
        "latitude": latitude,
        "longitude": longitude,
    });
    let mut items = vec![Item { degraded, ..Item::new(part, content) }];
    if let Some(url) = given(&location.url) {
        let note = "the place's link follows as a text: LINE's places have none";
        items.extend(texts(part, &url)?.into_iter().map(|item| item.degraded(note)));
    }
    Ok(items)
}

/// Cards as text, an empty line between them.
fn contacts(part: usize, cards: &[ContactCard]) -> Result<Vec<Item>, Failure> {
    let cards: Vec<String> = cards.iter().map(card).collect();
    if cards.is_empty() || cards.iter().any(String::is_empty) {
        return Err(refuse("missing", format!("part {part}: a contact card is empty")));
    }
    let note = "contact cards are a text: LINE has none";
    Ok(texts(part, &cards.join("\n\n"))?.into_iter().map(|item| item.degraded(note)).collect())
}

/// What a card holds, a line each. The vCard only where there is nothing else: it says the same for machines.
fn card(card: &ContactCard) -> String {
    let fixed = card.name.iter().chain(&card.organization).chain(&card.phones).chain(&card.emails).cloned();
    let more = card.attributes.iter().map(|(name, value)| format!("{name}: {value}"));
    let lines: Vec<String> = fixed.chain(more).filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return card.vcard.as_deref().unwrap_or_default().trim().to_owned();
    }
    lines.join("\n")
}

/// LINE's own notation: the message object, by its type.
fn native(part: usize, opaque: &Opaque) -> Result<Value, Failure> {
    let wrong = |what: String| refuse("unsupported", format!("part {part}: {what}"));
    let content: Value = serde_json::from_str(&opaque.payload)
        .map_err(|error| wrong(format!("no JSON, line {} column {}", error.line(), error.column())))?;
    let Some(object) = content.as_object() else {
        return Err(wrong("a LINE message is a JSON object".to_owned()));
    };
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind.is_empty() || kind != opaque.name {
        return Err(wrong(format!("the `type` is `{kind}`, expected the part's name `{}`", opaque.name)));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_read_by_people_first() {
        let vcard = Some("BEGIN:VCARD\nFN:Hana\nEND:VCARD\n".to_owned());
        let mut found = ContactCard { vcard, ..ContactCard::default() };
        assert_eq!(card(&found), "BEGIN:VCARD\nFN:Hana\nEND:VCARD");
        found.name = Some("Hana".to_owned());
        found.phones = vec!["+81 3 0000 0000".to_owned()];
        found.attributes = vec![("birthday".to_owned(), "2000-01-01".to_owned())];
        assert_eq!(card(&found), "Hana\n+81 3 0000 0000\nbirthday: 2000-01-01");
    }

    #[test]
    fn a_place_is_on_the_earth() {
        for (latitude, longitude, is) in
            [(90.0, -180.0, true), (90.1, 0.0, false), (0.0, 181.0, false), (f64::NAN, 0.0, false)]
        {
            let location = Location { latitude, longitude, name: None, address: None, url: None };
            assert_eq!(place(0, &location).is_ok(), is, "{latitude} {longitude}");
        }
    }
}
