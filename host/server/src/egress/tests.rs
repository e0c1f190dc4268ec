//! Calls to a server on this machine: what arrives there, and how what comes back is sorted.

mod fetching;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use trunkline_model::Credential;
use trunkline_policy::egress::samples::Sample;

use self::server::{Reply, Server, answer};
use super::*;

/// Every declared host is that server.
fn egress_to(address: SocketAddr) -> Egress {
    egress_with(address, 5_000)
}

fn egress_with(address: SocketAddr, timeout_ms: u64) -> Egress {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let hosts = ["api.example.com", "a.files.example.com", "login.example.net", "other.net"];
    let options = EgressOptions {
        timeout: Duration::from_millis(timeout_ms),
        response_bytes_max: 2_000,
        loopback: hosts.map(|host| (host.to_owned(), address)).into(),
    };
    Egress::new(options).expect("a client")
}

fn call(egress: &Egress, call: &Call) -> Result<Response, Uncalled> {
    let sample = Sample::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(egress.call_as(&sample.caller(), call))
}

type MakeReply = fn() -> Reply;

fn call_and_reply(reply: MakeReply) -> Result<Response, Uncalled> {
    let server = Server::start(move |_| reply());
    call(&egress_with(server.address, 500), &Call::get("https://api.example.com/secret-path?token=x"))
}

#[test]
fn a_call_arrives_as_it_was_asked_for() {
    let server = Server::start(|_| answer(201, "X-Id: 7\r\n", "{\"ok\":true}"));
    let asked = Call::post("https://api.example.com/v1/a%20b?c=d", "application/json", "{}")
        .header("x-key", "1")
        .bearer("key");
    let response = call(&egress_to(server.address), &asked).expect("an answer");
    assert_eq!((response.status, response.body.as_slice()), (201, &b"{\"ok\":true}"[..]));
    assert_eq!(response.headers.last(), Some(&("x-id".to_owned(), "7".to_owned())));
    let taken = server.taken();
    assert_eq!((taken.len(), taken[0].line.as_str()), (1, "POST /v1/a%20b?c=d"));
    for (name, expected) in [
        ("host", "api.example.com"),
        ("authorization", "Bearer verify-key-1"),
        ("content-type", "application/json"),
        ("content-length", "2"),
        ("x-key", "1"),
    ] {
        assert_eq!(taken[0].header(name), Some(expected), "{name}");
    }
    assert!(taken[0].header("user-agent").is_some_and(|agent| agent.starts_with("trunkline/")));
    assert_eq!((taken[0].header("accept-encoding"), taken[0].header("cookie")), (None, None));
    assert_eq!(taken[0].body, b"{}");
}

#[test]
fn a_redirect_is_an_answer() {
    let server = Server::start(|_| server::redirect(302, "https://api.example.com/other"));
    let response =
        call(&egress_to(server.address), &Call::get("https://api.example.com/")).expect("an answer");
    assert_eq!((response.status, server.taken().len()), (302, 1));
}

#[test]
fn what_is_refused_does_not_arrive() {
    let server = Server::start(|_| answer(200, "", ""));
    let egress = egress_to(server.address);
    let request = |method: &str| {
        let mut call = Call::get("https://api.example.com/");
        call.request.method = method.to_owned();
        call
    };
    for refused in [
        Call::get("https://other.net/"),
        Call::get("https://127.0.0.1/"),
        Call::get("https://api.example.com/").header("host", "other.net"),
        Call { credentials: vec![Credential::Bearer("sender".to_owned())], ..request("GET") },
        request("CONNECT"),
        request("TRACE"),
        request("get"),
    ] {
        assert!(matches!(call(&egress, &refused), Err(Uncalled::Forbidden(_))), "{refused:?}");
    }
    assert!(matches!(call(&egress, &request("GET").bearer("unset")), Err(Uncalled::NoSecret(_))));
    assert!(server.taken().is_empty());
}

