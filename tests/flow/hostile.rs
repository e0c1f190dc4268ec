//! A connector that traps, loops, leaks or wants too much: 503 for its own connection, and nothing else notices.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use crate::faults::TOLD;
use crate::host::{Host, test_components};
use crate::http;

pub const CONNECTION: &str = r#"
[connections.bad]
connector = "hostile"
[connections.bad.settings]
secret = "a-secret-of-some-length"
"#;

fn post(host: &Host, body: &str) -> http::Answer {
    http::request(host.address, "POST", "/hooks/bad", &[], body.as_bytes())
}

#[test]
fn each_kind_of_misbehaviour_is_a_clean_503_and_the_next_call_is_fine() {
    let host = Host::start(&test_components(), CONNECTION);
    let failing = TOLD.iter().filter(|(_, name)| *name != "accepted");
    for (told, name) in failing.clone() {
        let line = format!("trunkline_webhooks_received_total{{connection=\"bad\",outcome=\"{name}\"}}");
        let before = host.metric(&line);
        let answer = post(&host, told);
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{told}: {said}");
        assert!(!said.contains("a-secret"), "{told}: {said}");
        assert_eq!(host.metric(&line), before + 1, "{told} counts as {name}:\n{}", host.log());
        let answer = post(&host, &format!("fine after {told}"));
        assert_eq!(answer.status, 200, "the next call has an instance of its own");
    }
    assert_eq!(host.event_ids().len(), failing.count());
    assert!(!host.log().contains("a-secret"), "{}", host.log());
}

#[test]
fn endless_loops_do_not_hold_up_others() {
    let more = format!(
        "{CONNECTION}\n[connections.good]\nconnector = \"hostile\"\n\
         [connections.good.settings]\nsecret = \"another-secret\"\n"
    );
    let host = Host::start(&test_components(), &more);
    std::thread::scope(|scope| {
        let loops: Vec<_> = (0..8).map(|_| scope.spawn(|| post(&host, "loop").status)).collect();
        let begun = Instant::now();
        for number in 0..20 {
            let body = format!("good {number}");
            assert_eq!(http::request(host.address, "POST", "/hooks/good", &[], body.as_bytes()).status, 200);
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(10), "20 webhooks took {took:?} beside 8 loops");
        for ended in loops {
            assert_eq!(ended.join().expect("no panic"), 503);
        }
    });
}

/// `keys.example.com`, by that name or by its address. Answers every `GET` with a number and every `POST` with its body, one
/// request a connection.
pub fn key_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
    let address = listener.local_addr().expect("a bound socket");
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(socket.try_clone().expect("a socket"));
            let head: Vec<String> =
                reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
            reader.read_exact(&mut body).expect("a body");
            let to_us = format!("host: {address}");
            let genuine = head.iter().any(|line| line == "host: keys.example.com" || *line == to_us)
                && head.iter().any(|line| line == "authorization: Bearer a-secret-of-some-length");
            let answer = if body.is_empty() { format!("key {genuine}").into_bytes() } else { body };
            let head =
                format!("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
            // The host may be gone.
            let _ = socket.write_all(&[head.as_bytes(), &answer].concat());
        }
    });
    address
}

#[test]
fn calls_are_made_while_the_provider_waits() {
    let loopback =
        format!("[egress.dangerous_loopback]\n\"keys.example.com\" = \"http://{}\"\n", key_server());
    let host = Host::start(&test_components(), &format!("{loopback}{CONNECTION}"));
    let answer = post(&host, "call twice");
    assert_eq!(answer.status, 200, "{}\n{}", String::from_utf8_lossy(&answer.body), host.log());
    assert_eq!(host.event_ids(), ["key true"], "each round has the answers of those before it");
    let answer = post(&host, "call without end");
    assert_eq!(answer.status, 503);
    assert_eq!(host.metric("trunkline_webhooks_received_total{connection=\"bad\",outcome=\"rounds\"}"), 1);
    assert!(host.log().contains("asks for another call in round 8, which is the last"), "{}", host.log());
}

#[test]
fn an_operator_takes_hosts_away() {
    let narrowed = CONNECTION.replace("connector = \"hostile\"\n", "connector = \"hostile\"\nhosts = []\n");
    let loopback =
        format!("[egress.dangerous_loopback]\n\"keys.example.com\" = \"http://{}\"\n", key_server());
    let host = Host::start(&test_components(), &format!("{loopback}{narrowed}"));
    assert_eq!(post(&host, "call twice").status, 503);
    let expected = "`keys.example.com` is not among `hosts` of connection `bad`; add it there to allow it";
    assert!(host.log().contains(expected), "{}", host.log());
}
