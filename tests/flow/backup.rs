//! A backup beside a host under load, and a host that goes on from it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, send, text};

/// Customers who write at once.
const SENDERS: u64 = 4;
/// Webhooks of each without a backup, to compare with.
const ALONE: u64 = 60;
/// Backups taken one after the other under load.
const BACKUPS: usize = 3;

/// What was acknowledged, with how long each took.
#[derive(Default)]
struct Sent {
    ids: Mutex<Vec<String>>,
    took: Mutex<Vec<Duration>>,
}

impl Sent {
    fn one(&self, host: &Host, sender: u64, number: u64) {
        let id = format!("wamid.{sender}-{number}");
        let begun = Instant::now();
        let answer = send(host, &text(&id, &format!("MX.{sender}")));
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        self.took.lock().expect("no panic").push(begun.elapsed());
        self.ids.lock().expect("no panic").push(id);
    }

    fn ids(&self) -> Vec<String> {
        self.ids.lock().expect("no panic").clone()
    }

    /// The median and the 99th of a hundred, and forgets them.
    fn percentiles(&self) -> (Duration, Duration) {
        let mut took = std::mem::take(&mut *self.took.lock().expect("no panic"));
        took.sort();
        (took[took.len() / 2], took[took.len() * 99 / 100])
    }
}

#[test]
fn a_backup_under_load_holds_what_was_acknowledged_and_a_host_goes_on_from_it() {
    let consumer = Consumer::start(|_| 200);
    let config = format!("{CONNECTIONS}{}", Consumer::destination(consumer.address));
    let host = Host::start(&components(), &config);
    let file = host.config.with_file_name("backup.sqlite");
    let sent = Sent::default();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (host, sent) = (&host, &sent);
            scope.spawn(move || (0..ALONE).for_each(|number| sent.one(host, sender, number)));
        }
    });
    let alone = sent.percentiles();
    let stop = AtomicBool::new(false);
    let mut before = Vec::new();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (host, sent, stop) = (&host, &sent, &stop);
            scope.spawn(move || {
                let mut numbers = ALONE..;
                while !stop.load(Ordering::SeqCst) {
                    sent.one(host, sender, numbers.next().expect("no end"));
                }
            });
        }
        let last = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            (0..BACKUPS).map(|_| (sent.ids(), take(&host, &file))).last().expect("one at least")
        }));
        stop.store(true, Ordering::SeqCst);
        before = last.expect("the backups").0;
    });
    let beside = sent.percentiles();
    println!("p50 and p99 without {alone:?}, beside {BACKUPS} backups {beside:?}");
    assert!(before.len() < sent.ids().len(), "webhooks were taken meanwhile");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    let kept = host.event_ids();
    let delivered_before: Vec<String> = consumer.accepted(kept.len()).iter().map(|d| d.event_id()).collect();

    let again = Consumer::start(|_| 200);
    let restored = restore(&file, &format!("{CONNECTIONS}{}", Consumer::destination(again.address)));
    let in_backup = restored.event_ids();
    assert_eq!(in_backup, kept[..in_backup.len()], "in the order in which they came, without a gap");
    let holds: HashSet<&String> = in_backup.iter().collect();
    for id in &before {
        assert!(holds.contains(id), "{id} was acknowledged before the backup began");
    }
    // The cursor of the backup lies somewhere; what is behind it is delivered again, what is new follows.
    let new = text("wamid.new", "MX.0");
    assert_eq!(send(&restored, &new).status, 200);
    let mut delivered = Vec::new();
    let mut seen: HashSet<String> = delivered_before.into_iter().collect();
    while !(seen.contains("wamid.new") && in_backup.iter().all(|id| seen.contains(id))) {
        delivered.push(again.next().event_id());
        seen.extend(delivered.last().cloned());
    }
    for sender in 0..SENDERS {
        let of_sender = |id: &&String| id.split(['.', '-']).nth(1) == Some(sender.to_string().as_str());
        let expected: Vec<&String> = in_backup.iter().filter(of_sender).collect();
        let found: Vec<&String> = delivered.iter().filter(of_sender).collect();
        assert!(expected.ends_with(&found), "in order, from the cursor on: {found:?}");
    }
}

/// Takes a backup, and gives what it says of itself.
fn take(host: &Host, file: &Path) -> serde_json::Value {
    let file = file.display().to_string();
    let output = host.command(&["backup", &file, "--force", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said["events"], said["newest"], "{said}");
    said
}

/// A host whose store has the backup in place of its journal, as docs/operations.md says.
fn restore(file: &Path, config: &str) -> Host {
    let mut host = Host::start(&components(), config);
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
    let store: PathBuf = host.config.with_file_name("trunkline-data");
    let file = file.display().to_string();
    let refused = host.command(&["restore", &file]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.starts_with("error: there is a journal already: ") && said.contains("hint: move the store away"),
        "{said}"
    );
    std::fs::rename(&store, store.with_extension("away")).expect("moved");
    let restored = host.command(&["restore", &file, "--json"]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let said: serde_json::Value = serde_json::from_slice(&restored.stdout).expect("JSON");
    assert_eq!((&said["held"], said["restored"]["events"].as_u64().is_some()), (&0.into(), true), "{said}");
    host.run();
    host
}

#[test]
fn a_backup_says_what_is_wrong_and_replaces_nothing_by_itself() {
    let host = Host::start(&components(), "");
    let file = host.config.with_file_name("backup.sqlite");
    std::fs::write(&file, "of last week").expect("a file");
    let output = host.command(&["backup", &file.display().to_string()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    let expected = format!(
        "error: `{}` exists already\nhint: name another file, or replace it with --force\n",
        file.display()
    );
    assert_eq!(said, expected);
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "of last week");
    let nowhere = host.config.with_file_name("nowhere");
    let nowhere = nowhere.display().to_string();
    let output = host.command(&["backup", "copy", "--store", &nowhere]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with(&format!("error: there is no journal `{nowhere}/journal.sqlite`\nhint: ")),
        "{said}"
    );
}
