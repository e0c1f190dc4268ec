//! Senders that mean harm, while correctly signed webhooks come in at a steady rate: all of those are acknowledged in
//! time, and the host's memory stays bounded.

use std::time::Duration;

use super::attack::{Held, bomb, bytes, deep, head, many_parts, pour, raw, signed, sockets};
use super::figures::{Figures, number, p99};
use super::steady::{Steady, compare, kept, times, unacknowledged};
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, MORE_CONNECTIONS, send, text};

/// One good webhook so often.
const EVERY: Duration = Duration::from_millis(25);
/// What the process may ever hold: the pool of bodies (256 MiB), and as much again for everything else.
const MEMORY_KILOBYTES_MAX: u64 = 512 << 10;

/// What does not come whole is given up soon.
const LIMITS: &str = "[server.limits]\nrequest_time_ms_max = 1500\n";
/// The status of the first answer; 0: none.
fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// How many requests were answered.
fn answers(answer: &str) -> usize {
    answer.matches("HTTP/1.1 ").count()
}

/// One kind of harm: done once, it gives how often it was tried. Panics where the host answers otherwise than it should.
type Attack = (&'static str, fn(&Host, Duration) -> u64);

const ATTACKS: &[Attack] = &[
    ("connections that send nothing", |host, time| {
        let count = sockets(number("TRUNKLINE_SOCKETS", 1_000));
        Held { count, first: b"", drip: b"", time }.run(host.address)
    }),
    ("slow-loris heads", |host, time| {
        let first = b"POST /hooks/whatsapp HTTP/1.1\r\nhost: x\r\nx-slow: ";
        Held { count: sockets(600), first, drip: b"a", time }.run(host.address)
    }),
    ("slow-loris bodies", |host, time| {
        // More than one connection may work on at once, and on the one that the good webhooks come to.
        let first = head("/hooks/whatsapp", "content-length: 100000\r\n");
        Held { count: sockets(600), first: &first, drip: b"x", time }.run(host.address)
    }),
    ("bodies announced and not sent", |host, time| {
        // Together more than all bodies may take.
        let first = head("/hooks/mail", "content-length: 27000000\r\n");
        Held { count: sockets(100), first: &first, drip: b"x", time }.run(host.address)
    }),
    ("endless bodies not announced", |host, time| {
        let first = head("/hooks/mail", "transfer-encoding: chunked\r\n");
        Held { count: sockets(100), first: &first, drip: b"1\r\nx\r\n", time }.run(host.address)
    }),
    ("huge heads", |host, _| {
        let line = format!("x: {}\r\n", "y".repeat(8_000));
        for _ in 0..20 {
            let (sent, answer) =
                pour(host.address, b"POST /hooks/line HTTP/1.1\r\n", line.as_bytes(), 16 << 20);
            assert!(sent < 16 << 20, "the host reads on");
            assert!(matches!(status(&answer), 431 | 0), "{answer}");
        }
        20
    }),
    ("too many header lines", |host, _| {
        for count in [129, 1_000, 10_000] {
            let request = head("/hooks/line", &"a: b\r\n".repeat(count));
            assert_eq!(status(&raw(host.address, &request)), 431, "{count}");
        }
        3
    }),
    ("bodies over the limit", |host, _| {
        let announced = head("/hooks/line", "content-length: 99999999\r\n");
        let (sent, answer) = pour(host.address, &announced, &[b'x'; 65_536], 64 << 20);
        assert!(sent < 64 << 20 && matches!(status(&answer), 413 | 0), "{sent}: {answer}");
        let chunked = head("/hooks/line", "transfer-encoding: chunked\r\n");
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(65_536));
        let (sent, answer) = pour(host.address, &chunked, chunk.as_bytes(), 64 << 20);
        assert!(sent < 64 << 20 && matches!(status(&answer), 413 | 0), "{sent}: {answer}");
        2
    }),
    ("decompression bombs", |host, _| {
        let bomb = bomb(1 << 20);
        for encoding in ["gzip", "x-gzip, gzip", "deflate"] {
            let mut request = signed("whatsapp", bomb.clone());
            request.headers.push(("content-encoding".to_owned(), encoding.to_owned()));
            let answer = raw(host.address, &bytes(&request));
            assert_eq!(status(&answer), 400, "{encoding}: {answer}");
        }
        3
    }),
    ("deep JSON", |host, _| {
        let mut tried = 0;
        for channel in ["whatsapp", "line", "messenger"] {
            for body in deep(100_000) {
                let answer = raw(host.address, &bytes(&signed(channel, body)));
                assert!(matches!(status(&answer), 200 | 400), "{channel}: {answer}\n{}", host.log());
                tried += 1;
            }
        }
        tried
    }),
    ("multipart with 10,000 parts", |host, _| {
        for try_ in 0..3 {
            let request = many_parts(10_000, &format!("{try_:050}"));
            let answer = raw(host.address, &bytes(&request));
            assert!(matches!(status(&answer), 200 | 400 | 406 | 413), "{answer}\n{}", host.log());
        }
        3
    }),
    ("pipelined rubbish", |host, _| {
        let rubbish =
            ["GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2_000), "\0\x01\x02 ".repeat(999)].concat();
        let answer = raw(host.address, rubbish.as_bytes());
        assert_eq!(status(&answer), 200, "{answer}");
        // Answers that nobody reads.
        let again = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
        Held { count: 20, first: again.as_bytes(), drip: again.as_bytes(), time: Duration::from_millis(300) }
            .run(host.address);
        for garbage in
            ["\r\n\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\0\x01\0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
        {
            assert!(matches!(status(&raw(host.address, garbage.as_bytes())), 400 | 0), "{garbage:?}");
        }
        2_024
    }),
    ("invalid chunks", |host, _| {
        let chunks = [
            "zz\r\nx\r\n0\r\n\r\n",
            "-1\r\nx\r\n0\r\n\r\n",
            "ffffffffffffffffff\r\nx\r\n",
            "1\r\nxx\r\n0\r\n\r\n",
            "5\r\nx",
            "1;ext=\"\r\nx\r\n0\r\n\r\n",
            "1\nx\n0\n\n",
        ];
        for chunk in chunks {
            let request = [head("/hooks/line", "transfer-encoding: chunked\r\n"), chunk.into()].concat();
            let answer = raw(host.address, &request);
            assert!(matches!(status(&answer), 400 | 401 | 408), "{chunk:?}: {answer}");
            assert!(answers(&answer) <= 1, "{chunk:?}: {answer}");
        }
        chunks.len() as u64
    }),
    ("smuggled requests", |host, _| {
        let smuggled = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
        let length = smuggled.len();
        let shapes = [
            format!("content-length: 0\r\ncontent-length: {length}\r\n\r\n"),
            format!("content-length: {length}\r\ncontent-length: 0\r\n\r\n"),
            format!("content-length: 0, {length}\r\n\r\n"),
            format!("content-length: +{length}\r\n\r\n"),
            format!("content-length: {}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", length + 5),
            format!("transfer-encoding: chunked\r\ncontent-length: {}\r\n\r\n0\r\n\r\n", length + 5),
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n".to_owned(),
            "transfer-encoding: identity, chunked, identity\r\n\r\n0\r\n\r\n".to_owned(),
            "transfer-encoding : chunked\r\n\r\n0\r\n\r\n".to_owned(),
            "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n".to_owned(),
            "content-length : 0\r\n\r\n".to_owned(),
            "x: y\n content-length: 0\r\n\r\n".to_owned(),
        ];
        for shape in &shapes {
            let request = format!("POST /hooks/line HTTP/1.1\r\nhost: x\r\n{shape}{smuggled}");
            let answer = raw(host.address, request.as_bytes());
            assert!(!answer.contains("404"), "{shape:?} lets a request through:\n{answer}");
            assert!(answers(&answer) <= 1, "{shape:?}:\n{answer}");
        }
        shapes.len() as u64
    }),
];

#[test]
fn hostile_senders_do_not_keep_others_from_being_acknowledged() {
    let time = Duration::from_millis(number("TRUNKLINE_ATTACK_MS", 600));
    let host = Host::start(&components(), &format!("{LIMITS}{CONNECTIONS}{MORE_CONNECTIONS}"));
    let steady = Steady::start(host.address, EVERY, |number| {
        text(&format!("wamid.{number}"), &format!("MX.{}", number % 8))
    });
    let ((), before) = steady.during(Duration::from_millis(1_500), || {});
    let before = p99(&times(&before));
    let (idle, _) = host.memory();
    let mut worst = Duration::ZERO;
    let mut rows = Vec::new();
    for (name, attack) in ATTACKS {
        let (tried, during) = steady.during(time, || attack(&host, time));
        let lost = unacknowledged(&during);
        assert!(lost.is_empty(), "{name}: {} of {} good webhooks: {:?}", lost.len(), during.len(), lost[0]);
        worst = worst.max(p99(&times(&during)));
        let (most, now) = host.memory();
        assert!(most < MEMORY_KILOBYTES_MAX, "{name}: {most} kB");
        rows.push((name, tried, during, format!("memory {} MiB now, {} MiB at most", now >> 10, most >> 10)));
    }
    let sent = steady.end();
    let lost = unacknowledged(&sent);
    assert!(lost.is_empty(), "{lost:?}");
    let kept = kept(&host);
    let id = |number| format!("wamid.{number}");
    for (name, tried, during, note) in &rows {
        let (lost, twice) = compare(during, &kept, id);
        let p99 = Some((before, p99(&times(during))));
        let fault = &format!("sender: {name}");
        Figures { fault, tried: *tried, lost: Some(lost), duplicated: Some(twice), p99 }.hand_in(note);
    }
    assert_eq!(compare(&sent, &kept, id), (0, 0), "of {}", sent.len());
    assert!(!host.log().contains("panicked"), "{}", host.log());
    println!("memory: {} MiB idle, {} MiB at most", idle >> 10, host.memory().0 >> 10);
    assert!(worst < before * 4 + Duration::from_millis(500), "{worst:?}, {before:?} before");
}

#[test]
fn idle_and_slow_sockets_give_way_to_new_ones() {
    let more = format!("[server.limits]\nsockets_max = 48\n{CONNECTIONS}");
    let host = Host::start(&components(), &more);
    for first in [&b""[..], b"POST /hooks/line HTTP/1.1\r\n", &head("/hooks/line", "content-length: 9\r\n")] {
        std::thread::scope(|scope| {
            let held = Held { count: 200, first, drip: b"", time: Duration::from_millis(1_500) };
            let attack = scope.spawn(move || held.run(host.address));
            let mut acknowledged = 0;
            while !attack.is_finished() {
                let id = format!("wamid.{}-{acknowledged}", first.len());
                assert_eq!(send(&host, &text(&id, "MX.1")).status, 200);
                acknowledged += 1;
            }
            let opened = attack.join().expect("no panic");
            println!("{acknowledged} acknowledged beside {opened} sockets, where 48 fit");
            assert!(acknowledged >= 3 && opened >= 200);
        });
    }
}
