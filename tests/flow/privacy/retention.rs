//! What is too old is removed by a running host, and what a destination has not got is told and kept.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, send, text};

/// How long a sweep may take to come.
const SWEEP_MAX: Duration = Duration::from_secs(30);

fn wait_for(host: &Host, what: &str, is: impl Fn(&Host) -> bool) {
    let begun = Instant::now();
    while !is(host) {
        assert!(begun.elapsed() < SWEEP_MAX, "{what}:\n{}", host.log());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn destination(url: &str) -> String {
    format!(
        "[destinations.crm]\nkind = \"webhook\"\nurl = \"{url}\"\nsecret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n"
    )
}

#[test]
fn too_much_is_removed_at_the_start_and_nothing_that_is_still_owed() {
    let consumer = Consumer::start(|_| 200);
    let config = format!("{}{CONNECTIONS}", destination(&format!("http://{}/", consumer.address)));
    let mut host = Host::start(&components(), &config);
    for number in 0..20 {
        assert_eq!(send(&host, &text(&format!("wamid.{number}"), "MX.somebody")).status, 200);
    }
    for _ in 0..20 {
        consumer.next();
    }
    assert_eq!(host.terminate(), Some(0));
    // One more than the destination has got, and a limit that holds a few of them.
    let file = std::fs::read_to_string(&host.config).expect("a file");
    let limited =
        file.replace("[connections.whatsapp]\n", "[connections.whatsapp]\nretention = { bytes = 8_000 }\n");
    std::fs::write(&host.config, limited).expect("a file");
    host.run();
    wait_for(&host, "a sweep", |host| host.event_ids().len() < 20);
    wait_for(&host, "a record", |host| {
        host.api("/v1/audit")["records"].as_array().is_some_and(|all| !all.is_empty())
    });
    let left = host.event_ids();
    assert!(!left.is_empty() && left.last().is_some_and(|last| last == "wamid.19"), "{left:?}");
    let audit = host.api("/v1/audit");
    let record: &Value = &audit["records"][0];
    assert_eq!((&record["actor"], &record["action"]), (&"host".into(), &"retention.sweep".into()));
    assert_eq!(record["detail"]["events"].as_u64(), Some(20 - left.len() as u64));
}

#[test]
fn a_destination_that_is_dead_for_long_is_told_and_loses_nothing() {
    let config = format!("[store.retention]\nbytes = 1\n{}{CONNECTIONS}", destination("http://127.0.0.1:1/"));
    let mut host = Host::start(&components(), &config);
    for number in 0..3 {
        assert_eq!(send(&host, &text(&format!("wamid.{number}"), "MX.somebody")).status, 200);
    }
    assert_eq!(host.terminate(), Some(0));
    host.run();
    wait_for(&host, "a metric", |host| {
        host.metric("trunkline_destination_held_back{destination=\"crm\"}") == 3
    });
    assert_eq!(host.event_ids().len(), 3);
    assert!(host.log().contains("events are kept beyond their time"), "{}", host.log());
}
