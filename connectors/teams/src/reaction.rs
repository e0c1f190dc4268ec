//! Reactions: an activity holds those that were added and those that were taken back.

use serde::Deserialize;
use trunkline_sdk::json::{RawValue, Text, lenient};
use trunkline_sdk::prelude::*;

use crate::conversation::Scene;
use crate::wire::{few_items, filled, parse};

/// `{"type":"like"}`
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    kind: Option<Text>,
}

/// An event for each reaction. Its id holds what it is, not where it stands: a neighbour must not change it.
pub fn events(scene: &Scene) -> Vec<Event> {
    let (added, removed) = (scene.activity.reactions_added, scene.activity.reactions_removed);
    let mut events = Vec::new();
    for (change, list) in [("added", added), ("removed", removed)] {
        let Some(list) = list else { continue };
        let Some(items) = few_items(list) else {
            events.push(scene.other(&["messageReaction", change], "messageReaction", list));
            continue;
        };
        for item in items {
            events.push(event(scene, change, item).unwrap_or_else(|| {
                let hash = signature::content_id("item", &[item.get()]);
                scene.other(&["messageReaction", change, &hash], "messageReaction", item)
            }));
        }
    }
    events
}

/// None where it has no type, or the activity no message that it is about.
fn event(scene: &Scene, change: &str, item: &RawValue) -> Option<Event> {
    let reaction: Item = parse(item).filter(|_| item.get().starts_with('{'))?;
    let name = filled(&reaction.kind)?;
    let target = filled(&scene.activity.reply_to_id).or_else(|| scene.root())?;
    let kind = EventKind::Reaction(Reaction {
        target: MessageRef::new(target),
        // Without one it would be taken back.
        emoji: (change == "added").then(|| emoji(name).unwrap_or_else(|| name.to_owned())),
        name: Some(name.to_owned()),
    });
    Some(scene.event(&["messageReaction", change, name], kind))
}

/// The six that have names, and those that say which character they are: `1f440_eyes`, `1f468-1f3fd_man`.
fn emoji(name: &str) -> Option<String> {
    let known = match name {
        "like" => "👍",
        "heart" => "❤️",
        "laugh" => "😆",
        "surprised" => "😮",
        "sad" => "😢",
        "angry" => "😠",
        _ => {
            let (points, _) = name.split_once('_')?;
            let letter = |point: &str| char::from_u32(u32::from_str_radix(point, 16).ok()?);
            let letters: Option<String> = points.split('-').map(letter).collect();
            // A word such as `face` is hexadecimal, too.
            return letters.filter(|letters| !letters.is_ascii() && !letters.contains(char::is_alphabetic));
        }
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_characters() {
        for (name, expected) in [
            ("like", Some("👍")),
            ("1f440_eyes", Some("👀")),
            ("1f468-1f3fd_manmediumtone", Some("👨🏽")),
            ("2705_whiteheavycheckmark", Some("✅")),
            ("face_palm", None),
            ("d800_surrogate", None),
            ("ffffffffff_", None),
            ("_", None),
            ("plusOne", None),
        ] {
            assert_eq!(emoji(name).as_deref(), expected, "{name}");
        }
    }
}
