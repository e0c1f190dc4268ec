//! From a connector that overlooked something to a journal that has it, once.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{ask, connection, count, differences, post, replay, restart, summary, with_input};
use crate::consumer::Consumer;
use crate::host::{Host, TOKEN, test_components};

/// How long a host may take to notice that a client has left.
const LEAVING_MAX: Duration = Duration::from_secs(20);

#[test]
fn what_differs_is_shown_then_written_once_and_delivered_once() {
    let consumer = Consumer::start(|_| 200);
    let more = format!("{}{}", connection("old"), Consumer::destination(consumer.address));
    let mut host = Host::start(&test_components(), &more);
    for body in ["1 a\nlate-1 b\njunk-1 c", "loud-2 d\nlate-2 e", "3 f", "junk-1 again\n4 g"] {
        assert_eq!(post(&host, body).status, 200);
    }
    let before: Vec<String> = consumer.accepted(5).iter().map(|delivery| delivery.event_id()).collect();
    assert_eq!(before, ["1", "junk-1", "loud-2", "3", "4"]);
    let unchanged = replay(&host, &["--dry-run"]);
    assert_eq!(differences(&unchanged), [] as [&str; 0]);
    assert_eq!(
        (count(&unchanged, "webhooks"), count(&unchanged, "same"), count(&unchanged, "repeated")),
        (4, 5, 1)
    );

    restart(&mut host, "\"old\"", "\"new\"");
    let shown = replay(&host, &["--dry-run"]);
    let differing = ["added late-1", "gone junk-1", "changed loud-2", "added late-2"];
    assert_eq!(differences(&shown), differing);
    let changed = shown.iter().find(|line| line["event"]["change"] == "changed").expect("a line");
    let text = |side: &str| changed["event"][side]["kind"]["message"]["parts"][0]["text"].clone();
    assert_eq!((text("before"), text("after")), (json!("d"), json!("D")));
    assert_eq!(host.event_ids(), before, "nothing is written");
    assert!(host.api("/v1/audit")["records"].as_array().expect("a list").is_empty());

    let written = replay(&host, &["--yes"]);
    assert_eq!(differences(&written), ["added late-1!", "gone junk-1", "changed loud-2!", "added late-2!"]);
    assert_eq!(count(&written, "written"), 3);
    let ids = ["1", "junk-1", "loud-2", "3", "4", "late-1", "late-2"];
    assert_eq!(host.event_ids(), ids);
    let delivered: Vec<String> = consumer.accepted(2).iter().map(|delivery| delivery.event_id()).collect();
    assert_eq!(delivered, ["late-1", "late-2"], "the changed one has been delivered before");
    let events = host.api("/v1/events");
    let event = |number: usize| events["events"][number].clone();
    assert_eq!(event(2)["data"]["kind"]["message"]["parts"][0]["text"], "D");
    let of =
        |number: usize| host.api(&format!("/v1/events/{}", event(number)["id"].as_str().expect("an id")));
    assert_eq!((&of(5)["webhook"], &of(5)["received_at"]), (&of(0)["webhook"], &of(0)["received_at"]));

    let again = replay(&host, &["--dry-run"]);
    assert_eq!(differences(&again), ["gone junk-1"], "nothing is left to write");
    assert_eq!((count(&again, "same"), count(&again, "added"), count(&again, "changed")), (6, 0, 0));
    let records = host.api("/v1/audit")["records"].clone();
    assert_eq!(records.as_array().map(Vec::len), Some(1));
    assert_eq!((&records[0]["action"], &records[0]["subject"]), (&json!("replay"), &json!("letters")));
    let detail = &records[0]["detail"];
    assert_eq!(
        (&detail["added"], &detail["changed"], &detail["ended"]),
        (&json!(2), &json!(1), &json!(true))
    );
}

#[test]
fn people_see_each_field_and_are_asked() {
    let mut host = Host::start(&test_components(), &connection("old"));
    assert_eq!(post(&host, "loud-1 hello there\nlate-1 x").status, 200);
    restart(&mut host, "\"old\"", "\"new\"");
    let begun = ["replay", "--connection", "letters", "--since", "1h"];
    let shown = host.command(&[&begun[..], &["--dry-run"]].concat());
    let said = String::from_utf8(shown.stdout).expect("text");
    let pair = "    - kind.message.parts[0].text = \"hello there\"\n    + kind.message.parts[0].text = \"HELLO THERE\"\n";
    assert!(said.contains(pair), "{said}");
    assert!(said.starts_with("~ changed  message evt_") && !said.contains('\u{1b}'), "{said}");
    let table = "webhooks  refused  failed  same  added  changed  gone\n1         0        0       0     1      1        0\n";
    assert!(said.ends_with(table), "{said}");
    // A pipe is nobody who could be asked, whatever comes through it.
    let refused = with_input(&host, &begun, b"y\n");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("no terminal") && said.contains("hint: `--dry-run` shows"), "{said}");
    assert_eq!(host.event_ids(), ["loud-1"]);
    let conflicting = host.command(&[&begun[..], &["--dry-run", "--yes"]].concat());
    assert_eq!(conflicting.status.code(), Some(2));
}

