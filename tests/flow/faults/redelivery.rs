//! Providers send again by rules of their own: each of them ends in one event.
//!
//! The facts, read 2026-08:
//! - WhatsApp: anything but 200 and the entire POST comes again, with growing gaps, for up to 7 days; a POST holds up to
//!   1,000 updates, and nothing says that a later one has the same ones in the same order.
//! - LINE: a redelivered event has its `webhookEventId` and `deliveryContext.isRedelivery: true`; duplicates are possible
//!   even after a 200; it comes in another body, so with another signature.
//! - Messenger: "immediate repeat a few more times, then spaced"; `message.mid` is the key.
//! - Twilio: all tries of a request carry the same `I-Twilio-Idempotency-Token`; `MessageSid` is the key, and for a status
//!   `MessageSid` and `MessageStatus`.
//! - Mailgun: retries for 8 hours carry the same signature object, and a seen token must be answered with 200; several
//!   recipients are a POST each, so `recipient` and `Message-Id` are the key.
//! - Telnyx: any 2xx within 2 seconds. The channel is not built yet; the deadline holds for any SMS provider here.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use trunkline_model::Request;

use super::attack::{bytes, many_parts};
use super::figures::{Figures, NONE, number, p50, p99, seed};
use super::steady::{Steady, times, unacknowledged};
use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, MORE_CONNECTIONS, case, line_text, send, text};

/// Within this, the most impatient provider has its answer.
const DEADLINE: Duration = Duration::from_secs(2);

fn start(consumer: &Consumer) -> Host {
    let more = format!("{CONNECTIONS}{MORE_CONNECTIONS}{}", Consumer::destination(consumer.address));
    Host::start(&components(), &more)
}

/// A POST with these messages, in this order, of two customers by turns.
fn batch(numbers: &[u64]) -> Request {
    let case = case("whatsapp", "text");
    let mut body: Value = serde_json::from_slice(&case.request.body).expect("JSON");
    let value = &mut body["entry"][0]["changes"][0]["value"];
    let message = value["messages"][0].clone();
    let of = |number: &u64| {
        let mut message = message.clone();
        message["id"] = json!(format!("wamid.{number}"));
        message["from_user_id"] = json!(format!("MX.{}", number % 2));
        message
    };
    value["messages"] = numbers.iter().map(of).collect();
    case.resigned(body.to_string().into_bytes()).expect("signed in a header")
}

/// The provider's ids of what was delivered, so many, and that nothing comes after.
fn delivered(consumer: &Consumer, count: usize) -> Vec<String> {
    let ids = consumer.accepted(count).iter().map(|delivery| delivery.event_id()).collect();
    assert!(consumer.next_within(Duration::from_millis(300)).is_none(), "one is delivered twice");
    ids
}

#[test]
fn a_batch_that_comes_again_with_more_in_another_order_adds_what_is_new() {
    let consumer = Consumer::start(|_| 200);
    let mut host = start(&consumer);
    let posts: [&[u64]; 6] =
        [&[1, 2, 3, 4], &[1, 2, 3, 4], &[4, 3, 2, 1], &[5, 1, 6, 2], &[6, 5, 7], &[7, 7, 7]];
    for (index, numbers) in posts.iter().enumerate() {
        assert_eq!(send(&host, &batch(numbers)).status, 200, "{numbers:?}");
        if index == 2 {
            // Days may lie between two tries, and a new host.
            assert_eq!(host.terminate(), Some(0));
            host.run();
        }
    }
    let expected: Vec<String> = (1..=7).map(|number| format!("wamid.{number}")).collect();
    let mut ids = delivered(&consumer, 7);
    assert_eq!(host.event_ids(), expected);
    for customer in 0..2 {
        let of = |ids: &[String]| -> Vec<String> {
            let number = |id: &&String| id[6..].parse::<u64>().expect("a number") % 2 == customer;
            ids.iter().filter(number).cloned().collect()
        };
        assert_eq!(of(&ids), of(&expected), "in order within a conversation");
    }
    ids.sort();
    assert_eq!(ids, expected);
    // The largest batch that the facts allow, and all of it again.
    let many: Vec<u64> = (1_000..2_000).collect();
    for _ in 0..2 {
        assert_eq!(send(&host, &batch(&many)).status, 200);
    }
    assert_eq!(host.event_ids().len(), 1_007);
    assert_eq!(delivered(&consumer, 1_000).len(), 1_000);
    let tried = 15 + 1_000;
    let figures = Figures { fault: "batch sent again", tried, lost: NONE, duplicated: NONE, p99: None };
    figures.hand_in("in other orders, with new items in between, across a restart");
}

