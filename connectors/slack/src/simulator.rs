//! The inverse: Slack's webhook for an event.

use serde_json::{Map, Value, json};
use trunkline_sdk::form;
use trunkline_sdk::prelude::*;

use crate::address::{channel_and_parent, channel_and_ts};
use crate::{markup, webhook};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// The app that is simulated, and its bot.
const APP: &str = "A0SIMULATED";
const BOT_USER: &str = "U0SIMULATED";

/// Content type and body. None for what Slack has no webhook for.
pub fn body(event: &Event, now: u64) -> Option<(&'static str, String)> {
    let place = Place::of(event);
    let webhook = match &event.kind {
        EventKind::Message(message) if matches!(message.parts.as_slice(), [Part::Choice(_)]) => {
            let payload = press(event, message, &place)?.to_string();
            (FORM, form::encode([("payload", payload.as_str())]))
        }
        kind => {
            let mut item = item(event, kind, &place)?;
            let time = time(event.occurred_at.unwrap_or(now));
            item.entry("event_ts").or_insert_with(|| json!(time));
            (JSON, envelope(event, &item, now).to_string())
        }
    };
    // What this module has not thought of (a part that cannot be said, an unknown item with the name of a known one) is not sent.
    comes_back(event, webhook.0, &webhook.1).then_some(webhook)
}

fn comes_back(event: &Event, content_type: &str, body: &str) -> bool {
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    let request = Request { headers, body: body.as_bytes().to_vec(), ..Request::default() };
    let Ok(answer) = webhook::answer(&request) else { return false };
    let [back] = answer.events.as_slice() else { return false };
    let same = match (&event.kind, &back.kind) {
        (EventKind::Other(sent), EventKind::Other(found)) => sent.name == found.name,
        (sent, found) => sent == found,
    };
    let known = |contact: &Option<Contact>| contact.clone().unwrap_or_default().identifiers;
    let found = known(&back.contact);
    let place = |event: &Event| event.thread.as_ref().map(|thread| thread.id.clone());
    same && back.account == event.account
        && place(back) == place(event)
        && known(&event.contact).iter().all(|sent| found.contains(sent))
}

/// Where it happens.
struct Place<'a> {
    channel: String,
    parent: Option<&'a str>,
    user: Option<&'a str>,
    direct: bool,
}

impl<'a> Place<'a> {
    /// The conversation with a contact has the contact's number, where nothing tells it.
    fn of(event: &'a Event) -> Self {
        let identifiers = event.contact.as_ref().map_or(&[][..], |contact| &contact.identifiers);
        let user = identifiers.iter().find(|identifier| identifier.scheme == IdentifierScheme::Id);
        let user = user.map(|identifier| identifier.value.as_str());
        let (channel, parent) = match &event.thread {
            Some(thread) => {
                let (channel, parent) = channel_and_parent(&thread.id);
                (channel.to_owned(), parent)
            }
            None => {
                let named =
                    message_id(&event.kind).and_then(channel_and_ts).map(|(channel, _)| channel.to_owned());
                let number = user.and_then(|user| user.get(1..)).unwrap_or("0SIMULATED");
                (named.unwrap_or_else(|| format!("D{number}")), None)
            }
        };
        let direct = event.thread.as_ref().is_none_or(|thread| thread.kind == ThreadKind::Direct);
        Self { channel, parent, user, direct }
    }

    fn channel_type(&self) -> &'static str {
        if self.direct { "im" } else { "channel" }
    }
}

fn message_id(kind: &EventKind) -> Option<&str> {
    match kind {
        EventKind::Message(message) | EventKind::Echo(message) | EventKind::Edited(message) => {
            Some(&message.id)
        }
        EventKind::Unsent(target) => Some(&target.id),
        EventKind::Reaction(reaction) => Some(&reaction.target.id),
        _ => None,
    }
}

fn envelope(event: &Event, item: &Map<String, Value>, now: u64) -> Value {
    json!({
        "team_id": event.account,
        "api_app_id": APP,
        "type": "event_callback",
        "event_id": event.id,
        "event_time": event.occurred_at.unwrap_or(now) / 1_000,
        "authorizations": [{
            "enterprise_id": null,
            "team_id": event.account,
            "user_id": BOT_USER,
            "is_bot": true,
            "is_enterprise_install": false,
        }],
        "event": item,
    })
}

/// Seconds and microseconds.
fn time(milliseconds: u64) -> String {
    format!("{}.{:06}", milliseconds / 1_000, milliseconds % 1_000 * 1_000)
}

/// The `ts` of a message id; one that is none of Slack's as it is.
fn ts(id: &str) -> &str {
    channel_and_ts(id).map_or(id, |(_, ts)| ts)
}

