//! A component changes while the host runs: the new one serves, or the old one goes on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::host::{Host, test_components};
use crate::replay::{connection, post, revised};

/// How long a host may take to notice a file, and to compile it beside other work.
const NOTICE_MAX: Duration = Duration::from_secs(60);

/// A folder with the component as it is, and a host that serves from there.
fn start(more: &str) -> (tempfile::TempDir, Host) {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &std::fs::read(test_components().join("revised.wasm")).expect("a component"));
    let settings = connection("old").replace("reading = \"old\"\n", "");
    let host = Host::start(folder.path(), &format!("{more}{settings}"));
    (folder, host)
}

/// Puts a component in its place as whoever updates it does.
fn put(folder: &Path, bytes: &[u8]) {
    let part = folder.join("revised.wasm.part");
    std::fs::write(&part, bytes).expect("a file");
    std::fs::rename(&part, folder.join("revised.wasm")).expect("a file");
}

/// The connector as the host shows it.
fn shown(host: &Host) -> Value {
    host.api("/v1/connectors")["connectors"][0].clone()
}

/// Waits until the host has looked at the change, and says what became of it.
fn noticed(host: &Host, before: &Value) -> Value {
    let begun = Instant::now();
    loop {
        let connector = shown(host);
        if connector["reload"] != before["reload"] {
            return connector;
        }
        assert!(begun.elapsed() < NOTICE_MAX, "nothing is noticed: {connector}\n{}", host.log());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn webhooks_are_taken_while_their_connector_is_replaced() {
    let (folder, host) = start("");
    let first = shown(&host);
    assert_eq!((&first["id"], &first["reload"]), (&Value::from("revised"), &Value::Null));
    let new = revised("default = \"old\"", "default = \"new\"");
    let old = std::fs::read(test_components().join("revised.wasm")).expect("a component");
    let (ended, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (host, ended, sent) = (&host, &ended, &sent);
    std::thread::scope(|scope| {
        for sender in 0..3 {
            scope.spawn(move || {
                for number in 0.. {
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                    let answer = post(host, &format!("loud-{sender}-{number} words"));
                    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut before = first;
        let mut swaps = 0;
        for bytes in [&new, &old, &new, &old, &new] {
            put(folder.path(), bytes);
            let after = noticed(host, &before);
            assert_eq!(after["reload"]["taken"], true, "{after}");
            assert_ne!(after["sha256"], before["sha256"]);
            before = after;
            swaps += 1;
        }
        ended.store(true, Ordering::Relaxed);
        println!("{swaps} times replaced under {} webhooks", sent.load(Ordering::Relaxed));
    });
    assert_eq!(post(host, "loud-at-last words").status, 200);
    let events = host.events();
    assert_eq!(events.len(), sent.load(Ordering::Relaxed) + 1, "each is kept once");
    let text = |event: &Value| event["data"]["kind"]["message"]["parts"][0]["text"].clone();
    assert_eq!(text(events.last().expect("one")), "WORDS", "the new one serves");
    let both = ["words", "WORDS"].map(|words| events.iter().filter(|event| text(event) == words).count());
    assert!(both.iter().all(|count| *count > 0), "{both:?} were read by the old and the new one");
    assert_eq!(host.metric("trunkline_connector_reloads_total{connector=\"revised\",outcome=\"taken\"}"), 5);
    let usage = &shown(host)["usage"];
    assert!(usage["calls"].as_u64() >= Some(1) && usage["p99_us"].as_u64() > Some(0), "{usage}");
    assert!(usage["memory_bytes_peak"].as_u64() >= Some(1 << 16), "{usage}");
    let said = host.command(&["connectors", "show", "revised"]);
    let said = String::from_utf8(said.stdout).expect("text");
    for row in ["\nallowed", " calls, p50 ", "\nfailed", "\nlast change", "taken at 20"] {
        assert!(said.contains(row), "no `{row}` in:\n{said}");
    }
}

#[test]
fn a_bad_file_leaves_the_old_one_serving_and_says_so() {
    let (folder, host) = start("");
    let mut before = shown(&host);
    let good = std::fs::read(test_components().join("revised.wasm")).expect("a component");
    let hostile = std::fs::read(test_components().join("hostile.wasm")).expect("a component");
    for (bytes, error) in [
        (b"no wasm".to_vec(), "is not a component"),
        (good[..good.len() / 2].to_vec(), "is not a component"),
        (hostile, "says that it is `hostile`"),
        (revised("[settings.key]", "[settings.kex]"), "lacks `kex`"),
    ] {
        put(folder.path(), &bytes);
        let after = noticed(&host, &before);
        let reload = &after["reload"];
        let told = reload["error"].as_str().unwrap_or_default();
        assert!(reload["taken"] == false && told.contains(error), "{error}: {reload}");
        assert!(reload["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{reload}");
        assert_eq!(after["sha256"], before["sha256"]);
        assert_eq!(post(&host, "1 still read").status, 200);
        before = after;
    }
    assert!(host.log().contains("not taken, the old one goes on serving"), "{}", host.log());
    put(folder.path(), &good);
    assert_eq!(noticed(&host, &before)["reload"], Value::Null, "the file that serves is back");
    std::fs::remove_file(folder.path().join("revised.wasm")).expect("a file");
    assert_eq!(post(&host, "2 still read").status, 200);
}

#[test]
fn one_that_reads_otherwise_is_not_taken_where_that_is_asked() {
    let (folder, host) = start("reload_check = \"1h\"\n");
    assert_eq!(post(&host, "loud-1 words").status, 200);
    let before = shown(&host);
    put(folder.path(), &revised("default = \"old\"", "default = \"new\""));
    let after = noticed(&host, &before);
    let told = after["reload"]["error"].as_str().unwrap_or_default();
    assert!(told.contains("reads webhooks of `letters` that came in since 1h ago otherwise"), "{after}");
    // Another text, and the same reading.
    put(folder.path(), &revised("for the tests of replay.", "for the test of reloads."));
    let last = noticed(&host, &after);
    assert_eq!(last["reload"]["taken"], true, "{last}");
    assert_ne!(last["sha256"], before["sha256"]);
}

#[test]
fn what_an_operator_narrows_is_shown_and_kept() {
    let (_folder, host) = start(
        "[connectors.limits.revised]\ntime_ms_max = 40\nbody_bytes_max = 2048\nmemory_bytes_max = 99_000_000\n",
    );
    let limits = &shown(&host)["limits"];
    assert_eq!((&limits["time_ms_max"], &limits["body_bytes_max"]), (&40.into(), &2048.into()));
    assert_eq!(limits["memory_bytes_max"], 16 << 20, "as declared: it cannot be widened");
    assert_eq!(post(&host, &format!("1 {}", "x".repeat(3_000))).status, 413);
    assert_eq!(post(&host, "1 short").status, 200);
}
