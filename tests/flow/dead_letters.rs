//! What a destination never takes waits for somebody; one that takes nothing is paused.

use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, send, text};

/// Three attempts within about a second.
const RETRY: &str = "retry.delay_ms_first = 200\nretry.factor = 2\nretry.give_up_seconds = 1\n";
/// How long a test waits for what the host does by itself.
const WAIT_MAX: Duration = Duration::from_secs(20);

fn start(consumer: &Consumer) -> Host {
    let destination = Consumer::destination(consumer.address);
    Host::start(&components(), &format!("{CONNECTIONS}{destination}{RETRY}"))
}

/// Asks until it is so.
fn wait_for(what: &str, mut found: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !found() {
        assert!(begun.elapsed() < WAIT_MAX, "not within {WAIT_MAX:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn standing(host: &Host) -> Value {
    host.api("/v1/destinations")["destinations"][0].clone()
}

#[test]
fn a_dead_letter_is_listed_shown_retried_and_dropped() {
    let repaired = Arc::new(AtomicBool::new(false));
    let consumer = Consumer::start({
        let repaired = repaired.clone();
        move |event| match event["data"]["id"].as_str() {
            Some("wamid.bad-1" | "wamid.bad-2") if !repaired.load(Ordering::SeqCst) => 422,
            _ => 200,
        }
    });
    let host = start(&consumer);
    for id in ["wamid.bad-1", "wamid.bad-2", "wamid.good"] {
        assert_eq!(send(&host, &text(id, "MX.1")).status, 200);
    }
    let delivered = consumer.accepted(1).pop().expect("one");
    assert_eq!(delivered.event_id(), "wamid.good", "the conversation goes on without the dead letters");
    wait_for("two dead letters", || standing(&host)["dead"] == 2);
    assert_eq!(host.metric("trunkline_destination_dead_letters{destination=\"consumer\"}"), 2);

    let (code, table, errors) = said(&host.command(&["deliveries", "list"]));
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(table.matches("answered 422").count(), 2, "{table}");
    let (_, lines, _) = said(&host.command(&["deliveries", "list", "--json", "--state", "dead"]));
    let listed: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let id = |number: usize| listed[number]["event"].as_str().expect("an id");
    assert_eq!((listed.len(), &listed[0]["attempts"]), (2, &Value::from(4)), "{lines}");
    let (_, shown, _) = said(&host.command(&["deliveries", "show", "consumer", id(0)]));
    assert!(shown.contains("dead") && shown.contains("answered 422"), "{shown}");

    repaired.store(true, Ordering::SeqCst);
    let (code, words, errors) = said(&host.command(&["deliveries", "retry", "consumer", id(0)]));
    assert_eq!((code, words.as_str()), (Some(0), "1 dead letters are attempted again\n"), "{errors}");
    assert_eq!(consumer.accepted(1)[0].event_id(), "wamid.bad-1");
    let mut errors = String::new();
    wait_for("the end of the delivery", || {
        errors = said(&host.command(&["deliveries", "retry", "consumer", id(0)])).2;
        errors.contains("404")
    });
    assert!(errors.contains("hint:"), "{errors}");
    let because = ["deliveries", "drop", "consumer", "--all", "--reason", "a test"];
    let (code, words, errors) = said(&host.command(&because));
    assert!(code == Some(0) && words.starts_with("1 dead letters are dropped"), "{words}{errors}");
    assert_eq!(standing(&host)["dead"], 0);

    // Who and when; and the event itself is still there.
    let records = host.api("/v1/audit");
    let records = records["records"].as_array().expect("a list");
    let actions: Vec<&str> = records.iter().filter_map(|record| record["action"].as_str()).collect();
    assert_eq!(actions, ["delivery.drop", "delivery.retry"]);
    assert_eq!(records[0]["detail"]["reason"], "a test");
    assert!(records[0]["at"].is_string() && records[0]["actor"].is_string(), "{}", records[0]);
    assert_eq!(host.event_ids(), ["wamid.bad-1", "wamid.bad-2", "wamid.good"]);
    let (code, table, _) = said(&host.command(&["audit"]));
    assert!(code == Some(0) && table.contains("delivery.drop"), "{table}");
}

#[test]
fn a_destination_that_is_down_is_paused_and_its_events_do_not_die() {
    let up = Arc::new(AtomicBool::new(false));
    let consumer = Consumer::start({
        let up = up.clone();
        move |_| if up.load(Ordering::SeqCst) { 200 } else { 503 }
    });
    let mut host = start(&consumer);
    for number in 0..8 {
        assert_eq!(send(&host, &text(&format!("wamid.{number}"), &format!("MX.{number}"))).status, 200);
    }
    wait_for("a pause", || standing(&host)["paused"]["reason"] == "answered 503");
    let (code, table, _) = said(&host.command(&["destinations"]));
    assert!(code == Some(0) && table.contains("paused"), "{table}");
    // Longer than an event lives: the probes go on.
    wait_for("a probe that failed", || standing(&host)["paused"]["probes"].as_u64() >= Some(1));
    assert_eq!(standing(&host)["dead"], 0);
    assert_eq!(host.metric("trunkline_destination_paused{destination=\"consumer\"}"), 1);

    up.store(true, Ordering::SeqCst);
    let (code, _, errors) = said(&host.command(&["deliveries", "retry", "consumer", "--all"]));
    assert_eq!(code, Some(0), "{errors}");
    let mut ids: Vec<String> = consumer.accepted(8).iter().map(|delivery| delivery.event_id()).collect();
    ids.sort();
    assert_eq!(ids, (0..8).map(|number| format!("wamid.{number}")).collect::<Vec<_>>());
    wait_for("the end of the pause", || standing(&host)["paused"].is_null());
    assert_eq!(host.terminate(), Some(0));
}

#[test]
fn what_is_not_there_is_said_with_a_cure() {
    let consumer = Consumer::start(|_| 200);
    let host = start(&consumer);
    let (code, _, errors) = said(&host.command(&["deliveries", "retry", "elsewhere", "--all"]));
    assert!(code == Some(1) && errors.contains("there is no such destination"), "{errors}");
    let (code, _, errors) = said(&host.command(&["deliveries", "drop", "consumer"]));
    assert!(code == Some(2) && errors.contains("--all"), "{errors}");
    let (code, _, errors) = said(&host.command(&["deliveries", "list"]));
    assert!(code == Some(0) && errors.contains("no such deliveries"), "{errors}");
}
