//! The law of the simulator, for each kind: what was made is received again as one event of the same content.

use trunkline_sdk::prelude::*;

use crate::Messenger;

const ACCOUNT: &str = "700000000000001";
const CONTACT: &str = "8000000000000001";
const NOW: u64 = 1_790_000_300_000;

fn context() -> Context {
    let settings = vec![("app_secret".to_owned(), "app-secret-1".to_owned())];
    Context { settings, now: NOW, ..Context::default() }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("m_1", ACCOUNT, kind);
    event.contact = Some(Contact::new(IdentifierScheme::Id, CONTACT));
    event
}

fn simulate(event: &Event) -> Option<Request> {
    Messenger::simulate(event, "https://hooks.example.org/hooks/messenger", &context())
}

fn round_trip(event: &Event) -> Event {
    let request = simulate(event).unwrap_or_else(|| panic!("no webhook for {:?}", event.kind));
    let answer = Messenger::receive(&request, &context()).expect("genuine");
    let [received] = answer.events.as_slice() else { panic!("{} events", answer.events.len()) };
    assert_eq!(received.account, event.account);
    assert_eq!(received.occurred_at, Some(event.occurred_at.unwrap_or(NOW)));
    received.clone()
}

fn survives(kind: EventKind) {
    let event = event(kind);
    let received = round_trip(&event);
    assert_eq!(received.kind, event.kind);
    assert_eq!(received.contact, event.contact);
}

fn message(parts: Vec<Part>) -> EventKind {
    EventKind::Message(Message::new("m_1", parts))
}

fn media(kind: MediaKind) -> Media {
    Media::new(kind, MediaSource::Url("https://cdn.example/é/1?a=b".to_owned()))
}

fn choice() -> Part {
    Part::Choice(Choice { id: Some("Y".to_owned()), title: Some("Yes".to_owned()), data: None })
}

fn referral() -> Referral {
    Referral {
        source: "ADS".to_owned(),
        ref_: Some("promo".to_owned()),
        id: Some("6".to_owned()),
        url: Some("https://shop.example/".to_owned()),
        headline: Some("Tea".to_owned()),
        body: None,
        attributes: vec![("type".to_owned(), "OPEN_THREAD".to_owned())],
    }
}

#[test]
fn text() {
    survives(message(vec![Part::Text("héllo \"/\\ 😀\n".to_owned())]));
    survives(message(vec![Part::Text("look".to_owned()), Part::Media(media(MediaKind::Image))]));
}

#[test]
fn media_of_each_kind() {
    for kind in [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::File, MediaKind::Sticker] {
        survives(message(vec![Part::Media(media(kind))]));
    }
}

#[test]
fn location() {
    survives(message(vec![Part::Location(Location {
        latitude: 48.137,
        longitude: -11.575,
        name: Some("Office".to_owned()),
        ..Location::default()
    })]));
}

#[test]
fn choices() {
    survives(message(vec![choice()]));
    let mut quoting = Message::new("m_1", vec![choice()]);
    quoting.reply_to = Some(MessageRef::new("m_0"));
    survives(EventKind::Message(quoting));
    let mut referred = Message::new("m_1", vec![choice()]);
    referred.referral = Some(referral());
    survives(EventKind::Message(referred));
}

#[test]
fn what_became_of_messages() {
    survives(EventKind::Echo(Message::new("m_1", vec![Part::Text("from the inbox".to_owned())])));
    survives(EventKind::Edited(Message::new("m_1", vec![Part::Text("new".to_owned())])));
    survives(EventKind::Unsent(MessageRef::new("m_1")));
    survives(EventKind::Status(Status {
        message_id: "m_out".to_owned(),
        state: DeliveryState::Delivered,
        failure: None,
        client_reference: None,
    }));
    for state in [DeliveryState::Delivered, DeliveryState::Read] {
        survives(EventKind::Watermark(Watermark { state, up_to: 1_790_000_000_999 }));
    }
    for (emoji, name) in [(Some("❤"), Some("love")), (None, None)] {
        survives(EventKind::Reaction(Reaction {
            target: MessageRef::new("m_1"),
            emoji: emoji.map(str::to_owned),
            name: name.map(str::to_owned),
        }));
    }
}

#[test]
fn what_concerns_the_conversation() {
    for (state, origin) in [
        (ConsentState::Granted, "optin"),
        (ConsentState::Granted, "user_preferences"),
        (ConsentState::Revoked, "user_preferences"),
    ] {
        let (scope, origin) = ("notification_messages".to_owned(), origin.to_owned());
        survives(EventKind::Consent(Consent { state, scope, origin }));
    }
    survives(EventKind::Referral(referral()));
    for action in [HandoverAction::GivenToUs, HandoverAction::TakenFromUs, HandoverAction::Requested] {
        survives(EventKind::Handover(Handover {
            action,
            previous_owner: Some("11".to_owned()),
            new_owner: Some("22".to_owned()),
            note: Some("vip".to_owned()),
        }));
    }
}

#[test]
fn something_unknown() {
    let opaque = |payload: &str| Opaque { name: "feed".to_owned(), payload: payload.to_owned() };
    let received = round_trip(&event(EventKind::Other(opaque(r#"{"item":7,"verb":"add"}"#))));
    assert_eq!(received.kind, EventKind::Other(opaque(r#"{"item":7,"verb":"add"}"#)));
    assert_eq!(simulate(&event(EventKind::Other(opaque("no JSON")))), None);
}

#[test]
fn the_sample_of_the_manifest_can_be_simulated() {
    let manifest = <Messenger as Connector>::MANIFEST;
    for line in
        [format!("account = \"{ACCOUNT}\""), format!("contact = \"{CONTACT}\""), "scheme = \"id\"".to_owned()]
    {
        assert!(manifest.lines().any(|found| found == line), "{line}");
    }
    let received = round_trip(&event(message(vec![Part::Text("hello".to_owned())])));
    assert_eq!(received.id, "m_1");
}

#[test]
fn standby_and_people_known_by_reference_only() {
    let mut event = event(message(vec![Part::Text("to a human".to_owned())]));
    event.contact = Some(Contact::new(IdentifierScheme::Other("user_ref".to_owned()), "ref-1"));
    event.attributes = vec![("standby".to_owned(), "true".to_owned())];
    let received = round_trip(&event);
    assert_eq!((received.contact, received.attributes), (event.contact, event.attributes));
}

#[test]
fn what_messenger_cannot_send_is_not_made() {
    let mut captioned = media(MediaKind::Image);
    captioned.caption = Some("mine".to_owned());
    let by_reference = Media::new(MediaKind::Image, MediaSource::Reference("901".to_owned()));
    for parts in [
        vec![],
        vec![Part::Media(captioned)],
        vec![Part::Media(by_reference)],
        vec![Part::Media(media(MediaKind::Voice))],
        vec![Part::Media(media(MediaKind::Image)), Part::Text("below".to_owned())],
        vec![Part::Html("<p>".to_owned())],
    ] {
        assert_eq!(simulate(&event(message(parts))), None);
    }
    assert_eq!(simulate(&event(EventKind::Typing(Typing::Started))), None);
    let mut nobody = event(message(vec![Part::Text("hi".to_owned())]));
    nobody.contact = Some(Contact::new(IdentifierScheme::Phone, "+15550002222"));
    assert_eq!(simulate(&nobody), None);
}
