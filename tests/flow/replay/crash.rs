//! A host that is killed while a replay writes: what was written stands and is on record, and another run does the rest.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::{connection, count, differences, post, replay, restart};
use crate::host::{Host, test_components};

/// Webhooks: several slices.
const WEBHOOKS: usize = 400;
/// How long a replay may take to write something.
const WRITING_MAX: Duration = Duration::from_secs(30);

#[test]
fn a_replay_that_was_killed_is_finished_by_the_next() {
    let mut host = Host::start(&test_components(), &connection("old"));
    for number in 0..WEBHOOKS {
        assert_eq!(post(&host, &format!("loud-{number} a\nlate-{number} b")).status, 200);
    }
    restart(&mut host, "\"old\"", "\"new\"");
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            host.command(&["replay", "--connection", "letters", "--since", "1h", "--json", "--yes"])
        });
        let begun = Instant::now();
        while host.event_ids().len() == WEBHOOKS {
            assert!(begun.elapsed() < WRITING_MAX, "nothing is written:\n{}", host.log());
            assert!(!running.is_finished(), "it ends without writing");
        }
        host.kill_9();
        let _ = running.join().expect("no panic");
    });
    host.wait();
    host.run();
    let recorded = |host: &Host| {
        let records = host.api("/v1/audit")["records"].clone();
        let records = records.as_array().expect("a list").clone();
        let sum = |name: &str| {
            records.iter().map(|record| record["detail"][name].as_u64().unwrap_or(0)).sum::<u64>()
        };
        (records.len(), sum("added"), sum("changed"))
    };
    let written = host.event_ids().len() - WEBHOOKS;
    assert_eq!(recorded(&host).1, written as u64, "what was written is on record");
    let rest = replay(&host, &["--yes"]);
    assert_eq!(count(&rest, "written") as usize, 2 * (WEBHOOKS - written), "the rest, in whole transactions");
    println!("killed after {written} of {WEBHOOKS} were added");
    let ids = host.event_ids();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 2 * WEBHOOKS);
    assert_eq!(ids.len(), 2 * WEBHOOKS);
    let again = replay(&host, &["--dry-run"]);
    assert_eq!((differences(&again).len(), count(&again, "same") as usize), (0, 2 * WEBHOOKS));
    let (records, added, changed) = recorded(&host);
    assert!(records == 2 || written == WEBHOOKS, "{records} records");
    assert_eq!((added as usize, changed as usize), (WEBHOOKS, WEBHOOKS));
}