#[test]
fn every_provider_may_send_again_what_it_has_sent() {
    let consumer = Consumer::start(|_| 200);
    let host = start(&consumer);
    let mut expected = Vec::new();
    let mut tried = 0;
    let mut again = |request: &Request, ids: &[&str]| {
        // Some repeat at once and at the same time.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(send(&host, request).status, 200));
            }
        });
        tried += 4;
        for id in ids {
            if !expected.contains(&(*id).to_owned()) {
                expected.push((*id).to_owned());
            }
        }
        assert_eq!(host.event_ids(), expected);
    };

    // LINE: marked as a redelivery, which makes it another body.
    let first = line_text("01JREDELIVERED0000000000001", &format!("U{:032x}", 7));
    again(&first, &["01JREDELIVERED0000000000001"]);
    let marked =
        String::from_utf8(first.body).expect("text").replace("isRedelivery\":false", "isRedelivery\":true");
    let marked = case("line", "text").resigned(marked.into_bytes()).expect("signed");
    assert_eq!(marked.body.windows(4).filter(|four| four == b"true").count(), 1);
    again(&marked, &["01JREDELIVERED0000000000001"]);
    // And one whose first try never came.
    let only_marked =
        String::from_utf8(marked.body).expect("text").replace("000001\",\"deliv", "000002\",\"deliv");
    again(
        &case("line", "text").resigned(only_marked.into_bytes()).expect("signed"),
        &["01JREDELIVERED0000000000002"],
    );

    // Twilio: the same token at each try; a status is another event, and it may come before its forerunner.
    again(&case("sms-twilio", "text").request, &["SM00000000000000000000000000000001"]);
    again(&case("sms-twilio", "text-retry").request, &["SM00000000000000000000000000000001"]);

    // Messenger: at once and a few more times.
    again(&case("messenger", "text").request, &["m_1"]);

    // Mailgun: the same signature object, hours later; another recipient is another mail.
    let mail = many_parts(3, &"m".repeat(50));
    let before = host.event_ids().len();
    for request in [&mail, &mail] {
        assert_eq!(send(&host, request).status, 200);
    }
    let ids = host.event_ids();
    assert_eq!(ids.len(), before + 1, "{ids:?}");
    let other = String::from_utf8(mail.body.clone()).expect("text").replace("help@mg.", "sales@mg.");
    assert_eq!(send(&host, &Request { body: other.into_bytes(), ..mail }).status, 200);
    let all = host.event_ids().len();
    assert_eq!(all, before + 2);
    assert_eq!(delivered(&consumer, all).len(), all);
    let figures = Figures { fault: "webhook sent again", tried, lost: NONE, duplicated: NONE, p99: None };
    figures.hand_in("LINE marked and unmarked, Twilio by token, Messenger at once, Mailgun by signature");
}

