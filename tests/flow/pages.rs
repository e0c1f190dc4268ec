//! Pages in browsers: what they ask, what they are told, and what they are not told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::host::{Host, TOKEN, components};
use crate::http::{self, Answer};

const ORIGIN: &str = "https://shop.example.org";
/// How long something that is told may be on its way.
const WAIT_MAX: Duration = Duration::from_secs(20);

pub const CONNECTIONS: &str = r#"
[connections.chat]
connector = "webchat"
[connections.chat.settings]
session_secret = "session-secret-of-the-tests-0001"
origins = ["https://shop.example.org"]
[connections.line]
connector = "line"
[connections.line.settings]
channel_secret = "channel-secret-1"
"#;

fn post(host: &Host, path: &str, origin: &str, body: &Value) -> Answer {
    let headers = [("content-type", "text/plain"), ("origin", origin)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    http::request(host.address, "POST", path, &headers, body.to_string().as_bytes())
}

/// A session of the browser with that id, which has 22 letters at least.
pub fn session(host: &Host, id: &str) -> String {
    let answer = post(host, "/pages/chat", ORIGIN, &json!({ "type": "session", "id": id }));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    answer.json()["token"].as_str().expect("a token").to_owned()
}

pub fn write(host: &Host, token: &str, id: &str, text: &str) {
    let body = json!({ "token": token, "id": id, "type": "message", "parts": [{ "text": text }] });
    let answer = post(host, "/hooks/chat", ORIGIN, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "the page reads the answer");
}

fn reply(host: &Host, conversation: &str, parts: &Value) {
    let body = json!({ "conversation": conversation, "parts": parts }).to_string();
    let headers =
        [("content-type", "application/json".to_owned()), ("authorization", format!("Bearer {TOKEN}"))]
            .map(|(name, value)| (name.to_owned(), value));
    let answer = http::request(host.address, "POST", "/v1/messages", &headers, body.as_bytes());
    assert_eq!(answer.status, 202, "{answer:?}");
}

/// A stream that is read line by line, as a browser does.
pub struct Told {
    lines: BufReader<TcpStream>,
    head: String,
}

impl Told {
    pub fn follow(host: &Host, token: &str, after: Option<&str>) -> Self {
        let body = json!({ "type": "follow", "token": token, "after": after }).to_string();
        let mut stream = TcpStream::connect(host.address).expect("it listens");
        stream.set_read_timeout(Some(WAIT_MAX)).expect("a socket");
        write!(
            stream,
            "POST /pages/chat HTTP/1.1\r\nhost: localhost\r\norigin: {ORIGIN}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it reads");
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).expect("an answer") > 0, "{head}");
        }
        Self { lines, head }
    }

    /// The id and the data of what comes next. None: the stream has ended.
    pub fn next(&mut self) -> Option<(String, Value)> {
        let (mut id, mut data) = (None, None);
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("the stream goes on") == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("id: ") {
                id = Some(value.to_owned());
            } else if let Some(value) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str(value).expect("JSON"));
            } else if line == "0" {
                return None;
            }
            if let (true, Some(_)) = (id.is_some(), &data) {
                return id.zip(data);
            }
        }
    }

    pub fn next_text(&mut self) -> (String, String) {
        let (id, data) = self.next().expect("something is told");
        let text = data["parts"][0]["text"].as_str().unwrap_or_default();
        (id, format!("{}: {text}", data["from"].as_str().expect("who")))
    }
}