/// The field `event`.
fn item(event: &Event, kind: &EventKind, place: &Place) -> Option<Map<String, Value>> {
    let item = match kind {
        EventKind::Message(message) => content(message, place, place.user?, event)?,
        EventKind::Echo(message) => content(message, place, BOT_USER, event)?,
        EventKind::Edited(message) => {
            let mut inner = content(message, place, place.user?, event)?;
            inner["edited"] =
                json!({ "user": place.user, "ts": time(event.occurred_at.unwrap_or_default()) });
            json!({
                "type": "message",
                "subtype": "message_changed",
                "hidden": true,
                "message": inner,
                "previous_message": { "type": "message", "user": place.user, "ts": ts(&message.id) },
            })
        }
        EventKind::Unsent(target) => {
            let user = target.author.as_ref().map(|author| author.value.as_str()).or(place.user);
            let before =
                json!({ "type": "message", "user": user, "ts": ts(&target.id), "thread_ts": place.parent });
            json!({
                "type": "message",
                "subtype": "message_deleted",
                "hidden": true,
                "deleted_ts": ts(&target.id),
                "previous_message": before,
            })
        }
        EventKind::Reaction(reaction) => {
            // An emoji has several names: without one it would come back with another.
            let at = json!({ "type": "message", "channel": place.channel, "ts": ts(&reaction.target.id) });
            return object(json!({
                "type": if reaction.emoji.is_some() { "reaction_added" } else { "reaction_removed" },
                "user": place.user?,
                "reaction": reaction.name.as_deref()?,
                "item_user": reaction.target.author.as_ref().map(|author| &author.value),
                "item": at,
            }));
        }
        EventKind::Membership(membership) => {
            let name = match membership.change {
                MembershipChange::Joined => "member_joined_channel",
                MembershipChange::Left => "member_left_channel",
                MembershipChange::Other(_) => return None,
            };
            let user = match membership.members.as_slice() {
                [] => BOT_USER,
                [member] => member.identifiers.first()?.value.as_str(),
                _ => return None,
            };
            json!({ "type": name, "user": user })
        }
        EventKind::Other(opaque) => {
            let mut content: Map<String, Value> = serde_json::from_str(&opaque.payload).ok()?;
            content.entry("type").or_insert_with(|| json!(opaque.name));
            if let Some(user) = place.user {
                content.entry("user").or_insert_with(|| json!(user));
            }
            return Some(content);
        }
        _ => return None,
    };
    let mut item = object(item)?;
    item.insert("channel".to_owned(), json!(place.channel));
    item.insert("channel_type".to_owned(), json!(place.channel_type()));
    Some(item)
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// A message of text and files.
fn content(message: &Message, place: &Place, user: &str, event: &Event) -> Option<Value> {
    let (text, rest) = match message.parts.as_slice() {
        [Part::Text(text), rest @ ..] => (markup::escaped(text), rest),
        rest => (String::new(), rest),
    };
    let mut files = Vec::new();
    for part in rest {
        let Part::Media(media) = part else { return None };
        files.push(file(media)?);
    }
    let mut content = json!({ "type": "message", "user": user, "text": text, "ts": ts(&message.id) });
    if !files.is_empty() {
        content["subtype"] = json!("file_share");
        content["files"] = json!(files);
    }
    if let Some(parent) = place.parent {
        content["thread_ts"] = json!(parent);
        let author = message.reply_to.as_ref().and_then(|target| target.author.as_ref());
        content["parent_user_id"] = json!(author.map(|author| &author.value));
    }
    if let Some(name) = event.contact.as_ref().and_then(|contact| contact.name.as_ref()) {
        content["user_profile"] = json!({ "display_name": name });
    }
    Some(content)
}

/// What Slack keeps is fetched by its id; anything else is somewhere else.
fn file(media: &Media) -> Option<Value> {
    let (mode, id, url) = match &media.source {
        MediaSource::Reference(id) => ("hosted", id.as_str(), None),
        MediaSource::Url(url) => ("external", "F0SIMULATED", Some(url)),
        MediaSource::Bytes(_) => return None,
    };
    let (filetype, subtype) = match media.kind {
        MediaKind::Image => ("jpg", None),
        MediaKind::Video => ("mp4", None),
        MediaKind::Audio => ("mp3", None),
        MediaKind::Voice => ("m4a", Some("slack_audio")),
        _ => ("binary", None),
    };
    Some(json!({
        "id": id,
        "name": media.name,
        "mimetype": media.content_type,
        "filetype": filetype,
        "subtype": subtype,
        "size": media.size,
        "duration_ms": media.duration_ms,
        "mode": mode,
        "url_private": url,
    }))
}

/// A button that was pressed.
fn press(event: &Event, message: &Message, place: &Place) -> Option<Value> {
    let [Part::Choice(choice)] = message.parts.as_slice() else { return None };
    let text = choice.title.as_ref().map(|title| json!({ "type": "plain_text", "text": title }));
    let values: Value = match &choice.data {
        Some(data) => serde_json::from_str(data).ok()?,
        None => json!({}),
    };
    let asked = message.reply_to.as_ref().map(|target| ts(&target.id));
    let moment = message.id.strip_prefix("action:").unwrap_or(&message.id);
    Some(json!({
        "type": "block_actions",
        "user": { "id": place.user?, "team_id": event.account },
        "api_app_id": APP,
        "container": { "type": "message", "message_ts": asked, "channel_id": place.channel, "thread_ts": place.parent },
        "trigger_id": event.id,
        "team": { "id": event.account },
        "enterprise": null,
        "is_enterprise_install": false,
        "channel": { "id": place.channel },
        "state": { "values": values },
        "actions": [{
            "type": "button",
            "action_id": "choice-0",
            "block_id": "simulated",
            "text": text,
            "value": choice.id,
            "action_ts": moment,
        }],
    }))
}
