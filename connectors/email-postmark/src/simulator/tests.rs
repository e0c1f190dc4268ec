//! What is simulated is received with the same kind and content.

use trunkline_sdk::Simulator as _;

use super::*;
use crate::Postmark;

const URL: &str = "https://hooks.example.org/hooks/mail";

fn context() -> Context {
    Context {
        settings: vec![(CREDENTIALS.into(), "user:invented-password".into())],
        now: 1_790_000_000_000,
        ..Context::default()
    }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("event-1", "help@in.example.org", kind);
    event.contact = Some(Contact::new(IdentifierScheme::Email, "ada@example.net"));
    event.occurred_at = Some(1_790_000_000_000);
    event
}

fn there_and_back(event: &Event) -> Event {
    let request = Postmark::simulate(event, URL, &context()).expect("has a webhook");
    match trunkline_sdk::receive::<Postmark>(&request, &context()) {
        ReceiveStep::Answer(mut answer) if answer.events.len() == 1 => answer.events.remove(0),
        other => panic!("{other:?}"),
    }
}

fn check(kind: EventKind) -> Event {
    let sent = event(kind);
    let received = there_and_back(&sent);
    assert_eq!(
        (&received.kind, &received.account, &received.contact),
        (&sent.kind, &sent.account, &sent.contact)
    );
    received
}

#[test]
fn messages() {
    let mut message = Message::new("in-1@example.net", vec![Part::Text("hello é 😀\nline & two=2".into())]);
    check(EventKind::Message(message.clone()));
    message.subject = Some("Frage ü".into());
    message.reply_to = Some(MessageRef::new("22222222-2222-4333-8444-555555555555@mtasv.net"));
    message.parts.push(Part::Quoted("> so?".into()));
    message.parts.push(Part::Html("<p>hello</p>".into()));
    let mut media = Media::new(MediaKind::Image, MediaSource::Bytes(vec![0, 255, 13, 10]));
    media.content_type = Some("image/png".into());
    media.name = Some("a é.png".into());
    media.size = Some(4);
    media.content_id = Some("ii_1".into());
    message.parts.push(Part::Media(media));
    message.automated = true;
    check(EventKind::Message(message));
}

#[test]
fn statuses() {
    let failure =
        |reason, code: &str| Some(Failure { reason, code: Some(code.into()), message: Some("said".into()) });
    for (state, failure) in [
        (DeliveryState::Delivered, None),
        (DeliveryState::Read, None),
        (DeliveryState::Other("clicked".into()), None),
        (DeliveryState::Other("deferred".into()), failure(FailureReason::Transient, "Transient")),
        (DeliveryState::Failed, failure(FailureReason::Unreachable, "BadEmailAddress")),
        (DeliveryState::Failed, failure(FailureReason::OptedOut, "SpamNotification")),
        (DeliveryState::Failed, failure(FailureReason::Unauthorized, "DMARCPolicy")),
        (DeliveryState::Failed, failure(FailureReason::Invalid, "SMTPApiError")),
    ] {
        let received = check(EventKind::Status(Status {
            message_id: "22222222-2222-4333-8444-555555555555@mtasv.net".into(),
            state,
            failure,
            client_reference: Some("ref-1".into()),
        }));
        assert_eq!(received.occurred_at, Some(1_790_000_000_000));
    }
}

#[test]
fn consents_and_what_is_not_known() {
    for (state, scope, origin) in [
        (ConsentState::Revoked, "all", "complaint"),
        (ConsentState::Revoked, "all", "unsubscribe"),
        (ConsentState::Granted, "all", "subscribe"),
        (ConsentState::Revoked, "broadcast", "unsubscribe"),
    ] {
        check(EventKind::Consent(Consent { state, scope: scope.into(), origin: origin.into() }));
    }
    let opaque = Opaque { name: "Future".into(), payload: "{\"x\":1,\"RecordType\":\"Future\"}".into() };
    assert_eq!(there_and_back(&event(EventKind::Other(opaque.clone()))).kind, EventKind::Other(opaque));
}

#[test]
fn what_mail_has_not() {
    for kind in [
        EventKind::Typing(Typing::Started),
        EventKind::Message(Message::new("in-1@example.net", vec![Part::Location(Location::default())])),
        EventKind::Status(Status {
            message_id: "own-7".into(),
            state: DeliveryState::Accepted,
            failure: None,
            client_reference: None,
        }),
    ] {
        assert_eq!(Postmark::simulate(&event(kind), URL, &context()), None);
    }
}
