//! Every inbound case file, held against the library of whoever signs such webhooks: `interop/verify.py` in a channel's folder.
//!
//! What a connector takes for genuine, that library takes for genuine, and what the connector refuses for its signature it
//! refuses as well; where it has nothing to say it says so.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use trunkline_cases::{Case, case_files};

use crate::host::root;

/// Reasons for which a refusal is one of the signature.
const OF_SIGNATURE: [&str; 3] = ["mismatch", "missing_signature", "bad_encoding"];

/// A case file, and what it says of the signature. None: nothing.
struct Held {
    name: String,
    case: Case,
    genuine: Option<bool>,
}

fn held(folder: &Path) -> Vec<Held> {
    let files = case_files(folder).into_iter().map(|file| {
        let case = Case::read(&file).expect("a case");
        let outcome: Value = serde_json::from_str(&case.expected).expect("JSON");
        let genuine = match (&outcome["answer"], outcome["refuse"]["reason"].as_str()) {
            (Value::Object(_), _) => Some(true),
            (_, Some(reason)) if OF_SIGNATURE.contains(&reason) => Some(false),
            _ => None,
        };
        Held { name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), case, genuine }
    });
    files.collect()
}

fn question(held: &Held) -> Value {
    let (request, context) = (&held.case.request, &held.case.context);
    let mut settings: Map<String, Value> = Map::new();
    for (name, value) in &context.settings {
        let values = settings.entry(name.clone()).or_insert_with(|| json!([]));
        values.as_array_mut().expect("a list").push(json!(value));
    }
    json!({
        "name": held.name, "method": request.method, "url": request.url, "headers": request.headers,
        "body_base64": STANDARD.encode(&request.body), "settings": settings, "now_ms": context.now,
        "answers_base64": context.exchanges.iter().map(|one| STANDARD.encode(&one.response.body)).collect::<Vec<_>>(),
    })
}

fn ask(python: &str, script: &Path, questions: &[Value]) -> Vec<Value> {
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = child.stdin.take().expect("piped");
    let text = json!(questions).to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    assert!(output.status.success(), "{}", script.display());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn their_libraries_judge_every_case_as_the_connectors_do() {
    let verifiers = std::env::var("TRUNKLINE_VERIFIERS").expect("set by `cargo xtask test`");
    let mut findings = Vec::new();
    for verifier in verifiers.lines() {
        let (id, python) = verifier.split_once('=').expect("`id=python`");
        let folder = root().join("connectors").join(id);
        let held = held(&folder);
        let questions: Vec<Value> = held.iter().map(question).collect();
        let answers = ask(python, &folder.join("interop/verify.py"), &questions);
        assert_eq!(answers.len(), held.len(), "{id}");
        let mut agreed = [0, 0];
        for (held, answer) in held.iter().zip(answers.iter().map(Value::as_bool)) {
            match (held.genuine, answer) {
                (Some(expected), Some(found)) if expected != found => {
                    let words = |genuine| if genuine { "genuine" } else { "forged" };
                    let (ours, theirs) = (words(expected), words(found));
                    findings.push(format!("{id}/{}: {ours} for us, {theirs} for them", held.name));
                }
                (Some(expected), Some(_)) => agreed[usize::from(expected)] += 1,
                _ => {}
            }
        }
        println!("{id}: {} genuine and {} forged cases judged alike", agreed[1], agreed[0]);
        if agreed.contains(&0) {
            findings.push(format!("{id}: {} genuine and {} forged cases were judged", agreed[1], agreed[0]));
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
