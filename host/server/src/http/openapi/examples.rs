//! A message of every kind, as `POST /v1/messages` takes it. Names and numbers are invented.

use serde_json::{Value, json};

/// By name: a summary and the body.
pub fn messages() -> Vec<(&'static str, &'static str, Value)> {
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let part = |part: Value| json!({ "connection": "support", "to": "+15005550123", "parts": [part] });
    vec![
        (
            "text",
            "A text",
            json!({ "connection": "support", "to": "+15005550123", "text": "It is on its way." }),
        ),
        (
            "answer",
            "An answer in a conversation that the contact began",
            json!({
                "conversation": "support/202020202020202/+15005550123",
                "reply_to": "provider-message-1",
                "text": "It is on its way.",
            }),
        ),
        (
            "media_url",
            "A picture that everyone can fetch",
            part(json!({ "media": {
                "kind": "image",
                "source": { "url": "https://shop.example.com/parcel.jpg" },
                "content_type": "image/jpeg",
                "caption": "Your parcel",
            } })),
        ),
        (
            "media_uploaded",
            "A file that was uploaded with `POST /v1/media` before",
            part(json!({ "media": {
                "kind": "file",
                "source": { "reference": format!("blob:{digest}") },
                "content_type": "application/pdf",
                "name": "invoice.pdf",
            } })),
        ),
        (
            "location",
            "A place",
            part(json!({ "location": {
                "latitude": 52.5163,
                "longitude": 13.3777,
                "name": "Our shop",
                "address": "Pariser Platz 1, Berlin",
            } })),
        ),
        (
            "contacts",
            "An address card",
            part(json!({ "contacts": [{ "name": "Ada Example", "phones": ["+15005550199"] }] })),
        ),
        (
            "choices",
            "Something to choose from",
            part(json!({ "choices": {
                "text": "When does it suit you?",
                "options": [
                    { "id": "morning", "title": "In the morning" },
                    { "id": "evening", "title": "In the evening" },
                ],
            } })),
        ),
        (
            "template",
            "A message that the provider has approved",
            part(json!({ "template": {
                "name": "order_sent",
                "language": "en_US",
                "parameters": { "1": "Ada", "2": "4711" },
            } })),
        ),
        (
            "reaction",
            "An emoji on a message of the contact",
            part(json!({ "reaction": { "target": { "id": "provider-message-1" }, "emoji": "👍" } })),
        ),
        ("read", "Marks a message as read", part(json!({ "read": { "id": "provider-message-1" } }))),
        ("typing", "Shows that we are writing", part(json!("typing"))),
        (
            "native",
            "What only the provider has a name for",
            part(json!({ "native": { "name": "text", "payload": "{\"body\":\"hello\"}" } })),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sending::compose::SendRequest;

    #[test]
    fn every_kind_of_part_is_shown() {
        let mut shown = BTreeSet::from(["text".to_owned(), "html".to_owned()]);
        for (name, _, body) in messages() {
            let request: SendRequest =
                serde_json::from_value(body).unwrap_or_else(|error| panic!("{name}: {error}"));
            for part in request.parts {
                let value = serde_json::to_value(part).unwrap();
                let kind = value.as_object().and_then(|part| part.keys().next().cloned());
                shown.insert(kind.unwrap_or_else(|| value.as_str().unwrap().to_owned()));
            }
        }
        let mut schema = schemars::schema_for!(trunkline_model::OutgoingPart).to_value();
        let kinds = schema["oneOf"].take();
        let kinds = kinds.as_array().unwrap().iter().map(|kind| match kind["required"][0].as_str() {
            Some(name) => name.to_owned(),
            None => kind["const"].as_str().or(kind["enum"][0].as_str()).unwrap().to_owned(),
        });
        assert_eq!(shown, kinds.collect());
    }
}
