//! `receive` of what `simulate` made gives back the same, for everything that LINE has a webhook for.

use trunkline_sdk::model::ReceiveStep;
use trunkline_sdk::prelude::*;

use crate::Line;
use crate::message::STICKER_URL;
use crate::simulator::body;

fn context() -> Context {
    let settings = vec![("channel_secret".to_owned(), "channel-secret-1".to_owned())];
    Context { settings, now: 1_790_000_300_000, exchanges: Vec::new() }
}

/// An event of the manifest's sample account and contact.
fn sample(kind: EventKind) -> Event {
    let mut event = Event::new("01JSIMULATED00000000000001", "U00000000000000000000000000000001", kind);
    event.contact = Some(Contact::new(IdentifierScheme::Id, "U000000000000000000000000000000a2"));
    event
}

fn message(part: Part) -> EventKind {
    EventKind::Message(Message::new("510000000000000009", vec![part]))
}

fn round_trip(event: &Event) -> Event {
    let url = "https://hooks.example.org/hooks/line";
    let request = <Line as Simulator>::simulate(event, url, &context()).expect("LINE has a webhook for it");
    match trunkline_sdk::receive::<Line>(&request, &context()) {
        ReceiveStep::Answer(answer) => {
            let [event] = answer.events.try_into().expect("one event");
            event
        }
        other => panic!("{other:?}"),
    }
}

fn same(kind: EventKind) {
    let event = sample(kind);
    let back = round_trip(&event);
    assert_eq!(back.kind, event.kind);
    assert_eq!((back.account, back.contact), (event.account, event.contact));
    assert_eq!(back.occurred_at, Some(context().now));
}

fn place(url: Option<&str>) -> Part {
    Part::Location(Location {
        latitude: 35.6,
        longitude: 139.7,
        name: Some("Shop".to_owned()),
        address: Some("東京都".to_owned()),
        url: url.map(str::to_owned),
    })
}

#[test]
fn messages_come_back() {
    same(message(Part::Text("こんにちは 😀 \"a/b\"\n".to_owned())));
    same(message(place(None)));
    let id = MediaSource::Reference("510000000000000009".to_owned());
    for kind in [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::File] {
        same(message(Part::Media(Media::new(kind, id.clone()))));
    }
    let url = MediaSource::Url("https://example.org/a.jpg".to_owned());
    same(message(Part::Media(Media::new(MediaKind::Image, url))));
    let choice = |data: Option<&str>| Choice {
        id: Some("a=1&b=ä".to_owned()),
        title: None,
        data: data.map(str::to_owned),
    };
    same(message(Part::Choice(choice(None))));
    same(message(Part::Choice(choice(Some(r#"{"date":"2026-10-01"}"#)))));
}

#[test]
fn stickers_come_back() {
    let url = format!("{}52002734{}", STICKER_URL.0, STICKER_URL.1);
    let mut sticker = Media::new(MediaKind::Sticker, MediaSource::Url(url));
    sticker.caption = Some("Thanks".to_owned());
    let attributes = [("package_id", "11537"), ("sticker_id", "52002734"), ("keywords", r#"["thanks"]"#)];
    sticker.attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    same(message(Part::Media(sticker)));
}

#[test]
fn other_kinds_come_back() {
    same(EventKind::Edited(Message::new("510000000000000001", vec![Part::Text("new".to_owned())])));
    same(EventKind::Unsent(MessageRef::new("510000000000000001")));
    for (state, origin) in [
        (ConsentState::Granted, "follow"),
        (ConsentState::Granted, "unblock"),
        (ConsentState::Revoked, "unfollow"),
    ] {
        same(EventKind::Consent(Consent { state, scope: "all".to_owned(), origin: origin.to_owned() }));
    }
    same(EventKind::Status(Status {
        message_id: "tag-1".to_owned(),
        state: DeliveryState::Delivered,
        failure: None,
        client_reference: None,
    }));
    for action in [HandoverAction::GivenToUs, HandoverAction::TakenFromUs] {
        same(EventKind::Handover(Handover { action, previous_owner: None, new_owner: None, note: None }));
    }
    for change in [MembershipChange::Joined, MembershipChange::Left] {
        let members = vec![Contact::new(IdentifierScheme::Id, "U000000000000000000000000000000a3")];
        same(EventKind::Membership(Membership { change: change.clone(), members }));
        same(EventKind::Membership(Membership { change, members: Vec::new() }));
    }
}

#[test]
fn what_is_unknown_comes_back_letter_by_letter() {
    let payload = r#"{ "type": "surprise", "n": 12345678901234567890123, "webhookEventId": "01JX" }"#;
    let opaque = Opaque { name: "surprise".to_owned(), payload: payload.to_owned() };
    assert_eq!(round_trip(&sample(EventKind::Other(opaque.clone()))).kind, EventKind::Other(opaque));
    let bare = Opaque { name: "surprise".to_owned(), payload: r#"{"x":1}"#.to_owned() };
    let back = round_trip(&sample(EventKind::Other(bare)));
    assert_eq!(back.id, "01JSIMULATED00000000000001");
    assert!(
        matches!(back.kind, EventKind::Other(back) if back.name == "surprise" && back.payload.contains("\"x\":1"))
    );
}

#[test]
fn groups_and_attributes_come_back() {
    let mut event = sample(message(Part::Text("hi".to_owned())));
    event.contact = None;
    event.thread = Some(Thread { id: "C01".to_owned(), kind: ThreadKind::Group, title: None });
    let attributes =
        [("standby", "true"), ("redelivery", "true"), ("reply_token", "rt"), ("quote_token", "q")];
    event.attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let back = round_trip(&event);
    assert_eq!((&back.thread, &back.contact, &back.attributes), (&event.thread, &None, &event.attributes));
}

#[test]
fn what_line_cannot_say_is_not_simulated() {
    let voice = Media::new(MediaKind::Voice, MediaSource::Reference("1".to_owned()));
    let mut captioned = Media::new(MediaKind::Image, MediaSource::Reference("1".to_owned()));
    captioned.caption = Some("look".to_owned());
    let titled = Choice { id: Some("a".to_owned()), title: Some("Yes".to_owned()), data: None };
    let known = Opaque { name: "unfollow".to_owned(), payload: r#"{"type":"unfollow"}"#.to_owned() };
    for kind in [
        EventKind::Typing(Typing::Started),
        EventKind::Other(known),
        message(Part::Media(voice)),
        message(Part::Media(captioned)),
        message(Part::Choice(titled)),
        message(place(Some("https://example.org"))),
        message(Part::Html("<b>".to_owned())),
    ] {
        assert_eq!(body(&sample(kind.clone()), 0), None, "{kind:?}");
    }
    let mut unsourced = sample(message(Part::Text("hi".to_owned())));
    unsourced.contact = None;
    assert_eq!(body(&unsourced, 0), None);
}
