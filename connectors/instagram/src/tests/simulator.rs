//! The law of the simulator, for each kind: what was made is received again as one event of the same content.

use trunkline_sdk::prelude::*;

use crate::Instagram;

const ACCOUNT: &str = "178400000000001";
const NOW: u64 = 1_790_000_300_000;

fn context() -> Context {
    let settings = vec![("app_secret".to_owned(), "app-secret-1".to_owned())];
    Context { settings, now: NOW, ..Context::default() }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("aWdf1", ACCOUNT, kind);
    event.contact = Some(Contact::new(IdentifierScheme::Id, "9000000000001"));
    event
}

fn simulate(event: &Event) -> Option<Request> {
    Instagram::simulate(event, "https://hooks.example.org/hooks/instagram", &context())
}

fn round_trip(event: &Event) -> Event {
    let request = simulate(event).unwrap_or_else(|| panic!("no webhook for {:?}", event.kind));
    let answer = Instagram::receive(&request, &context()).expect("genuine");
    let [received] = answer.events.as_slice() else { panic!("{} events", answer.events.len()) };
    assert_eq!((&received.account, received.occurred_at), (&event.account, Some(NOW)));
    received.clone()
}

fn survives(kind: EventKind) {
    let event = event(kind);
    let received = round_trip(&event);
    assert_eq!((received.kind, received.contact), (event.kind, event.contact));
}

fn message(parts: Vec<Part>) -> EventKind {
    EventKind::Message(Message::new("aWdf1", parts))
}

fn media(kind: MediaKind) -> Part {
    Part::Media(Media::new(kind, MediaSource::Url("https://cdn.example/é/1?a=b".to_owned())))
}

#[test]
fn messages() {
    survives(message(vec![Part::Text("héllo \"/\\ 😀\n".to_owned())]));
    survives(message(vec![Part::Text("look".to_owned()), media(MediaKind::Image)]));
    survives(message(vec![Part::Choice(Choice {
        id: Some("Y".into()),
        title: Some("Yes".into()),
        data: None,
    })]));
    survives(EventKind::Echo(Message::new("aWdf1", vec![Part::Text("from the inbox".to_owned())])));
    survives(EventKind::Edited(Message::new("aWdf1", vec![Part::Text("new".to_owned())])));
    survives(EventKind::Unsent(MessageRef::new("aWdf1")));
}

#[test]
fn what_is_shared_is_media_of_its_own_kind() {
    for kind in ["story_mention", "ig_story", "share", "ig_reel", "ig_post"] {
        survives(message(vec![media(MediaKind::Other(kind.to_owned()))]));
    }
    for kind in [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::File] {
        survives(message(vec![media(kind)]));
    }
}

#[test]
fn what_instagram_does_not_have_is_not_made() {
    let place = Location { latitude: 48.137, longitude: 11.575, ..Location::default() };
    for part in
        [Part::Location(place), media(MediaKind::Sticker), media(MediaKind::Other("hologram".to_owned()))]
    {
        assert_eq!(simulate(&event(message(vec![part]))), None);
    }
    assert_eq!(simulate(&event(EventKind::Typing(Typing::Started))), None);
}

#[test]
fn a_story_is_answered() {
    let mut event = event(message(vec![Part::Text("where is this?".to_owned())]));
    event.attributes = vec![
        ("story_id".to_owned(), "1800".to_owned()),
        ("story_url".to_owned(), "https://cdn.example/story".to_owned()),
    ];
    let received = round_trip(&event);
    assert_eq!((received.kind, received.attributes), (event.kind, event.attributes));
}

#[test]
fn what_became_of_messages_and_conversations() {
    let status = |state| Status { message_id: "aWdf2".into(), state, failure: None, client_reference: None };
    survives(EventKind::Status(status(DeliveryState::Read)));
    assert_eq!(simulate(&event(EventKind::Status(status(DeliveryState::Delivered)))), None);
    for (emoji, name) in [(Some("❤"), Some("love")), (None, None)] {
        survives(EventKind::Reaction(Reaction {
            target: MessageRef::new("aWdf2"),
            emoji: emoji.map(str::to_owned),
            name: name.map(str::to_owned),
        }));
    }
    for action in [HandoverAction::GivenToUs, HandoverAction::TakenFromUs, HandoverAction::Requested] {
        survives(EventKind::Handover(Handover {
            action,
            previous_owner: Some("11".to_owned()),
            new_owner: Some("22".to_owned()),
            note: None,
        }));
    }
    let up_to = Watermark { state: DeliveryState::Read, up_to: NOW };
    assert_eq!(simulate(&event(EventKind::Watermark(up_to))), None);
}

#[test]
fn a_comment_is_kept_as_it_is() {
    let payload = r#"{"from":{"id":"9000000000001"},"id":"17900","text":"nice"}"#;
    let opaque = Opaque { name: "comments".to_owned(), payload: payload.to_owned() };
    survives(EventKind::Other(opaque));
}

#[test]
fn the_sample_of_the_manifest_can_be_simulated() {
    let manifest = <Instagram as Connector>::MANIFEST;
    for line in [format!("account = \"{ACCOUNT}\""), "contact = \"9000000000001\"".to_owned()] {
        assert!(manifest.lines().any(|found| found == line), "{line}");
    }
    assert_eq!(round_trip(&event(message(vec![Part::Text("hello".to_owned())]))).id, "aWdf1");
}
