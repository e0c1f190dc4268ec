//! Texts, places, address cards, reactions, and what the sender wrote in WhatsApp's own notation.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends};

use super::{Draft, REACTION};

/// WhatsApp does not say what it counts. No counting gives more than UTF-16.
pub const UNIT: Unit = Unit::Utf16;
/// Of one text.
const TEXT_UNITS_MAX: usize = 4_096;
/// Of one message.
const CONTACTS_MAX: usize = 257;

/// What a message says about itself: the content must not write over it.
const RESERVED: [&str; 11] = [
    "biz_opaque_callback_data",
    "context",
    "message_id",
    "messaging_product",
    "recipient",
    "recipient_identity_key_hash",
    "recipient_type",
    "status",
    "to",
    "type",
    "typing_indicator",
];

/// A text, in as many messages as it needs, perhaps with a subject above it.
pub fn text(part: usize, text: &str, subject: Option<&str>) -> Result<Vec<Draft>, Failure> {
    if text.trim().is_empty() {
        return Err(refuse("missing", format!("part {part}: the text is empty")));
    }
    let Some(subject) = subject else { return Ok(pieces(part, text)) };
    let mut drafts = pieces(part, &format!("{}\n\n{text}", subject.trim()));
    drafts[0].degraded.push("WhatsApp has no subject: it stands above the text".to_owned());
    Ok(drafts)
}

/// At least one message.
pub fn pieces(part: usize, text: &str) -> Vec<Draft> {
    let pieces = at_word_ends(text, TEXT_UNITS_MAX, UNIT);
    let count = pieces.len();
    let mut drafts: Vec<_> = pieces.into_iter().map(|piece| text_message(part, &piece)).collect();
    if count > 1 {
        let note = format!("the text is longer than {TEXT_UNITS_MAX} characters: sent as {count} messages");
        drafts[0].degraded.push(note);
    }
    drafts
}

/// WhatsApp shows a preview of the first link only where it is asked to.
fn text_message(part: usize, text: &str) -> Draft {
    let link = text.contains("https://") || text.contains("http://");
    Draft::new(part, "text", json!({ "body": text, "preview_url": link }))
}

/// A place; its link, which WhatsApp has no field for, follows as a text.
pub fn location(part: usize, place: &Location) -> Result<Vec<Draft>, Failure> {
    // False for what is no number as well.
    if !((-90.0..=90.0).contains(&place.latitude) && (-180.0..=180.0).contains(&place.longitude)) {
        return Err(unsupported(part, "place outside of -90 to 90 and -180 to 180 degrees"));
    }
    let mut content = json!({ "latitude": place.latitude, "longitude": place.longitude });
    for (name, value) in [("name", &place.name), ("address", &place.address)] {
        if let Some(value) = filled(value) {
            content[name] = json!(value);
        }
    }
    let mut drafts = vec![Draft::new(part, "location", content)];
    if let Some(url) = filled(&place.url) {
        drafts[0].degraded.push("a place has no link: it follows as a text".to_owned());
        drafts.extend(pieces(part, url));
    }
    Ok(drafts)
}

/// Address cards, all in one message.
pub fn contacts(part: usize, cards: &[ContactCard]) -> Result<Draft, Failure> {
    if cards.is_empty() {
        return Err(refuse("missing", format!("part {part}: there are no contacts")));
    }
    if cards.len() > CONTACTS_MAX {
        let count = cards.len();
        let what = format!("part {part}: {count} contacts, at most {CONTACTS_MAX} go into one message");
        return Err(refuse("too_many", what));
    }
    let mut draft = Draft::new(part, "contacts", Value::Null);
    let rendered: Result<Vec<_>, _> =
        cards.iter().map(|card| contact(part, card, &mut draft.degraded)).collect();
    draft.content = Value::Array(rendered?);
    Ok(draft)
}

fn contact(part: usize, card: &ContactCard, degraded: &mut Vec<String>) -> Result<Value, Failure> {
    let first = |list: &[String]| list.first().cloned();
    let name = filled(&card.name).or(filled(&card.organization)).map(str::to_owned);
    let Some(name) = name.or_else(|| first(&card.phones)).or_else(|| first(&card.emails)) else {
        let what =
            format!("part {part}: a contact needs a name, an organization, a phone number or an address");
        return Err(refuse("missing", what));
    };
    // WhatsApp wants one more name beside the formatted one.
    let mut content = json!({ "name": { "formatted_name": name, "first_name": name } });
    let list = |member: &str, values: &[String]| -> Value {
        values.iter().map(|value| json!({ member: value })).collect()
    };
    if !card.phones.is_empty() {
        content["phones"] = list("phone", &card.phones);
    }
    if !card.emails.is_empty() {
        content["emails"] = list("email", &card.emails);
    }
    if let Some(company) = filled(&card.organization) {
        content["org"] = json!({ "company": company });
    }
    let mut left_out: Vec<&str> = Vec::new();
    for (attribute, value) in &card.attributes {
        match attribute.as_str() {
            // As the webhook has them.
            "addresses" | "urls" => match serde_json::from_str::<Value>(value) {
                Ok(list @ Value::Array(_)) => content[attribute.as_str()] = list,
                _ => left_out.push(attribute),
            },
            "birthday" => content["birthday"] = json!(value),
            _ => left_out.push(attribute),
        }
    }
    left_out.extend(card.vcard.as_ref().map(|_| "vcard"));
    if !left_out.is_empty() {
        degraded.push(format!("left out of the contact `{name}`: {}", left_out.join(", ")));
    }
    Ok(content)
}

/// An emoji on a message; an empty one takes it back.
pub fn reaction(part: usize, reaction: &OutgoingReaction) -> Result<Draft, Failure> {
    if reaction.target.id.is_empty() {
        return Err(refuse("missing", format!("part {part}: the reaction names no message")));
    }
    let emoji = reaction.emoji.as_deref().unwrap_or_default();
    Ok(Draft::new(part, REACTION, json!({ "message_id": reaction.target.id, "emoji": emoji })))
}

/// `name` is WhatsApp's `type`, `payload` what stands under that name.
pub fn native(part: usize, native: &Opaque) -> Result<Draft, Failure> {
    let name = native.name.as_str();
    let snake = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if name.is_empty() || !snake || RESERVED.contains(&name) {
        return Err(unsupported(part, &format!("message type `{name}`")));
    }
    match serde_json::from_str::<Value>(&native.payload) {
        Ok(content @ (Value::Object(_) | Value::Array(_))) => Ok(Draft::new(part, name, content)),
        _ => Err(unsupported(part, &format!("`{name}` whose payload is no JSON object or list"))),
    }
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_room_for_so_many_contacts() {
        let card = ContactCard { name: Some("Ana".to_owned()), ..ContactCard::default() };
        let contacts = |count: usize| contacts(3, &vec![card.clone(); count]);
        assert_eq!(contacts(257).map(|draft| draft.content.as_array().map(Vec::len)), Ok(Some(257)));
        let failure = contacts(258).expect_err("too many");
        assert_eq!(failure.code.as_deref(), Some("too_many"));
        assert!(failure.message.is_some_and(|message| message.starts_with("part 3: 258 contacts")));
    }

    #[test]
    fn no_degrees_are_no_place() {
        for (latitude, longitude, expected) in
            [(90.0, 180.0, true), (-90.0, -180.0, true), (90.1, 0.0, false), (0.0, f64::NAN, false)]
        {
            let place = Location { latitude, longitude, ..Location::default() };
            assert_eq!(location(0, &place).is_ok(), expected, "{latitude} {longitude}");
        }
    }
}
