//! The inverse: WhatsApp's JSON for an event.

use serde_json::{Value, json};
use trunkline_sdk::prelude::*;

/// The envelope with one item. None for kinds and parts that WhatsApp has no webhook for.
pub fn envelope(event: &Event, now: u64) -> Option<Value> {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550001111", "phone_number_id": event.account },
    });
    if let EventKind::Other(opaque) = &event.kind {
        let value = serde_json::from_str::<Value>(&opaque.payload).unwrap_or_else(|_| json!(opaque.payload));
        return Some(in_entry(&opaque.name, value));
    }
    let seconds = event.occurred_at.unwrap_or(now) / 1000;
    let mut item = json!({ "id": event.id, "timestamp": seconds.to_string() });
    match &event.kind {
        EventKind::Status(status) => {
            item["id"] = json!(status.message_id);
            item["status"] = json!(status.state);
            item["recipient_id"] = json!(number(event)?);
            if let Some(failure) = &status.failure {
                let code: u32 = failure.code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(131_000);
                item["errors"] = json!([{ "code": code, "title": failure.message }]);
            }
            value["statuses"] = json!([item]);
        }
        kind => {
            sender(event, &mut value, &mut item)?;
            content(kind, &mut item)?;
            value["messages"] = json!([item]);
        }
    }
    Some(in_entry("messages", value))
}

fn in_entry(field: &str, value: Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "101010101010101", "changes": [{ "field": field, "value": value }] }],
    })
}

fn sender(event: &Event, value: &mut Value, item: &mut Value) -> Option<()> {
    let contact = event.contact.as_ref()?;
    let mut profile = json!({ "profile": { "name": contact.name.as_deref().unwrap_or("Customer") } });
    for identifier in &contact.identifiers {
        match identifier.scheme {
            IdentifierScheme::Phone => {
                item["from"] = json!(identifier.value.trim_start_matches('+'));
                profile["wa_id"] = item["from"].clone();
            }
            IdentifierScheme::Id => {
                item["from_user_id"] = json!(identifier.value);
                profile["user_id"] = item["from_user_id"].clone();
            }
            _ => {}
        }
    }
    value["contacts"] = json!([profile]);
    (item["from"].is_string() || item["from_user_id"].is_string()).then_some(())
}

fn content(kind: &EventKind, item: &mut Value) -> Option<()> {
    let (name, content) = match kind {
        EventKind::Reaction(reaction) => {
            ("reaction", json!({ "message_id": reaction.target.id, "emoji": reaction.emoji }))
        }
        EventKind::Message(message) => {
            item["id"] = json!(message.id);
            if let Some(quoted) = &message.reply_to {
                item["context"] = json!({ "id": quoted.id });
            }
            let [part] = message.parts.as_slice() else { return None };
            self::part(part)?
        }
        _ => return None,
    };
    item["type"] = json!(name);
    item[name] = content;
    Some(())
}

fn part(part: &Part) -> Option<(&'static str, Value)> {
    Some(match part {
        Part::Text(text) => ("text", json!({ "body": text })),
        Part::Media(media) => {
            let MediaSource::Reference(id) = &media.source else { return None };
            let mut content = json!({ "id": id, "mime_type": media.content_type, "caption": media.caption });
            let name = match media.kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio => "audio",
                MediaKind::Sticker => "sticker",
                MediaKind::Voice => {
                    content["voice"] = json!(true);
                    "audio"
                }
                _ => {
                    content["filename"] = json!(media.name);
                    "document"
                }
            };
            (name, content)
        }
        Part::Location(place) => (
            "location",
            json!({
                "latitude": place.latitude,
                "longitude": place.longitude,
                "name": place.name,
                "address": place.address,
            }),
        ),
        Part::Choice(choice) => (
            "interactive",
            json!({ "type": "button_reply", "button_reply": { "id": choice.id, "title": choice.title } }),
        ),
        _ => return None,
    })
}

fn number(event: &Event) -> Option<&str> {
    let identifiers = &event.contact.as_ref()?.identifiers;
    let phone = identifiers.iter().find(|identifier| identifier.scheme == IdentifierScheme::Phone)?;
    Some(phone.value.trim_start_matches('+'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WhatsApp;

    /// What comes back for an event with the contact of `[sample]`.
    fn round_trip(kind: EventKind) -> EventKind {
        let settings = vec![("app_secret".to_owned(), "app-secret-1".to_owned())];
        let context = Context { settings, now: 1_790_000_000_000, exchanges: Vec::new() };
        let mut event = Event::new("wamid.S1", "202020202020202", kind);
        event.contact = Some(Contact::new(IdentifierScheme::Phone, "+15550002222"));
        let url = "https://hooks.example.org/hooks/whatsapp";
        let request = WhatsApp::simulate(&event, url, &context).expect("there is such a webhook");
        let mut answer = WhatsApp::receive(&request, &context).expect("genuine");
        assert_eq!(answer.events.len(), 1);
        answer.events.remove(0).kind
    }

    #[test]
    fn receive_gives_back_what_was_simulated() {
        let message = |part| EventKind::Message(Message::new("wamid.S1", vec![part]));
        let mut photo = Media::new(MediaKind::Image, MediaSource::Reference("901".to_owned()));
        photo.caption = Some("look é/😀".to_owned());
        let place = Location { latitude: 19.5, longitude: -99.25, ..Location::default() };
        let choice = Choice { id: Some("yes".to_owned()), title: Some("Yes".to_owned()), data: None };
        let failure =
            Failure { reason: FailureReason::WindowClosed, code: Some("131047".to_owned()), message: None };
        let status = |state, failure| {
            EventKind::Status(Status {
                message_id: "wamid.O1".to_owned(),
                state,
                failure,
                client_reference: None,
            })
        };
        for kind in [
            message(Part::Text("hola é/😀".to_owned())),
            message(Part::Media(photo)),
            message(Part::Location(place)),
            message(Part::Choice(choice)),
            status(DeliveryState::Read, None),
            status(DeliveryState::Failed, Some(failure)),
            EventKind::Reaction(Reaction { target: MessageRef::new("wamid.1"), emoji: None, name: None }),
            EventKind::Other(Opaque { name: "brand_new".to_owned(), payload: r#"{"a":1}"#.to_owned() }),
        ] {
            assert_eq!(round_trip(kind.clone()), kind);
        }
    }
}