#[test]
fn what_cannot_be_read_any_more_stays_and_says_why() {
    let mut host = Host::start(&test_components(), &connection("old"));
    for number in 0..3 {
        assert_eq!(post(&host, &format!("{number} a")).status, 200);
    }
    for (from, to, outcome, reason) in [
        ("\"the-first-key\"", "\"another-key-of-later\"", "refused", "mismatch"),
        ("\"another-key-of-later\"", "\"the-first-key\"", "", ""),
        ("\"old\"", "\"trap\"", "failed", "trap"),
    ] {
        restart(&mut host, from, to);
        let shown = replay(&host, &["--yes"]);
        let unread: Vec<_> = shown.iter().filter_map(|line| line.get("webhook")).collect();
        assert_eq!(unread.len(), if outcome.is_empty() { 0 } else { 3 });
        for webhook in unread {
            assert_eq!((&webhook["outcome"], &webhook["reason"]), (&json!(outcome), &json!(reason)));
            assert_eq!(webhook["events"], 1);
        }
        assert_eq!(host.event_ids(), ["0", "1", "2"]);
    }
    restart(&mut host, "\"trap\"", "\"none\"");
    let shown = replay(&host, &["--yes"]);
    assert_eq!(
        (differences(&shown), count(&shown, "gone")),
        (vec!["gone 0".into(), "gone 1".into(), "gone 2".into()], 3)
    );
    assert_eq!(host.event_ids(), ["0", "1", "2"], "what is gone stays");
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let mut host = Host::start(&test_components(), &connection("old"));
    for (body, status, code) in [
        ("{}", 400, "json"),
        ("{\"connection\":\"letters\",\"since\":\"1d\",\"dryrun\":true}", 400, "json"),
        ("{\"connection\":\"letters\",\"since\":\"soon\"}", 400, "time_range"),
        ("{\"connection\":\"letters\",\"since\":\"1d\",\"until\":\"2d\"}", 400, "time_range"),
        ("{\"connection\":\"elsewhere\",\"since\":\"1d\"}", 404, "connection"),
        ("{\"connection\":\"letters\",\"since\":\"1d\",\"host\":\"another\"}", 409, "host_restarted"),
    ] {
        let answer = ask(&host, body);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{body}");
    }
    assert_eq!(ask(&host, &format!("{{\"connection\":\"{}\"}}", "x".repeat(20_000))).status, 413);
    assert_eq!(post(&host, "1 a\nlate-1 b").status, 200);
    let summary_of =
        |lines: &[serde_json::Value]| summary(lines)["host"].as_str().expect("a host").to_owned();
    let shown = summary_of(&replay(&host, &["--dry-run"]));
    let request =
        json!({ "connection": "letters", "since": "1d", "dry_run": false, "host": shown }).to_string();
    assert_eq!(ask(&host, &request).status, 200);
    restart(&mut host, "\"old\"", "\"new\"");
    let answer = ask(&host, &request);
    assert_eq!((answer.status, host.event_ids()), (409, vec!["1".to_owned()]), "another host was shown");
}

#[test]
fn one_replay_runs_at_a_time_and_ends_with_its_client() {
    let host = Host::start(&test_components(), &connection("old"));
    // More than fits into what is on the way: whoever does not read holds it up.
    let words = "x".repeat(100_000);
    for number in 0..400 {
        assert_eq!(post(&host, &format!("{number} {words}")).status, 200);
    }
    let mut host = host;
    restart(&mut host, "\"old\"", "\"none\"");
    let body = "{\"connection\":\"letters\",\"since\":\"1h\"}";
    let mut client = TcpStream::connect(host.address).expect("the host listens");
    let head = format!(
        "POST /v1/replays HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(head.as_bytes()).expect("the host reads");
    client.read_exact(&mut [0; 1_000]).expect("the host answers");
    let second = ask(&host, body);
    assert_eq!((second.status, second.json()["code"].as_str()), (409, Some("replay_running")));
    assert_eq!(post(&host, "new y").status, 200, "webhooks come in meanwhile");
    drop(client);
    let begun = Instant::now();
    while ask(&host, body).status == 409 {
        assert!(begun.elapsed() < LEAVING_MAX, "the replay goes on without its client");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
