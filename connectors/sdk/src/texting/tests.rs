use trunkline_model::{ChoiceOption, Identifier, MessageRef, Opaque, OutgoingReaction, Template, Thread};

use super::*;

const CARRIER: Carrier = Carrier {
    name: "Post",
    text_units_max: 40,
    files_max: 2,
    bytes_max: 1_000,
    no_files: None,
    numbers_pieces: true,
};

fn message(parts: Vec<OutgoingPart>) -> Outgoing {
    Outgoing {
        id: "1".to_owned(),
        account: "+15005550199".to_owned(),
        to: vec![Identifier::new(IdentifierScheme::Phone, "+15005550123")],
        thread: None,
        parts,
        subject: None,
        reply_to: None,
        last_inbound_at: None,
        attributes: Vec::new(),
    }
}

fn text(text: &str) -> OutgoingPart {
    OutgoingPart::Text(text.to_owned())
}

fn picture(name: &str) -> Media {
    Media::new(MediaKind::Image, MediaSource::Url(format!("https://a.example/{name}")))
}

fn shown(parts: Vec<OutgoingPart>) -> Vec<(usize, String, usize)> {
    let drafts = drafts(&message(parts), &CARRIER).expect("drafts");
    drafts.into_iter().map(|draft| (draft.part, draft.text, draft.files.len())).collect()
}

fn code(parts: Vec<OutgoingPart>) -> Option<String> {
    drafts(&message(parts), &CARRIER).err().and_then(|failure| failure.code)
}

#[test]
fn a_text_and_the_files_after_it_are_one_message() {
    let files = |count: usize| (0..count).map(|at| OutgoingPart::Media(picture(&format!("{at}.png"))));
    let one = shown([text("look")].into_iter().chain(files(2)).collect());
    assert_eq!(one, [(0, "look".to_owned(), 2)]);
    let two = shown([text("look")].into_iter().chain(files(3)).collect());
    assert_eq!(two, [(0, "look".to_owned(), 2), (3, String::new(), 1)]);
    let mut captioned = picture("a.png");
    captioned.caption = Some("this one".to_owned());
    let apart = shown(vec![text("look"), OutgoingPart::Media(captioned), text("bye")]);
    assert_eq!(apart, [(0, "look".into(), 0), (1, "this one".into(), 1), (2, "bye".into(), 0)]);
}

#[test]
fn a_long_text_is_split_and_numbered() {
    let long = "a word and another one ".repeat(4);
    let drafts = drafts(&message(vec![text(&long)]), &CARRIER).expect("drafts");
    assert!(drafts.iter().all(|draft| Unit::Utf16.length(&draft.text) <= CARRIER.text_units_max));
    assert!(drafts[0].text.starts_with("1/3 a word") && drafts[2].text.starts_with("3/3 "));
    assert_eq!(drafts[0].degraded, ["split into 3 messages: one takes 40 letters"]);
    let mut captioned = picture("a.png");
    captioned.caption = Some(long);
    let before = shown(vec![OutgoingPart::Media(captioned)]);
    assert_eq!((before.len(), &before[3]), (4, &(0, String::new(), 1)));
}

#[test]
fn what_is_no_text_becomes_one() {
    let place = Location { latitude: 1.5, longitude: 2.0, ..Location::default() };
    let card = ContactCard { name: Some("Ada".to_owned()), ..ContactCard::default() };
    let option = |url: Option<&str>| ChoiceOption {
        id: "y".to_owned(),
        title: "Yes".to_owned(),
        description: None,
        url: url.map(str::to_owned),
    };
    let choices = |option| {
        OutgoingPart::Choices(Choices { text: "Sure?".to_owned(), options: vec![option], label: None })
    };
    let parts = vec![
        OutgoingPart::Location(place),
        OutgoingPart::Contacts(vec![card]),
        choices(option(None)),
        choices(option(Some("https://a.example"))),
    ];
    let drafts = drafts(&message(parts), &CARRIER).expect("drafts");
    let texts: Vec<&str> = drafts.iter().map(|draft| draft.text.as_str()).collect();
    let expected =
        ["https://maps.google.com/?q=1.5,2", "Ada", "Sure?\n1. Yes", "Sure?\nYes: https://a.example"];
    assert_eq!(texts, expected);
    assert!(drafts.iter().all(|draft| draft.degraded.len() == 1));
    let answers = |draft: &Draft| draft.attributes.iter().any(|(name, _)| name == outbound::ANSWERS);
    assert_eq!(drafts.iter().map(answers).collect::<Vec<_>>(), [false, false, true, false]);
}

