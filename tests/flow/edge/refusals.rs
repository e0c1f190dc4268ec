//! What an edge does not take, and what it tells its operator.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use super::serving::{Edge, edges};
use crate::host::{Host, components};
use crate::http;
use crate::samples::{CONNECTIONS, text, try_send};

const SETTINGS: [(&str, &str); 2] = [("app_secret", "app-secret-1"), ("verify_token", "verify-token-1")];

fn host() -> Host {
    Host::start(&components(), &format!("{}{CONNECTIONS}", edges()))
}

/// The first line of the answer to a webhook that says how large it will be, and does not come.
fn announced(edge: &Edge, bytes: usize) -> String {
    let mut socket = TcpStream::connect(edge.address).expect("the edge listens");
    let head = format!("POST /hooks/whatsapp HTTP/1.1\r\nhost: x.example\r\ncontent-length: {bytes}\r\n\r\n");
    socket.write_all(head.as_bytes()).expect("it reads");
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).expect("an answer");
    line.trim_end().to_owned()
}

#[test]
fn a_forgery_ends_at_the_edge() {
    let host = host();
    let edge = Edge::start("whatsapp", &host, "whatsapp", &SETTINGS);
    let mut forged = text("w1", "MX.1");
    forged.body.push(b' ');
    let answer = try_send(edge.address, &forged).expect("an answer");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("refused")));
    assert_eq!(announced(&edge, 6 << 20), "HTTP/1.1 413 Payload Too Large");
    assert!(edge.log().contains("connection=whatsapp webhook refused: mismatch"), "{}", edge.log());
    assert!(host.event_ids().is_empty());
    let genuine = try_send(edge.address, &text("w1", "MX.1")).expect("an answer");
    assert_eq!((genuine.status, genuine.header("content-length").is_some()), (200, true));
    assert_eq!(host.event_ids(), ["w1"]);
}

#[test]
fn the_set_up_of_a_webhook_needs_no_host() {
    let mut host = host();
    let edge = Edge::start("whatsapp", &host, "whatsapp", &SETTINGS);
    assert_eq!(host.terminate(), Some(0));
    let path = "/hooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-token-1";
    let answer = http::request(edge.address, "GET", path, &[], b"");
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"1158201444"[..]));
    let answer = try_send(edge.address, &text("w1", "MX.1")).expect("an answer");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("host")));
    assert!(answer.header("retry-after").is_some());
}

#[test]
fn an_edge_that_the_host_does_not_know_has_the_provider_keep_it() {
    let host = Host::start(&components(), &edges().replace("AAEC", "BBEC"));
    let edge = Edge::start("whatsapp", &host, "whatsapp", &SETTINGS);
    let answer = try_send(edge.address, &text("w1", "MX.1")).expect("an answer");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("host")));
    let log = edge.log();
    assert!(log.contains("the host answers 401"), "{log}");
    assert!(!log.contains("whsec_") && !log.contains("app-secret-1"), "{log}");
}
