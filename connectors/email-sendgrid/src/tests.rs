//! Case files, and mails that come by user and password: nothing of such a one is signed, so that they are no case files, in which
//! whatever is changed must be refused.

use trunkline_sdk::basic_auth;
use trunkline_sdk::multipart::{self, Part as Field};
use trunkline_sdk::prelude::*;

use crate::{SendGrid, proof};

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<SendGrid>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<SendGrid>);
}

fn field<'a>(name: &str, body: &'a [u8]) -> Field<'a> {
    Field { name: name.to_owned(), file_name: None, content_type: None, body }
}

fn request(headers: &[(&str, &str)], fields: &[Field]) -> Request {
    let content_type = ("content-type", "multipart/form-data; boundary=b7c1e2");
    let headers = [&[content_type], headers].concat();
    Request {
        method: "POST".into(),
        url: "https://hooks.example.org/hooks/mail".into(),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: multipart::encode("b7c1e2", fields),
    }
}

fn receive(request: &Request, credentials: &[&str]) -> ReceiveStep {
    let settings = credentials.iter().map(|value| (proof::CREDENTIALS.to_owned(), (*value).to_owned()));
    let context = Context { settings: settings.collect(), now: 1_790_000_300_000, ..Context::default() };
    trunkline_sdk::receive::<SendGrid>(request, &context)
}

const ENVELOPE: &[u8] = br#"{"to":["help@in.example.org"],"from":"ada@example.net"}"#;
const HEADERS: &[u8] = b"From: ada@example.net\r\nMessage-ID: <m1@example.net>\r\n";

#[test]
fn a_mail_by_user_and_password() {
    let authorization = basic_auth::header("user:invented");
    let fields = [field("envelope", ENVELOPE), field("headers", HEADERS), field("text", b"hello")];
    let mail = request(&[("authorization", &authorization)], &fields);
    let ReceiveStep::Answer(answer) = receive(&mail, &["user:new", "user:invented"]) else {
        panic!("it is genuine")
    };
    assert_eq!(answer.events.len(), 1);
    assert_eq!(answer.events[0].account, "help@in.example.org");

    let refused = |request: &Request, credentials: &[&str]| match receive(request, credentials) {
        ReceiveStep::Refuse(refusal) => (refusal.reason, refusal.status),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&mail, &["user:other"]), (RefusalReason::Mismatch, 503));
    assert_eq!(refused(&mail, &[]), (RefusalReason::Misconfigured, 503));
    assert_eq!(refused(&mail, &["user:"]), (RefusalReason::Misconfigured, 503));
    assert_eq!(refused(&request(&[], &fields), &["user:invented"]), (RefusalReason::MissingSignature, 503));
    // Who signs has to have signed: a signature is not ignored because a password is there.
    let both = request(&[("authorization", &authorization), (proof::SIGNATURE, "AAAA")], &fields);
    assert_eq!(refused(&both, &["user:invented"]), (RefusalReason::Misconfigured, 503));
}

/// One delivery to many mailboxes: files that would not fit several times are there once.
#[test]
fn files_of_a_mail_to_many_mailboxes() {
    let authorization = basic_auth::header("user:invented");
    let envelope = br#"{"to":["a@in.example.org","b@in.example.org","c@in.example.org"]}"#;
    for (size, expected) in [(4 << 20, [1, 1, 1]), ((4 << 20) + 1, [1, 0, 0])] {
        let file = vec![b'-'; size];
        let fields = [
            field("envelope", envelope),
            field("headers", HEADERS),
            field("text", b"x"),
            field("attachment1", &file),
        ];
        let step = receive(&request(&[("authorization", &authorization)], &fields), &["user:invented"]);
        let ReceiveStep::Answer(answer) = step else { panic!("it is genuine") };
        let files = answer.events.iter().map(|event| match &event.kind {
            EventKind::Message(message) => {
                message.parts.iter().filter(|part| matches!(part, Part::Media(_))).count()
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(files.collect::<Vec<_>>(), expected, "{size}");
        let truncated = answer.events[2].attributes.iter().any(|(name, _)| name == "truncated");
        assert_eq!(truncated, expected[2] == 0);
    }
}
