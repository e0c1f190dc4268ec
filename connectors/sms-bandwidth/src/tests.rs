//! The case files, and the law of the simulator: what was made is received again as one event of the same content.

use trunkline_sdk::prelude::*;

use crate::SmsBandwidth;

/// `[sample]` of the manifest.
const ACCOUNT: &str = "+15005550199";
const CONTACT: &str = "+15005550123";
const NOW: u64 = 1_790_000_300_000;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<SmsBandwidth>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<SmsBandwidth>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<SmsBandwidth>);
}

fn context() -> Context {
    let settings = vec![("webhook_credentials".to_owned(), "hook:tok_invented_0001".to_owned())];
    Context { settings, now: NOW, ..Context::default() }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("m1", ACCOUNT, kind);
    event.occurred_at = Some(NOW - 1_000);
    event.contact = Some(Contact::new(IdentifierScheme::Phone, CONTACT));
    event
}

fn simulate(event: &Event) -> Option<Request> {
    SmsBandwidth::simulate(event, "https://hooks.example.org/hooks/sms-bandwidth", &context())
}

fn receive(request: &Request) -> Vec<Event> {
    SmsBandwidth::receive(request, &context()).expect("genuine").events
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
    assert_eq!((&received.thread, received.occurred_at), (&event.thread, event.occurred_at));
}

fn message(parts: Vec<Part>) -> Event {
    event(EventKind::Message(Message::new("m1", parts)))
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn media(kind: MediaKind, source: MediaSource) -> Part {
    Part::Media(Media::new(kind, source))
}

fn protected() -> Part {
    let url = "https://messaging.bandwidth.com/api/v2/users/9/media/1/0.jpg";
    media(MediaKind::Image, MediaSource::Reference(url.to_owned()))
}

#[test]
fn texts_and_files() {
    survives(&message(vec![text("héllo & <b> 😀 + %\n\"quoted\"")]));
    survives(&message(vec![text("")]));
    survives(&message(vec![protected()]));
    let open = MediaSource::Url("https://media.example.org/1.mp3".to_owned());
    survives(&message(vec![text("look"), protected(), media(MediaKind::Audio, open)]));
}

#[test]
fn groups_and_short_codes() {
    let mut group = message(vec![text("hello all")]);
    let id = "+15005550111,+15005550123,+15005550199".to_owned();
    group.thread = Some(Thread { id, kind: ThreadKind::Group, title: None });
    survives(&group);
    let mut code = message(vec![text("hello")]);
    code.contact = Some(Contact::new(IdentifierScheme::Id, "72345"));
    survives(&code);
}

#[test]
fn statuses() {
    let status = |state, failure| {
        let client_reference = Some("01990000-0000-7000-8000-000000000001".to_owned());
        event(EventKind::Status(Status { message_id: "m2".to_owned(), state, failure, client_reference }))
    };
    for state in [DeliveryState::Accepted, DeliveryState::Sent, DeliveryState::Delivered, DeliveryState::Read]
    {
        survives(&status(state, None));
    }
    let failure = Failure {
        reason: FailureReason::OptedOut,
        code: Some("4775".to_owned()),
        message: Some("opted out".to_owned()),
    };
    survives(&status(DeliveryState::Failed, Some(failure)));
    let failure = Failure { reason: FailureReason::Other, code: None, message: None };
    survives(&status(DeliveryState::Failed, Some(failure)));
    for state in [DeliveryState::Played, DeliveryState::Other("teleported".to_owned())] {
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
    for payload in ["[]", "x", r#"{"message":{}}"#] {
        assert_eq!(simulate(&opaque(payload)), None, "{payload}");
    }
}

#[test]
fn what_bandwidth_cannot_carry() {
    let odd = MediaSource::Url("https://messaging.bandwidth.com/1.jpg".to_owned());
    let layout = MediaSource::Url("https://media.example.org/0.smil".to_owned());
    for event in [
        event(EventKind::Typing(Typing::Started)),
        message(vec![Part::Html("x".to_owned())]),
        message(vec![media(MediaKind::Image, MediaSource::Bytes(vec![1]))]),
        message(vec![media(MediaKind::Image, odd)]),
        message(vec![media(MediaKind::File, layout)]),
        message(vec![protected(), text("after it")]),
        message(vec![text(""), protected()]),
        message(vec![text("one"), text("two")]),
        event(EventKind::Message(Message::new("", vec![text("no id")]))),
    ] {
        assert_eq!(simulate(&event), None, "{:?}", event.kind);
    }
    let mut nobody = message(vec![text("x")]);
    nobody.contact = None;
    assert_eq!(simulate(&nobody), None);
    assert_eq!(
        SmsBandwidth::simulate(&message(vec![text("x")]), "https://h.example", &Context::default()),
        None
    );
}
