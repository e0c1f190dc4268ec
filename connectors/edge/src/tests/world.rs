//! A platform and a connector for tests.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use http::Request;
use trunkline_model::manifest::Manifest;
use trunkline_model::{
    Answer, Call, Context, Event, EventKind, Message, Part, ReceiveStep, Refusal, RefusalReason, Response,
    header,
};
use trunkline_policy::egress::Uncalled;
use trunkline_policy::ingest::{self, Ingest, Packed};
use trunkline_policy::signature::{Signed, SigningSecret};

use crate::channel::Channel;
use crate::outbox::{Kept, Store, Waiting};
use crate::platform::Platform;
use crate::serve::{Body, Cut, Incoming, serve};

pub const NOW_MS: u64 = 1_790_000_000_000;
pub const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
pub const KEY: &str = "verify-key-1";

pub const MANIFEST: &str = r#"
manifest_version = 1
id = "post"
title = "Post"
version = "0.3.0"
summary = "Letters."
documentation = "https://example.com"
methods = ["POST", "GET"]
hosts = ["keys.example.com"]
[limits]
body_bytes_max = 1000
[settings]
key = { help = "A key.", secret = "verify", multiple = true }
token = { help = "A token.", secret = "call", required = false }
sender = { help = "Who.", default = "us" }
"#;

type Work = Pin<Box<dyn Future<Output = ()>>>;
type Answers = VecDeque<Result<Response, Uncalled>>;

/// What a test sees of the world, and puts into it.
#[derive(Default)]
pub struct Inner {
    pub variables: RefCell<BTreeMap<String, String>>,
    pub now_ms: Cell<u64>,
    /// What is answered next; when it is empty, 200 is.
    pub answers: RefCell<Answers>,
    pub sent: RefCell<Vec<Request<Vec<u8>>>>,
    pub log: RefCell<Vec<String>>,
    pub work: RefCell<Vec<Work>>,
    pub rows: RefCell<Vec<Row>>,
    pub leased_until: Cell<u64>,
    /// The store fails.
    pub broken: Cell<bool>,
    /// Calls are never answered.
    pub silent: Cell<bool>,
}

pub struct Row {
    pub kept: Kept,
    pub due_at: u64,
}

#[derive(Clone)]
pub struct World(pub Rc<Inner>);

impl World {
    /// One connection, `support`, and a host.
    pub fn new() -> Self {
        let world = Self(Rc::new(Inner::default()));
        world.0.now_ms.set(NOW_MS);
        for (name, value) in [
            ("connections", "sales support"),
            ("support_key", KEY),
            ("public_url", "https://hooks.example.com/"),
            ("ingest_url", "https://trunkline.example.com/"),
            ("ingest_secret", SECRET),
            ("edge", "eu"),
        ] {
            world.set(name, value);
        }
        world
    }

    pub fn set(&self, name: &str, value: &str) {
        self.0.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    pub fn unset(&self, name: &str) {
        self.0.variables.borrow_mut().remove(name);
    }

    pub fn answers(&self, answers: impl IntoIterator<Item = Result<Response, Uncalled>>) {
        self.0.answers.borrow_mut().extend(answers);
    }

    /// The bodies of what was kept, by the connections' webhooks.
    pub fn waiting(&self) -> Vec<String> {
        self.0.rows.borrow().iter().map(|row| text(&row.kept.packed)).collect()
    }

    /// What was posted to the host, each signature checked.
    pub fn handed_in(&self) -> Vec<Ingest> {
        let sent = self.0.sent.borrow();
        let posts = sent.iter().filter(|request| request.uri().path() == "/v1/ingest");
        posts.map(|request| taken(request, self.0.now_ms.get())).collect()
    }

    pub fn logged(&self) -> String {
        self.0.log.borrow().join("\n")
    }

    /// What was put off until after the answer.
    pub async fn work(&self) {
        let work = std::mem::take(&mut *self.0.work.borrow_mut());
        for work in work {
            work.await;
        }
    }

    pub async fn post(&self, path: &str, body: &str) -> Response {
        self.request("POST", path, &[("x-key", KEY)], body).await
    }

    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let incoming = Incoming {
            method: method.to_owned(),
            path_and_query: path.to_owned(),
            headers: headers.collect(),
            body: Whole(body.as_bytes().to_vec()),
        };
        let manifest = Manifest::parse(MANIFEST).expect("valid");
        serve(self, &Post, &manifest, incoming).await
    }
}

/// The text of the first event.
pub fn text(packed: &Packed) -> String {
    let ingest = ingest::unpack(&packed.body, packed.gzip, 1 << 20).expect("ours");
    ingest.events[0].id.clone()
}

