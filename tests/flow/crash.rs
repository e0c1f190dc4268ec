//! A 2xx means on disk, and what is on disk is delivered: `kill -9`, an orderly end, a destination that is dead.

use std::collections::HashSet;
use std::net::TcpListener;

use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, text, try_send};

/// How often the host is killed.
const KILLS: u64 = 5;
/// Customers who write at once.
const SENDERS: u64 = 4;

#[test]
fn what_was_acknowledged_before_kill_9_is_kept_and_delivered() {
    let consumer = Consumer::start(|_| 200);
    let mut host =
        Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(consumer.address)));
    let mut acknowledged = Vec::new();
    // In the order in which each was delivered first.
    let mut delivered = Vec::new();
    for round in 0..KILLS {
        std::thread::scope(|scope| {
            let host = &host;
            let senders: Vec<_> = (0..SENDERS)
                .map(|sender| scope.spawn(move || send_until_gone(host, round, sender)))
                .collect();
            // Killed after a number of deliveries that differs from round to round.
            let before = consumer.accepted(usize::try_from(20 + round * 7).expect("small"));
            delivered.extend(before.iter().map(|delivery| delivery.event_id()));
            host.kill_9();
            for sender in senders {
                acknowledged.extend(sender.join().expect("no panic"));
            }
        });
        host.wait();
        host.run();
    }
    let kept = host.event_ids();
    let unique: HashSet<&String> = kept.iter().collect();
    assert_eq!(unique.len(), kept.len(), "none is twice in the journal");
    for id in &acknowledged {
        assert!(unique.contains(id), "{id} was acknowledged and is lost");
    }
    println!("{} acknowledged over {KILLS} kills, {} kept", acknowledged.len(), kept.len());
    let mut seen: HashSet<String> = delivered.iter().cloned().collect();
    while !kept.iter().all(|id| seen.contains(id)) {
        let id = consumer.next().event_id();
        if seen.insert(id.clone()) {
            delivered.push(id);
        }
    }
    for sender in 0..SENDERS {
        let of_sender = |ids: &[String]| -> Vec<String> {
            let mut seen = HashSet::new();
            let ids = ids.iter().filter(|id| id.split('-').nth(1) == Some(&sender.to_string()));
            ids.filter(|id| seen.insert((*id).clone())).cloned().collect()
        };
        assert_eq!(of_sender(&delivered), of_sender(&kept), "in order within a conversation");
    }
}

/// Sends one after the other until the host is gone. Gives what was acknowledged.
fn send_until_gone(host: &Host, round: u64, sender: u64) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let id = format!("wamid.{round}-{sender}-{number}");
        match try_send(host, &text(&id, &format!("MX.{sender}"))) {
            Ok(answer) if answer.status == 200 => acknowledged.push(id),
            Ok(answer) => panic!("answered {}", answer.status),
            Err(_) => break,
        }
    }
    acknowledged
}

#[test]
fn a_dead_destination_gets_everything_when_it_is_back() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let mut host = Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(address)));
    for number in 0..3 {
        let answer = try_send(&host, &text(&format!("wamid.{number}"), "MX.1")).expect("it runs");
        assert_eq!(answer.status, 200, "a dead destination is no reason to refuse");
    }
    assert_eq!(host.terminate(), Some(0), "an orderly end:\n{}", host.log());
    host.run();
    let consumer = Consumer::on(TcpListener::bind(address).expect("it was free"), |_| 200);
    let delivered: Vec<String> = consumer.accepted(3).iter().map(|delivery| delivery.event_id()).collect();
    assert_eq!(delivered, ["wamid.0", "wamid.1", "wamid.2"]);
}