#[test]
fn a_page_is_told_what_is_said_in_its_conversation_and_in_no_other() {
    let mut host = Host::start(&components(), CONNECTIONS);
    let (ada, bea) = (session(&host, "adaadaadaadaadaadaadaa"), session(&host, "beabeabeabeabeabeabeab"));
    let mut told = Told::follow(&host, &ada, None);
    assert!(told.head.starts_with("HTTP/1.1 200"), "{}", told.head);
    for line in ["content-type: text/event-stream", "access-control-allow-origin: https://shop.example.org"] {
        assert!(told.head.contains(line), "{}", told.head);
    }
    write(&host, &ada, "a1", "Hello?");
    write(&host, &bea, "b1", "I am somebody else");
    assert_eq!(told.next_text().1, "visitor: Hello?");
    let events = host.events();
    let conversation = events[0]["subject"].as_str().expect("a conversation").to_owned();
    reply(&host, &conversation, &json!([{ "text": "Good morning" }]));
    let (first_answer, text) = told.next_text();
    assert_eq!(text, "us: Good morning");
    let options = json!([{ "id": "y", "title": "Yes" }, { "id": "n", "title": "No" }]);
    reply(&host, &conversation, &json!([{ "choices": { "text": "Well?", "options": options } }]));
    let (_, asked) = told.next().expect("something is told");
    assert_eq!(asked["parts"][0]["choices"]["options"][1]["title"], "No");
    // A second tab, and one that was away for a while.
    let mut second = Told::follow(&host, &ada, None);
    assert_eq!(second.next_text().1, "visitor: Hello?");
    assert_eq!(second.next_text().1, "us: Good morning");
    let mut back = Told::follow(&host, &ada, Some(&first_answer));
    assert_eq!(back.next().expect("what came meanwhile").1, asked);
    // What somebody else was told says nothing of where to go on here.
    let mut other = Told::follow(&host, &bea, Some(&first_answer));
    assert_eq!(other.next_text().1, "visitor: I am somebody else");
    write(&host, &ada, "a2", "Thanks");
    for told in [&mut told, &mut back] {
        assert_eq!(told.next_text().1, "visitor: Thanks");
    }
    assert_eq!(host.metric("trunkline_pages_following{connection=\"chat\"}"), 4);
    // An orderly end of the host ends the streams; the next host tells the same.
    assert_eq!(host.terminate(), Some(0));
    assert!(told.next().is_none());
    host.run();
    let mut told = Told::follow(&host, &ada, None);
    let texts: Vec<String> = (0..4).map(|_| told.next_text().1).collect();
    assert_eq!(texts, ["visitor: Hello?", "us: Good morning", "us: ", "visitor: Thanks"]);
}

#[test]
fn a_file_of_a_visitor_is_told_as_a_link_that_works() {
    let host = Host::start(&components(), CONNECTIONS);
    let token = session(&host, "adaadaadaadaadaadaadaa");
    let file = json!({ "name": "a.txt", "type": "text/plain", "data": "aGVsbG8=" });
    let body = json!({ "token": token, "id": "f1", "type": "message", "parts": [{ "file": file }] });
    assert_eq!(post(&host, "/hooks/chat", ORIGIN, &body).status, 200);
    let (_, data) = Told::follow(&host, &token, None).next().expect("something is told");
    let url = data["parts"][0]["media"]["url"].as_str().expect("a link");
    let path = url.strip_prefix("https://hooks.example.org").expect("a link of this host");
    let answer = http::request(host.address, "GET", path, &[], b"");
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello".as_slice()));
}

#[test]
fn a_page_is_refused_where_it_should_be() {
    let host = Host::start(&components(), CONNECTIONS);
    let id = "adaadaadaadaadaadaadaa";
    let ask = |path: &str, origin: &str, body: &Value| post(&host, path, origin, body).status;
    let session = json!({ "type": "session", "id": id });
    assert_eq!(ask("/pages/chat", "https://elsewhere.example.org", &session), 403);
    assert_eq!(ask("/pages/chat", ORIGIN, &json!({ "type": "session", "id": "short" })), 400);
    assert_eq!(ask("/pages/chat", ORIGIN, &json!({ "type": "follow", "token": "e30.e30.AAAA" })), 401);
    assert_eq!(ask("/pages/line", ORIGIN, &session), 404, "it has no page");
    assert_eq!(ask("/pages/nobody", ORIGIN, &session), 404);
    assert_eq!(ask("/pages/chat", ORIGIN, &json!({ "type": "session", "id": "a".repeat(70_000) })), 413);
    assert_eq!(host.metric("trunkline_pages_opened_total{connection=\"chat\",outcome=\"refused\"}"), 3);
    assert_eq!(host.metric("trunkline_pages_opened_total{connection=\"chat\",outcome=\"too_large\"}"), 1);
    // Nothing of it is kept.
    assert_eq!(host.event_ids(), Vec::<String>::new());
    let script = http::request(host.address, "GET", "/pages/chat/chat.js", &[], b"");
    assert_eq!((script.status, script.header("x-content-type-options")), (200, Some("nosniff")));
    assert!(script.header("content-type").is_some_and(|kind| kind.starts_with("text/javascript")));
}
