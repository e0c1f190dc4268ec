//! Sending against a real journal, under paused time: waits pass at once, and the clock moves along.

mod progress;
mod sending;
mod unknown;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::task::JoinHandle;
use trunkline_model::{
    DeliveryState, EventKind, Failure, FailureReason, Identifier, IdentifierScheme, OutgoingPart, Receipt,
    SendFailure, Status, Template, Watermark,
};

use super::*;
use crate::clock::FakeClock;
use crate::journal::{
    EventQuery, JournalOptions, MessageKey, MessageLife, MessageStep, NewMessage, Queued, RequestKey,
};
use crate::samples::{message, new_message, webhook};

/// A call as the provider saw it.
#[derive(Debug, Clone)]
struct Seen {
    id: String,
    conversation: String,
    at_ms: u64,
}

type Rule = dyn Fn(&str, usize) -> Result<Response, Uncalled> + Send + Sync;

/// A connector that makes one call for each part, and a provider that answers as its rule says: by the text of the
/// part, and how often it was called with that.
struct Script {
    rule: Box<Rule>,
    repeatable: bool,
    clock: Arc<FakeClock>,
    seen: watch::Sender<Vec<Seen>>,
    times: Mutex<HashMap<String, usize>>,
}

impl Sender for Script {
    fn step<'a>(
        &'a self,
        message: &'a StoredMessage,
        exchanges: Vec<Exchange>,
        _now: u64,
    ) -> Running<'a, Result<SendStep, String>> {
        Box::pin(async move {
            let mut receipts = Vec::new();
            for (exchange, part) in exchanges.iter().zip(0..) {
                let reason = match exchange.response.status {
                    200 => {
                        let message_id = String::from_utf8(exchange.response.body.clone()).unwrap();
                        receipts.push(Receipt { message_id, part, ..Receipt::default() });
                        continue;
                    }
                    429 => FailureReason::RateLimited(Some(30_000)),
                    503 => FailureReason::Transient,
                    502 => FailureReason::Other,
                    _ => FailureReason::OptedOut,
                };
                let code = match exchange.response.status {
                    502 => "unconfirmed".to_owned(),
                    status => status.to_string(),
                };
                let failure = Failure { reason, code: Some(code), message: None };
                return Ok(SendStep::Failed(SendFailure { failure, receipts }));
            }
            Ok(match message.outgoing.parts.get(exchanges.len()) {
                Some(OutgoingPart::Text(text) | OutgoingPart::Template(Template { name: text, .. })) => {
                    let url = format!("https://a.example/{text}");
                    let call = Call::post(url, "text/plain", message.conversation.as_bytes());
                    SendStep::Call(if self.repeatable { call.repeatable() } else { call })
                }
                Some(OutgoingPart::Typing) if exchanges.is_empty() => {
                    SendStep::Call(Call::post("https://a.example/typing", "text/plain", "shop/account/+491"))
                }
                _ => SendStep::Sent(receipts),
            })
        })
    }

    fn call<'a>(&'a self, _connection: &'a str, call: &'a Call) -> Running<'a, Result<Response, Uncalled>> {
        Box::pin(async move {
            let id = call.request.url.rsplit('/').next().unwrap().to_owned();
            let conversation = String::from_utf8(call.request.body.clone()).unwrap();
            let at_ms = self.clock.now_ms();
            let time = {
                let mut times = self.times.lock().unwrap();
                let time = times.entry(id.clone()).or_default();
                *time += 1;
                *time
            };
            self.seen.send_modify(|seen| seen.push(Seen { id: id.clone(), conversation, at_ms }));
            tokio::time::sleep(Duration::from_millis(3)).await;
            (self.rule)(&id, time)
        })
    }
}

fn answered(id: &str) -> Result<Response, Uncalled> {
    Ok(Response::with_body(200, "text/plain", format!("p-{id}")))
}

fn status(status: u16) -> Result<Response, Uncalled> {
    Ok(Response::empty(status))
}

struct House {
    _folder: tempfile::TempDir,
    journal: Journal,
    clock: Arc<FakeClock>,
    answers: Arc<answers::Answers>,
    seen: watch::Sender<Vec<Seen>>,
    options: OutboundOptions,
}

struct Post {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    queue: mpsc::UnboundedSender<Waiting>,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        Self {
            journal,
            _folder: folder,
            clock: Arc::new(FakeClock::with_tokio(1_700_000_000_000)),
            answers: Arc::default(),
            seen: watch::channel(Vec::new()).0,
            options: OutboundOptions { rate_per_second: 1_000.0, ..OutboundOptions::default() },
        }
    }

    fn start(
        &self,
        repeatable: bool,
        rule: impl Fn(&str, usize) -> Result<Response, Uncalled> + Send + Sync + 'static,
    ) -> Post {
        let (stop, stopped) = watch::channel(false);
        let (queue, queued) = mpsc::unbounded_channel();
        let sender = Script {
            rule: Box::new(rule),
            repeatable,
            clock: self.clock.clone(),
            seen: self.seen.clone(),
            times: Mutex::default(),
        };
        let parts = Parts {
            journal: self.journal.clone(),
            connection: "shop".to_owned(),
            sender: Arc::new(sender),
            clock: self.clock.clone(),
            options: self.options.clone(),
            answers: self.answers.clone(),
            observer: Arc::new(()),
        };
        Post { task: tokio::spawn(run(parts, queued, stopped)), stop, queue }
    }

    async fn queue(&self, id: &str, contact: &str, texts: &[&str]) -> Waiting {
        let new = new_message(id, contact, texts, self.clock.now_ms());
        let conversation = new.conversation.clone();
        match self.journal.queue_message(new).await.unwrap() {
            Queued::New(number) => Waiting { number, conversation, due_at: 0, attempt: 0 },
            other => panic!("{other:?}"),
        }
    }

    async fn life(&self, id: &str) -> MessageLife {
        self.journal.message(MessageKey::Id(id.to_owned())).await.unwrap().expect("it was queued")
    }

    /// Waits until a message is in that state. Not by the clock: under paused time it would run ahead of the disk.
    async fn until(&self, id: &str, state: MessageState) -> MessageLife {
        let mut committed = self.journal.committed();
        loop {
            committed.mark_unchanged();
            let life = self.life(id).await;
            if life.message.state == state {
                return life;
            }
            // Whatever becomes of a message is an event.
            committed.changed().await.unwrap();
        }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.borrow().iter().map(|seen| seen.id.clone()).collect()
    }
}

impl Post {
    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}
