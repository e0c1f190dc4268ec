//! The inverse: the platform's JSON for an event.

use serde_json::{Value, json};
use trunkline_model::{
    ConsentState, Contact, Event, EventKind, Handover, HandoverAction, IdentifierScheme, MediaSource,
    Message, Opaque, Part, Referral,
};

use super::{Product, envelope};

/// The envelope with one item. None for what the product has no webhook for.
///
/// What was made is read again: an event that would come out otherwise than it went in (a caption, a kind of
/// media that the product does not tell apart) is none that it could send.
pub fn envelope<P: Product>(event: &Event, now: u64) -> Option<Value> {
    let time = event.occurred_at.unwrap_or(now);
    let made = match &event.kind {
        EventKind::Other(opaque) => {
            let payload: Value = serde_json::from_str(&opaque.payload).ok()?;
            in_entry::<P>(event, time, "changes", json!({ "field": opaque.name, "value": payload }))
        }
        _ => in_entry::<P>(event, time, "messaging", item::<P>(event, time)?),
    };
    let events = envelope::events::<P>(made.to_string().as_bytes()).ok()?;
    let [read] = events.as_slice() else { return None };
    (read.account == event.account && same(&read.kind, &event.kind)).then_some(made)
}

/// Payloads are the same where they are the same JSON.
fn same(left: &EventKind, right: &EventKind) -> bool {
    let (EventKind::Other(left), EventKind::Other(right)) = (left, right) else { return left == right };
    let value = |opaque: &Opaque| serde_json::from_str::<Value>(&opaque.payload).ok();
    left.name == right.name && value(left) == value(right)
}

fn in_entry<P: Product>(event: &Event, time: u64, list: &str, item: Value) -> Value {
    let mut entry = json!({ "id": event.account, "time": time });
    let list =
        if event.attribute("standby") == Some("true") && list == "messaging" { "standby" } else { list };
    entry[list] = json!([item]);
    json!({ "object": P::OBJECT, "entry": [entry] })
}

fn item<P: Product>(event: &Event, time: u64) -> Option<Value> {
    let contact = party(event.contact.as_ref()?)?;
    let account = json!({ "id": event.account });
    let (key, content) = content::<P>(event, time)?;
    let (sender, recipient) =
        if matches!(event.kind, EventKind::Echo(_)) { (account, contact) } else { (contact, account) };
    let mut item = json!({ "sender": sender, "recipient": recipient, "timestamp": time });
    item[key] = content;
    Some(item)
}

fn party(contact: &Contact) -> Option<Value> {
    let mut party = json!({});
    for identifier in &contact.identifiers {
        match &identifier.scheme {
            IdentifierScheme::Id => party["id"] = json!(identifier.value),
            IdentifierScheme::Other(name) if name == "user_ref" => party[name] = json!(identifier.value),
            _ => {}
        }
    }
    (party != json!({})).then_some(party)
}

fn content<P: Product>(event: &Event, time: u64) -> Option<(&'static str, Value)> {
    Some(match &event.kind {
        EventKind::Message(message) => self::message(message, event)?,
        EventKind::Echo(message) => {
            let (key, mut content) = self::message(message, event)?;
            content["is_echo"] = json!(true);
            (key, content)
        }
        EventKind::Edited(message) => {
            let [Part::Text(text)] = message.parts.as_slice() else { return None };
            ("message_edit", json!({ "mid": message.id, "text": text, "num_edit": 1 }))
        }
        EventKind::Unsent(target) => ("message", json!({ "mid": target.id, "is_deleted": true })),
        EventKind::Reaction(reaction) => {
            let action = if reaction.emoji.is_some() { "react" } else { "unreact" };
            let mut content = json!({ "mid": reaction.target.id, "action": action });
            put(&mut content, "emoji", &reaction.emoji);
            put(&mut content, "reaction", &reaction.name);
            ("reaction", content)
        }
        EventKind::Consent(consent) => {
            let mut content = json!({ "type": consent.scope });
            match (&consent.state, &*consent.origin) {
                (ConsentState::Granted, "optin") => {}
                (ConsentState::Granted, _) => {
                    content["notification_messages_status"] = json!("RESUME NOTIFICATIONS");
                }
                _ => content["notification_messages_status"] = json!("STOP NOTIFICATIONS"),
            }
            ("optin", content)
        }
        EventKind::Referral(referral) => ("referral", self::referral(referral)),
        EventKind::Handover(handover) => self::handover(handover),
        _ => return P::simulated(event, time),
    })
}

fn message(message: &Message, event: &Event) -> Option<(&'static str, Value)> {
    let mut content = json!({ "mid": message.id });
    if let Some(referral) = &message.referral {
        content["referral"] = self::referral(referral);
    }
    match message.parts.as_slice() {
        [Part::Choice(choice)] if message.reply_to.is_none() => {
            put(&mut content, "title", &choice.title);
            put(&mut content, "payload", &choice.id);
            return Some(("postback", content));
        }
        [Part::Choice(choice)] => {
            content["text"] = json!(choice.title);
            content["quick_reply"] = json!({ "payload": choice.id });
        }
        parts => {
            let attached = parts.iter().filter_map(attachment).collect::<Vec<_>>();
            if !attached.is_empty() {
                content["attachments"] = json!(attached);
            }
            if let Some(Part::Text(text)) = parts.first() {
                content["text"] = json!(text);
            }
        }
    }
    if let Some(quoted) = &message.reply_to {
        content["reply_to"] = json!({ "mid": quoted.id });
    }
    for (name, member) in [("story_id", "id"), ("story_url", "url")] {
        if let Some(value) = event.attribute(name) {
            content["reply_to"]["story"][member] = json!(value);
        }
    }
    Some(("message", content))
}

fn attachment(part: &Part) -> Option<Value> {
    match part {
        Part::Media(media) => {
            let MediaSource::Url(url) = &media.source else { return None };
            let mut payload = json!({ "url": url });
            for (name, value) in &media.attributes {
                payload[name] = json!(value);
            }
            Some(json!({ "type": media.kind, "payload": payload }))
        }
        Part::Location(place) => {
            let coordinates = json!({ "lat": place.latitude, "long": place.longitude });
            let mut attachment = json!({ "type": "location", "payload": { "coordinates": coordinates } });
            put(&mut attachment, "title", &place.name);
            put(&mut attachment, "url", &place.url);
            Some(attachment)
        }
        _ => None,
    }
}

fn referral(referral: &Referral) -> Value {
    let mut content = json!({ "source": referral.source });
    put(&mut content, "ref", &referral.ref_);
    put(&mut content, "ad_id", &referral.id);
    put(&mut content, "referer_uri", &referral.url);
    put(&mut content, "ad_title", &referral.headline);
    for (name, value) in &referral.attributes {
        content[name] = json!(value);
    }
    content
}

fn handover(handover: &Handover) -> (&'static str, Value) {
    let (key, owner) = match handover.action {
        HandoverAction::TakenFromUs => ("take_thread_control", "new_owner_app_id"),
        HandoverAction::Requested => ("request_thread_control", "requested_owner_app_id"),
        _ => ("pass_thread_control", "new_owner_app_id"),
    };
    let mut content = json!({});
    put(&mut content, "previous_owner_app_id", &handover.previous_owner);
    put(&mut content, owner, &handover.new_owner);
    put(&mut content, "metadata", &handover.note);
    (key, content)
}

fn put(object: &mut Value, name: &str, text: &Option<String>) {
    if let Some(text) = text {
        object[name] = json!(text);
    }
}