fn taken(request: &Request<Vec<u8>>, now_ms: u64) -> Ingest {
    let header = |name: &str| request.headers()[name].to_str().expect("text");
    assert_eq!(request.uri(), "https://trunkline.example.com/v1/ingest");
    assert_eq!((header("trunkline-edge"), header("content-type")), ("eu", "application/json"));
    let signed = Signed {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    assert_eq!(signed.verify(&[secret], now_ms / 1_000, request.body()), Ok(()));
    let gzip = request.headers().contains_key("content-encoding");
    ingest::unpack(request.body(), gzip, 1 << 20).expect("an ingest")
}

impl Platform for World {
    type Store = Self;

    async fn variable(&self, name: &str) -> Option<String> {
        self.0.variables.borrow().get(name).cloned()
    }

    fn now_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    async fn sleep(&self, _: Duration) {
        if !self.0.silent.get() {
            std::future::pending::<()>().await;
        }
    }

    async fn send(&self, request: Request<Vec<u8>>, _: u64) -> Result<Response, Uncalled> {
        self.0.sent.borrow_mut().push(request);
        if self.0.silent.get() {
            std::future::pending::<()>().await;
        }
        self.0.answers.borrow_mut().pop_front().unwrap_or_else(|| Ok(Response::empty(200)))
    }

    fn store(&self) -> Option<&Self> {
        Some(self)
    }

    fn log(&self, line: &str) {
        self.0.log.borrow_mut().push(line.to_owned());
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        self.0.work.borrow_mut().push(Box::pin(work));
    }
}

impl Store for World {
    async fn waiting(&self) -> Result<Waiting, String> {
        if self.0.broken.get() {
            return Err("disk I/O error".to_owned());
        }
        let rows = self.0.rows.borrow();
        let refused = rows.iter().filter(|row| row.due_at > 0).count();
        Ok(Waiting { all: rows.len() as u64, refused: refused as u64 })
    }

    async fn put(&self, packed: &Packed, _: u64) -> Result<(), String> {
        let mut rows = self.0.rows.borrow_mut();
        let number = rows.last().map_or(0, |row| row.kept.number) + 1;
        rows.push(Row { kept: Kept { number, packed: packed.clone() }, due_at: 0 });
        Ok(())
    }

    async fn next(&self, now_ms: u64) -> Result<Option<Kept>, String> {
        let rows = self.0.rows.borrow();
        let due = rows.iter().filter(|row| row.due_at <= now_ms);
        Ok(due.min_by_key(|row| (row.due_at, row.kept.number)).map(|row| row.kept.clone()))
    }

    async fn remove(&self, number: i64) -> Result<(), String> {
        self.0.rows.borrow_mut().retain(|row| row.kept.number != number);
        Ok(())
    }

    async fn refuse(&self, number: i64, until_ms: u64, _: &str) -> Result<(), String> {
        for row in self.0.rows.borrow_mut().iter_mut().filter(|row| row.kept.number == number) {
            row.due_at = until_ms;
        }
        Ok(())
    }

    async fn lease(&self, now_ms: u64, until_ms: u64) -> Result<bool, String> {
        let free = self.0.leased_until.get() < now_ms;
        if free {
            self.0.leased_until.set(until_ms);
        }
        Ok(free)
    }

    async fn release(&self) -> Result<(), String> {
        self.0.leased_until.set(0);
        Ok(())
    }
}

struct Whole(Vec<u8>);

impl Body for Whole {
    async fn read(self, bytes_max: u64) -> Result<Vec<u8>, Cut> {
        match self.0.as_slice() {
            b"broken" => Err(Cut::Broken),
            body if body.len() as u64 > bytes_max => Err(Cut::TooLarge),
            _ => Ok(self.0),
        }
    }
}

/// Each word of a body is an event, but for a few that ask for something.
pub struct Post;

impl Channel for Post {
    fn manifest(&self) -> String {
        MANIFEST.to_owned()
    }

    fn receive(&self, request: &trunkline_model::Request, context: Context) -> ReceiveStep {
        let keys = context.settings.iter().filter(|(name, _)| name == "key").map(|(_, value)| value);
        let given = header(&request.headers, "x-key").unwrap_or_default();
        if !keys.clone().any(|key| key == given) {
            let detail = "x-key".to_owned();
            return ReceiveStep::Refuse(Refusal { reason: RefusalReason::Mismatch, status: 401, detail });
        }
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match body.as_str() {
            "keys" if context.exchanges.is_empty() => {
                let call = Call::get("https://keys.example.com/keys").bearer("token");
                return ReceiveStep::Call(call);
            }
            "elsewhere" => return ReceiveStep::Call(Call::get("https://other.example.com/")),
            "on and on" => return ReceiveStep::Call(Call::get("https://keys.example.com/x")),
            "leak" => {
                let response = Response::with_body(200, "text/plain", KEY);
                return ReceiveStep::Answer(Answer { response, events: Vec::new() });
            }
            _ => {}
        }
        let words = body.split_ascii_whitespace().map(|word| {
            let message = Message::new(word, vec![Part::Text(word.to_owned())]);
            Event::new(word, "us", EventKind::Message(message))
        });
        let response = Response::with_body(201, "text/plain", format!("{} at {}", request.url, context.now));
        ReceiveStep::Answer(Answer { response, events: words.collect() })
    }
}
