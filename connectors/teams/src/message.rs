//! Messages: what the contact wrote, chose and attached.

use serde_json::{Map, Value};
use trunkline_sdk::json::RawValue;
use trunkline_sdk::prelude::*;

use crate::attachment;
use crate::conversation::Scene;
use crate::wire::{Entity, filled, parse};

/// What the cards of this connector bring back: see `outbound::choices`.
pub const CHOICE_ID: &str = "choice_id";
/// What the contact saw on the button.
pub const CHOICE_TITLE: &str = "choice_title";
/// What a card says to Teams, and Teams alone.
const FOR_TEAMS: &str = "msteams";

/// A message, new or as it is after an edit.
pub fn message(scene: &Scene) -> Message {
    let activity = scene.activity;
    let entities = scene.entities();
    let attached = attachment::read(activity);
    let text = filled(&activity.text).map(|text| without_mentions(text, &entities, scene));
    let text = text.filter(|text| !text.is_empty());
    let mut parts = Vec::new();
    match activity.value.and_then(choice) {
        // The words that a button puts into the contact's mouth.
        Some(mut choice) => {
            choice.title = choice.title.or(text);
            parts.push(Part::Choice(choice));
        }
        None => parts.extend(text.map(Part::Text)),
    }
    parts.extend(attached.parts);
    // The bot may be mentioned and nothing said; anything else without a content has one that is not understood.
    if parts.is_empty() && filled(&activity.text).is_none() {
        let payload = scene.raw.get().to_owned();
        parts.push(Part::Other(Opaque { name: "message".to_owned(), payload }));
    }
    let quoted = attached.quoted.or_else(|| filled(&activity.reply_to_id).map(str::to_owned));
    Message {
        reply_to: quoted.map(MessageRef::new),
        automated: scene.is_automated(),
        ..Message::new(id(scene), parts)
    }
}

/// Some channels give none: then it is told apart by its content.
pub fn id(scene: &Scene) -> String {
    let id = filled(&scene.activity.id).map(str::to_owned);
    id.unwrap_or_else(|| signature::content_id("activity", &[scene.raw.get()]))
}

/// What a card or a button brings back. None where it is nothing.
pub fn choice(value: &RawValue) -> Option<Choice> {
    match parse::<Value>(value)? {
        Value::Null => None,
        Value::Object(members) if members.is_empty() => None,
        Value::Object(members) => Some(chosen(members)),
        Value::String(id) => Some(Choice { id: Some(id), title: None, data: None }),
        _ => Some(Choice { id: None, title: None, data: Some(value.get().to_owned()) }),
    }
}

/// The members that this connector's own buttons have, and whatever else a card asked for.
pub fn chosen(mut members: Map<String, Value>) -> Choice {
    let mut taken = |name: &str| match members.get(name) {
        Some(Value::String(text)) => {
            let text = text.clone();
            members.shift_remove(name);
            Some(text)
        }
        _ => None,
    };
    let (id, title) = (taken(CHOICE_ID), taken(CHOICE_TITLE));
    members.shift_remove(FOR_TEAMS);
    let data = (!members.is_empty()).then(|| Value::Object(members).to_string());
    Choice { id, title, data }
}

/// The text as the contact sees it: without the mention of the bot, and with others' names instead of their tags.
fn without_mentions(text: &str, entities: &[Entity], scene: &Scene) -> String {
    let mut text = text.to_owned();
    for entity in entities.iter().filter(|entity| filled(&entity.kind) == Some("mention")) {
        let Some(tag) = filled(&entity.text) else { continue };
        let Some(at) = text.find(tag) else { continue };
        let own = entity.mentioned.as_ref().and_then(|account| filled(&account.id));
        let name = if own.is_some_and(|id| scene.is_own(id)) { "" } else { inside(tag) };
        text.replace_range(at..at + tag.len(), name);
    }
    text.trim().to_owned()
}

/// The name in `<at>Ana</at>`.
fn inside(tag: &str) -> &str {
    let inside = tag.strip_prefix("<at").and_then(|rest| rest.split_once('>'));
    inside.and_then(|(_, rest)| rest.strip_suffix("</at>")).unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_stands_for_the_name_in_it() {
        for (tag, name) in [
            ("<at>Ana</at>", "Ana"),
            ("<at id=\"0\">Ana B</at>", "Ana B"),
            ("<at>Ana", "<at>Ana"),
            ("Ana", "Ana"),
            ("<at></at>", ""),
        ] {
            assert_eq!(inside(tag), name, "{tag}");
        }
    }
}
