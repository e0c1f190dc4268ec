//! Inbound mail: taken apart by Mailgun, as it is, or stored.

use std::collections::HashMap;

use serde::Deserialize;
use trunkline_sdk::email::{self, Delivery, Headers, Mail, address, attachment, media_kind};
use trunkline_sdk::json::{Number, RawValue, Text, lenient, milliseconds};
use trunkline_sdk::prelude::*;

use crate::container::{Field, Fields};

/// Fields of Mailgun's that are no headers of the mail.
const OWN_FIELDS: [&str; 20] = [
    "recipient",
    "sender",
    "from",
    "subject",
    "body-plain",
    "body-html",
    "body-mime",
    "stripped-text",
    "stripped-html",
    "stripped-signature",
    "attachment-count",
    "attachments",
    "content-id-map",
    "message-headers",
    "message-url",
    "timestamp",
    "token",
    "signature",
    "domain",
    "event",
];
/// What Mailgun found about a mail, where the domain's spam filter marks. Written as attributes in snake_case.
const VERDICTS: [&str; 4] =
    ["X-Mailgun-Sflag", "X-Mailgun-Sscore", "X-Mailgun-Dkim-Check-Result", "X-Mailgun-Spf"];

/// An item of `attachments`.
#[derive(Deserialize)]
struct Stored {
    url: Text,
    #[serde(rename = "content-type", default, deserialize_with = "lenient")]
    content_type: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    size: Option<Number>,
}

/// The events of a form of a route.
pub fn events(fields: &Fields) -> Vec<Event> {
    let Some(recipient) = fields.text("recipient") else {
        return vec![unknown(fields)];
    };
    let account = address(&recipient).unwrap_or_else(|| recipient.trim().to_lowercase());
    let mail = match fields.last("body-mime") {
        Some(mime) => Mail::parse(mime.bytes()),
        None => parsed(fields),
    };
    let mut attributes = Attributes::new();
    for name in VERDICTS {
        attributes.extend(
            verdict(fields, &mail.headers, name).map(|value| (name.to_lowercase().replace('-', "_"), value)),
        );
    }
    attributes.extend(stored(fields).1.map(|list| ("attachments".to_owned(), list)));
    attributes.extend(fields.text("message-url").map(|url| ("message_url".to_owned(), url)));
    let delivery = Delivery {
        account,
        sender: fields.last("sender").map(|sender| sender.text()),
        received_at: fields.text("timestamp").as_deref().and_then(milliseconds),
        attributes,
    };
    email::events(mail, &delivery)
}

/// A mail of which Mailgun gives the parts.
fn parsed(fields: &Fields) -> Mail {
    let body = |name: &str| fields.last(name).map(Field::body).filter(|body| !body.trim().is_empty());
    let mut mail = Mail::from_parts(headers(fields), body("body-plain"), body("body-html"));
    mail.new_text = body("stripped-text");
    let content_ids = content_ids(fields);
    for field in fields.iter().filter(|field| is_attachment(field)) {
        let mut media =
            attachment(field.content_type.as_deref(), field.file_name.as_deref(), field.bytes().into_owned());
        media.content_id = content_ids.get(&field.name).cloned();
        mail.attach(media);
    }
    for (position, mut media) in stored(fields).0.into_iter().enumerate() {
        media.content_id = content_ids.get(&format!("attachment-{}", position + 1)).cloned();
        mail.attach(media);
    }
    mail
}

fn is_attachment(field: &Field) -> bool {
    let number = field.name.strip_prefix("attachment-");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The attachments of a stored mail, and the whole list as text where an item of it cannot be read. They stand on
/// Mailgun's servers for three days, and are fetched with the API key.
fn stored(fields: &Fields) -> (Vec<Media>, Option<String>) {
    let Some(list) = fields.text("attachments") else { return (Vec::new(), None) };
    let items = serde_json::from_str::<Vec<&RawValue>>(&list).unwrap_or_default();
    let media: Vec<Media> = items.iter().filter_map(|item| stored_media(item)).collect();
    let complete = media.len() == items.len() && (!items.is_empty() || list.trim() == "[]");
    (media, (!complete).then(|| list.clone()))
}

fn stored_media(raw: &RawValue) -> Option<Media> {
    let item: Stored = serde_json::from_str(raw.get()).ok()?;
    let content_type = item.content_type.map(String::from).filter(|text| !text.is_empty());
    let source = MediaSource::Reference(item.url.into());
    let mut media = Media::new(media_kind(content_type.as_deref()), source);
    media.content_type = content_type;
    media.name = item.name.as_deref().and_then(email::file_name);
    media.size = item.size.map(|size| size.0 as u64);
    Some(media)
}

/// The headers in their order; where that field is missing, what else looks like one.
fn headers(fields: &Fields) -> Headers {
    let list = fields
        .text("message-headers")
        .and_then(|list| serde_json::from_str::<Vec<(String, Text)>>(&list).ok());
    match list {
        Some(list) => Headers::from_pairs(list.into_iter().map(|(name, value)| (name, value.into()))),
        None => {
            let others = fields
                .iter()
                .filter(|field| !OWN_FIELDS.contains(&field.name.as_str()) && !is_attachment(field));
            Headers::from_pairs(others.map(|field| (field.name.clone(), field.text())))
        }
    }
}

/// Content-IDs without brackets, by the name of the field: `{"<ii_1>":"attachment-1"}`.
fn content_ids(fields: &Fields) -> HashMap<String, String> {
    let map = fields
        .text("content-id-map")
        .and_then(|map| serde_json::from_str::<HashMap<String, String>>(&map).ok());
    let pairs = map.into_iter().flatten();
    pairs.map(|(id, field)| (field, id.trim_matches(['<', '>']).to_owned())).collect()
}

/// A verdict of Mailgun's. The sender can write a header of that name too: where there are several values that
/// differ, none is believed.
fn verdict(fields: &Fields, headers: &Headers, name: &str) -> Option<String> {
    let given = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.text());
    let mut values: Vec<String> = given.chain(headers.all(name).map(str::to_owned)).collect();
    values.dedup();
    match values.as_slice() {
        [value] if !value.is_empty() => Some(value.clone()),
        _ => None,
    }
}

/// A genuine form of a shape that is not known, with its fields as JSON.
fn unknown(fields: &Fields) -> Event {
    let name = fields.first_text("event").unwrap_or_else(|| "form".to_owned());
    let proof = ["timestamp", "token", "signature"];
    let content =
        fields.iter().filter(|field| !proof.contains(&field.name.as_str()) && field.file_name.is_none());
    let content: serde_json::Map<String, serde_json::Value> =
        content.map(|field| (field.name.clone(), field.text().into())).collect();
    let payload = serde_json::Value::Object(content).to_string();
    let token = fields.text("token").unwrap_or_default();
    let mut event = Event::new(format!("form:{token}"), "", EventKind::Other(Opaque { name, payload }));
    event.occurred_at = fields.text("timestamp").as_deref().and_then(milliseconds);
    event
}