#[test]
fn failures_are_sorted_by_whether_the_call_may_have_arrived() {
    // Bound and closed again: nobody listens there.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a socket");
    let refused =
        call(&egress_to(address), &Call::get("https://api.example.com/?token=x")).expect_err("closed");
    assert!(matches!(&refused, Uncalled::NotSent(_)), "{refused}");
    let stalled = || Reply::Stall(String::new());
    let half_a_body = || Reply::Stall("HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nhalf".to_owned());
    let cut = || Reply::Bytes("HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nhalf".to_owned());
    let replies: [(&str, MakeReply); 5] = [
        ("no answer", stalled),
        ("half a body", half_a_body),
        ("a body that is cut", cut),
        ("a closed connection", || Reply::Bytes(String::new())),
        ("no HTTP", || Reply::Bytes("hello\r\n\r\n".to_owned())),
    ];
    let mut told = vec![refused.to_string()];
    for (what, reply) in replies {
        let uncalled = call_and_reply(reply).expect_err(what);
        assert!(matches!(&uncalled, Uncalled::Unknown(_)), "{what}: {uncalled:?}");
        told.push(uncalled.to_string());
    }
    for text in told {
        assert!(text.contains("`api.example.com`"), "{text}");
        assert!(!text.contains("token") && !text.contains("secret-path"), "{text}");
    }
}

#[test]
fn answers_are_bounded() {
    let fits = call_and_reply(|| answer(200, "", &"x".repeat(2_000))).expect("it fits");
    assert_eq!(fits.body.len(), 2_000);
    let replies: [(&str, MakeReply); 4] = [
        ("announced", || answer(200, "", &"x".repeat(2_001))),
        ("not even begun", || {
            Reply::Stall("HTTP/1.1 200 X\r\ncontent-length: 99999999999\r\n\r\n".to_owned())
        }),
        ("until the end", || Reply::Bytes(format!("HTTP/1.1 200 X\r\n\r\n{}", "x".repeat(2_001)))),
        ("in the head", || answer(200, &format!("x: {}\r\n", "y".repeat(70_000)), "")),
    ];
    for (what, reply) in replies {
        let uncalled = call_and_reply(reply).expect_err(what);
        assert!(
            matches!(&uncalled, Uncalled::TooLarge { host, .. } if host == "api.example.com"),
            "{uncalled:?}"
        );
    }
}

#[test]
fn a_secret_that_is_quoted_does_not_come_back() {
    let server = Server::start(|taken| {
        let token =
            taken.header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        answer(401, &format!("x-token: {token}\r\n"), &format!("{{\"error\":\"no such token {token}\"}}"))
    });
    let asked = Call::get("https://api.example.com/").bearer("token");
    let response = call(&egress_to(server.address), &asked).expect("an answer");
    assert_eq!(server.taken()[0].header("authorization"), Some("Bearer to/ken:1 &2"));
    assert_eq!(response.header("x-token"), Some("***********"));
    assert_eq!(response.body, b"{\"error\":\"no such token ***********\"}");
}

#[test]
fn what_may_be_kept_is_called_once() {
    let server = Server::start(|_| answer(200, "cache-control: max-age=60\r\n", "key"));
    let egress = egress_to(server.address);
    let keys = Call { cacheable: true, ..Call::get("https://api.example.com/keys") };
    for _ in 0..3 {
        assert_eq!(call(&egress, &keys).expect("an answer").body, b"key");
    }
    assert_eq!(server.taken().len(), 1);
    call(&egress, &Call { cacheable: false, ..keys.clone() }).expect("an answer");
    assert_eq!(server.taken().len(), 1, "it did not say that it may be kept");
    let narrowed = Sample::narrowed(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let refused = runtime.block_on(egress.call_as(&narrowed.caller(), &keys));
    assert!(matches!(refused, Err(Uncalled::Forbidden(_))), "what is kept is not for everybody");
}

/// Every name is that address, or none.
struct Always(Option<&'static str>);

impl Resolve for Always {
    fn resolve(&self, _: Name) -> Resolving {
        let found = self.0.map(|text| text.parse::<SocketAddr>().expect(text));
        Box::pin(async move {
            let found = found.ok_or("no such host")?;
            Ok(Box::new(std::iter::once(found)) as Addrs)
        })
    }
}

#[test]
fn names_of_private_addresses_are_not_called() {
    for (address, expected) in [
        (
            Some("127.0.0.1:0"),
            Uncalled::Forbidden(
                "`api.example.com` has no public address here; calls do not go to private networks"
                    .to_owned(),
            ),
        ),
        (None, Uncalled::NotSent("no connection to `api.example.com`: no such host".to_owned())),
    ] {
        let mut egress = egress_to("127.0.0.1:1".parse().expect("an address"));
        egress.options.loopback.clear();
        let resolver = PublicOnly::of(Arc::new(Always(address)));
        let client = client().tls_certs_only([]).https_only(true).dns_resolver(resolver).build();
        egress.client = client.map_err(|error| error.to_string());
        assert_eq!(call(&egress, &Call::get("https://api.example.com/?a=b")), Err(expected));
    }
}
