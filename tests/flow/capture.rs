//! What came in becomes a case file that passes, and holds nobody's name.

use std::process::Output;

use serde_json::Value;
use trunkline_cases::Case;

use crate::host::{Host, components, root};
use crate::samples::{self, CONNECTIONS, MORE_CONNECTIONS};

/// The ids of all events, with their kinds.
fn kept(host: &Host) -> Vec<(String, String)> {
    let output = host.command(&["events", "--json", "-n", "100"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    events.map(|event| (event["id"].as_str().expect("an id").to_owned(), kind(&event["data"]))).collect()
}

fn kind(event: &Value) -> String {
    event["kind"].as_object().and_then(|kind| kind.keys().next()).expect("a kind").clone()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn capture(host: &Host, channel: &str, id: &str, more: &[&str]) -> Output {
    let folder = root().join("connectors").join(channel).display().to_string();
    host.command(&[&["capture", id, "--connector", &folder], more].concat())
}

#[test]
fn a_webhook_becomes_a_case_that_passes() {
    let host = Host::start(&components(), &format!("{CONNECTIONS}{MORE_CONNECTIONS}"));
    for (channel, name, personal) in [
        ("whatsapp", "text", "MX.1a2B3c4D5e6F"),
        ("line", "text", "U000000000000000000000000000000a2"),
        ("sms-twilio", "text", "+15005550123"),
    ] {
        let case = samples::case(channel, name);
        let mut request = case.request.clone();
        request.headers.push(("user-agent".to_owned(), "provider/1.0".to_owned()));
        request.headers.push(("x-forwarded-for".to_owned(), "203.0.113.9".to_owned()));
        let before = kept(&host).len();
        assert_eq!(samples::send(&host, &request).status, 200, "{}", host.log());
        let kept = kept(&host);
        assert_eq!(kept.len(), before + 1);
        let (id, kind_before) = kept.last().expect("an event");

        let output = capture(&host, channel, id, &[]);
        let (file, said) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{channel}: {said}\n{file}");
        assert!(file.contains("{{hmac "), "{channel} is signed again:\n{file}");
        assert!(!file.contains(personal) && !file.contains("203.0.113.9"), "{channel}:\n{file}");
        assert!(said.starts_with("replaced: ") && said.contains("headers left out: "), "{said}");
        assert!(said.contains("user-agent, x-forwarded-for"), "{said}");

        let defaults = root().join("connectors").join(channel).join("testdata/defaults.txt");
        let defaults = std::fs::read_to_string(defaults).expect("defaults");
        let made = Case::parse(&defaults, &file).expect("a case");
        let outcome: Value = serde_json::from_str(&made.expected).expect("JSON");
        assert_eq!(kind(&outcome["events"][0]), *kind_before, "{file}");
        assert!(made.request.url.starts_with(&format!("https://hooks.example.org/hooks/{channel}")));

        let kept_text = text(&capture(&host, channel, id, &["--keep-text"]).stdout);
        assert!(!kept_text.contains(personal), "{channel}:\n{kept_text}");
    }
}

#[test]
fn what_cannot_be_captured_says_why() {
    let host = Host::start(&components(), CONNECTIONS);
    let output = capture(&host, "line", "evt_00000000000000000000000000000000", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("the host answered 404"), "{}", text(&output.stderr));
    assert_eq!(
        samples::send(
            &host,
            &samples::line_text("01JAAAAAAAAAAAAAAAAAAAA009", "U000000000000000000000000000000b7")
        )
        .status,
        200
    );
    let kept = kept(&host);
    let (id, _) = kept.last().expect("an event");
    let output = capture(&host, "whatsapp", id, &[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let said = text(&output.stderr);
    assert!(said.contains("is the folder of `whatsapp`, but the event was read by `line`"), "{said}");
}
