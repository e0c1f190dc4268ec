//! Which activity is what.

use serde::Deserialize;
use trunkline_sdk::json::{Number, RawValue, lenient};
use trunkline_sdk::prelude::*;

use crate::conversation::Scene;
use crate::wire::{Activity, filled, parse};
use crate::{invoke, message, reaction, roster};

const READ_RECEIPT: &str = "application/vnd.microsoft.readReceipt";

/// Every event of an activity, which the token stands for.
pub fn events(raw: &RawValue, activity: &Activity, app_id: &str) -> Vec<Event> {
    let scene = Scene::new(raw, activity, app_id);
    let name = filled(&activity.kind).unwrap_or("activity");
    let found = match name {
        "message" if scene.is_echo() => vec![scene.event(&[], EventKind::Echo(message::message(&scene)))],
        "message" => vec![scene.event(&[], EventKind::Message(message::message(&scene)))],
        "messageUpdate" => changed(&scene, name, |_| Some(EventKind::Edited(message::message(&scene)))),
        "messageDelete" => changed(&scene, name, |id| Some(EventKind::Unsent(MessageRef::new(id)))),
        "messageReaction" => reaction::events(&scene),
        "conversationUpdate" => roster::changed(&scene),
        "installationUpdate" => roster::installed(&scene),
        "typing" => vec![scene.event(&[name, timestamp(activity)], EventKind::Typing(Typing::Started))],
        "event" => read(&scene).into_iter().collect(),
        "invoke" => invoke::event(&scene).into_iter().collect(),
        _ => Vec::new(),
    };
    if !found.is_empty() {
        return found;
    }
    // An event or an invoke says by its name what it is; all others by their type.
    let named = matches!(name, "event" | "invoke").then(|| filled(&activity.name)).flatten();
    vec![scene.other(&[name], named.unwrap_or(name), raw)]
}

/// An edit keeps the id of the message: each is told from the others by its time.
fn changed(scene: &Scene, name: &str, kind: impl Fn(&str) -> Option<EventKind>) -> Vec<Event> {
    let id = filled(&scene.activity.id);
    let event = id.and_then(kind).map(|kind| scene.event(&[name, timestamp(scene.activity)], kind));
    event.into_iter().collect()
}

fn timestamp<'a>(activity: &'a Activity) -> &'a str {
    filled(&activity.timestamp).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadReceipt {
    #[serde(default, deserialize_with = "lenient")]
    last_read_message_id: Option<Number>,
}

/// Ids of messages are times: everything up to that one was read.
fn read(scene: &Scene) -> Option<Event> {
    if filled(&scene.activity.name) != Some(READ_RECEIPT) {
        return None;
    }
    let receipt: ReadReceipt = parse(scene.activity.value?)?;
    let id = receipt.last_read_message_id?.0;
    // Exact, and after 2001.
    let up_to = (1e12..9e15).contains(&id).then_some(id as u64)?;
    let kind = EventKind::Watermark(Watermark { state: DeliveryState::Read, up_to });
    Some(scene.event(&["event", &up_to.to_string()], kind))
}
