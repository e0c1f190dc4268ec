//! The end of a host: what runs is finished within a bound, nothing new is taken, and whatever does not end in time is
//! done after the next start. (`kill -9` in the middle of it is among the crashes.)

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::attack::head;
use super::figures::{Figures, NONE};
use crate::consumer::Consumer;
use crate::host::{Host, components, test_components};
use crate::samples::{CONNECTIONS, path, text};

/// More than the bound, for the end itself: a checkpoint of the journal, on a busy machine.
const A_LITTLE: Duration = Duration::from_secs(3);

const HANGING: &str = r#"
[connections.bad]
connector = "hostile"
[connections.bad.settings]
secret = "a-secret-of-some-length"
"#;

/// Waits until the host has ended, and gives how long that took.
fn wait_for_end(host: &mut Host, within: Duration) -> (Option<i32>, Duration) {
    let begun = Instant::now();
    loop {
        if let Some(code) = host.ended() {
            return (code, begun.elapsed());
        }
        assert!(begun.elapsed() < within, "it does not end:\n{}", host.log());
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn wait_until_refused(host: &Host) {
    let begun = Instant::now();
    while TcpStream::connect(host.address).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it still listens:\n{}", host.log());
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

#[test]
fn webhooks_on_their_way_are_acknowledged_and_kept_and_new_ones_refused() {
    let mut host = Host::start(&components(), CONNECTIONS);
    for signal in ["-TERM", "-INT"] {
        let mut halves: Vec<(String, TcpStream, Vec<u8>)> = Vec::new();
        for number in 0..20 {
            let id = format!("wamid{signal}.{number}");
            let webhook = text(&id, &format!("MX.{number}"));
            let headers: String =
                webhook.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = webhook.body.len();
            // The host says when it wants the body: by then it works on the request.
            let more = format!("{headers}content-length: {length}\r\nexpect: 100-continue\r\n");
            let mut socket = TcpStream::connect(host.address).expect("it listens");
            socket.write_all(&head(path(&webhook), &more)).expect("it reads");
            let mut line = String::new();
            let mut reader = BufReader::new(socket.try_clone().expect("a socket"));
            reader.read_line(&mut line).expect("an answer");
            assert!(line.starts_with("HTTP/1.1 100 "), "{line}");
            let (first, rest) = webhook.body.split_at(length / 2);
            socket.write_all(first).expect("it reads");
            halves.push((id, socket, rest.to_vec()));
        }
        host.signal(signal);
        wait_until_refused(&host);
        for (id, mut socket, rest) in halves {
            socket.write_all(&rest).expect("it reads to the end");
            let mut answer = String::new();
            socket.read_to_string(&mut answer).expect("an answer");
            // What is left of `100 Continue`, then the answer.
            assert!(answer.contains("HTTP/1.1 200 OK"), "{id}: {answer}");
        }
        let (code, took) = wait_for_end(&mut host, A_LITTLE);
        assert_eq!(code, Some(0), "{}", host.log());
        println!("{signal}: ended {took:?} after the last webhook");
        host.run();
    }
    let kept = host.event_ids();
    assert_eq!(kept.len(), 40, "{kept:?}");
    let figures = Figures { fault: "shutdown under load", tried: 2, lost: NONE, duplicated: NONE, p99: None };
    figures.hand_in("20 webhooks on their way each time, all acknowledged and kept");
}

/// A server that takes connections and says nothing, until it is dropped.
fn silent() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("the loopback interface")
}

/// A host with a destination that hangs, a webhook whose call hangs, and senders that do not go on. Gives what hangs.
fn hanging(shutdown_ms_max: u64) -> (Host, TcpListener, Vec<TcpStream>) {
    let (destination, keys) = (silent(), silent());
    let address = |listener: &TcpListener| listener.local_addr().expect("bound");
    let to = Consumer::named(
        "consumer",
        &format!("http://{}/events", address(&destination)),
        "timeout_ms_max = 60000\n",
    );
    let more = format!(
        "[server.limits]\nshutdown_ms_max = {shutdown_ms_max}\nrequest_time_ms_max = 60000\n\
         [egress]\ntimeout_ms_max = 60000\n[egress.dangerous_loopback]\n\"keys.example.com\" = \"http://{}\"\n\
         {HANGING}{to}",
        address(&keys)
    );
    let host = Host::start(&test_components(), &more);
    let taken = crate::http::request(host.address, "POST", "/hooks/bad", &[], b"kept before the end");
    assert_eq!(taken.status, 200);
    let (attempt, _) = destination.accept().expect("an attempt");
    let mut senders = vec![attempt];
    for first in [
        b"POST /hooks/bad HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\ncall twice".to_vec(),
        b"POST /hooks/bad HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf".to_vec(),
        b"POST /hooks/bad HTTP/1.1\r\nhost".to_vec(),
        b"".to_vec(),
    ] {
        let mut socket = TcpStream::connect(host.address).expect("it listens");
        socket.write_all(&first).expect("it reads");
        senders.push(socket);
    }
    let (call, _) = keys.accept().expect("the call");
    senders.push(call);
    (host, destination, senders)
}

#[test]
fn nothing_that_hangs_holds_the_end_up() {
    let bound = Duration::from_millis(1_200);
    let (mut host, destination, hanging) = hanging(1_200);
    let begun = Instant::now();
    host.signal("-TERM");
    let (code, _) = wait_for_end(&mut host, bound + A_LITTLE);
    let took = begun.elapsed();
    assert_eq!(code, Some(0), "{}", host.log());
    drop(hanging);
    // What was not delivered is, after the next start.
    let address = destination.local_addr().expect("bound");
    drop(destination);
    let consumer = Consumer::on(TcpListener::bind(address).expect("it was ours"), |_| 200);
    host.run();
    assert_eq!(consumer.next().event_id(), "kept before the end");
    assert_eq!(host.event_ids(), ["kept before the end"], "what was not acknowledged is not kept");
    let figures =
        Figures { fault: "shutdown while all hangs", tried: 1, lost: NONE, duplicated: NONE, p99: None };
    figures.hand_in(&format!("ended after {took:?}, where {bound:?} were allowed for what runs"));
}

#[test]
fn who_asks_twice_does_not_wait() {
    for second in ["-TERM", "-INT"] {
        let (mut host, _destination, _hanging) = hanging(60_000);
        host.signal("-TERM");
        wait_until_refused(&host);
        assert!(host.ended().is_none(), "it waits for what runs");
        host.signal(second);
        let (code, took) = wait_for_end(&mut host, A_LITTLE);
        assert_eq!(code, Some(1), "{}", host.log());
        println!("{second} as the second signal: ended after {took:?}");
        host.run();
        assert_eq!(host.event_ids(), ["kept before the end"]);
    }
}

#[test]
fn a_host_that_ends_says_that_it_is_not_ready() {
    let (mut host, _destination, _hanging) = hanging(60_000);
    let mut socket = TcpStream::connect(host.address).expect("it listens");
    socket.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n").expect("it reads");
    host.signal("-TERM");
    wait_until_refused(&host);
    // A request whose head had begun is answered or cut off, never taken without being kept.
    let _ = socket.write_all(b"\r\n");
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503 "), "{answer}");
    host.kill_9();
    host.wait();
    host.run();
    let answer = crate::http::request(host.address, "POST", "/hooks/bad", &[], b"after the end");
    assert_eq!(answer.status, 200);
}
