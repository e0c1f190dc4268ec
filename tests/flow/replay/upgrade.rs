//! A component is tried on what was kept before it takes over, beside a host that does not notice.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{configure, connection, count, differences, parse, post, revised};
use crate::host::{Host, components, test_components};

/// The component of the connection under another name, with one text in the place of another.
fn version(folder: &Path, from: &str, to: &str) -> PathBuf {
    let file = folder.join("new.wasm");
    std::fs::write(&file, revised(from, to)).expect("a file");
    file
}

fn check(host: &Host, component: &Path, more: &[&str]) -> Output {
    let component = component.display().to_string();
    host.command(&[&["upgrade-check", &component, "--connection", "letters"], more].concat())
}

fn failed(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: ") && !said.contains("panicked"), "{said}");
    said
}

#[test]
fn the_same_component_changes_nothing_and_another_says_what() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Host::start(&test_components(), &connection("old").replace("reading = \"old\"\n", ""));
    for body in ["1 a\nlate-1 b\njunk-1 c", "loud-2 d"] {
        assert_eq!(post(&host, body).status, 200);
    }
    let same = check(&host, &test_components().join("revised.wasm"), &["--json"]);
    assert_eq!(same.status.code(), Some(0), "{}", String::from_utf8_lossy(&same.stderr));
    let lines = parse(&same);
    assert_eq!((differences(&lines).len(), count(&lines, "same")), (0, 3));
    assert_eq!(
        (&lines[0]["manifest"]["gained"], &lines[0]["manifest"]["problems"]),
        (&json!([]), &json!([]))
    );

    // A later version: another default of a setting is another behaviour.
    let new = version(folder.path(), "default = \"old\"", "default = \"new\"");
    let other = check(&host, &new, &["--json"]);
    assert_eq!(other.status.code(), Some(3), "{}", String::from_utf8_lossy(&other.stderr));
    let lines = parse(&other);
    assert_eq!(differences(&lines), ["added late-1", "gone junk-1", "changed loud-2"]);
    let manifest = &lines[0]["manifest"];
    assert_eq!(manifest["lost"], json!(["setting `reading`: optional, default `old`"]));
    assert_eq!(manifest["gained"], json!(["setting `reading`: optional, default `new`"]));
    assert_ne!(manifest["installed"]["component"], manifest["tried"]["component"]);
    let shown = check(&host, &new, &[]);
    let said = String::from_utf8(shown.stdout).expect("text");
    assert!(said.contains("+ setting `reading`: optional, default `new`"), "{said}");
    assert!(said.contains("+ kind.message.parts[0].text = \"D\""), "{said}");
    assert_eq!((host.event_ids().len(), shown.status.code()), (3, Some(3)), "nothing is written");
    assert!(host.api("/v1/audit")["records"].as_array().expect("a list").is_empty());

    // What the component in use would read otherwise as well is no matter of the upgrade.
    configure(&host, "the-first-key", "another-key-now");
    let same = check(&host, &test_components().join("revised.wasm"), &["--json"]);
    let lines = parse(&same);
    assert_eq!((same.status.code(), count(&lines, "already"), count(&lines, "refused")), (Some(0), 2, 0));
    configure(&host, "another-key-now", "the-first-key");

    // Settings that it does not know, and others that it must have: the host would not start.
    let unknown = version(folder.path(), "[settings.key]", "[settings.kex]");
    let refused = check(&host, &unknown, &["--json"]);
    assert_eq!(refused.status.code(), Some(3));
    let problems = parse(&refused)[0]["manifest"]["problems"].to_string();
    assert!(
        problems.contains("`key` is no setting of `revised`") && problems.contains("lacks `kex`"),
        "{problems}"
    );
}

#[test]
fn what_is_no_component_of_the_connection_is_a_clean_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut host = Host::start(&test_components(), &connection("old"));
    assert_eq!(post(&host, "1 a").status, 200);
    let whole = std::fs::read(test_components().join("revised.wasm")).expect("a component");
    let file = folder.path().join("new.wasm");
    for broken in [&b""[..], b"not wasm", &whole[..whole.len() / 2], &[&whole[..100], &whole[..]].concat()] {
        std::fs::write(&file, broken).expect("a file");
        let said = failed(&check(&host, &file, &[]));
        assert!(said.contains("`new.wasm`"), "{said}");
    }
    assert!(failed(&check(&host, &folder.path().join("none.wasm"), &[])).contains("none.wasm"));
    let said = failed(&check(&host, &components().join("line.wasm"), &[]));
    assert!(said.contains("is connector `line`, but connection `letters` has connector `revised`"), "{said}");
    let revised = test_components().join("revised.wasm");
    let said = failed(&check(&host, &revised, &["--since", "soon"]));
    assert!(said.contains("`soon` is no time"), "{said}");
    let elsewhere =
        host.command(&["upgrade-check", &revised.display().to_string(), "--connection", "leters"]);
    assert!(failed(&elsewhere).contains("hint: did you mean `letters`?"));
    // The host need not run.
    assert_eq!(host.terminate(), Some(0));
    assert_eq!(check(&host, &revised, &[]).status.code(), Some(0));
    configure(&host, "[connectors]", "[store]\npath = \"elsewhere\"\n[connectors]");
    let said = failed(&check(&host, &revised, &[]));
    assert!(
        said.contains("there is no journal") && said.contains("hint: `trunkline serve` makes it"),
        "{said}"
    );
    assert!(!host.config.with_file_name("elsewhere").exists(), "and it is not made");
}

#[test]
fn a_host_under_load_does_not_notice() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Host::start(&test_components(), &connection("old").replace("reading = \"old\"\n", ""));
    for number in 0..100 {
        assert_eq!(post(&host, &format!("{number} a\nlate-{number} b")).status, 200);
    }
    let new = version(folder.path(), "default = \"old\"", "default = \"new\"");
    let ended = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..2)
            .map(|sender| {
                let (host, ended) = (&host, &ended);
                scope.spawn(move || {
                    let mut sent = 0;
                    while !ended.load(Ordering::SeqCst) {
                        assert_eq!(post(host, &format!("load-{sender}-{sent} a")).status, 200);
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        for _ in 0..3 {
            let output = check(&host, &new, &["--json"]);
            assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(count(&parse(&output), "added"), 100);
        }
        ended.store(true, Ordering::SeqCst);
        senders.into_iter().map(|sender| sender.join().expect("no panic")).sum::<usize>()
    });
    assert!(sent > 0);
    assert_eq!(host.event_ids().len(), 100 + sent);
}
