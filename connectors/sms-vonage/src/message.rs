//! What a contact wrote, by the Messages API.

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::scalar::{attributes, member};
use crate::{address, consent, media};

/// Members that are told otherwise.
const TOLD: [&str; 7] = ["channel", "from", "message_type", "message_uuid", "text", "timestamp", "to"];

/// The message, and a consent where it is an opt-out or opt-in keyword.
pub fn events(id: &str, kind: &str, object: &Map<String, Value>) -> Vec<Event> {
    let channel =
        member(object, "channel").map_or_else(|| "sms".to_owned(), |name| name.to_ascii_lowercase());
    let ours = member(object, "to").unwrap_or_default();
    let name = inner(object, "profile", "name");
    let typed = member(object, "text").filter(|_| kind == "text");
    let mut event = Event::new(id, address::account(&ours, &channel), event_kind(id, kind, object, &channel));
    event.occurred_at = member(object, "timestamp").as_deref().and_then(iso8601);
    event.contact = address::contact(member(object, "from").as_deref(), &channel, name.as_deref());
    event.attributes = rest(kind, object);
    event.attributes.insert(0, ("channel".to_owned(), channel));
    consent::events(event, typed.as_deref())
}

/// A member of a member.
fn inner(object: &Map<String, Value>, outer: &str, name: &str) -> Option<String> {
    member(object.get(outer)?.as_object()?, name)
}

/// What nothing else reads.
fn rest(kind: &str, object: &Map<String, Value>) -> Attributes {
    let mut rest = object.clone();
    for (outer, names) in [
        ("profile", &["name"][..]),
        ("context", &["message_uuid", "message_from"]),
        ("whatsapp", &["referral"]),
    ] {
        if let Some(Value::Object(members)) = rest.get_mut(outer) {
            names.iter().for_each(|name| drop(members.remove(*name)));
        }
    }
    let told: Vec<&str> = TOLD.into_iter().chain([kind]).collect();
    attributes(&rest, &told)
}

fn event_kind(id: &str, kind: &str, object: &Map<String, Value>, channel: &str) -> EventKind {
    let quoted = inner(object, "context", "message_uuid");
    if let ("reaction", Some(target), Some(Value::Object(reaction))) = (kind, &quoted, object.get(kind)) {
        let removed = member(reaction, "action").as_deref() == Some("unreact");
        let emoji = member(reaction, "emoji").filter(|_| !removed);
        return EventKind::Reaction(Reaction { target: MessageRef::new(target), emoji, name: None });
    }
    let part = part(kind, object).unwrap_or_else(|| {
        let payload = serde_json::to_string(object).unwrap_or_default();
        Part::Other(Opaque { name: kind.to_owned(), payload })
    });
    let author = inner(object, "context", "message_from").map(|from| address::identifier(&from, channel));
    EventKind::Message(Message {
        id: id.to_owned(),
        parts: vec![part],
        reply_to: quoted.map(|id| MessageRef { id, author }),
        referral: object
            .get("whatsapp")
            .and_then(|whatsapp| referral(whatsapp.get("referral")?.as_object()?)),
        ..Message::default()
    })
}

/// None where the kind is not known, or its content has not the form expected.
fn part(kind: &str, object: &Map<String, Value>) -> Option<Part> {
    let content = || object.get(kind)?.as_object();
    Some(match kind {
        "text" => Part::Text(object.get("text")?.as_str()?.to_owned()),
        "image" | "audio" | "video" | "file" | "vcard" | "sticker" => {
            Part::Media(media::media(kind, content()?)?)
        }
        "location" => {
            let place = content()?;
            let degrees = |name, most: f64| {
                let degrees = member(place, name)?.parse::<f64>().ok()?;
                (-most..=most).contains(&degrees).then_some(degrees)
            };
            Part::Location(Location {
                latitude: degrees("lat", 90.0)?,
                longitude: degrees("long", 180.0)?,
                name: member(place, "name"),
                address: member(place, "address"),
                url: member(place, "url"),
            })
        }
        "reply" => choice(content()?, "id", "title")?,
        "button" => choice(content()?, "payload", "text")?,
        "order" => order(content()?)?,
        _ => return None,
    })
}

fn choice(content: &Map<String, Value>, id: &str, title: &str) -> Option<Part> {
    let choice = Choice { id: member(content, id), title: member(content, title), data: None };
    (choice.id.is_some() || choice.title.is_some()).then_some(Part::Choice(choice))
}

fn order(content: &Map<String, Value>) -> Option<Part> {
    let item = |value: &Value| {
        let item = value.as_object()?;
        let quantity = member(item, "quantity").map_or(Some(1.0), |quantity| quantity.parse().ok())?;
        Some(OrderItem {
            id: member(item, "product_retailer_id")?,
            name: None,
            quantity,
            unit_price: member(item, "item_price"),
            currency: member(item, "currency"),
        })
    };
    // An order of which an item is missing would be a wrong one.
    let items: Option<Vec<OrderItem>> = content.get("product_items")?.as_array()?.iter().map(item).collect();
    Some(Part::Order(Order {
        catalog: member(content, "catalog_id"),
        items: items?,
        note: member(content, "text"),
    }))
}

/// The advertisement that the contact clicked.
fn referral(members: &Map<String, Value>) -> Option<Referral> {
    let known = ["body", "ctwa_clid", "headline", "source_id", "source_type", "source_url"];
    Some(Referral {
        source: member(members, "source_type").unwrap_or_else(|| "ad".to_owned()),
        ref_: member(members, "ctwa_clid"),
        id: member(members, "source_id"),
        url: member(members, "source_url"),
        headline: member(members, "headline"),
        body: member(members, "body"),
        attributes: attributes(members, &known),
    })
}
