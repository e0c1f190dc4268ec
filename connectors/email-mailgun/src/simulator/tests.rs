//! What is simulated is received with the same kind and content.

use trunkline_sdk::Simulator as _;

use super::*;
use crate::Mailgun;

fn context() -> Context {
    Context {
        settings: vec![("signing_key".into(), "key-signing-invented".into())],
        now: 1_700_000_000_000,
        ..Context::default()
    }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("inv0001:19675", "help@mg.example.org", kind);
    event.contact = Some(Contact::new(IdentifierScheme::Email, "ada@example.net"));
    event.occurred_at = Some(1_700_000_000_000);
    event
}

fn there_and_back(event: &Event) -> Event {
    let request =
        Mailgun::simulate(event, "https://hooks.example.org/hooks/mail", &context()).expect("has a webhook");
    match trunkline_sdk::receive::<Mailgun>(&request, &context()) {
        ReceiveStep::Answer(mut answer) if answer.events.len() == 1 => answer.events.remove(0),
        other => panic!("{other:?}"),
    }
}

fn check(kind: EventKind) {
    let sent = event(kind);
    let received = there_and_back(&sent);
    assert_eq!(
        (&received.kind, &received.account, &received.contact),
        (&sent.kind, &sent.account, &sent.contact)
    );
    assert_eq!(received.occurred_at, sent.occurred_at);
}

#[test]
fn messages() {
    let mut message = Message::new("in-1@example.net", vec![Part::Text("hello é 😀\nline & two=2".into())]);
    check(EventKind::Message(message.clone()));
    message.subject = Some("Frage ü".into());
    message.reply_to = Some(MessageRef::new("own-7@mg.example.org"));
    message.parts.push(Part::Quoted("> so?".into()));
    message.parts.push(Part::Html("<p>hello</p>".into()));
    message.automated = true;
    check(EventKind::Message(message));
}

#[test]
fn media() {
    let mut media = Media::new(MediaKind::Image, MediaSource::Bytes(vec![0, 255, 13, 10]));
    media.content_type = Some("image/png".into());
    media.name = Some("a é.png".into());
    media.size = Some(4);
    media.content_id = Some("ii_1".into());
    check(EventKind::Message(Message::new(
        "in-2@example.net",
        vec![Part::Text("look".into()), Part::Media(media.clone())],
    )));
    check(EventKind::Message(Message::new("in-3@example.net", vec![Part::Media(media.clone())])));
    media.source = MediaSource::Reference(
        "https://sw.api.mailgun.net/v3/domains/mg.example.org/messages/K/attachments/0".into(),
    );
    check(EventKind::Message(Message::new(
        "in-4@example.net",
        vec![Part::Text("look".into()), Part::Media(media)],
    )));
}

#[test]
fn statuses() {
    let failure =
        |reason, code: &str| Some(Failure { reason, code: Some(code.into()), message: Some("said".into()) });
    for (state, failure) in [
        (DeliveryState::Accepted, None),
        (DeliveryState::Delivered, None),
        (DeliveryState::Read, None),
        (DeliveryState::Other("clicked".into()), None),
        (DeliveryState::Other("deferred".into()), failure(FailureReason::Transient, "4.4.1")),
        (DeliveryState::Failed, failure(FailureReason::Unreachable, "5.1.1")),
        (DeliveryState::Failed, failure(FailureReason::OptedOut, "607")),
        (DeliveryState::Failed, failure(FailureReason::Unauthorized, "5.7.1")),
        (DeliveryState::Failed, failure(FailureReason::Invalid, "5.3.4")),
    ] {
        check(EventKind::Status(Status {
            message_id: "own-7@mg.example.org".into(),
            state,
            failure,
            client_reference: Some("ref-1".into()),
        }));
    }
}

#[test]
fn consents_and_what_is_not_known() {
    for (scope, origin) in
        [("all", "complaint"), ("all", "unsubscribe"), ("news@mg.example.org", "unsubscribe")]
    {
        let consent = Consent { state: ConsentState::Revoked, scope: scope.into(), origin: origin.into() };
        check(EventKind::Consent(consent));
    }
    let opaque = Opaque { name: "future".into(), payload: "{\"x\": 1, \"event\": \"future\"}".into() };
    assert_eq!(there_and_back(&event(EventKind::Other(opaque.clone()))).kind, EventKind::Other(opaque));
}

#[test]
fn what_mail_has_not() {
    for kind in [
        EventKind::Typing(Typing::Started),
        EventKind::Message(Message::new("in-1@example.net", vec![Part::Location(Location::default())])),
        EventKind::Message(Message::new("in-1@example.net", vec![Part::Choice(Choice::default())])),
    ] {
        assert_eq!(Mailgun::simulate(&event(kind), "https://hooks.example.org/hooks/mail", &context()), None);
    }
}
