//! Pushes of the type `event`: follows, menu entries, reports, agents.
//!
//! WeChat writes the names in mixed case (`subscribe`, `SCAN`): case does not matter.

mod report;
mod subscription;

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;

use crate::document::{Element, snake_case};
use crate::event::{Item, attributes};

/// Before the scene of a code, where a new follower scanned it.
const SCENE_PREFIX: &str = "qrscene_";

/// The events of one push.
pub fn events(item: &Item) -> Vec<Event> {
    let name = item.field("Event").unwrap_or("event");
    let known = name.to_ascii_lowercase();
    let key = item.field("EventKey").unwrap_or_default();
    let id = item.id(&[&known, key]);
    let one = |kind, read: &[&str]| vec![item.event(id.clone(), kind, read)];
    match known.as_str() {
        "subscribe" => followed(item, &id, key),
        "unsubscribe" => one(consent(ConsentState::Revoked, "unfollow"), &["EventKey"]),
        "scan" => one(EventKind::Referral(scanned(item, key)), &["EventKey", "Ticket"]),
        "user_enter_tempsession" => {
            let mut referral = Referral { source: name.to_owned(), ..Referral::default() };
            referral.ref_ = item.text("SessionFrom");
            one(EventKind::Referral(referral), &["SessionFrom"])
        }
        "click" | "scancode_push" | "scancode_waitmsg" | "pic_sysphoto" | "pic_photo_or_album"
        | "pic_weixin" | "location_select" => one(chosen(item, &id, key), &["EventKey"]),
        "templatesendjobfinish" => report::template(item, &known),
        "masssendjobfinish" => report::mass(item, name),
        "subscribe_msg_sent_event" => report::subscription_messages(item, &id),
        "subscribe_msg_popup_event" | "subscribe_msg_change_event" => {
            subscription::consents(item, &id, &known)
        }
        "kf_create_session" | "kf_switch_session" => {
            let previous = item.text("FromKfAccount");
            let new = item.text("ToKfAccount").or(item.text("KfAccount"));
            one(handover(HandoverAction::TakenFromUs, previous, new), &AGENTS)
        }
        "kf_close_session" => one(handover(HandoverAction::GivenToUs, item.text("KfAccount"), None), &AGENTS),
        // What the contact did, but nothing that this model has a name for (`VIEW`, `LOCATION`, `card_…`), and names that
        // are yet to come.
        _ => one(item.other(name), &[]),
    }
}

const AGENTS: [&str; 3] = ["KfAccount", "FromKfAccount", "ToKfAccount"];

fn consent(state: ConsentState, origin: &str) -> EventKind {
    EventKind::Consent(Consent { state, scope: "all".to_owned(), origin: origin.to_owned() })
}

fn handover(action: HandoverAction, previous_owner: Option<String>, new_owner: Option<String>) -> EventKind {
    EventKind::Handover(Handover { action, previous_owner, new_owner, note: None })
}

/// A follower, and the code that led here where there was one.
fn followed(item: &Item, id: &str, key: &str) -> Vec<Event> {
    let scene = key.strip_prefix(SCENE_PREFIX);
    let read: &[&str] = if scene.is_some() { &["EventKey", "Ticket"] } else { &[] };
    let mut events = vec![item.event(id, consent(ConsentState::Granted, "follow"), read)];
    if let Some(scene) = scene {
        let referral = EventKind::Referral(scanned(item, scene));
        events.push(item.event(format!("{id}:referral"), referral, read));
    }
    events
}

/// A code that we made, with a scene of ours in it.
fn scanned(item: &Item, scene: &str) -> Referral {
    Referral {
        source: "qrscene".to_owned(),
        ref_: Some(scene.to_owned()).filter(|scene| !scene.is_empty()),
        id: item.text("Ticket"),
        ..Referral::default()
    }
}

/// An entry of the account's menu. It has no message id but that of the event.
fn chosen(item: &Item, id: &str, key: &str) -> EventKind {
    // What was scanned, photographed, or looked for.
    let details = item.root.children.iter().filter(|field| !field.children.is_empty());
    let details: Map<String, Value> = details.map(|field| (snake_case(&field.name), value(field))).collect();
    let choice = Choice {
        id: Some(key.to_owned()),
        title: None,
        data: (!details.is_empty()).then(|| Value::Object(details).to_string()),
    };
    EventKind::Message(Message::new(id, vec![Part::Choice(choice)]))
}

/// An element as JSON. What stands twice is a list.
fn value(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::from(element.text.trim());
    }
    let mut object = Map::new();
    for child in &element.children {
        let value = value(child);
        match object.get_mut(&snake_case(&child.name)) {
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => drop(object.insert(snake_case(&child.name), value)),
        }
    }
    Value::Object(object)
}

/// What an item says is about itself alone, also where it is no more than a word.
const LIST: [&str; 1] = ["List"];

/// The items of a list that stands in an element of its own, or at the top.
fn listed<'a>(item: &Item<'a>, holders: &[&str]) -> Vec<&'a Element> {
    let holder = holders.iter().find_map(|name| item.root.child(name)).unwrap_or(item.root);
    holder.all("List").collect()
}

/// An item of a list that is not as expected: kept as it is.
fn strange(item: &Item, id: String, name: &str, element: &Element) -> Event {
    let opaque = Opaque { name: name.to_owned(), payload: value(element).to_string() };
    item.event(id, EventKind::Other(opaque), &LIST)
}

/// An event for an item of a list, with the item's own fields as attributes.
fn of_list(item: &Item, id: String, kind: EventKind, element: &Element, read: &[&str]) -> Event {
    let mut event = item.event(id, kind, &LIST);
    event.attributes.extend(attributes(&element.children, read));
    event
}
