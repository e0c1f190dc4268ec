//! The inverse: Plivo's parameters for an event.

use std::borrow::Cow;

use serde_json::Value;
use trunkline_sdk::{calls, mms, prelude::*, reference};

use crate::media::DOMAIN;
use crate::message::identifier;

/// Where it is sent: a status brings back what its message's callback was given along.
pub fn url<'a>(event: &Event, url: &'a str) -> Cow<'a, str> {
    match &event.kind {
        EventKind::Status(Status { client_reference: Some(id), .. }) => {
            reference::given_along(url, id).into()
        }
        _ => url.into(),
    }
}

/// None for kinds and parts that Plivo has no webhook for.
pub fn fields(event: &Event) -> Option<Vec<(String, String)>> {
    let mut fields = Parameters::default();
    match &event.kind {
        EventKind::Message(message) => {
            fields.add("MessageUUID", required(&message.id)?);
            fields.add("From", &address(&contact(event)?)?);
            fields.add("To", &address(&identifier(&event.account))?);
            content(event, message, &mut fields)?;
        }
        EventKind::Status(status) => {
            fields.add("MessageUUID", required(&status.message_id)?);
            fields.add("ParentMessageUUID", &status.message_id);
            fields.add("PartInfo", "1 of 1");
            fields.add("From", &address(&identifier(&event.account))?);
            fields.add("To", &address(&contact(event)?)?);
            fields.add("Status", state(&status.state)?);
            if let Some(code) = status.failure.as_ref().and_then(|failure| failure.code.as_deref()) {
                fields.add("ErrorCode", code);
            }
        }
        EventKind::Other(opaque) => return unknown(event, opaque),
        _ => return None,
    }
    Some(fields.0)
}

#[derive(Default)]
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }
}

fn required(id: &str) -> Option<&str> {
    Some(id).filter(|id| !id.is_empty())
}

fn contact(event: &Event) -> Option<Identifier> {
    let identifiers = &event.contact.as_ref()?.identifiers;
    identifiers
        .iter()
        .find(|one| matches!(one.scheme, IdentifierScheme::Phone | IdentifierScheme::Id))
        .cloned()
}

/// As Plivo writes it. None where that would be read as something else.
fn address(one: &Identifier) -> Option<String> {
    let text = one.value.strip_prefix('+').unwrap_or(&one.value);
    (identifier(text) == *one).then(|| text.to_owned())
}

fn content(event: &Event, message: &Message, fields: &mut Parameters) -> Option<()> {
    let mut text: Option<&str> = None;
    let mut files: Vec<&str> = Vec::new();
    for part in &message.parts {
        match part {
            // It always comes before the files.
            Part::Text(body) if text.is_none() && files.is_empty() => text = Some(body),
            Part::Media(media) => files.push(file(media)?),
            _ => return None,
        }
    }
    let default = if files.is_empty() { "sms" } else { "mms" };
    let channel = event.attribute("channel").unwrap_or(default);
    fields.add("Type", channel);
    fields.add(if channel == "sms" { "Text" } else { "Body" }, text.unwrap_or_default());
    if files.is_empty() {
        fields.add("Units", "1");
    } else {
        fields.add("MediaCount", &files.len().to_string());
    }
    for (number, url) in files.iter().enumerate() {
        fields.add(&format!("Media{number}"), url);
    }
    Some(())
}

fn file(media: &Media) -> Option<&str> {
    let url = match &media.source {
        MediaSource::Reference(url) if calls::is_at(url, DOMAIN) => url,
        MediaSource::Url(url) if !calls::is_at(url, DOMAIN) => url,
        _ => return None,
    };
    // Nothing but the URL says what it is.
    let bare = Media::new(mms::kind(None, url), media.source.clone());
    (bare == *media && !mms::is_layout(None, url)).then_some(url.as_str())
}

fn state(state: &DeliveryState) -> Option<&str> {
    match state {
        DeliveryState::Accepted => Some("queued"),
        DeliveryState::Played => None,
        other => Some(other.as_str()),
    }
}

/// Fields are what Plivo sends, so the payload must be an object of texts.
fn unknown(event: &Event, opaque: &Opaque) -> Option<Vec<(String, String)>> {
    let Value::Object(members) = serde_json::from_str(&opaque.payload).ok()? else { return None };
    // With an id it would come back as a message or a status.
    if members.contains_key("MessageUUID") {
        return None;
    }
    let mut fields = Parameters::default();
    for (name, value) in &members {
        match value {
            Value::String(text) => fields.add(name, text),
            Value::Number(_) | Value::Bool(_) => fields.add(name, &value.to_string()),
            _ => return None,
        }
    }
    if !members.contains_key("Event") {
        fields.add("Event", &opaque.name);
    }
    if !members.contains_key("To") {
        fields.add("To", &address(&identifier(&event.account))?);
    }
    Some(fields.0)
}
