//! The real host against libraries that we did not write: providers' SDKs sign what it takes, the reference
//! library of Standard Webhooks signs what an edge hands in, that one and the CloudEvents SDK read what it delivers, and
//! the API is held against its description.
//!
//! Needs the Python in `TRUNKLINE_PYTHON` with `requirements.txt`; `cargo xtask test` sets it up in the target
//! folder. Not run by a plain `cargo test`.

#[path = "../flow/consumer.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod consumer;
#[path = "../flow/host.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod host;
#[path = "../flow/http.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod http;
mod ingest;
mod openapi;
mod registry;
mod requests;
mod verifiers;

use std::io::Write as _;
use std::process::{Command, Stdio};

use consumer::Consumer;
use host::{Host, components, root};
use serde_json::{Value, json};

const CONNECTIONS: &str = r#"
[connections.line]
connector = "line"
[connections.line.settings]
channel_secret = "channel-secret-1"

[connections.sms]
connector = "sms-twilio"
[connections.sms.settings]
account_sid = "AC00000000000000000000000000000009"
auth_token = "tok_invented_0001"
"#;

fn ask(question: &Value) -> Value {
    let python = std::env::var_os("TRUNKLINE_PYTHON").expect("set by `cargo xtask test`");
    let mut child = Command::new(python)
        .arg(root().join("tests/interop/sdk.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("piped").write_all(question.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{question:#}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn what_their_sdks_sign_is_taken_and_what_is_delivered_their_libraries_read() {
    let consumer = Consumer::start(|_| 200);
    let host =
        Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(consumer.address)));

    let body = json!({"destination": "U00000000000000000000000000000001", "events": [{
        "type": "message", "mode": "active", "timestamp": 1_790_000_000_123_u64, "webhookEventId": "01INTEROP",
        "source": {"type": "user", "userId": "U000000000000000000000000000000a2"},
        "deliveryContext": {"isRedelivery": false}, "replyToken": "rt",
        "message": {"id": "1", "type": "text", "text": "こんにちは 😀"}}]})
    .to_string();
    let signed = ask(&json!({"what": "sign_line", "secret": "channel-secret-1", "body": body}));
    let signature = signed["signature"].as_str().expect("a text").to_owned();
    let headers = [("X-Line-Signature".to_owned(), signature)];
    assert_eq!(http::request(host.address, "POST", "/hooks/line", &headers, body.as_bytes()).status, 200);

    let fields = [
        ("AccountSid", "AC00000000000000000000000000000009"),
        ("Body", "Hi & bye € +1"),
        ("From", "+15005550123"),
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("NumMedia", "0"),
        ("To", "+15005550199"),
    ];
    let url = "https://hooks.example.org/hooks/sms?shop=7";
    let by_name: serde_json::Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    let signed =
        ask(&json!({"what": "sign_twilio", "secret": "tok_invented_0001", "url": url, "fields": by_name}));
    let signature = signed["signature"].as_str().expect("a text").to_owned();
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers = [
        ("X-Twilio-Signature".to_owned(), signature),
        ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    let answer = http::request(host.address, "POST", "/hooks/sms?shop=7", &headers, form.as_bytes());
    assert_eq!(answer.status, 200, "{}", host.log());

    for delivery in consumer.accepted(2) {
        let headers: serde_json::Map<String, Value> = delivery
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        let body = String::from_utf8(delivery.body.clone()).expect("text");
        // Each of the two secrets in rotation verifies.
        for secret in ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX"] {
            let read =
                ask(&json!({"what": "verify_delivery", "secret": secret, "headers": headers, "body": body}));
            assert_eq!(read["id"], delivery.json()["id"]);
            assert_eq!(read["type"], "trunkline.message");
            assert_eq!(read["data"], delivery.json()["data"]);
        }
    }
}
