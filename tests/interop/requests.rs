//! What connectors send, read by the providers' own SDKs: every call of every case file of the two whose SDKs have
//! models of what is sent.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use trunkline_cases::{CallCase, call_case_files};

use crate::host::root;

/// A call that a case expects, with the name of the case.
struct Expected {
    name: String,
    call: Value,
}

/// Every call to a message's endpoint, as it stands in the case files.
fn calls(channel: &str) -> Vec<Expected> {
    let mut calls = Vec::new();
    for file in call_case_files(&root().join("connectors").join(channel), "outbound") {
        let case = CallCase::read(&file).expect("a case");
        let expected: Value = serde_json::from_str(&case.expected).expect("JSON");
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let of_case = expected["calls"].as_array().cloned().unwrap_or_default();
        calls.extend(of_case.into_iter().map(|call| Expected { name: name.clone(), call }));
    }
    calls
}

fn ask(what: &str, calls: &[Expected]) -> Vec<Value> {
    let python = std::env::var_os("TRUNKLINE_PYTHON").expect("set by `cargo xtask test`");
    let mut child = Command::new(python)
        .arg(root().join("tests/interop/read_calls.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let question =
        json!({ "what": what, "calls": calls.iter().map(|expected| &expected.call).collect::<Vec<_>>() });
    let mut input = child.stdin.take().expect("piped");
    let text = question.to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn lines_sdk_reads_every_request() {
    // A message in the sender's own notation, of which the SDK reads only what it has a model for.
    let calls: Vec<Expected> =
        calls("line").into_iter().filter(|expected| !expected.name.starts_with("native-")).collect();
    let answers = ask("line", &calls);
    let mut findings = Vec::new();
    for (expected, answer) in calls.iter().zip(&answers) {
        if answer["read"] != expected.call["body"] {
            findings.push(format!("{}:\n{:#}\nis read as\n{answer:#}", expected.name, expected.call["body"]));
        }
    }
    println!("{} requests read by line-bot-sdk", calls.len());
    assert!(calls.len() > 50, "{} calls", calls.len());
    assert!(findings.is_empty(), "{} of {}:\n{}", findings.len(), calls.len(), findings.join("\n"));
}

#[test]
fn twilios_sdk_makes_the_same_request() {
    // In the sender's own notation there may be fields that the SDK does not know yet.
    let messages = calls("sms-twilio").into_iter().filter(|expected| {
        let url = expected.call["url"].as_str().unwrap_or_default();
        url.ends_with("/Messages.json") && !expected.name.starts_with("native")
    });
    let calls: Vec<Expected> = messages.collect();
    let answers = ask("twilio", &calls);
    let (mut findings, mut same) = (Vec::new(), 0);
    for (expected, answer) in calls.iter().zip(&answers) {
        let call = &expected.call;
        let mut form: Vec<[&str; 2]> = Vec::new();
        for field in call["body"].as_array().expect("a form") {
            let (name, value) = field.as_str().and_then(|field| field.split_once('=')).expect("a field");
            form.push([name, value]);
        }
        form.sort_unstable();
        let made = json!({
            "method": call["method"],
            "url": call["url"],
            "form": form,
            "user": call["credentials"][0]["basic"][0],
        });
        // With an API key the user is the key's.
        let with_key = made["user"].as_str().is_some_and(|user| user.starts_with("SK"));
        let fits = |name: &str| answer[name] == made[name];
        if ["method", "url", "form"].into_iter().all(fits) && (with_key || fits("user")) {
            same += 1;
        } else {
            findings.push(format!("{}:\n{made:#}\nwould be\n{answer:#}", expected.name));
        }
    }
    println!("{same} requests as twilio makes them");
    assert!(findings.is_empty(), "{} of {}:\n{}", findings.len(), calls.len(), findings.join("\n"));
    assert!(same > 50, "{same} calls");
}
