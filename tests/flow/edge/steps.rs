//! Calls that a connector asks for at the edge, and a connector that misbehaves there.

use super::serving::{Edge, composed, edges};
use crate::host::{Host, test_components};
use crate::hostile::{CONNECTION, key_server};
use crate::http;

fn start(host: &Host, loopback: &str) -> Edge {
    let component = test_components().join("hostile.wasm");
    let settings =
        [("connections", "bad"), ("bad_secret", "a-secret-of-some-length"), ("dangerous_loopback", loopback)];
    let mut edge = Edge::spawn(&composed(&component.display().to_string()), host.address, &settings);
    edge.wait_until_ready();
    edge
}

fn post(edge: &Edge, body: &str) -> http::Answer {
    http::request(edge.address, "POST", "/hooks/bad", &[], body.as_bytes())
}

#[test]
fn an_edge_makes_calls_by_the_rules_of_the_host() {
    let host = Host::start(&test_components(), &format!("{}{CONNECTION}", edges()));
    let edge = start(&host, &format!("keys.example.com={}", key_server()));
    let answer = post(&edge, "call twice");
    assert_eq!(answer.status, 200, "{}\n{}", String::from_utf8_lossy(&answer.body), edge.log());
    assert_eq!(host.event_ids(), ["key true"], "each round has the answers of those before it");
    for (told, why) in [
        ("call without end", "asks for another call in round 8, which is the last"),
        ("call elsewhere", "`elsewhere.example.com` is not among `hosts` of connector `hostile`"),
        ("call with a secret", "put the secret `secret` into its answer"),
        ("call https://169.254.169.254/latest", "calls an address; name the host"),
        ("leak", "put the secret `secret` into its answer"),
        ("leak in event", "put the secret `secret` into its answer"),
        ("events", "10001 events, at most 10000"),
        ("status", "answer with status 302"),
    ] {
        let answer = post(&edge, told);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{told}");
        assert!(edge.log().contains(why), "{told}: {}", edge.log());
    }
    assert_eq!(host.event_ids().len(), 1);
    assert!(!edge.log().contains("a-secret"), "{}", edge.log());
}

#[test]
fn a_connector_that_traps_costs_its_own_webhook() {
    let host = Host::start(&test_components(), &format!("{}{CONNECTION}", edges()));
    let edge = start(&host, "");
    for (number, told) in ["trap", "recursion", "greed"].into_iter().enumerate() {
        let answer = post(&edge, told);
        assert!((500..600).contains(&answer.status), "{told}: the provider is to come again");
        let answer = post(&edge, &format!("fine after {told}"));
        assert_eq!((answer.status, host.event_ids().len()), (200, number + 1), "{}", edge.log());
    }
}
