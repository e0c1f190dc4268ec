//! What is simulated is received with the same content.

use trunkline_sdk::Simulator as _;

use super::*;
use crate::SendGrid;

const URL: &str = "https://hooks.example.org/hooks/mail";

fn context() -> Context {
    Context { settings: vec![(CREDENTIALS.into(), "user:invented-password".into())], ..Context::default() }
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("event-1", "help@in.example.org", kind);
    event.contact = Some(Contact::new(IdentifierScheme::Email, "ada@example.net"));
    event
}

fn check(message: Message) {
    let sent = event(EventKind::Message(message));
    let request = SendGrid::simulate(&sent, URL, &context()).expect("has a webhook");
    let received = match trunkline_sdk::receive::<SendGrid>(&request, &context()) {
        ReceiveStep::Answer(mut answer) if answer.events.len() == 1 => answer.events.remove(0),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (&received.kind, &received.account, &received.contact),
        (&sent.kind, &sent.account, &sent.contact)
    );
}

#[test]
fn messages() {
    let mut message = Message::new("in-1@example.net", vec![Part::Text("hello é 😀\nline & two=2".into())]);
    check(message.clone());
    message.subject = Some("Frage ü".into());
    message.reply_to = Some(MessageRef::new("own-7@example.org"));
    message.parts.push(Part::Quoted("> so?".into()));
    message.parts.push(Part::Html("<p>hello</p>".into()));
    let mut media = Media::new(MediaKind::Image, MediaSource::Bytes(vec![0, 255, 13, 10]));
    media.content_type = Some("image/png".into());
    media.name = Some("a é.png".into());
    media.size = Some(4);
    media.content_id = Some("ii_1".into());
    message.parts.push(Part::Media(media));
    message.automated = true;
    check(message);
}

#[test]
fn what_cannot_be_made() {
    let location = Message::new("in-1@example.net", vec![Part::Location(Location::default())]);
    for kind in [EventKind::Typing(Typing::Started), EventKind::Message(location)] {
        assert_eq!(SendGrid::simulate(&event(kind), URL, &context()), None);
    }
    let text = event(EventKind::Message(Message::new("in-1@example.net", vec![Part::Text("hello".into())])));
    assert_eq!(SendGrid::simulate(&text, URL, &Context::default()), None, "nothing to prove it with");
}
