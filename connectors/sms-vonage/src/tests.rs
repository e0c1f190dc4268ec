//! Case files, and what would not stand in them: a signature over decoded JSON, which stays genuine in other white space.

use trunkline_sdk::prelude::*;

use crate::SmsVonage;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<SmsVonage>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<SmsVonage>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<SmsVonage>);
}

fn receive_json(body: &str, method: &str) -> ReceiveStep {
    let settings = [("api_key", "abcd1234"), ("signature_secret", "sigsecret01"), ("sms_signature", method)];
    let context = Context {
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        now: 1_700_000_300_000,
        ..Context::default()
    };
    let request = Request {
        method: "POST".into(),
        url: "https://hooks.example.org/hooks/sms-vonage".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.as_bytes().to_vec(),
    };
    trunkline_sdk::receive::<SmsVonage>(&request, &context)
}

/// The parameters of the known answers, as JSON; the number of the sender as a number.
const FIELDS: &str = r#""msisdn":447700900001,"to":"447700900002","messageId":"0A0000000000ABC1","text":"a=b & c",
    "type":"text","message-timestamp":"2023-11-14 22:13:20","timestamp":"1700000000","nonce":"n-1""#;

#[test]
fn parameters_may_come_as_json() {
    for (method, signature) in [
        ("md5hash", "DC418F2B43F34A5703E41C6C1F017530"),
        ("md5", "ff97f64ebf9825a4a58eb691c84e9010"),
        ("sha256", "bab0501071c87cc28b93c1fc7c0ed7333b99a400e3bf5301a3521c6bb63a7b8f"),
    ] {
        let step = receive_json(&format!(r#"{{{FIELDS},"sig":"{signature}"}}"#), method);
        let ReceiveStep::Answer(answer) = step else { panic!("{method}: {step:?}") };
        let [event] = answer.events.as_slice() else { panic!("one event") };
        let EventKind::Message(message) = &event.kind else { panic!("a message") };
        assert_eq!(message.parts, [Part::Text("a=b & c".to_owned())]);
        assert_eq!(event.contact, Some(Contact::new(IdentifierScheme::Phone, "+447700900001")));
    }
}

#[test]
fn other_json_is_refused() {
    let right = "dc418f2b43f34a5703e41c6c1f017530";
    let more = format!(r#"{{{FIELDS},"sig":"{right}","extra":"1"}}"#);
    let reason = |step: ReceiveStep| match step {
        ReceiveStep::Refuse(refusal) => (refusal.reason, refusal.status),
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(receive_json(&more, "md5hash")), (RefusalReason::Mismatch, 401));
    let genuine = format!(r#"{{{FIELDS},"sig":"{right}"}}"#);
    assert_eq!(reason(receive_json(&genuine, "sha1")), (RefusalReason::BadEncoding, 401));
    // Switched off, it has to have a token.
    assert_eq!(reason(receive_json(&genuine, "off")), (RefusalReason::MissingSignature, 503));
    for body in ["", "[]", "{\"sig\":", "7"] {
        assert_eq!(reason(receive_json(body, "md5hash")), (RefusalReason::MissingSignature, 503), "{body}");
    }
}

mod simulation {
    //! What was made is received again as one event of the same content.

    use super::*;

    fn context() -> Context {
        let settings = [
            ("api_key", "abcd1234"),
            ("signature_secret", "0123456789abcdef0123456789abcdef"),
            ("application_id", "aaaaaaaa-0000-4000-8000-0000000000a1"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Context { settings, now: 1_790_000_300_000, ..Context::default() }
    }

    fn event(kind: EventKind) -> Event {
        let mut event = Event::new("m-1", "+447700900002", kind);
        event.contact = Some(Contact::new(IdentifierScheme::Phone, "+447700900001"));
        event.occurred_at = Some(1_790_000_299_000);
        event
    }

    fn simulate(event: &Event) -> Option<Request> {
        SmsVonage::simulate(event, "https://hooks.example.org/hooks/sms-vonage", &context())
    }

    fn survives(event: &Event) {
        let request = simulate(event).unwrap_or_else(|| panic!("no webhook for {:?}", event.kind));
        let events = SmsVonage::receive(&request, &context()).expect("genuine").events;
        let [received] = events.as_slice() else { panic!("one event") };
        assert_eq!(received.kind, event.kind);
        assert_eq!((&received.contact, &received.account), (&event.contact, &event.account));
        assert_eq!(received.occurred_at, event.occurred_at);
    }

    fn message(part: Part) -> EventKind {
        EventKind::Message(Message::new("m-1", vec![part]))
    }

    #[test]
    fn messages() {
        survives(&event(message(Part::Text("héllo 😀\n".to_owned()))));
        let url = MediaSource::Url("https://media.example.org/1.pdf".to_owned());
        let file = Media {
            caption: Some("menu".to_owned()),
            name: Some("menu.pdf".to_owned()),
            content_type: Some("application/pdf".to_owned()),
            ..Media::new(MediaKind::File, url)
        };
        survives(&event(message(Part::Media(file))));
        let ours = MediaSource::Reference("https://api-eu.nexmo.com/v3/media/1".to_owned());
        for kind in [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::Sticker] {
            survives(&event(message(Part::Media(Media::new(kind, ours.clone())))));
        }
        survives(&event(message(Part::Location(Location {
            latitude: 52.5,
            longitude: -13.25,
            name: Some("Café".to_owned()),
            ..Location::default()
        }))));
        let choice = Choice { id: Some("y".to_owned()), title: Some("Yes".to_owned()), data: None };
        survives(&event(message(Part::Choice(choice))));
        let author = Some(Identifier::new(IdentifierScheme::Phone, "+447700900002"));
        let quoting = Message {
            reply_to: Some(MessageRef { id: "m-0".to_owned(), author }),
            ..Message::new("m-1", vec![Part::Text("yes".to_owned())])
        };
        survives(&event(EventKind::Message(quoting)));
    }

    #[test]
    fn other_channels() {
        let mut page = event(message(Part::Text("hello".to_owned())));
        page.contact = Some(Contact {
            name: Some("Ada".to_owned()),
            ..Contact::new(IdentifierScheme::Id, "123456789012345")
        });
        page.account = "123456789012346".to_owned();
        page.attributes = vec![("channel".to_owned(), "messenger".to_owned())];
        survives(&page);
    }

    #[test]
    fn reactions_and_statuses() {
        for emoji in [Some("👍".to_owned()), None] {
            let target = MessageRef::new("m-0");
            survives(&event(EventKind::Reaction(Reaction { target, emoji, name: None })));
        }
        let status = |state, failure| {
            let client_reference = Some("01990000-0000-7000-8000-000000000001".to_owned());
            EventKind::Status(Status { message_id: "m-0".to_owned(), state, failure, client_reference })
        };
        for state in [DeliveryState::Sent, DeliveryState::Delivered, DeliveryState::Read] {
            survives(&event(status(state, None)));
        }
        survives(&event(status(DeliveryState::Other("teleported".to_owned()), None)));
        let failure = Failure {
            reason: FailureReason::OptedOut,
            code: Some("1240".to_owned()),
            message: Some("Illegal Number".to_owned()),
        };
        survives(&event(status(DeliveryState::Failed, Some(failure))));
        assert_eq!(simulate(&event(status(DeliveryState::Accepted, None))), None);
    }

    #[test]
    fn what_vonage_has_no_webhook_for() {
        let html = message(Part::Html("x".to_owned()));
        let bytes = Media::new(MediaKind::Image, MediaSource::Bytes(vec![1]));
        for kind in [EventKind::Typing(Typing::Started), html, message(Part::Media(bytes))] {
            assert_eq!(simulate(&event(kind.clone())), None, "{kind:?}");
        }
        let opaque = |payload: &str| {
            let opaque = Opaque { name: "made_up".to_owned(), payload: payload.to_owned() };
            simulate(&event(EventKind::Other(opaque)))
        };
        let events = SmsVonage::receive(&opaque("{}").expect("made"), &context()).expect("genuine").events;
        assert!(matches!(&events[0].kind, EventKind::Other(opaque) if opaque.name == "made_up"));
        for payload in ["[]", "x", r#"{"message_uuid":"m-1"}"#] {
            assert_eq!(opaque(payload), None, "{payload}");
        }
    }
}
