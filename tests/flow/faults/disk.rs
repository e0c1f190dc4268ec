//! A disk that takes nothing more, under the real binary: providers are told to come again, and nothing breaks.
//!
//! `host/core` fails the disk in every other way. Here the operating system does it: a limit on the size of files
//! (`prlimit`) makes every write fail, those of the log included, and sends SIGXFSZ, which ends a process by default.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::figures::{Figures, NONE, number};
use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, send, text};

/// How long the host may take until it writes again.
const RECOVERY_MAX: Duration = Duration::from_secs(20);

/// Whether the limit could be set.
fn limit(host: &Host, bytes: &str) -> bool {
    let id = host.process_id().to_string();
    Command::new("prlimit")
        .args(["--pid", &id, &format!("--fsize={bytes}:")])
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_is_told_to_providers_and_forgotten_when_it_is_well() {
    let consumer = Consumer::start(|_| 200);
    let mut host =
        Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(consumer.address)));
    if !limit(&host, "unlimited") {
        println!("left out: no `prlimit`");
        return;
    }
    let (mut refused, mut expected) = (0, Vec::new());
    for round in 0..number("TRUNKLINE_DISK_TIMES", 2) {
        let webhook = |number: u64| {
            let id = format!("wamid.{round}-{number}");
            (id.clone(), text(&id, "MX.1"))
        };
        let (id, good) = webhook(0);
        assert_eq!(send(&host, &good).status, 200);
        expected.push(id);
        assert!(limit(&host, "100"));
        for number in 1..20 {
            let answer = send(&host, &webhook(number).1);
            let code = answer.json()["code"].as_str().map(str::to_owned);
            assert_eq!((answer.status, code.as_deref()), (503, Some("journal")), "{}", host.log());
            assert!(answer.header("retry-after").is_some());
            refused += 1;
        }
        let ready = crate::http::request(host.address, "GET", "/readyz", &[], b"");
        assert_eq!(ready.status, 503);
        assert_eq!(crate::http::request(host.address, "GET", "/healthz", &[], b"").status, 200);
        assert!(host.ended().is_none(), "it goes on:\n{}", host.log());
        assert!(limit(&host, "unlimited"));
        // The provider sends them again.
        let begun = Instant::now();
        for number in 1..20 {
            let (id, webhook) = webhook(number);
            while send(&host, &webhook).status != 200 {
                assert!(begun.elapsed() < RECOVERY_MAX, "it does not recover:\n{}", host.log());
                std::thread::park_timeout(Duration::from_millis(20));
            }
            expected.push(id);
        }
        assert_eq!(host.event_ids(), expected);
    }
    let delivered: Vec<String> =
        consumer.accepted(expected.len()).iter().map(|delivery| delivery.event_id()).collect();
    assert_eq!(delivered, expected);
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
    assert!(!host.log().contains("panicked"), "{}", host.log());
    let journal = rusqlite::Connection::open(host.store().join("journal.sqlite")).expect("a journal");
    let integrity: String =
        journal.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("it is readable");
    assert_eq!(integrity, "ok");
    let figures =
        Figures { fault: "disk takes nothing more", tried: refused, lost: NONE, duplicated: NONE, p99: None };
    figures.hand_in("each answered with 503 `journal`, and acknowledged when it came again");
}

/// What it says when it cannot start.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_store_that_cannot_be_written_is_an_error_with_a_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a-file");
    std::fs::write(&file, "not a folder").expect("a file");
    for path in [file.join("store"), file.clone(), "/proc/nothing/store".into()] {
        let more = format!("{CONNECTIONS}[store]\npath = \"{}\"\n", path.display());
        let host = Host::prepare(&components(), &more);
        let output = host.command(&["serve"]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("error: ") && said.contains("hint: "), "{said}");
        assert!(said.contains(&path.display().to_string()) && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_store_that_became_read_only_is_an_error_with_a_cure() {
    let host = Host::prepare(&components(), CONNECTIONS);
    // Only a mount stops a test that runs as root.
    let store = host.store();
    std::fs::create_dir(&store).expect("a folder");
    let script = format!(
        "mount --bind {0} {0} && mount -o remount,ro,bind {0} && exec \"$0\" \"$@\"",
        store.display()
    );
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(crate::host::binary())
        .arg("--config")
        .arg(&host.config)
        .args(["serve", "--log", "warn"])
        .output();
    let Ok(output) = output else {
        println!("left out: no `unshare`");
        return;
    };
    let said = said(&output);
    if said.contains("unshare: ") || said.contains("mount: ") {
        println!("left out: {said}");
        return;
    }
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: ") && said.contains("hint: ") && !said.contains("panicked"), "{said}");
}
