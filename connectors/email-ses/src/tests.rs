//! Case files, and every signed field of an envelope changed by itself: the fields have names here that no general test knows.

use serde_json::{Map, Value, json};
use trunkline_cases::Case;
use trunkline_sdk::prelude::*;

use crate::Ses;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<Ses>);
}

/// A case, with its envelope changed. The headers would give some changes away, so they are left out.
fn changed(name: &str, change: impl FnOnce(&mut Map<String, Value>)) -> ReceiveStep {
    let file = format!("{}/testdata/inbound/{name}.case", env!("CARGO_MANIFEST_DIR"));
    let case = Case::read(file.as_ref()).unwrap_or_else(|error| panic!("{error}"));
    let mut envelope: Map<String, Value> = serde_json::from_slice(&case.request.body).expect("an envelope");
    change(&mut envelope);
    let body = serde_json::to_vec(&envelope).expect("JSON");
    let request = Request { headers: Vec::new(), body, ..case.request };
    trunkline_sdk::receive::<Ses>(&request, &case.context)
}

#[test]
fn every_signed_field_is_signed() {
    let of_subscription = ["SubscribeURL", "Token"].as_slice();
    for (case, more) in [
        ("mail", ["Subject"].as_slice()),
        ("confirmation", of_subscription),
        ("unsubscribed", of_subscription),
    ] {
        assert!(
            matches!(changed(case, |_| {}), ReceiveStep::Answer(_)),
            "{case} written otherwise is the same"
        );
        let signed =
            ["Message", "MessageId", "Timestamp", "TopicArn", "Type", "SignatureVersion", "Signature"];
        for field in signed.iter().chain(more) {
            let spoil = |value: &Value| {
                let text = value.as_str().expect("a text");
                let letter = if text.starts_with('A') { "B" } else { "A" };
                [format!("{letter}{}", &text[1..]), format!("{text}0"), text[1..].to_owned(), String::new()]
            };
            for number in 0..4 {
                let step =
                    changed(case, |envelope| envelope[*field] = json!(spoil(&envelope[*field])[number]));
                assert!(matches!(step, ReceiveStep::Refuse(_)), "{case}: {field} {number}: {step:?}");
            }
            let step = changed(case, |envelope| drop(envelope.remove(*field)));
            assert!(matches!(step, ReceiveStep::Refuse(_)), "{case} without {field}: {step:?}");
        }
    }
}

/// What is signed is one text, in which a field could end where another one begins.
#[test]
fn no_field_ends_in_another() {
    let moves: [fn(&mut Map<String, Value>); 3] = [
        |envelope| {
            let subject = envelope.remove("Subject").unwrap_or_default();
            let id = format!("{}\nSubject\n{}", text(&envelope["MessageId"]), text(&subject));
            envelope["MessageId"] = json!(id);
        },
        |envelope| {
            let subject =
                format!("{}\nTimestamp\n{}", text(&envelope["Subject"]), text(&envelope["Timestamp"]));
            envelope["Subject"] = json!(subject);
        },
        |envelope| {
            let (subject, time) = (text(&envelope["Subject"]), text(&envelope["Timestamp"]));
            envelope["Timestamp"] = json!(format!("{time}\n{subject}"));
        },
    ];
    for change in moves {
        let step = changed("mail", change);
        assert!(matches!(step, ReceiveStep::Refuse(_)), "{step:?}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
