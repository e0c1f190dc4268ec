//! Case files, forged pushes, and the law of the simulator.

use trunkline_sdk::form::{Form, encode};
use trunkline_sdk::model::ReceiveStep;
use trunkline_sdk::prelude::*;

use crate::WeChat;
use crate::document::Document;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const URL: &str = "https://hooks.example.org/hooks/wechat";

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<WeChat>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<WeChat>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<WeChat>);
}

#[test]
fn profile_case_files() {
    trunkline_cases::run_profile_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::look_up::<WeChat>);
}

fn context(more: &[(&str, &str)]) -> Context {
    let settings = [("app_id", "wxappid1"), ("token", "wxtoken1")].iter().chain(more);
    let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Context { settings: settings.collect(), now: 1_790_000_300_000, exchanges: Vec::new() }
}

fn safe() -> Context {
    context(&[("encoding_aes_key", KEY)])
}

fn event(kind: EventKind) -> Event {
    let mut event = Event::new("event-1", "gh_0000000000a1", kind);
    event.occurred_at = Some(1_790_000_300_000);
    event.contact = Some(Contact::new(IdentifierScheme::Id, "oABCdefGHIjklMNOpqrSTUvwx0001"));
    event
}

fn message(part: Part) -> EventKind {
    EventKind::Message(Message::new("24000000000000009", vec![part]))
}

fn received(request: &Request, context: &Context) -> Result<Answer, Refusal> {
    match trunkline_sdk::receive::<WeChat>(request, context) {
        ReceiveStep::Answer(answer) => Ok(answer),
        ReceiveStep::Refuse(refusal) => Err(refusal),
        ReceiveStep::Call(call) => panic!("{call:?}"),
    }
}

fn simulated(kind: EventKind, context: &Context) -> Option<Request> {
    WeChat::simulate(&event(kind), URL, context)
}

/// In the clear and encrypted.
fn comes_back(kind: EventKind) {
    for context in [context(&[]), safe()] {
        let request = simulated(kind.clone(), &context).unwrap_or_else(|| panic!("no push for {kind:?}"));
        let [back] = received(&request, &context).expect("genuine").events.try_into().expect("one event");
        let sent = event(kind.clone());
        assert_eq!((back.kind, back.contact, back.account), (sent.kind, sent.contact, sent.account));
        assert_eq!(back.occurred_at, sent.occurred_at);
    }
}

#[test]
fn messages_come_back() {
    comes_back(message(Part::Text("Grüße, 你好 <b> ]]> & \"x\"\n👋 /::)".to_owned())));
    let place = Location { latitude: 23.137466, longitude: -113.352425, ..Location::default() };
    comes_back(message(Part::Location(place.clone())));
    comes_back(message(Part::Location(Location { address: Some("广州市".to_owned()), ..place })));
    let reference = MediaSource::Reference("m-1".to_owned());
    for kind in [MediaKind::Image, MediaKind::Voice, MediaKind::Video] {
        comes_back(message(Part::Media(Media::new(kind, reference.clone()))));
    }
    let url = MediaSource::Url("http://mmbiz.example.org/1".to_owned());
    comes_back(message(Part::Media(Media::new(MediaKind::Image, url))));
    let choice = Choice { id: Some("1".to_owned()), title: Some("Yes".to_owned()), data: None };
    comes_back(message(Part::Choice(choice)));
}

#[test]
fn other_kinds_come_back() {
    let consent = |state, origin: &str| {
        EventKind::Consent(Consent { state, scope: "all".to_owned(), origin: origin.to_owned() })
    };
    comes_back(consent(ConsentState::Granted, "follow"));
    comes_back(consent(ConsentState::Revoked, "unfollow"));
    let referral =
        Referral { source: "qrscene".to_owned(), ref_: Some("7".to_owned()), ..Referral::default() };
    comes_back(EventKind::Referral(referral));
    let status = |state, failure| {
        let message_id = "400000000000000001".to_owned();
        EventKind::Status(Status { message_id, state, failure, client_reference: None })
    };
    comes_back(status(DeliveryState::Delivered, None));
    let failure = Failure {
        reason: FailureReason::OptedOut,
        code: None,
        message: Some("failed:user block".to_owned()),
    };
    comes_back(status(DeliveryState::Failed, Some(failure)));
    let id = "oABCdefGHIjklMNOpqrSTUvwx0001:1790000300:click:V1001_HELP";
    let choice = Choice { id: Some("V1001_HELP".to_owned()), title: None, data: None };
    comes_back(EventKind::Message(Message::new(id, vec![Part::Choice(choice)])));
}

#[test]
fn what_wechat_cannot_say_is_not_simulated() {
    let mut captioned = Media::new(MediaKind::Image, MediaSource::Reference("m-1".to_owned()));
    captioned.caption = Some("look".to_owned());
    let named = Location { name: Some("Shop".to_owned()), ..Location::default() };
    let known = Opaque { name: "subscribe".to_owned(), payload: "{}".to_owned() };
    for kind in [
        EventKind::Typing(Typing::Started),
        EventKind::Other(known),
        message(Part::Media(captioned)),
        message(Part::Location(named)),
        message(Part::Html("x".to_owned())),
        message(Part::Text("a\r\nb".to_owned())),
    ] {
        assert_eq!(simulated(kind.clone(), &safe()), None, "{kind:?}");
    }
}

fn reason(request: &Request, context: &Context) -> RefusalReason {
    received(request, context).expect_err("forged").reason
}

