//! The host is killed while an edge takes webhooks in: what the provider was told is so.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::serving::{Edge, edges};
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, text, try_send};

const WEBHOOKS: u64 = 1_000;
const SENDERS: u64 = 4;
/// The host is killed when so many were acknowledged.
const KILLS_AT: [u64; 3] = [200, 450, 700];
const PATIENCE: Duration = Duration::from_secs(120);

/// What senders saw.
#[derive(Default)]
struct Seen {
    acknowledged: AtomicU64,
    refused: AtomicU64,
    odd: AtomicU64,
}

/// Sends what a provider would: each until it is acknowledged.
fn write(edge: std::net::SocketAddr, seen: &Seen, sender: u64) {
    for number in (0..WEBHOOKS).filter(|number| number % SENDERS == sender) {
        let request = text(&format!("w{number}"), &format!("MX.{sender}"));
        let begun = Instant::now();
        loop {
            match try_send(edge, &request) {
                Ok(answer) if answer.status == 200 => break,
                Ok(answer) if answer.status == 503 => seen.refused.fetch_add(1, Ordering::SeqCst),
                _ => seen.odd.fetch_add(1, Ordering::SeqCst),
            };
            assert!(begun.elapsed() < PATIENCE, "w{number} is not acknowledged");
            std::thread::park_timeout(Duration::from_millis(10));
        }
        seen.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn nothing_is_lost_when_the_host_dies_behind_the_edge() {
    let mut host = Host::start(&components(), &format!("{}{CONNECTIONS}", edges()));
    let settings = [("app_secret", "app-secret-1"), ("verify_token", "verify-token-1")];
    let edge = Edge::start("whatsapp", &host, "whatsapp", &settings);
    let seen = Seen::default();
    let address = edge.address;
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let seen = &seen;
            scope.spawn(move || write(address, seen, sender));
        }
        for at in KILLS_AT {
            let begun = Instant::now();
            while seen.acknowledged.load(Ordering::SeqCst) < at {
                assert!(begun.elapsed() < PATIENCE, "it does not go on:\n{}", edge.log());
                std::thread::park_timeout(Duration::from_millis(1));
            }
            let refused = seen.refused.load(Ordering::SeqCst);
            host.kill_9();
            host.wait();
            // Dead for so long that somebody is told to come again.
            while seen.refused.load(Ordering::SeqCst) == refused {
                assert!(begun.elapsed() < PATIENCE, "nobody was refused:\n{}", edge.log());
                std::thread::park_timeout(Duration::from_millis(1));
            }
            println!(
                "killed after {at} were acknowledged; refused so far: {}",
                seen.refused.load(Ordering::SeqCst)
            );
            host.run();
        }
    });
    let ids = host.event_ids();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    println!(
        "{} acknowledged, {} refused with 503, {} other answers; {} events kept, {} distinct",
        seen.acknowledged.load(Ordering::SeqCst),
        seen.refused.load(Ordering::SeqCst),
        seen.odd.load(Ordering::SeqCst),
        ids.len(),
        distinct.len()
    );
    assert_eq!(seen.acknowledged.load(Ordering::SeqCst), WEBHOOKS);
    assert_eq!((ids.len() as u64, distinct.len() as u64), (WEBHOOKS, WEBHOOKS), "each once");
    assert_eq!(seen.odd.load(Ordering::SeqCst), 0, "{}", edge.log());
}
