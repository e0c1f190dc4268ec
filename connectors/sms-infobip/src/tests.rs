//! The case files, and the law of the simulator: what was made is received again as one event of the same content.

use trunkline_sdk::prelude::*;

use crate::SmsInfobip;

/// `[sample]` of the manifest.
const ACCOUNT: &str = "+447700900002";
const CONTACT: &str = "+447700900001";
const NOW: u64 = 1_790_000_300_000;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<SmsInfobip>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<SmsInfobip>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<SmsInfobip>);
}

fn with(settings: &[(&str, &str)]) -> Context {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Context { settings: settings.collect(), now: NOW, ..Context::default() }
}

fn context() -> Context {
    with(&[("webhook_credentials", "hook:tok_invented_0001")])
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("m1", ACCOUNT, kind);
    event.occurred_at = Some(NOW - 1_000);
    event.contact = Some(Contact::new(IdentifierScheme::Phone, CONTACT));
    event
}

fn simulate(event: &Event) -> Option<Request> {
    SmsInfobip::simulate(event, "https://hooks.example.org/hooks/sms-infobip", &context())
}

fn receive(request: &Request) -> Vec<Event> {
    SmsInfobip::receive(request, &context()).expect("genuine").events
}

fn round_trip(event: &Event) -> Event {
    let request = simulate(event).unwrap_or_else(|| panic!("no webhook for {:?}", event.kind));
    let [received] = receive(&request).try_into().expect("one event");
    received
}

fn survives(event: &Event) {
    let received = round_trip(event);
    assert_eq!(received.kind, event.kind);
    assert_eq!((&received.contact, &received.account), (&event.contact, &event.account));
    assert_eq!(received.occurred_at, event.occurred_at);
}

fn message(parts: Vec<Part>) -> Event {
    event(EventKind::Message(Message::new("m1", parts)))
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn media(kind: MediaKind, source: MediaSource, content_type: Option<&str>) -> Part {
    let content_type = content_type.map(str::to_owned);
    Part::Media(Media { content_type, ..Media::new(kind, source) })
}

fn open() -> Part {
    let url = "https://media.example.org/1.jpg".to_owned();
    media(MediaKind::Image, MediaSource::Url(url), None)
}

#[test]
fn texts_and_files() {
    survives(&message(vec![text("héllo & <b> 😀 + %\n\"quoted\"")]));
    survives(&message(vec![text("")]));
    survives(&message(vec![open()]));
    let url = MediaSource::Reference("https://xyz.api.infobip.com/mms/1/content/7".to_owned());
    survives(&message(vec![text("look"), media(MediaKind::Audio, url, Some("audio/amr")), text("and bye")]));
    let mut name = message(vec![text("hello")]);
    name.contact = Some(Contact::new(IdentifierScheme::Id, "ACME"));
    survives(&name);
}

#[test]
fn statuses() {
    let status = |state, failure| {
        let client_reference = Some("01990000-0000-7000-8000-000000000001".to_owned());
        event(EventKind::Status(Status { message_id: "m2".to_owned(), state, failure, client_reference }))
    };
    for state in
        [DeliveryState::Accepted, DeliveryState::Delivered, DeliveryState::Other("teleported".into())]
    {
        survives(&status(state, None));
    }
    let failure = Failure {
        reason: FailureReason::Other,
        code: Some("REJECTED_NETWORK".to_owned()),
        message: Some("Network is forbidden".to_owned()),
    };
    survives(&status(DeliveryState::Failed, Some(failure)));
    for state in [DeliveryState::Sent, DeliveryState::Read, DeliveryState::Played] {
        assert_eq!(simulate(&status(state, None)), None);
    }
}

/// A keyword is a message still, and a consent besides.
#[test]
fn keyword() {
    let stop = message(vec![text("Stop")]);
    let [message, consent] = receive(&simulate(&stop).expect("a text")).try_into().expect("two events");
    assert_eq!(message.kind, stop.kind);
    assert!(matches!(consent.kind, EventKind::Consent(Consent { state: ConsentState::Revoked, .. })));
}

#[test]
fn unknown() {
    let opaque = |payload: &str| {
        event(EventKind::Other(Opaque { name: "onSurprise".to_owned(), payload: payload.to_owned() }))
    };
    let EventKind::Other(named) = round_trip(&opaque(r#"{"a":[1]}"#)).kind else { panic!("not other") };
    assert_eq!(named.name, "onSurprise");
    for payload in ["[]", "x", r#"{"messageId":"1"}"#] {
        assert_eq!(simulate(&opaque(payload)), None, "{payload}");
    }
}

#[test]
fn what_infobip_cannot_carry() {
    let odd = MediaSource::Url("https://xyz.api.infobip.com/1.jpg".to_owned());
    let layout = MediaSource::Url("https://media.example.org/0".to_owned());
    for event in [
        event(EventKind::Typing(Typing::Started)),
        message(Vec::new()),
        message(vec![Part::Html("x".to_owned())]),
        message(vec![media(MediaKind::Image, MediaSource::Bytes(vec![1]), None)]),
        message(vec![media(MediaKind::Image, odd, None)]),
        message(vec![media(MediaKind::File, layout, Some("application/smil"))]),
        event(EventKind::Message(Message::new("", vec![text("no id")]))),
    ] {
        assert_eq!(simulate(&event), None, "{:?}", event.kind);
    }
    let mut nobody = message(vec![text("x")]);
    nobody.contact = None;
    assert_eq!(simulate(&nobody), None);
}

/// Every algorithm and encoding that a profile may have, alone and beside the credential.
#[test]
fn hmac() {
    let hello = message(vec![text("hello")]);
    let url = "https://hooks.example.org/hooks/sms-infobip";
    for algorithm in ["sha1", "sha256", "sha512"] {
        for encoding in ["hex", "base64"] {
            let both = [
                ("hmac_secret", "sec_invented_0001"),
                ("hmac_header", "X-Invented"),
                ("hmac_algorithm", algorithm),
                ("hmac_encoding", encoding),
                ("webhook_credentials", "hook:tok_invented_0001"),
            ];
            for settings in [&both[..4], &both[..]] {
                let context = with(settings);
                let genuine = SmsInfobip::simulate(&hello, url, &context).expect("a webhook");
                assert!(SmsInfobip::receive(&genuine, &context).is_ok(), "{algorithm} {encoding}");
                let mut forged = genuine.clone();
                forged.body.push(b' ');
                let refused = SmsInfobip::receive(&forged, &context).err();
                let Some(Interrupt::Refuse(refusal)) = refused else { panic!("{algorithm} {encoding}") };
                assert_eq!(refusal.reason, RefusalReason::Mismatch);
            }
        }
    }
    assert_eq!(SmsInfobip::simulate(&hello, url, &Context::default()), None);
}
