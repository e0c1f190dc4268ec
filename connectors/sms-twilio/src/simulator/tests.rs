//! The law of the simulator, for each kind: what was made is received again as one event of the same content.

use trunkline_sdk::prelude::*;

use crate::SmsTwilio;

/// `[sample]` of the manifest.
const ACCOUNT: &str = "+15005550199";
const CONTACT: &str = "+15005550123";

fn context() -> Context {
    let settings =
        [("account_sid", "AC00000000000000000000000000000009"), ("auth_token", "tok_invented_0001")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Context { settings, now: 1_790_000_300_000, ..Context::default() }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("SM1", ACCOUNT, kind);
    event.contact = Some(Contact::new(IdentifierScheme::Phone, CONTACT));
    event
}

fn simulate(event: &Event) -> Option<Request> {
    SmsTwilio::simulate(event, "https://hooks.example.org/hooks/sms-twilio?a=b", &context())
}

fn receive(request: &Request) -> Vec<Event> {
    SmsTwilio::receive(request, &context()).expect("genuine").events
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
    assert_eq!(received.contact, event.contact);
    assert_eq!(received.account, event.account);
}

fn message(parts: Vec<Part>) -> EventKind {
    EventKind::Message(Message::new("SM1", parts))
}

fn media(kind: MediaKind, content_type: Option<&str>) -> Media {
    let mut media = Media::new(kind, MediaSource::Reference("https://api.twilio.com/a/ME1".to_owned()));
    media.content_type = content_type.map(str::to_owned);
    media
}

fn choice() -> Part {
    Part::Choice(Choice { id: Some("Y".to_owned()), title: Some("Yes".to_owned()), data: None })
}

fn location() -> Location {
    Location { latitude: 52.5, longitude: -13.25, name: Some("Café".to_owned()), ..Location::default() }
}

#[test]
fn text() {
    survives(message(vec![Part::Text("héllo & <b> 😀 + %\n".to_owned())]));
    survives(message(vec![Part::Text(String::new())]));
}

#[test]
fn media_of_each_kind() {
    for kind in [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::Voice,
        MediaKind::File,
        MediaKind::Sticker,
    ] {
        survives(message(vec![Part::Media(media(kind, None))]));
    }
    let picture = Part::Media(media(MediaKind::Image, Some("image/jpeg")));
    let card = Part::Media(media(MediaKind::File, Some("text/x-vcard")));
    survives(message(vec![Part::Text("look".to_owned()), picture, card]));
}

#[test]
fn location_and_choice() {
    survives(message(vec![Part::Location(location())]));
    survives(message(vec![choice()]));
    survives(message(vec![Part::Text("by the way".to_owned()), choice()]));
    let form = Choice { id: None, title: None, data: Some(r#"{"a":1}"#.to_owned()) };
    survives(message(vec![Part::Choice(form)]));
    assert_eq!(round_trip(&event(message(vec![choice()]))).attribute("channel"), Some("whatsapp"));
}

#[test]
fn where_it_came_from() {
    let author = Some(Identifier::new(IdentifierScheme::Phone, ACCOUNT));
    let referral = Referral {
        source: "ad".to_owned(),
        ref_: Some("clid1".to_owned()),
        id: Some("6".to_owned()),
        headline: Some("Tea".to_owned()),
        ..Referral::default()
    };
    survives(EventKind::Message(Message {
        reply_to: Some(MessageRef { id: "SM0".to_owned(), author }),
        referral: Some(referral),
        forwarded: true,
        ..Message::new("SM1", vec![Part::Text("yes".to_owned())])
    }));
}

#[test]
fn other_channels_and_addresses() {
    for (channel, contact) in [
        ("whatsapp", Contact::new(IdentifierScheme::Id, "US.123400001111")),
        ("messenger", Contact::new(IdentifierScheme::Id, "123456789012345")),
        ("rcs", Contact::new(IdentifierScheme::Phone, CONTACT)),
        ("sms", Contact::new(IdentifierScheme::Id, "72345")),
    ] {
        let mut event = event(message(vec![Part::Text("hello".to_owned())]));
        event.contact = Some(contact);
        event.attributes = vec![("channel".to_owned(), channel.to_owned())];
        let received = round_trip(&event);
        assert_eq!(received.contact, event.contact);
        assert_eq!((received.attribute("channel"), &*received.account), (Some(channel), ACCOUNT));
    }
}

#[test]
fn statuses() {
    let status =
        |state, failure| Status { message_id: "SM2".to_owned(), state, failure, client_reference: None };
    for state in [DeliveryState::Accepted, DeliveryState::Sent, DeliveryState::Delivered, DeliveryState::Read]
    {
        survives(EventKind::Status(status(state, None)));
    }
    survives(EventKind::Status(status(DeliveryState::Other("teleported".to_owned()), None)));
    let failure = Failure {
        reason: FailureReason::OptedOut,
        code: Some("21610".to_owned()),
        message: Some("Attempt to send to unsubscribed recipient".to_owned()),
    };
    survives(EventKind::Status(status(DeliveryState::Failed, Some(failure))));
    let failure = Failure { reason: FailureReason::Other, code: None, message: None };
    survives(EventKind::Status(status(DeliveryState::Failed, Some(failure))));
    survives(EventKind::Status(Status {
        client_reference: Some("01990000-0000-7000-8000-000000000001".to_owned()),
        ..status(DeliveryState::Sent, None)
    }));
    assert_eq!(simulate(&event(EventKind::Status(status(DeliveryState::Played, None)))), None);
}

#[test]
fn unknown() {
    let opaque = |payload: &str| {
        EventKind::Other(Opaque { name: "onSurprise".to_owned(), payload: payload.to_owned() })
    };
    let surprise = event(opaque(r#"{"A":"1","EventType":"onSurprise"}"#));
    assert_eq!(round_trip(&surprise).kind, surprise.kind);
    let EventKind::Other(named) = round_trip(&event(opaque("{}"))).kind else { panic!("not other") };
    assert_eq!(named.name, "onSurprise");
    for payload in ["[]", "x", r#"{"a":{}}"#, r#"{"MessageSid":"SM1"}"#] {
        assert_eq!(simulate(&event(opaque(payload))), None, "{payload}");
    }
}

/// A keyword is a message still, and a consent besides.
#[test]
fn keyword() {
    let stop = event(message(vec![Part::Text("Stop".to_owned())]));
    let [message, consent] = receive(&simulate(&stop).expect("a text")).try_into().expect("two events");
    assert_eq!(message.kind, stop.kind);
    assert!(matches!(consent.kind, EventKind::Consent(Consent { state: ConsentState::Revoked, .. })));
}

#[test]
fn what_twilio_cannot_carry() {
    let mut bytes = media(MediaKind::Image, None);
    bytes.source = MediaSource::Bytes(vec![1]);
    let mixed = [media(MediaKind::Image, None), media(MediaKind::Audio, None)].map(Part::Media).to_vec();
    for kind in [
        EventKind::Typing(Typing::Started),
        message(vec![Part::Html("x".to_owned())]),
        message(vec![Part::Media(bytes)]),
        message(vec![choice(), choice()]),
        message(mixed),
        EventKind::Message(Message::new("", vec![Part::Text("no id".to_owned())])),
    ] {
        assert_eq!(simulate(&event(kind.clone())), None, "{kind:?}");
    }
    let mut nobody = event(message(vec![Part::Text("x".to_owned())]));
    nobody.contact = None;
    assert_eq!(simulate(&nobody), None);
}
