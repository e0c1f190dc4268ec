//! The inverse: WeChat's push for an event, encrypted where the connection has a key.

use serde_json::Value;
use trunkline_sdk::form;
use trunkline_sdk::prelude::*;

use crate::document::{Document, Element, write_xml};
use crate::proof::digest;
use crate::{APP_ID, TOKEN, envelope, event};

/// The push with one event. None for kinds and contents that WeChat has no push for.
pub fn request(event: &Event, url: &str, context: &Context) -> Option<Request> {
    let message = push(event, context)?;
    let sender = sender(event)?;
    let token = context.setting(TOKEN)?;
    let time = (context.now / 1_000).to_string();
    let nonce = (u32::from_be_bytes(*signature::sha256(&[message.as_bytes()]).first_chunk()?)).to_string();
    let signed = |texts: &[&str]| signature::hex(&digest(texts.iter().copied()));
    let plain = signed(&[token, &time, &nonce]);
    let mut parameters = vec![
        ("signature", plain),
        ("timestamp", time.clone()),
        ("nonce", nonce.clone()),
        ("openid", sender.to_owned()),
    ];
    let mut body = message;
    if let Some(key) = envelope::keys(context).ok()?.first() {
        let mut prefix = [0; 16];
        prefix.copy_from_slice(&key.hash(&[body.as_bytes()])[..16]);
        let encrypted = signature::base64(&key.seal(prefix, body.as_bytes(), context.setting(APP_ID)?));
        parameters.push(("encrypt_type", "aes".to_owned()));
        parameters.push(("msg_signature", signed(&[token, &time, &nonce, &encrypted])));
        body =
            write_xml(&[Element::leaf("ToUserName", &*event.account), Element::leaf("Encrypt", encrypted)]);
    }
    let query = form::encode(parameters.iter().map(|(name, value)| (*name, value.as_str())));
    let separator = if url.contains('?') { '&' } else { '?' };
    Some(Request {
        method: "POST".to_owned(),
        url: format!("{url}{separator}{query}"),
        headers: vec![("content-type".to_owned(), "text/xml".to_owned())],
        body: body.into_bytes(),
    })
}

fn sender(event: &Event) -> Option<&str> {
    let contact = event.contact.as_ref()?;
    let id = contact.identifiers.iter().find(|identifier| identifier.scheme == IdentifierScheme::Id)?;
    Some(id.value.as_str()).filter(|id| !id.is_empty())
}

/// The XML. None where it would not come back as the same.
fn push(event: &Event, context: &Context) -> Option<String> {
    let seconds = event.occurred_at.unwrap_or(context.now) / 1_000;
    let mut fields = vec![
        Element::leaf("ToUserName", &*event.account),
        Element::leaf("FromUserName", sender(event)?),
        Element::leaf("CreateTime", seconds.to_string()),
    ];
    fields.extend(content(event)?);
    let text = write_xml(&fields);
    let back = event::events(&Document::parse(text.as_bytes()).ok()?, context)?;
    let [back] = back.as_slice() else { return None };
    let same = match (&back.kind, &event.kind) {
        (EventKind::Other(back), EventKind::Other(sent)) => back.name == sent.name,
        (back, sent) => back == sent,
    };
    (same && back.account == event.account).then_some(text)
}

fn content(event: &Event) -> Option<Vec<Element>> {
    let named = |name: &str, fields: Vec<Element>| {
        let head = [Element::leaf("MsgType", "event"), Element::leaf("Event", name)];
        head.into_iter().chain(fields).collect::<Vec<_>>()
    };
    Some(match &event.kind {
        EventKind::Message(message) => match message.parts.as_slice() {
            [Part::Choice(Choice { id: Some(key), title: None, data: None })] => {
                named("CLICK", vec![Element::leaf("EventKey", key.as_str())])
            }
            [part] => {
                let mut fields = self::part(part)?;
                fields.push(Element::leaf("MsgId", &*message.id));
                fields
            }
            _ => return None,
        },
        EventKind::Consent(consent) => match (&consent.state, consent.origin.as_str()) {
            (ConsentState::Granted, "follow") => named("subscribe", Vec::new()),
            (ConsentState::Revoked, "unfollow") => named("unsubscribe", Vec::new()),
            _ => return None,
        },
        EventKind::Referral(referral) => {
            let key = Element::leaf("EventKey", referral.ref_.clone().unwrap_or_default());
            let ticket = referral.id.iter().map(|ticket| Element::leaf("Ticket", ticket.as_str()));
            named("SCAN", [key].into_iter().chain(ticket).collect())
        }
        EventKind::Status(status) => {
            let words = status.failure.as_ref().map_or(Some("success"), |failure| failure.message.as_deref());
            let fields = vec![Element::leaf("MsgID", &*status.message_id), Element::leaf("Status", words?)];
            named("TEMPLATESENDJOBFINISH", fields)
        }
        EventKind::Other(opaque) => {
            let members: serde_json::Map<String, Value> = serde_json::from_str(&opaque.payload).ok()?;
            let text = |value: Value| match value {
                Value::String(text) => Some(text),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            let fields = members.into_iter().map(|(name, value)| {
                let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                Some(Element::leaf(&name, text(value)?)).filter(|_| is_name)
            });
            named(&opaque.name, fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn part(part: &Part) -> Option<Vec<Element>> {
    let fields = match part {
        Part::Text(text) => ("text", vec![Element::leaf("Content", text.as_str())]),
        Part::Choice(Choice { id: Some(id), title: Some(title), .. }) => (
            "text",
            vec![Element::leaf("Content", title.as_str()), Element::leaf("bizmsgmenuid", id.as_str())],
        ),
        Part::Location(place) => {
            let mut fields = vec![
                Element::leaf("Location_X", place.latitude.to_string()),
                Element::leaf("Location_Y", place.longitude.to_string()),
            ];
            fields.extend(place.address.iter().map(|address| Element::leaf("Label", address.as_str())));
            ("location", fields)
        }
        Part::Media(media) => self::media(media)?,
        _ => return None,
    };
    let (kind, content) = fields;
    Some([Element::leaf("MsgType", kind)].into_iter().chain(content).collect())
}

fn media(media: &Media) -> Option<(&'static str, Vec<Element>)> {
    let kind = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Voice => "voice",
        MediaKind::Video => "video",
        _ => return None,
    };
    let mut fields = match &media.source {
        MediaSource::Reference(id) => vec![Element::leaf("MediaId", id.as_str())],
        MediaSource::Url(url) => vec![Element::leaf("PicUrl", url.as_str())],
        MediaSource::Bytes(_) => return None,
    };
    let format = media.content_type.as_deref().and_then(|found| found.strip_prefix("audio/"));
    fields.extend(format.map(|format| Element::leaf("Format", format)));
    let names = [("pic_url", "PicUrl"), ("thumb_media_id", "ThumbMediaId"), ("recognition", "Recognition")];
    for (attribute, name) in names {
        let found = media.attributes.iter().find(|(key, _)| key == attribute);
        fields.extend(found.map(|(_, value)| Element::leaf(name, value.as_str())));
    }
    Some((kind, fields))
}
