//! The inverse: a body in which the mapping finds the event.

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::to_iso8601;

use crate::mapping::{
    ACCOUNT, CONTACT, ERROR, EVENT, MEDIA, MEDIA_TYPE, MESSAGE, Mapping, Meaning, NAME, REPLY_TO, TEXT,
    THREAD, TIME, TYPE,
};
use crate::message::{kind_by_ending, kind_by_type};

/// The body as JSON. None where the mapping has no place for what the event says.
pub fn body(event: &Event, now: u64, mapping: &Mapping) -> Option<String> {
    let mut body = Body { value: Value::Object(Map::new()), mapping };
    body.write(TYPE, name(event, mapping)?)?;
    let at = event.occurred_at.unwrap_or(now);
    body.write(TIME, to_iso8601(at).replace('Z', &format!(".{:03}Z", at % 1000)))?;
    if event.account != mapping.account {
        body.write(ACCOUNT, &*event.account)?;
    }
    // Where there is no place for it, it is the header's.
    let _ = body.write(EVENT, &*event.id);
    if let Some(contact) = &event.contact {
        let identifier = contact.identifiers.iter().find(|identifier| identifier.scheme == mapping.scheme)?;
        body.write(CONTACT, &*identifier.value)?;
        body.write_some(NAME, contact.name.as_deref())?;
    }
    body.write_some(THREAD, event.thread.as_ref().map(|thread| thread.id.as_str()))?;
    match &event.kind {
        EventKind::Message(message) | EventKind::Echo(message) | EventKind::Edited(message) => {
            body.message(message)?;
        }
        EventKind::Unsent(message) => body.write(MESSAGE, &*message.id)?,
        EventKind::Reaction(reaction) => {
            body.write(REPLY_TO, &*reaction.target.id)?;
            body.write_some(TEXT, reaction.emoji.as_deref())?;
        }
        EventKind::Status(status) => {
            body.write(MESSAGE, &*status.message_id)?;
            let words = status.failure.as_ref().and_then(|failure| failure.message.as_deref());
            body.write_some(ERROR, words)?;
        }
        EventKind::Typing(Typing::Started) | EventKind::Consent(_) | EventKind::Other(_) => {}
        _ => return None,
    }
    Some(body.value.to_string())
}

/// The type that says what kind of event it is.
fn name(event: &Event, mapping: &Mapping) -> Option<String> {
    let meaning = match &event.kind {
        EventKind::Message(_) => Meaning::Message,
        EventKind::Echo(_) => Meaning::Echo,
        EventKind::Edited(_) => Meaning::Edited,
        EventKind::Unsent(_) => Meaning::Unsent,
        EventKind::Reaction(_) => Meaning::Reaction,
        EventKind::Typing(_) => Meaning::Typing,
        EventKind::Status(status) => Meaning::Status(status.state.clone()),
        EventKind::Consent(consent) => Meaning::Consent(consent.state.clone()),
        // It must not be taken for something else.
        EventKind::Other(opaque) => {
            return mapping.meaning(&opaque.name).is_none().then(|| opaque.name.clone());
        }
        _ => return None,
    };
    mapping.type_of(&meaning)
}

struct Body<'a> {
    value: Value,
    mapping: &'a Mapping,
}

impl Body<'_> {
    fn message(&mut self, message: &Message) -> Option<()> {
        self.write(MESSAGE, &*message.id)?;
        self.write_some(REPLY_TO, message.reply_to.as_ref().map(|answered| answered.id.as_str()))?;
        let (mut texts, mut media) = (Vec::new(), Vec::new());
        for part in &message.parts {
            match part {
                Part::Text(text) if media.is_empty() => texts.push(text.as_str()),
                Part::Media(medium) => media.push(medium),
                _ => return None,
            }
        }
        match texts.as_slice() {
            [] => {}
            [text] => self.write(TEXT, *text)?,
            _ => return None,
        }
        self.media(&media)
    }

    fn media(&mut self, media: &[&Media]) -> Option<()> {
        let Some(first) = media.first() else { return Some(()) };
        let mut urls = Vec::new();
        for medium in media {
            let MediaSource::Url(url) = &medium.source else { return None };
            // There is one type for all of them.
            if medium.content_type != first.content_type || medium.kind != first.kind {
                return None;
            }
            urls.push(url.as_str());
        }
        let kind = first.kind.as_str();
        let declared = first.content_type.as_deref().unwrap_or(kind);
        if kind_by_type(declared) != first.kind {
            return None;
        }
        if first.content_type.is_some() || urls.iter().any(|url| kind_by_ending(url) != first.kind) {
            self.write(MEDIA_TYPE, declared)?;
        }
        match urls.as_slice() {
            [url] => self.write(MEDIA, *url),
            urls => self.write(MEDIA, urls.iter().map(|url| Value::from(*url)).collect::<Vec<_>>()),
        }
    }

    fn write_some(&mut self, setting: &str, value: Option<&str>) -> Option<()> {
        value.map_or(Some(()), |value| self.write(setting, value))
    }

    /// Puts a value where the setting points to. None where it points nowhere, or through something that is there already.
    fn write(&mut self, setting: &str, value: impl Into<Value>) -> Option<()> {
        let mut place = &mut self.value;
        for token in self.mapping.pointer(setting)?.tokens() {
            place = place.as_object_mut()?.entry(token).or_insert_with(|| Value::Object(Map::new()));
        }
        if place.as_object().is_none_or(|object| !object.is_empty()) {
            return None;
        }
        *place = value.into();
        Some(())
    }
}