/// A letter of a parameter changed, and the parameter gone.
#[test]
fn every_signed_part_counts() {
    let text = || message(Part::Text("hello".to_owned()));
    for (context, names) in [
        (context(&[]), &["signature", "timestamp", "nonce"][..]),
        (safe(), &["signature", "timestamp", "nonce", "msg_signature"][..]),
    ] {
        let request = simulated(text(), &context).expect("a push");
        let query = Form::parse(request.query().as_bytes()).expect("few").fields;
        for name in names {
            for at in [0, 5, 9] {
                let changed = with(&query, name, |value| Some(changed(value, at)));
                assert!(received(&at_url(&request, &changed), &context).is_err(), "{name}");
            }
            let without = at_url(&request, &with(&query, name, |_| None));
            assert_eq!(reason(&without, &context), RefusalReason::MissingSignature, "{name}");
        }
        let others = with(&query, "openid", |_| None);
        assert!(received(&at_url(&request, &others), &context).is_ok());
    }
}

fn with(
    query: &[(String, String)],
    name: &str,
    change: impl Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let changed = query.iter().filter_map(|(key, value)| {
        let value = if key == name { change(value)? } else { value.clone() };
        Some((key.clone(), value))
    });
    changed.collect()
}

fn at_url(request: &Request, query: &[(String, String)]) -> Request {
    let query = encode(query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    Request { url: format!("{URL}?{query}"), ..request.clone() }
}

/// Another letter of the same alphabet.
fn changed(value: &str, at: usize) -> String {
    let mut letters: Vec<char> = value.chars().collect();
    if let Some(letter) = letters.get_mut(at) {
        *letter = if *letter == '1' { '2' } else { '1' };
    }
    letters.into_iter().collect()
}

#[test]
fn every_letter_of_the_encrypted_message_counts() {
    let request = simulated(message(Part::Text("hello".to_owned())), &safe()).expect("a push");
    let body = String::from_utf8(request.body.clone()).expect("text");
    let start = body.find("<Encrypt><![CDATA[").expect("encrypted") + "<Encrypt><![CDATA[".len();
    let end = body.find("]]></Encrypt>").expect("encrypted");
    for at in start..end {
        let forged = Request { body: changed(&body, at).into_bytes(), ..request.clone() };
        assert_eq!(reason(&forged, &safe()), RefusalReason::Mismatch, "{at}");
    }
    for other in [format!("{body}x"), body.replace("Encrypt", "encrypted"), String::new(), "{}".to_owned()] {
        let forged = Request { body: other.into_bytes(), ..request.clone() };
        assert_eq!(reason(&forged, &safe()), RefusalReason::MissingSignature);
    }
}

/// With a key, what stands in the clear is not believed, whatever the query says.
#[test]
fn there_is_no_way_back_to_the_clear() {
    let kind = message(Part::Text("hello".to_owned()));
    let clear = simulated(kind.clone(), &context(&[])).expect("a push");
    assert_eq!(reason(&clear, &safe()), RefusalReason::MissingSignature);
    let sealed = simulated(kind, &safe()).expect("a push");
    let both = Request { body: clear.body.clone(), ..sealed.clone() };
    assert_eq!(reason(&both, &safe()), RefusalReason::MissingSignature);
    assert_eq!(reason(&sealed, &context(&[])), RefusalReason::Misconfigured);
}

#[test]
fn keys_and_accounts_are_told_apart() {
    let request = simulated(message(Part::Text("hello".to_owned())), &safe()).expect("a push");
    let other = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFA";
    let rotated = context(&[("encoding_aes_key", other), ("encoding_aes_key", KEY)]);
    assert!(received(&request, &rotated).is_ok());
    assert_eq!(reason(&request, &context(&[("encoding_aes_key", other)])), RefusalReason::UnknownKey);
    let mut elsewhere = safe();
    elsewhere.settings[0].1 = "wxappid2".to_owned();
    assert_eq!(reason(&request, &elsewhere), RefusalReason::WrongAccount);
    let broken = context(&[("encoding_aes_key", KEY), ("encoding_aes_key", "short")]);
    assert_eq!(reason(&request, &broken), RefusalReason::Misconfigured);
    let mine = context(&[("encoding_aes_key", KEY), ("original_id", "gh_0000000000a2")]);
    assert_eq!(reason(&request, &mine), RefusalReason::WrongAccount);
}

/// An encrypted answer is read as a push is: the same signature, the same key.
#[test]
fn an_answer_is_encrypted_as_the_push_was() {
    let settings = [("encoding_aes_key", KEY), ("welcome_text", "您好 & willkommen")];
    let follow =
        Consent { state: ConsentState::Granted, scope: "all".to_owned(), origin: "follow".to_owned() };
    let request = simulated(EventKind::Consent(follow), &context(&settings)).expect("a push");
    let answer = received(&request, &context(&settings)).expect("genuine").response;
    let sealed = Document::parse(&answer.body).expect("XML").root;
    let field = |name| sealed.field(name).expect("a field");
    let query = encode([
        ("timestamp", field("TimeStamp")),
        ("nonce", field("Nonce")),
        ("msg_signature", field("MsgSignature")),
    ]);
    let context = context(&settings);
    let proof =
        crate::proof::Proof::of(&Request { url: format!("{URL}?{query}"), ..Request::default() }, &context);
    let proof = proof.expect("a token");
    proof.verify_encrypted(field("Encrypt")).expect("signed");
    let keys = crate::envelope::keys(&context).expect("keys");
    let (plain, ..) = crate::envelope::decrypt(field("Encrypt"), keys, &context).expect("encrypted");
    let reply = Document::parse(&plain).expect("XML").root;
    let texts =
        ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"].map(|name| reply.field(name));
    let expected =
        ["oABCdefGHIjklMNOpqrSTUvwx0001", "gh_0000000000a1", "1790000300", "text", "您好 & willkommen"];
    assert_eq!(texts, expected.map(Some));
}
