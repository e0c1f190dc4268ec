//! The inverse: Twilio's parameters for an event.

use std::borrow::Cow;

use serde_json::Value;
use trunkline_sdk::twilio::ACCOUNT_SID;
use trunkline_sdk::{prelude::*, reference};

use crate::content;

/// Where it is sent: a status brings back what its message's callback was given along.
pub fn url<'a>(event: &Event, url: &'a str) -> Cow<'a, str> {
    match &event.kind {
        EventKind::Status(Status { client_reference: Some(id), .. }) => {
            reference::given_along(url, id).into()
        }
        _ => url.into(),
    }
}

/// None for kinds and parts that Twilio has no webhook for.
pub fn fields(event: &Event, context: &Context) -> Option<Vec<(String, String)>> {
    let mut fields = Parameters::default();
    match &event.kind {
        EventKind::Message(message) => {
            let channel = channel(event, message);
            fields.add("MessageSid", &message.id);
            fields.add("SmsMessageSid", &message.id);
            fields.add("SmsSid", &message.id);
            fields.add("From", &address(&contact(event)?, channel));
            fields.add("To", &address(&event.account, channel));
            fields.add("SmsStatus", "received");
            content(message, &mut fields)?;
            origin(message, &mut fields);
        }
        EventKind::Status(status) => {
            let channel = event.attribute("channel");
            fields.add("MessageSid", &status.message_id);
            fields.add("SmsSid", &status.message_id);
            fields.add("From", &address(&event.account, channel));
            fields.add("To", &address(&contact(event)?, channel));
            fields.add("MessageStatus", state(&status.state)?);
            fields.add("SmsStatus", state(&status.state)?);
            if let Some(failure) = &status.failure {
                fields.optional("ErrorCode", &failure.code);
                fields.optional("ErrorMessage", &failure.message);
            }
        }
        EventKind::Other(opaque) => return unknown(opaque),
        _ => return None,
    }
    fields.add("AccountSid", context.setting(ACCOUNT_SID)?);
    fields.add("ApiVersion", "2010-04-01");
    // An empty id would not come back as that message.
    (!fields.0[0].1.is_empty()).then_some(fields.0)
}

#[derive(Default)]
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    fn optional(&mut self, name: &str, value: &Option<String>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

/// WhatsApp where the event does not say, and where SMS cannot carry it.
fn channel<'a>(event: &'a Event, message: &Message) -> Option<&'a str> {
    let rich = |part: &Part| matches!(part, Part::Location(_) | Part::Choice(_));
    let rich = message.parts.iter().any(rich) || message.reply_to.is_some() || message.referral.is_some();
    event.attribute("channel").or(rich.then_some("whatsapp"))
}

fn address(value: &str, channel: Option<&str>) -> String {
    match channel {
        None | Some("sms" | "mms") => value.to_owned(),
        Some(channel) => format!("{channel}:{value}"),
    }
}

fn contact(event: &Event) -> Option<String> {
    let identifiers = &event.contact.as_ref()?.identifiers;
    let usable = |scheme: &IdentifierScheme| matches!(scheme, IdentifierScheme::Phone | IdentifierScheme::Id);
    identifiers
        .iter()
        .find(|identifier| usable(&identifier.scheme))
        .map(|identifier| identifier.value.clone())
}

fn content(message: &Message, fields: &mut Parameters) -> Option<()> {
    let mut body = None;
    let mut media: Vec<&Media> = Vec::new();
    let (mut choice, mut place) = (None, None);
    for part in &message.parts {
        // Twilio has room for one of each, and for several media.
        let taken = match part {
            Part::Text(text) => body.replace(text.clone()).is_some(),
            Part::Choice(item) => choice.replace(item).is_some(),
            Part::Location(item) => place.replace(item).is_some(),
            Part::Media(item) => {
                media.push(item);
                false
            }
            _ => true,
        };
        if taken {
            return None;
        }
    }
    if let Some(choice) = choice {
        fields.optional("ButtonPayload", &choice.id);
        fields.optional("ButtonText", &choice.title);
        fields.optional("InteractiveData", &choice.data);
        body = body.or_else(|| choice.title.clone());
    }
    fields.add("Body", &body.unwrap_or_default());
    fields.add("NumMedia", &media.len().to_string());
    fields.add("NumSegments", "1");
    add_media(&media, fields)?;
    if let Some(place) = place {
        fields.add("Latitude", &place.latitude.to_string());
        fields.add("Longitude", &place.longitude.to_string());
        fields.optional("Label", &place.name);
        fields.optional("Address", &place.address);
    }
    Some(())
}

fn add_media(media: &[&Media], fields: &mut Parameters) -> Option<()> {
    let Some(first) = media.first() else { return Some(()) };
    // Only where the content types do not tell the kinds: the type of the message then must.
    let told = |item: &&Media| content::kind(item.content_type.as_deref(), None) == item.kind;
    let message_type = (!media.iter().all(told)).then_some(first.kind.as_str());
    for (number, item) in media.iter().enumerate() {
        let MediaSource::Reference(url) = &item.source else { return None };
        if content::kind(item.content_type.as_deref(), message_type) != item.kind || item.caption.is_some() {
            return None;
        }
        fields.add(&format!("MediaUrl{number}"), url);
        fields.optional(&format!("MediaContentType{number}"), &item.content_type);
    }
    if let Some(message_type) = message_type {
        fields.add("MessageType", message_type);
    }
    Some(())
}

fn origin(message: &Message, fields: &mut Parameters) {
    if message.forwarded {
        fields.add("Forwarded", "true");
    }
    if let Some(quoted) = &message.reply_to {
        fields.add("OriginalRepliedMessageSid", &quoted.id);
        if let Some(author) = &quoted.author {
            fields.add("OriginalRepliedMessageSender", &author.value);
        }
    }
    if let Some(referral) = &message.referral {
        fields.add("ReferralSourceType", &referral.source);
        fields.optional("ReferralCtwaClid", &referral.ref_);
        fields.optional("ReferralSourceId", &referral.id);
        fields.optional("ReferralSourceUrl", &referral.url);
        fields.optional("ReferralHeadline", &referral.headline);
        fields.optional("ReferralBody", &referral.body);
    }
}

fn state(state: &DeliveryState) -> Option<&str> {
    match state {
        DeliveryState::Played => None,
        other => Some(other.as_str()),
    }
}

/// Fields are what Twilio sends, so the payload must be an object of texts.
fn unknown(opaque: &Opaque) -> Option<Vec<(String, String)>> {
    let Value::Object(members) = serde_json::from_str(&opaque.payload).ok()? else { return None };
    let mut fields = Parameters::default();
    for (name, value) in &members {
        match value {
            Value::String(text) => fields.add(name, text),
            Value::Number(_) | Value::Bool(_) => fields.add(name, &value.to_string()),
            _ => return None,
        }
    }
    if !members.contains_key("EventType") {
        fields.add("EventType", &opaque.name);
    }
    // With an id it would come back as a message or a status.
    let identified = ["MessageSid", "SmsMessageSid", "SmsSid"].iter().any(|name| members.contains_key(*name));
    (!identified).then_some(fields.0)
}

#[cfg(test)]
mod tests;
