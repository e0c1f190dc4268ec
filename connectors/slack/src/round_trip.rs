//! `receive` of what `simulate` made gives back the same, for everything that Slack has a webhook for.

use trunkline_sdk::model::ReceiveStep;
use trunkline_sdk::prelude::*;

use crate::Slack;

const ID: &str = "D0AAAA001:1790000000.000100";

fn context() -> Context {
    let settings = vec![("signing_secret".to_owned(), "signing-secret-1".to_owned())];
    Context { settings, now: 1_790_000_300_000, exchanges: Vec::new() }
}

/// An event of the manifest's sample account and contact.
fn sample(kind: EventKind) -> Event {
    let mut event = Event::new("Ev0SIMULATED", "T0AAAA001", kind);
    event.contact = Some(Contact::new(IdentifierScheme::Id, "U0AAAA001"));
    event.occurred_at = Some(1_790_000_299_123);
    event
}

fn message(parts: Vec<Part>) -> EventKind {
    EventKind::Message(Message::new(ID, parts))
}

fn round_trip(event: &Event) -> Event {
    let url = "https://hooks.example.org/hooks/slack";
    let request = <Slack as Simulator>::simulate(event, url, &context()).expect("Slack has a webhook for it");
    match trunkline_sdk::receive::<Slack>(&request, &context()) {
        ReceiveStep::Answer(answer) => {
            let [event] = answer.events.try_into().expect("one event");
            event
        }
        other => panic!("{other:?}"),
    }
}

fn same(event: &Event) {
    let back = round_trip(event);
    assert_eq!(back.kind, event.kind);
    assert_eq!((&back.account, &back.contact, &back.thread), (&event.account, &event.contact, &event.thread));
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

#[test]
fn messages_come_back() {
    same(&sample(message(vec![text("Grüße & <b> &amp; \"x\"\n😀")])));
    let mut file = Media::new(MediaKind::File, MediaSource::Reference("F0AAAA001".to_owned()));
    (file.name, file.size) = (Some("plan.pdf".to_owned()), Some(7));
    file.content_type = Some("application/pdf".to_owned());
    same(&sample(message(vec![text("the plan"), Part::Media(file.clone())])));
    file.content_type = None;
    for kind in [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::Voice] {
        same(&sample(message(vec![Part::Media(Media { kind, ..file.clone() })])));
    }
    let elsewhere = MediaSource::Url("https://example.org/a.jpg".to_owned());
    same(&sample(message(vec![Part::Media(Media::new(MediaKind::Image, elsewhere))])));
    let mut named = sample(message(vec![text("hi")]));
    named.contact.as_mut().expect("a contact").name = Some("Hana".to_owned());
    same(&named);
}

#[test]
fn presses_come_back() {
    let choice = |title: Option<&str>, data: Option<&str>| {
        let (title, data) = (title.map(str::to_owned), data.map(str::to_owned));
        let choice = Choice { id: Some("a=1&b=ä".to_owned()), title, data };
        let mut message = Message::new("action:1790000299.123000", vec![Part::Choice(choice)]);
        message.reply_to = Some(MessageRef::new(ID));
        sample(EventKind::Message(message))
    };
    same(&choice(Some("Yes"), None));
    same(&choice(None, Some(r#"{"b":{"a":{"type":"plain_text_input","value":"x"}}}"#)));
}

#[test]
fn threads_and_channels_come_back() {
    let in_thread = |id: &str, kind: ThreadKind| Some(Thread { id: id.to_owned(), kind, title: None });
    let mut event = sample(EventKind::Message(Message::new("C0AAAA001:1790000001.000100", vec![text("hi")])));
    event.thread = in_thread("C0AAAA001", ThreadKind::Group);
    same(&event);
    let mut answer = Message::new("C0AAAA001:1790000001.000100", vec![text("hi")]);
    let author = Some(Identifier::new(IdentifierScheme::Id, "U0AAAA002"));
    answer.reply_to = Some(MessageRef { id: "C0AAAA001:1790000000.000100".to_owned(), author });
    let mut event = sample(EventKind::Message(answer));
    event.thread = in_thread("C0AAAA001:1790000000.000100", ThreadKind::Other("thread".to_owned()));
    same(&event);
    for change in [MembershipChange::Joined, MembershipChange::Left] {
        let members = vec![Contact::new(IdentifierScheme::Id, "U0AAAA001")];
        let mut event = sample(EventKind::Membership(Membership { change, members }));
        event.thread = in_thread("C0AAAA001", ThreadKind::Group);
        same(&event);
    }
}

#[test]
fn other_kinds_come_back() {
    same(&sample(EventKind::Edited(Message::new(ID, vec![text("new")]))));
    let author = Some(Identifier::new(IdentifierScheme::Id, "U0AAAA001"));
    same(&sample(EventKind::Unsent(MessageRef { id: ID.to_owned(), author })));
    for emoji in [Some("👍🏻".to_owned()), None] {
        let name = Some("thumbsup::skin-tone-2".to_owned());
        same(&sample(EventKind::Reaction(Reaction { target: MessageRef::new(ID), emoji, name })));
    }
    let mut echo = sample(EventKind::Echo(Message::new(ID, vec![text("hello")])));
    echo.contact = None;
    echo.thread = Some(Thread { id: "D0AAAA001".to_owned(), kind: ThreadKind::Direct, title: None });
    same(&echo);
}

#[test]
fn what_is_unknown_keeps_its_name_and_content() {
    let payload = r#"{"n":[1,2],"deep":{"x":null}}"#;
    let opaque = Opaque { name: "surprise".to_owned(), payload: payload.to_owned() };
    let back = round_trip(&sample(EventKind::Other(opaque)));
    let EventKind::Other(found) = back.kind else { panic!("{back:?}") };
    assert_eq!((found.name.as_str(), found.payload.contains(r#""deep":{"x":null}"#)), ("surprise", true));
    assert_eq!(back.id, "Ev0SIMULATED");
}

#[test]
fn what_slack_cannot_say_is_not_simulated() {
    let place = Location { latitude: 1.0, longitude: 2.0, ..Location::default() };
    let known = Opaque { name: "message".to_owned(), payload: r#"{"text":"hi","ts":"1.1"}"#.to_owned() };
    let status = Status {
        message_id: ID.to_owned(),
        state: DeliveryState::Read,
        failure: None,
        client_reference: None,
    };
    let unnamed = Reaction { target: MessageRef::new(ID), emoji: Some("👍".to_owned()), name: None };
    for kind in [
        message(vec![Part::Location(place)]),
        message(vec![]),
        message(vec![Part::Html("<b>".to_owned())]),
        EventKind::Typing(Typing::Started),
        EventKind::Status(status),
        EventKind::Reaction(unnamed),
        EventKind::Other(known),
    ] {
        assert_eq!(crate::simulator::body(&sample(kind.clone()), 0), None, "{kind:?}");
    }
    let mut elsewhere = sample(message(vec![text("hi")]));
    elsewhere.thread = Some(Thread { id: "C0AAAA001".to_owned(), kind: ThreadKind::Group, title: None });
    assert_eq!(crate::simulator::body(&elsewhere, 0), None, "the message's id names another channel");
}
