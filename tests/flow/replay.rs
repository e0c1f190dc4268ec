//! What was kept is read once more: shown, written once, and tried before a component takes over.

mod crash;
mod traffic;
mod upgrade;
mod writing;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::host::{Host, TOKEN, binary, test_components};
use crate::http::{self, Answer};

/// The connection `letters` with that reading.
pub fn connection(reading: &str) -> String {
    format!(
        "[connections.letters]\nconnector = \"revised\"\n[connections.letters.settings]\nkey = \"the-first-key\"\n\
         reading = \"{reading}\"\n"
    )
}

/// The component `revised` with one text in the place of another.
pub fn revised(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "nothing moves");
    let mut bytes = std::fs::read(test_components().join("revised.wasm")).expect("a component");
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|place| bytes[*place..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "`{from}` stands in the component");
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

/// A webhook of lines.
pub fn post(host: &Host, body: &str) -> Answer {
    let headers = [("x-key".to_owned(), "the-first-key".to_owned())];
    http::request(host.address, "POST", "/hooks/letters", &headers, body.as_bytes())
}

/// Starts the host anew, with another text in the place of one in its configuration.
fn restart(host: &mut Host, from: &str, to: &str) {
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
    configure(host, from, to);
    host.run();
}

/// Changes the configuration, which a host that runs does not notice.
fn configure(host: &Host, from: &str, to: &str) {
    let config = std::fs::read_to_string(&host.config).expect("a file");
    assert!(config.contains(from), "`{from}` stands in the configuration");
    std::fs::write(&host.config, config.replace(from, to)).expect("a file");
}

/// Runs a command that prints JSON, and gives its lines.
fn lines(host: &Host, arguments: &[&str]) -> Vec<Value> {
    let output = host.command(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    parse(&output)
}

fn parse(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// `replay` with what is always said, and more.
fn replay(host: &Host, more: &[&str]) -> Vec<Value> {
    lines(host, &[&["replay", "--connection", "letters", "--since", "1h", "--json"], more].concat())
}

/// The events that differ: `added late-1`, with `!` where they were written.
fn differences(lines: &[Value]) -> Vec<String> {
    let events = lines.iter().filter_map(|line| line.get("event"));
    let shown = events.map(|event| {
        let side = if event["after"].is_null() { &event["before"] } else { &event["after"] };
        let written = if event["written"] == true { "!" } else { "" };
        format!(
            "{} {}{written}",
            event["change"].as_str().expect("a change"),
            side["id"].as_str().expect("an id")
        )
    });
    shown.collect()
}

/// The last line.
fn summary(lines: &[Value]) -> &Value {
    let last = lines.last().expect("a line");
    last.get("summary").unwrap_or_else(|| panic!("no summary: {last}"))
}

fn count(lines: &[Value], name: &str) -> u64 {
    summary(lines)[name].as_u64().unwrap_or_else(|| panic!("no `{name}`: {}", summary(lines)))
}

/// Posts to the API.
fn ask(host: &Host, body: &str) -> Answer {
    let headers = [("authorization".to_owned(), format!("Bearer {TOKEN}"))];
    http::request(host.address, "POST", "/v1/replays", &headers, body.as_bytes())
}

/// Runs a command with something on its standard input.
fn with_input(host: &Host, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(binary())
        .arg("--config")
        .arg(&host.config)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It may have ended without reading.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("it ends")
}