#[test]
fn the_most_impatient_provider_has_its_answer_in_time() {
    let consumer = Consumer::start(|_| 200);
    let host = start(&consumer);
    let sms = case("sms-twilio", "text");
    let steady = Steady::start(host.address, Duration::from_millis(10), move |number| {
        let body = String::from_utf8(sms.request.body.clone()).expect("a form");
        let body = body.replace("SM00000000000000000000000000000001", &format!("SM{number:032x}"));
        let body = body.replace("5005550123", &format!("500555{:04}", number % 50));
        sms.resigned(body.into_bytes()).expect("signed in a header")
    });
    let time = Duration::from_millis(number("TRUNKLINE_DEADLINE_MS", 2_500));
    let (others, sent) = steady.during(time, || {
        // Beside it, others send as fast as they can.
        let begun = std::time::Instant::now();
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..4)
                .map(|sender| {
                    let host = &host;
                    scope.spawn(move || {
                        let mut count = 0_u64;
                        while begun.elapsed() < time {
                            let request = text(&format!("wamid.{sender}-{count}"), &format!("MX.{sender}"));
                            assert_eq!(send(host, &request).status, 200);
                            count += 1;
                        }
                        count
                    })
                })
                .collect();
            senders.into_iter().map(|sender| sender.join().expect("no panic")).sum::<u64>()
        })
    });
    steady.end();
    assert!(unacknowledged(&sent).is_empty());
    let times = times(&sent);
    let slowest = *times.iter().max().expect("some were sent");
    println!(
        "deadline of 2 s: {} acknowledged beside {others} others, p50 {:?}, p99 {:?}, slowest {slowest:?}",
        sent.len(),
        p50(&times),
        p99(&times)
    );
    assert!(p99(&times) < DEADLINE / 2, "{:?}", p99(&times));
    assert!(slowest < DEADLINE, "{slowest:?}");
}

#[test]
fn a_crash_between_commit_and_answer_makes_the_provider_send_again_and_that_is_no_event() {
    /// Webhooks that are on their way when the host is killed.
    const AT_ONCE: u64 = 24;
    let hits_wanted = number("TRUNKLINE_UNANSWERED", 3);
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let consumer = Consumer::start(|_| 200);
    let mut host = start(&consumer);
    let (mut hits, mut rounds, mut sent) = (0, 0, 0);
    while hits < hits_wanted {
        assert!(
            rounds < 40 + 20 * hits_wanted,
            "{hits} webhooks were committed and not answered, seed {seed}"
        );
        rounds += 1;
        let webhooks: Vec<(String, Request)> = (0..AT_ONCE)
            .map(|number| {
                let id = format!("wamid.{rounds}-{number}");
                (id.clone(), text(&id, &format!("MX.{number}")))
            })
            .collect();
        let mut sockets: Vec<TcpStream> = webhooks
            .iter()
            .map(|(_, webhook)| {
                let mut socket = TcpStream::connect(host.address).expect("it listens");
                socket.write_all(&bytes(webhook)).expect("it reads");
                socket
            })
            .collect();
        std::thread::park_timeout(Duration::from_micros(random.u64(0..12_000)));
        host.kill_9();
        host.wait();
        host.run();
        let answered: Vec<bool> = sockets
            .iter_mut()
            .map(|socket| {
                let mut answer = [0; 12];
                socket.read_exact(&mut answer).is_ok() && answer == *b"HTTP/1.1 200"
            })
            .collect();
        let kept = host.event_ids();
        for ((id, webhook), answered) in webhooks.iter().zip(answered) {
            let there = kept.contains(id);
            assert!(there || !answered, "{id} was acknowledged and is lost, seed {seed}");
            hits += u64::from(there && !answered);
            if !answered {
                assert_eq!(send(&host, webhook).status, 200);
            }
        }
        sent += AT_ONCE as usize;
        let ids = host.event_ids();
        let unique: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!((ids.len(), unique.len()), (sent, sent), "each once, seed {seed}");
    }
    let figures =
        Figures { fault: "committed and not answered", tried: hits, lost: NONE, duplicated: NONE, p99: None };
    figures.hand_in(&format!("in {rounds} kills with {AT_ONCE} webhooks on their way, seed {seed}"));
}