#[test]
fn what_cannot_be_carried_is_refused() {
    let with = |source| OutgoingPart::Media(Media::new(MediaKind::Image, source));
    let reaction = OutgoingReaction { target: MessageRef::new("1"), emoji: None };
    let template = Template {
        name: "a".to_owned(),
        language: "en".to_owned(),
        parameters: Vec::new(),
        components: None,
    };
    let native = Opaque { name: "json".to_owned(), payload: "{}".to_owned() };
    for (part, expected) in [
        (text(" \n"), "missing"),
        (OutgoingPart::Contacts(Vec::new()), "missing"),
        (
            OutgoingPart::Choices(Choices { text: "x".to_owned(), options: Vec::new(), label: None }),
            "missing",
        ),
        (with(MediaSource::Url("http://a.example/x".to_owned())), "unsupported"),
        (with(MediaSource::Reference("7".to_owned())), "unsupported"),
        (with(MediaSource::Bytes(vec![1])), "unsupported"),
        (with(MediaSource::Url(format!("https://a.example/{}", "x".repeat(40)))), "too_long"),
        (OutgoingPart::Html("x".to_owned()), "unsupported"),
        (OutgoingPart::Template(template), "unsupported"),
        (OutgoingPart::Reaction(reaction), "unsupported"),
        (OutgoingPart::Read(MessageRef::new("1")), "unsupported"),
        (OutgoingPart::Typing, "unsupported"),
        (OutgoingPart::Native(native), "unsupported"),
    ] {
        assert_eq!(code(vec![text("before"), part.clone()]).as_deref(), Some(expected), "{part:?}");
    }
    assert_eq!(code(Vec::new()).as_deref(), Some("missing"));
    assert_eq!(code(vec![text("x"); 32]).as_deref(), Some("too_many"));
}

#[test]
fn a_file_becomes_a_link_where_it_cannot_go() {
    let mut media = picture("a.png");
    media.name = Some("plan.png".to_owned());
    media.size = Some(1_001);
    let large = shown(vec![OutgoingPart::Media(media)]);
    assert_eq!(large, [(0, "plan.png\nhttps://a.example/a.png".to_owned(), 0)]);
    let carrier = Carrier { no_files: Some("there is no MMS"), ..CARRIER };
    let parts = vec![OutgoingPart::Media(picture("b.png"))];
    let link = drafts(&message(parts), &carrier).expect("drafts");
    assert_eq!(link[0].degraded, ["a link instead of the file: there is no MMS"]);
}

#[test]
fn subject_and_quote_are_noted() {
    let mut message = message(vec![text("body")]);
    message.subject = Some(" News ".to_owned());
    message.reply_to = Some(MessageRef::new("1"));
    let drafts = drafts(&message, &CARRIER).expect("drafts");
    assert_eq!((drafts[0].text.as_str(), drafts[0].degraded.len()), ("News\nbody", 2));
    message.thread = Some(Thread { id: "g".to_owned(), kind: ThreadKind::Group, title: None });
    assert!(require_direct(&message).is_err());
}

#[test]
fn who_writes_to_whom() {
    let mut message = message(Vec::new());
    for (account, expected) in
        [("15005550199", Some("+15005550199")), ("72345", Some("72345")), ("ACME", Some("ACME")), (" ", None)]
    {
        message.account = account.to_owned();
        assert_eq!(sender(&message).ok().as_deref(), expected, "{account}");
    }
    for (scheme, value, expected) in [
        (IdentifierScheme::Phone, "1 500 555 0123", Some("+15005550123")),
        (IdentifierScheme::Id, "+15005550123", Some("+15005550123")),
        (IdentifierScheme::Id, "72345", Some("72345")),
        (IdentifierScheme::Id, "ACME", None),
        (IdentifierScheme::Email, "+15005550123", None),
    ] {
        message.to = vec![Identifier::new(scheme, value)];
        assert_eq!(recipient(&message).ok().as_deref(), expected, "{value}");
    }
}
