//! The case files, and the law of the simulator: what was made is received again as one event of the same content.

use trunkline_sdk::prelude::*;

use crate::SmsPlivo;

/// `[sample]` of the manifest.
const ACCOUNT: &str = "+15005550199";
const CONTACT: &str = "+15005550123";

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<SmsPlivo>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<SmsPlivo>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<SmsPlivo>);
}

fn context() -> Context {
    let settings = [("auth_id", "MAINVENTED0000000009"), ("auth_token", "tok_invented_0001")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Context { settings, now: 1_790_000_300_000, ..Context::default() }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("m1", ACCOUNT, kind);
    event.contact = Some(Contact::new(IdentifierScheme::Phone, CONTACT));
    event
}

fn simulate(event: &Event) -> Option<Request> {
    SmsPlivo::simulate(event, "https://hooks.example.org/hooks/sms-plivo?a=b", &context())
}

fn receive(request: &Request) -> Vec<Event> {
    SmsPlivo::receive(request, &context()).expect("genuine").events
}

fn round_trip(event: &Event) -> Event {
    let request = simulate(event).unwrap_or_else(|| panic!("no webhook for {:?}", event.kind));
    let [received] = receive(&request).try_into().expect("one event");
    received
}

fn survives(kind: EventKind) {
    let event = event(kind);
    let received = round_trip(&event);
    assert_eq!(received.kind, event.kind);
    assert_eq!((&received.contact, &received.account), (&event.contact, &event.account));
}

fn message(parts: Vec<Part>) -> EventKind {
    EventKind::Message(Message::new("m1", parts))
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn media(kind: MediaKind, source: MediaSource) -> Part {
    Part::Media(Media::new(kind, source))
}

#[test]
fn texts_and_files() {
    survives(message(vec![text("héllo & <b> 😀 + %\n")]));
    survives(message(vec![text("")]));
    let protected = MediaSource::Reference("https://media.plivo.com/a/0.jpg".to_owned());
    let open = MediaSource::Url("https://media.example.org/1.mp3".to_owned());
    survives(message(vec![media(MediaKind::Image, protected.clone())]));
    let parts = vec![text("look"), media(MediaKind::Image, protected), media(MediaKind::Audio, open.clone())];
    survives(message(parts));
    let mut whatsapp = event(message(vec![text("hello"), media(MediaKind::Audio, open)]));
    whatsapp.attributes = vec![("channel".to_owned(), "whatsapp".to_owned())];
    let received = round_trip(&whatsapp);
    assert_eq!((received.attribute("channel"), &received.kind), (Some("whatsapp"), &whatsapp.kind));
}

#[test]
fn short_codes_and_names() {
    for (scheme, contact) in [(IdentifierScheme::Id, "72345"), (IdentifierScheme::Id, "ACME")] {
        let mut event = event(message(vec![text("hello")]));
        event.contact = Some(Contact::new(scheme, contact));
        assert_eq!(round_trip(&event).contact, event.contact);
    }
}

#[test]
fn statuses() {
    let status = |state, failure| {
        EventKind::Status(Status { message_id: "m2".to_owned(), state, failure, client_reference: None })
    };
    for state in [DeliveryState::Accepted, DeliveryState::Sent, DeliveryState::Delivered, DeliveryState::Read]
    {
        survives(status(state, None));
    }
    survives(status(DeliveryState::Other("teleported".to_owned()), None));
    let failure = Failure {
        reason: FailureReason::OptedOut,
        code: Some("200".to_owned()),
        message: Some("the contact has opted out".to_owned()),
    };
    survives(status(DeliveryState::Failed, Some(failure)));
    survives(EventKind::Status(Status {
        message_id: "m2".to_owned(),
        state: DeliveryState::Sent,
        failure: None,
        client_reference: Some("01990000-0000-7000-8000-000000000001".to_owned()),
    }));
    assert_eq!(simulate(&event(status(DeliveryState::Played, None))), None);
}

/// A keyword is a message still, and a consent besides.
#[test]
fn keyword() {
    let stop = event(message(vec![text("Stop")]));
    let [message, consent] = receive(&simulate(&stop).expect("a text")).try_into().expect("two events");
    assert_eq!(message.kind, stop.kind);
    assert!(matches!(consent.kind, EventKind::Consent(Consent { state: ConsentState::Revoked, .. })));
}

#[test]
fn unknown() {
    let opaque = |payload: &str| {
        event(EventKind::Other(Opaque { name: "onSurprise".to_owned(), payload: payload.to_owned() }))
    };
    let EventKind::Other(named) = round_trip(&opaque(r#"{"A":"1","b":2}"#)).kind else { panic!("not other") };
    assert_eq!(named.name, "onSurprise");
    for payload in ["[]", "x", r#"{"a":{}}"#, r#"{"MessageUUID":"m1"}"#] {
        assert_eq!(simulate(&opaque(payload)), None, "{payload}");
    }
}

#[test]
fn what_plivo_cannot_carry() {
    let image = || media(MediaKind::Image, MediaSource::Url("https://media.example.org/1.jpg".to_owned()));
    for kind in [
        EventKind::Typing(Typing::Started),
        message(vec![Part::Html("x".to_owned())]),
        message(vec![media(MediaKind::Image, MediaSource::Bytes(vec![1]))]),
        message(vec![media(MediaKind::Image, MediaSource::Url("https://media.plivo.com/1.jpg".to_owned()))]),
        message(vec![media(
            MediaKind::Video,
            MediaSource::Url("https://media.example.org/1.jpg".to_owned()),
        )]),
        message(vec![image(), text("after it")]),
        message(vec![text("one"), text("two")]),
        EventKind::Message(Message::new("", vec![text("no id")])),
    ] {
        assert_eq!(simulate(&event(kind.clone())), None, "{kind:?}");
    }
    let mut nobody = event(message(vec![text("x")]));
    nobody.contact = None;
    assert_eq!(simulate(&nobody), None);
    // It would come back as a number.
    nobody.contact = Some(Contact::new(IdentifierScheme::Id, "15005550123"));
    assert_eq!(simulate(&nobody), None);
}
