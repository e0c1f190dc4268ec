//! Case files, and a mail that is too large for one.

use trunkline_sdk::prelude::*;

use crate::Postmark;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<Postmark>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<Postmark>);
}

/// As large as a body may be: the file is there, whole.
#[test]
fn the_largest_mail() {
    let front = r#"{"FromFull":{"Email":"ada@example.net"},"OriginalRecipient":"help@in.example.org","TextBody":"x",
        "Headers":[{"Name":"Message-ID","Value":"<m1@example.net>"}],"Attachments":[{"Name":"a.bin","Content":""#;
    let back = r#"","ContentType":"application/octet-stream"}]}"#;
    let room = (33_554_432 - front.len() - back.len()) / 4 * 4;
    let body = [front, &"A".repeat(room), back].concat().into_bytes();
    let headers = vec![("authorization".to_owned(), "Basic dXNlcjppbnZlbnRlZC1wYXNzd29yZA==".to_owned())];
    let request = Request { method: "POST".into(), url: "https://hooks.example.org/x".into(), headers, body };
    let settings = vec![("credentials".to_owned(), "user:invented-password".to_owned())];
    let context = Context { settings, ..Context::default() };
    let ReceiveStep::Answer(answer) = trunkline_sdk::receive::<Postmark>(&request, &context) else {
        panic!("it is genuine")
    };
    let EventKind::Message(message) = &answer.events[0].kind else { panic!("it is a message") };
    let sizes = message.parts.iter().filter_map(|part| match part {
        Part::Media(media) => media.size,
        _ => None,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [room as u64 / 4 * 3]);
}
