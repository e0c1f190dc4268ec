//! `kill -9` while edges hand in: what was answered with 200 is there, once.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{edge, message, try_hand_in};
use crate::host::{Host, components};
use crate::samples::CONNECTIONS;

/// Conversations that are handed in side by side.
const SENDERS: u64 = 4;
const KILLS: u64 = 5;
/// What is acknowledged between two kills, at least.
const BETWEEN: u64 = 20;
/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ids, as they were acknowledged.
#[derive(Default)]
struct Sent {
    stop: AtomicBool,
    count: AtomicU64,
    acknowledged: Mutex<Vec<String>>,
}

impl Sent {
    /// One after the other, each until it is acknowledged, as an outbox does.
    fn hand_in(&self, address: SocketAddr, sender: u64) {
        for number in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let id = format!("e{sender}-{number}");
            let ingest = message(&id, &format!("U{sender:032x}"));
            let begun = Instant::now();
            while !try_hand_in(address, &ingest).is_ok_and(|answer| answer.status == 200) {
                assert!(begun.elapsed() < PATIENCE, "{id} is not acknowledged");
                std::thread::park_timeout(Duration::from_millis(3));
            }
            self.acknowledged.lock().expect("no panic").push(id);
            self.count.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn wait_for(&self, more: u64) {
        let (begun, until) = (Instant::now(), self.count.load(Ordering::SeqCst) + more);
        while self.count.load(Ordering::SeqCst) < until {
            assert!(begun.elapsed() < PATIENCE, "nothing is acknowledged");
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}

#[test]
fn what_was_answered_before_kill_9_is_kept_once() {
    let mut host = Host::start(&components(), &format!("{CONNECTIONS}{}", edge("fra", "")));
    let sent = Sent::default();
    std::thread::scope(|scope| {
        let (address, sent) = (host.address, &sent);
        for sender in 0..SENDERS {
            scope.spawn(move || sent.hand_in(address, sender));
        }
        for _ in 0..KILLS {
            sent.wait_for(BETWEEN);
            host.kill_9();
            host.wait();
            host.run();
        }
        sent.wait_for(BETWEEN);
        sent.stop.store(true, Ordering::SeqCst);
    });
    let mut kept = host.event_ids();
    let mut acknowledged = sent.acknowledged.into_inner().expect("no panic");
    kept.sort();
    acknowledged.sort();
    assert!(acknowledged.len() as u64 >= (KILLS + 1) * BETWEEN);
    println!("{} handed in, {} kept, {KILLS} kills", acknowledged.len(), kept.len());
    assert_eq!(kept, acknowledged, "all that was answered, once, and nothing else");
}
