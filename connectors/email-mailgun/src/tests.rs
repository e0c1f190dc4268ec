//! Case files, and what would not stand in them: webhooks that stay genuine when a part of a signature is changed.

use trunkline_sdk::form;
use trunkline_sdk::prelude::*;

use crate::Mailgun;

const TIMESTAMP: &str = "1700000000";
const SIGNATURE: &str = "fae72e029ad0c92e36ade4c847b9844a279f21707781236f1f6906a7298b3644";

fn receive(content_type: &str, body: String) -> ReceiveStep {
    let context = Context {
        settings: vec![("signing_key".into(), "key-signing-invented".into())],
        now: 1_700_000_300_000,
        ..Context::default()
    };
    let request = Request {
        method: "POST".into(),
        url: "https://hooks.example.org/hooks/mail".into(),
        headers: vec![("content-type".into(), content_type.into())],
        body: body.into_bytes(),
    };
    trunkline_sdk::receive::<Mailgun>(&request, &context)
}

fn events(step: &ReceiveStep) -> usize {
    match step {
        ReceiveStep::Answer(answer) => answer.events.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<Mailgun>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<Mailgun>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<Mailgun>);
}

/// Headers of the mail that are named like the parts of the signature come first: Mailgun's are the last.
#[test]
fn the_last_signature_counts() {
    let token = "t".repeat(50);
    let forged = [("timestamp", "1"), ("token", "x"), ("signature", "y")];
    let genuine = [("timestamp", TIMESTAMP), ("token", &*token), ("signature", SIGNATURE)];
    let mail = [("recipient", "help@mg.example.org"), ("sender", "ada@example.net"), ("body-plain", "hello")];
    let form = |fields: &[(&'static str, &str)]| form::encode(fields.iter().copied());
    let content_type = "application/x-www-form-urlencoded";
    let last = [&forged[..], &mail, &genuine].concat();
    assert_eq!(events(&receive(content_type, form(&last))), 1);
    let first = [&genuine[..], &mail, &forged].concat();
    assert!(
        matches!(receive(content_type, form(&first)), ReceiveStep::Refuse(refusal) if refusal.status == 406)
    );
}

/// A sub-account: its own signature does not fit, that of the account above does.
#[test]
fn the_signature_of_the_account_above_counts() {
    let body = |own: &str, parent: &str| {
        let token = "t".repeat(50);
        let parts = format!(
            r#"{{"timestamp":"{TIMESTAMP}","token":"{token}","signature":"{own}","parent-signature":"{parent}"}}"#
        );
        format!(r#"{{"signature":{parts},"event-data":{{"event":"x","id":"inv0001"}}}}"#)
    };
    let other = "0".repeat(64);
    assert_eq!(events(&receive("application/json", body(&other, SIGNATURE))), 1);
    assert_eq!(events(&receive("application/json", body("", SIGNATURE))), 1);
    assert_eq!(events(&receive("application/json", body(SIGNATURE, "odd"))), 1);
    let refused = receive("application/json", body(&other, "odd"));
    let mismatch = |refusal: &Refusal| (refusal.status, &refusal.reason) == (406, &RefusalReason::Mismatch);
    assert!(matches!(&refused, ReceiveStep::Refuse(refusal) if mismatch(refusal)), "{refused:?}");
}
