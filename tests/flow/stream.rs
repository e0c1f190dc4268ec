//! The live stream, as `trunkline tail` reads it, and what the other commands say of a running host.

use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, case, send, text};

const STREAM: &str = "[destinations.live]\nkind = \"stream\"\n";

#[test]
fn tail_goes_on_where_it_is_told() {
    let host = Host::start(&components(), &format!("{CONNECTIONS}{STREAM}"));
    for number in 0..4 {
        assert_eq!(send(&host, &text(&format!("wamid.{number}"), "MX.1")).status, 200);
    }
    let ids = |arguments: &[&str]| {
        let output = host.command(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).expect("text");
        let events = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        events.map(|event| event["data"]["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["tail", "--json", "--after", "0", "-n", "2"]), ["wamid.0", "wamid.1"]);
    assert_eq!(ids(&["tail", "live", "--json", "--after", "2", "-n", "2"]), ["wamid.2", "wamid.3"]);
    assert_eq!(ids(&["events", "--json", "-n", "2"]), ["wamid.2", "wamid.3"]);
    assert_eq!(ids(&["events", "--json", "--kind", "status"]), Vec::<String>::new());
}

#[test]
fn simulate_sends_what_the_provider_would() {
    let host = Host::start(&components(), &format!("{CONNECTIONS}{STREAM}"));
    let output = host.command(&["simulate", "line", "--text", "hello", "--id", "01SIM"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = host.command(&["simulate", "line", "--text", "hello", "--tamper"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the host answered 401"));
    let page = host.api("/v1/events");
    let events = page["events"].as_array().expect("a list");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["data"]["kind"]["message"]["parts"][0]["text"], "hello");
    let shown = host.command(&["events", events[0]["id"].as_str().expect("an id")]);
    let shown = String::from_utf8(shown.stdout).expect("text");
    assert!(shown.contains("x-line-signature: "), "the raw webhook is shown:\n{shown}");
}

#[test]
fn an_attachment_in_a_webhook_is_kept_apart_and_can_be_fetched() {
    use crate::host::TOKEN;
    let mailgun = "[connections.email]\nconnector = \"email-mailgun\"\n[connections.email.settings]\n\
                   signing_key = \"demo-mailgun-signing-key\"\n";
    let host = Host::start(&components(), &format!("{CONNECTIONS}{mailgun}"));
    let event = crate::host::root().join("xtask/demo/email.json");
    let output = host.command(&["simulate", "email", "--event", &event.display().to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = host.api("/v1/events");
    let parts = page["events"][0]["data"]["kind"]["message"]["parts"].as_array().expect("parts").clone();
    let media = parts.iter().find_map(|part| part.get("media")).expect("an attachment");
    let reference = media["source"]["reference"].as_str().expect("a reference");
    let digest = reference.strip_prefix("blob:").expect("held by the host");
    let blob = crate::http::get(host.address, &format!("/v1/blobs/{digest}"), TOKEN);
    assert_eq!((blob.status, blob.header("x-content-type-options")), (200, Some("nosniff")));
    assert!(blob.body.starts_with(b"%PDF-1.4"));
    assert_eq!(media["size"], blob.body.len());
}

#[test]
fn a_webhook_without_events_is_answered_and_not_journaled() {
    let host = Host::start(&components(), CONNECTIONS);
    assert_eq!(send(&host, &case("line", "verify").request).status, 200);
    assert_eq!(host.event_ids(), Vec::<String>::new());
    assert_eq!(host.metric("trunkline_webhooks_received_total{connection=\"line\",outcome=\"accepted\"}"), 1);
}
