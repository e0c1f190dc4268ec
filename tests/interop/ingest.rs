//! What an edge hands in, written, compressed and signed by Python.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::host::{Host, components};
use crate::{CONNECTIONS, ask, http};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const OTHER_SECRET: &str = "whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A message in the form that the description of the API gives.
fn ingest(id: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    json!({
        "version": 1,
        "connection": "line",
        "connector": {"id": "line", "version": "0.1.0"},
        "received_at": u64::try_from(now).expect("a time"),
        "webhook": {
            "method": "POST",
            "url": "https://edge.example.org/hooks/line",
            "headers": [["content-type", "application/json"]],
            "body": "eyJpbnZlbnRlZCI6dHJ1ZX0=",
        },
        "events": [{
            "id": id,
            "account": "U00000000000000000000000000000001",
            "contact": {"identifiers": [{"scheme": "id", "value": "U000000000000000000000000000000a2"}]},
            "kind": {"message": {"id": id, "parts": [{"text": "こんにちは 😀 \"quoted\" \u{1}"}]}},
        }],
    })
}

fn hand_in(host: &Host, id: &str, gzip: bool, secret: &str) -> http::Answer {
    let webhook_id = format!("ing_{id}");
    let question =
        json!({"what": "hand_in", "secret": secret, "id": webhook_id, "gzip": gzip, "ingest": ingest(id)});
    let signed = ask(&question);
    let text = |name: &str| signed[name].as_str().expect("a text").to_owned();
    let mut headers = vec![
        ("Trunkline-Edge".to_owned(), "fra".to_owned()),
        ("Webhook-Id".to_owned(), webhook_id),
        ("Webhook-Timestamp".to_owned(), text("timestamp")),
        ("Webhook-Signature".to_owned(), text("signature")),
        ("Content-Type".to_owned(), "application/json".to_owned()),
    ];
    if gzip {
        headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
    }
    let body = STANDARD.decode(text("body")).expect("Base64");
    http::request(host.address, "POST", "/v1/ingest", &headers, &body)
}

#[test]
fn what_their_library_signs_is_taken_in() {
    let edges = format!("[edges.fra]\nsecret = [\"{OTHER_SECRET}\", \"{SECRET}\"]\n");
    let host = Host::start(&components(), &format!("{CONNECTIONS}{edges}"));
    for (id, gzip) in [("plain", false), ("packed", true)] {
        let answer = hand_in(&host, id, gzip, SECRET);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.json()["events"][0]["duplicate"], false);
        let kept =
            host.api(&format!("/v1/events/{}", answer.json()["events"][0]["id"].as_str().expect("an id")));
        assert_eq!(kept["event"]["data"], ingest(id)["events"][0]);
    }
    let answer = hand_in(&host, "plain", true, OTHER_SECRET);
    assert_eq!((answer.status, &answer.json()["events"][0]["duplicate"]), (200, &json!(true)));
    let answer = hand_in(&host, "other", false, "whsec_AgECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("signature")));
}
