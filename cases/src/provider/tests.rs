//! A fake provider over real sockets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{Action, Provider, Rules, Seen};

/// How long anything may take.
const TIME_MAX: Duration = Duration::from_secs(20);

const RULES: &str = r#"
    [[rule]]
    name = "no token"
    host = "api.example.com"
    status = 401
    body = "no"
    when = { not_header = { authorization = "Bearer fake-token" } }

    [[rule]]
    name = "a push"
    host = "api.example.com"
    method = "POST"
    path = "/v2/*/push"
    status = 200
    headers = { content-type = "application/json" }
    body = '{"id":"{{digits 18}}","to":"{{json /to}}"}'
    retry_key = "x-key"
    again = { status = 409, body = "{{first}}" }

    [[rule]]
    name = "a picture"
    host = "media.example.com"
    status = 200
    body = "picture"
"#;

fn provider() -> Provider {
    Provider::start(Rules::parse(RULES).expect("rules"))
}

/// A connection that is kept.
struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    fn new(provider: &Provider) -> Self {
        let socket = TcpStream::connect(provider.address()).expect("it listens");
        socket.set_read_timeout(Some(TIME_MAX)).expect("a socket");
        Self { reader: BufReader::new(socket) }
    }

    fn send(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).expect("sent");
    }

    fn push(&mut self, key: &str) {
        let body = r#"{"to":"a\"b"}"#;
        self.send(&format!(
            "POST /v2/bot/push?x=1 HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer fake-token\r\n\
             x-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
    }

    /// Status and body; nothing where the connection has ended.
    fn answer(&mut self) -> Option<(u16, String)> {
        let mut line = String::new();
        if self.reader.read_line(&mut line).expect("a connection") == 0 {
            return None;
        }
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            self.reader.read_line(&mut line).expect("a head");
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).expect("a body");
        Some((status, String::from_utf8(body).expect("text")))
    }
}

fn statuses(seen: &[Seen]) -> Vec<(u16, bool)> {
    seen.iter().map(|seen| (seen.status, seen.repeated)).collect()
}

#[test]
fn a_connection_is_kept_and_each_request_is_seen_in_order() {
    let provider = provider();
    let mut client = Client::new(&provider);
    client.push("k1");
    let (status, body) = client.answer().expect("an answer");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, body["to"].as_str()), (200, Some("a\"b")));
    client.push("k1");
    assert_eq!(client.answer(), Some((409, body["id"].as_str().expect("an id").to_owned())));
    client.send("GET /a HTTP/1.1\r\nhost: media.example.com:443\r\n\r\n");
    assert_eq!(client.answer(), Some((200, "picture".to_owned())));
    client.send(
        "HEAD /a HTTP/1.1\r\nhost: media.example.com\r\n\r\nGET /a HTTP/1.1\r\nhost: api.example.com\r\n\r\n",
    );
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        client.reader.read_line(&mut line).expect("a head without a body");
    }
    assert_eq!(client.answer(), Some((401, "no".to_owned())));
    client.send(
        "POST /a HTTP/1.1\r\nhost: other.example.com\r\nconnection: close\r\n\
                 transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    );
    assert_eq!(client.answer().expect("an answer").0, 404);
    assert_eq!(client.answer(), None, "it was asked to close");

    let seen = provider.requests();
    let rules: Vec<_> = seen.iter().map(|seen| seen.rule.as_deref().unwrap_or("-")).collect();
    assert_eq!(rules, ["a push", "a push", "a picture", "a picture", "no token", "-"]);
    assert_eq!(statuses(&seen)[..3], [(200, false), (409, true), (200, false)]);
    assert_eq!(seen[0].path_and_query, "/v2/bot/push?x=1");
    assert_eq!((seen[0].method.as_str(), seen[0].host.as_str()), ("POST", "api.example.com"));
    assert_eq!((seen[0].header("X-Key"), &seen[0].json()["to"]), (Some("k1"), &serde_json::json!("a\"b")));
    assert_eq!((seen[2].host.as_str(), seen[5].body.as_slice()), ("media.example.com", b"ab".as_slice()));
    assert!(seen.windows(2).all(|two| two[0].at <= two[1].at));
}

#[test]
fn what_is_waited_for_comes_or_the_time_is_over() {
    let provider = provider();
    assert_eq!(provider.wait_for(1, Duration::from_millis(1)).len(), 0);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| provider.wait_for(2, TIME_MAX));
        for key in ["k1", "k2"] {
            let mut client = Client::new(&provider);
            client.push(key);
            client.answer().expect("an answer");
        }
        assert_eq!(waiting.join().expect("no panic").len(), 2);
    });
}

#[test]
fn a_hook_lets_requests_go_wrong() {
    let provider = provider();
    let (sender, shown) = channel();
    let mut actions = vec![
        Action::Answer,
        Action::Close,
        Action::Status(503, vec![("retry-after".to_owned(), "7".to_owned())], b"busy".to_vec()),
    ];
    provider.on_request(move |seen| {
        sender.send((seen.rule.clone(), seen.status, seen.repeated)).expect("the test runs");
        actions.pop().expect("three requests")
    });
    let mut client = Client::new(&provider);
    client.push("k1");
    assert_eq!(client.answer(), Some((503, "busy".to_owned())));
    client.push("k1");
    assert_eq!(client.answer(), None, "closed before the answer");
    let mut client = Client::new(&provider);
    client.push("k1");
    let (status, first) = client.answer().expect("an answer");
    assert_eq!((status, first.len()), (409, 18), "accepted, although the answer was lost");
    let push = Some("a push".to_owned());
    let shown: Vec<_> = shown.try_iter().collect();
    assert_eq!(shown, [(push.clone(), 200, false), (push.clone(), 200, false), (push, 409, true)]);
    assert_eq!(statuses(&provider.requests()), [(503, false), (0, false), (409, true)]);
}

#[test]
fn a_request_that_hangs_ends_with_the_provider() {
    let provider = provider();
    provider.on_request(|_| Action::Hang);
    let mut hanging = Client::new(&provider);
    hanging.push("k1");
    assert_eq!(statuses(&provider.wait_for(1, TIME_MAX)), [(0, false)]);
    provider.on_request(|_| Action::Answer);
    let mut other = Client::new(&provider);
    other.push("k2");
    assert_eq!(other.answer().expect("others are answered").0, 200);
    drop(provider);
    assert_eq!(hanging.answer(), None);
    assert_eq!(other.answer(), None, "kept connections end as well");
}

#[test]
fn what_is_no_http_is_refused_and_not_seen() {
    let provider = provider();
    let mut client = Client::new(&provider);
    client.send("hello\r\n\r\n");
    assert_eq!(client.answer(), Some((400, String::new())));
    assert_eq!(client.answer(), None);
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn a_host_is_told_where_to_call() {
    let provider = provider();
    let port = provider.address().port();
    let lines = format!(
        "\"api.example.com\" = \"http://127.0.0.1:{port}\"\n\"media.example.com\" = \"http://127.0.0.1:{port}\"\n"
    );
    assert_eq!(provider.loopback_lines(), lines);
    assert_eq!(provider.loopback_config(), format!("[egress.dangerous_loopback]\n{lines}"));
}
