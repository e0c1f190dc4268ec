//! What bad input gets: a clear answer, and no harm.

use crate::host::{Host, TOKEN, components};
use crate::http;
use crate::samples::{CONNECTIONS, case, send, text};

#[test]
fn every_kind_of_bad_input_has_its_answer() {
    let host = Host::start(&components(), CONNECTIONS);
    let answer = http::request(host.address, "POST", "/hooks/nobody", &[], b"{}");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("connection")));

    let answer = http::request(host.address, "PUT", "/hooks/line", &[], b"{}");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));

    let answer = http::request(host.address, "POST", "/hooks/line", &[], b"{\"events\":[{}]}");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("refused")));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));

    let mut tampered = text("wamid.T", "MX.1");
    tampered.body.push(b' ');
    let answer = send(&host, &tampered);
    assert_eq!(answer.status, 401);
    let said = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!said.contains("sha256") && !said.contains("app-secret"), "{said}");

    let malformed = case("whatsapp", "text").resigned(b"{\"entry\":".to_vec()).expect("signed");
    assert_eq!(send(&host, &malformed).status, 400);

    assert_eq!(host.event_ids(), Vec::<String>::new());
    assert_eq!(
        host.metric("trunkline_webhooks_received_total{connection=\"whatsapp\",outcome=\"mismatch\"}"),
        1
    );
    assert_eq!(
        host.metric("trunkline_webhooks_received_total{connection=\"whatsapp\",outcome=\"malformed\"}"),
        1
    );
    assert_eq!(host.metric("trunkline_webhooks_unaddressed_total"), 1);
}

#[test]
fn too_large_is_refused_by_what_is_announced_and_by_what_comes() {
    let more = format!("[server.limits]\nbody_bytes_max = 2000\n{CONNECTIONS}");
    let host = Host::start(&components(), &more);
    let answer = http::request(host.address, "POST", "/hooks/line", &[], &[b'x'; 2001]);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("too_large")));
    // Chunks announce nothing: the host counts.
    let chunk = format!("7d1\r\n{}\r\n0\r\n\r\n", "x".repeat(2001));
    let head =
        "POST /hooks/line HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let answer = raw(&host, &format!("{head}{chunk}"));
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // A head beyond the limit ends the connection with an error, and the host goes on.
    let answer = raw(&host, &format!("POST /hooks/line HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(40_000)));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(send(&host, &text("wamid.after", "MX.1")).status, 200);
}

/// Sends a text as it is, and gives what is answered.
pub fn raw(host: &Host, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut socket = std::net::TcpStream::connect(host.address).expect("it listens");
    // The host may answer and close before it has read everything.
    let _ = socket.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_api_opens_to_its_token_only() {
    let host = Host::start(&components(), CONNECTIONS);
    for path in ["/v1/events", "/v1/events/evt_x", "/v1/webhooks/1", "/v1/blobs/00", "/v1/streams/live"] {
        let answer = http::get(host.address, path, "wrong");
        assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("token")), "{path}");
    }
    for (path, status) in [
        ("/v1/events?order=upwards", 400),
        ("/v1/events?limit=x", 400),
        ("/v1/events?colour=red", 400),
        ("/v1/webhooks/first", 400),
        ("/v1/blobs/%ff", 400),
        ("/v1/events/evt_00000000000000000000000000000000", 404),
        ("/v1/webhooks/1", 404),
        ("/v1/blobs/00", 404),
        ("/v1/streams/live", 404),
        ("/nothing", 404),
    ] {
        let answer = http::get(host.address, path, TOKEN);
        let form = answer.header("content-type");
        assert_eq!((answer.status, form), (status, Some("application/problem+json")), "{path}");
    }
    let headers = [
        ("authorization".to_owned(), format!("Bearer {TOKEN}")),
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    let answer = http::request(host.address, "POST", "/v1/messages", &headers, b"text=hello");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (415, Some("content_type")));
}

#[test]
fn the_handshake_is_answered_with_the_challenge() {
    let host = Host::start(&components(), CONNECTIONS);
    let answer = send(&host, &case("whatsapp", "handshake").request);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain")));
    assert_eq!(answer.body, b"11580<b>201444");
    assert_eq!(send(&host, &case("whatsapp", "handshake-wrong-token").request).status, 403);
}
