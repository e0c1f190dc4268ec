//! The API is what its description says, by the word of tools that we did not write.

use std::process::Command;

use serde_json::Value;

use crate::consumer::Consumer;
use crate::host::{Host, TOKEN, components, root};
use crate::http::{self, Answer};

/// A host with a contact that has written, so that anything may be sent to it. The provider takes every call.
fn host(provider: &Consumer) -> Host {
    let host = Host::start(
        &components(),
        &format!(
            "[connections.support]\nconnector = \"whatsapp\"\n[connections.support.settings]\n\
             app_secret = \"app-secret-1\"\nverify_token = \"verify-token-1\"\naccess_token = \"access-token-1\"\n\
             phone_number_id = \"202020202020202\"\n[egress.dangerous_loopback]\n\
             \"graph.facebook.com\" = \"http://{}\"\n",
            provider.address
        ),
    );
    let written = host.command(&["simulate", "support", "--text", "hello", "--from", "15005550123"]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    host
}

fn post(host: &Host, path: &str, body: &[u8]) -> Answer {
    http::request(
        host.address,
        "POST",
        path,
        &[("authorization".to_owned(), format!("Bearer {TOKEN}"))],
        body,
    )
}

/// Everyone may read it.
fn description(host: &Host) -> Value {
    http::request(host.address, "GET", "/v1/openapi.json", &[], b"").json()
}

fn send_examples(host: &Host, document: &Value) {
    let uploaded = post(host, "/v1/media", b"hello");
    assert_eq!(uploaded.status, 201);
    let body = &document["paths"]["/v1/messages"]["post"]["requestBody"]["content"]["application/json"];
    let examples = body["examples"].as_object().expect("examples");
    assert!(examples.len() > 10);
    for (name, example) in examples {
        let answer = post(host, "/v1/messages", example["value"].to_string().as_bytes());
        assert_eq!(answer.status, 202, "{name}: {}", String::from_utf8_lossy(&answer.body));
    }
}

#[test]
fn what_the_description_shows_can_be_sent() {
    let provider = Consumer::start(|_| 200);
    let host = host(&provider);
    let document = description(&host);
    let published = std::fs::read(root().join("schema/openapi.json")).expect("a file");
    assert_eq!(document, serde_json::from_slice::<Value>(&published).expect("JSON"));

    send_examples(&host, &document);
}

#[test]
fn the_host_keeps_to_its_description() {
    let seed = std::env::var("SEED").unwrap_or_else(|_| "1".to_owned());
    println!("SEED={seed}");
    let provider = Consumer::start(|_| 200);
    let host = host(&provider);
    // Something to be asked for.
    send_examples(&host, &description(&host));
    let python = std::env::var_os("TRUNKLINE_PYTHON").expect("set by `cargo xtask test`");
    let output = Command::new(python)
        .arg(root().join("tests/interop/openapi.py"))
        .args([&format!("http://{}/v1/openapi.json", host.address), TOKEN, &seed])
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), host.log());
}
