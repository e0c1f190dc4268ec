//! Sending against a real journal, under paused time: waits pass at once, and the clock moves along.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::task::JoinHandle;
use trunkline_model::{
    DeliveryState, EventKind, Failure, FailureReason, Identifier, IdentifierScheme, Outgoing, OutgoingPart,
    Receipt, SendFailure, Status, Template, Watermark,
};

use super::*;
use crate::clock::FakeClock;
use crate::journal::{
    EventQuery, JournalOptions, MessageKey, MessageLife, MessageStep, NewMessage, Queued, RequestKey,
};
use crate::samples::{message, webhook};

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

fn new_message(id: &str, contact: &str, texts: &[&str], queued_at: u64) -> NewMessage {
    let outgoing = Outgoing {
        id: id.to_owned(),
        account: "account".to_owned(),
        to: vec![Identifier::new(IdentifierScheme::Phone, contact)],
        thread: None,
        parts: texts.iter().map(|text| OutgoingPart::Text((*text).to_owned())).collect(),
        subject: None,
        reply_to: None,
        last_inbound_at: None,
        attributes: Vec::new(),
    };
    NewMessage {
        id: id.to_owned(),
        connection: "shop".to_owned(),
        connector: "sample".to_owned(),
        conversation: format!("shop/account/{contact}"),
        outgoing,
        queued_at,
        key: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_once_and_consumers_are_told() {
    let house = House::new();
    house.queue("m1", "+491", &["a", "b"]).await;
    let post = house.start(false, |id, _| answered(id));
    let life = house.until("m1", MessageState::Accepted).await;
    assert_eq!(house.seen(), ["a", "b"]);
    let ids: Vec<&str> = life.message.receipts.iter().map(|receipt| receipt.message_id.as_str()).collect();
    assert_eq!(ids, ["p-a", "p-b"]);
    assert_eq!(life.calls.len(), 2);
    assert!(life.calls.iter().all(|call| call.response.is_some() && call.kept));
    let events = house.journal.events(EventQuery::default()).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].kind.as_str(), events[0].message.as_deref(), events[0].webhook),
        ("status", Some("m1"), 0)
    );
    assert_eq!(events[0].conversation, "shop/account/+491");
    // Queued while it runs.
    let waiting = house.queue("m2", "+491", &["c"]).await;
    post.queue.send(waiting).unwrap();
    house.until("m2", MessageState::Accepted).await;
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_messages_leave_at_the_pace_and_in_order() {
    let mut house = House::new();
    house.options.rate_per_second = 20.0;
    for number in 0..1_000 {
        let contact = format!("+49{}", number % 37);
        house.queue(&format!("m{number}"), &contact, &[&format!("{number:04}")]).await;
    }
    let post = house.start(false, |id, _| answered(id));
    // No other timer than that of the pace runs: under paused time it would run ahead of the disk.
    let mut seen = house.seen.subscribe();
    seen.wait_for(|seen| seen.len() == 1_000).await.unwrap();
    let seen = house.seen.borrow().clone();
    let took_ms = seen.last().unwrap().at_ms - seen[0].at_ms;
    let rate = 999.0 / (took_ms as f64 / 1_000.0);
    println!("1000 messages in {took_ms} ms: {rate:.2} a second");
    assert!((19.0..=21.0).contains(&rate), "{rate} a second");
    let mut last: HashMap<&str, &str> = HashMap::new();
    for seen in &seen {
        let before = last.insert(&seen.conversation, &seen.id);
        assert!(before.is_none_or(|before| *before < *seen.id), "{} after {before:?}", seen.id);
    }
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_half_sent_message_goes_on_where_it_was() {
    let house = House::new();
    house.queue("m1", "+491", &["a", "b"]).await;
    let post = house.start(false, |id, time| if id == "b" && time < 3 { status(503) } else { answered(id) });
    let life = house.until("m1", MessageState::Accepted).await;
    assert_eq!(house.seen(), ["a", "b", "b", "b"], "`a` is not sent again");
    assert_eq!(life.message.attempt, 3);
    assert_eq!(life.message.receipts.len(), 2);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_repeated_and_what_does_not_is_not() {
    let house = House::new();
    for (id, text) in [("m1", "limited"), ("m2", "refused"), ("m3", "unplugged"), ("m4", "forbidden")] {
        house.queue(id, &format!("+49{id}"), &[text]).await;
    }
    let begun = house.clock.now_ms();
    let post = house.start(false, |id, time| match (id, time) {
        ("limited", 1) => status(429),
        ("unplugged", 1) => Err(Uncalled::NotSent("no connection".into())),
        ("refused", _) => status(403),
        ("forbidden", _) => Err(Uncalled::Forbidden("not declared".into())),
        _ => answered(id),
    });
    house.until("m1", MessageState::Accepted).await;
    assert!(house.clock.now_ms() - begun >= 30_000, "Retry-After is honoured");
    house.until("m3", MessageState::Accepted).await;
    let refused = house.until("m2", MessageState::Failed).await;
    assert_eq!(refused.message.failure.map(|failure| failure.reason), Some(FailureReason::OptedOut));
    let forbidden = house.until("m4", MessageState::Failed).await;
    assert_eq!(forbidden.message.failure.and_then(|failure| failure.code).as_deref(), Some("forbidden"));
    let contact = |id: &str| vec![Identifier::new(IdentifierScheme::Phone, format!("+49{id}"))];
    assert!(house.journal.opt_out("shop", contact("m2")).await.unwrap().is_some(), "the provider said so");
    assert!(house.journal.opt_out("shop", contact("m1")).await.unwrap().is_none());
    house.journal.append(webhook(vec![message("in", "+49m2")])).await.unwrap();
    assert!(house.journal.opt_out("shop", contact("m2")).await.unwrap().is_none(), "the contact wrote");
    // No more advertising is not: no more answers.
    let mut advertising = new_message("m5", "+49m5", &[], house.clock.now_ms());
    let (name, language) = ("refused".to_owned(), "en".to_owned());
    let template = Template { name, language, parameters: Vec::new(), components: None };
    advertising.outgoing.parts = vec![OutgoingPart::Template(template)];
    let conversation = advertising.conversation.clone();
    let Queued::New(number) = house.journal.queue_message(advertising).await.unwrap() else { panic!("new") };
    post.queue.send(Waiting { number, conversation, due_at: 0, attempt: 0 }).unwrap();
    house.until("m5", MessageState::Failed).await;
    assert!(house.journal.opt_out("shop", contact("m5")).await.unwrap().is_none());
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_is_held_or_repeated() {
    for (repeatable, rule, expected) in [
        (false, OnUnconfirmed::Hold, MessageState::Unconfirmed),
        (true, OnUnconfirmed::Hold, MessageState::Accepted),
        (false, OnUnconfirmed::Retry, MessageState::Accepted),
    ] {
        let mut house = House::new();
        house.options.unconfirmed = rule;
        house.queue("m1", "+491", &["a"]).await;
        house.queue("m2", "+491", &["b"]).await;
        let post = house.start(repeatable, |id, time| match (id, time) {
            ("a", 1) => Err(Uncalled::Unknown("no answer in time".into())),
            _ => answered(id),
        });
        house.until("m1", expected).await;
        house.until("m2", MessageState::Accepted).await;
        let calls = if expected == MessageState::Accepted { 2 } else { 1 };
        assert_eq!(house.seen().iter().filter(|id| *id == "a").count(), calls);
        if expected == MessageState::Unconfirmed {
            let events = house.journal.events(EventQuery::default()).await.unwrap();
            assert!(events[0].event.get().contains("\"unconfirmed\""), "{}", events[0].event.get());
            // Somebody decides that it is sent again.
            let number = house.life("m1").await.message.number;
            house.journal.message_steps(vec![MessageStep::Resumed { number, at: 1 }]).await.unwrap();
            let conversation = "shop/account/+491".to_owned();
            post.queue.send(Waiting { number, conversation, due_at: 0, attempt: 1 }).unwrap();
            house.until("m1", MessageState::Accepted).await;
        }
        post.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connector_may_say_that_it_does_not_know() {
    for (rule, expected, calls) in [
        (OnUnconfirmed::Hold, MessageState::Unconfirmed, 1),
        (OnUnconfirmed::Retry, MessageState::Accepted, 2),
    ] {
        let mut house = House::new();
        house.options.unconfirmed = rule;
        house.queue("m1", "+491", &["a"]).await;
        let post = house.start(false, |id, time| if time == 1 { status(502) } else { answered(id) });
        house.until("m1", expected).await;
        assert_eq!(house.seen().len(), calls);
        post.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_ended_during_a_call_knows_that_it_does_not_know() {
    for (repeatable, expected) in [(false, MessageState::Unconfirmed), (true, MessageState::Accepted)] {
        let house = House::new();
        let waiting = house.queue("m1", "+491", &["a", "b"]).await;
        let call = |text: &str| {
            let call = Call::post(format!("https://a.example/{text}"), "text/plain", "shop/account/+491");
            if repeatable { call.repeatable() } else { call }
        };
        // What stands in the journal after a crash in the middle of the second call.
        let begun = |text: &str, number: u32| MessageStep::CallBegun {
            number: waiting.number,
            call: number,
            attempt: 1,
            began_at: house.clock.now_ms(),
            at: house.clock.now_ms(),
            method: "POST".to_owned(),
            url: format!("https://a.example/{text}"),
            request: attempt::fingerprint(&call(text)),
            repeatable,
            context: None,
        };
        let ended = MessageStep::CallEnded {
            number: waiting.number,
            call: 0,
            at: house.clock.now_ms(),
            result: Ok(answered("a").unwrap()),
            kept: true,
        };
        house.journal.message_steps(vec![begun("a", 0), ended, begun("b", 1)]).await.unwrap();
        let post = house.start(repeatable, |id, _| answered(id));
        let life = house.until("m1", expected).await;
        let seen: &[&str] = if repeatable { &["b"] } else { &[] };
        assert_eq!(house.seen(), seen, "`a` was sent before the crash");
        assert_eq!(life.calls.len(), if repeatable { 3 } else { 2 });
        assert_eq!(life.calls[1].problem.as_deref(), Some("the host ended before the answer"));
        post.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_changes_its_mind_is_stopped() {
    let house = House::new();
    let waiting = house.queue("m1", "+491", &["a"]).await;
    let number = waiting.number;
    let begun = MessageStep::CallBegun {
        number,
        call: 0,
        attempt: 1,
        began_at: 1,
        at: 1,
        method: "POST".to_owned(),
        url: "https://a.example/other".to_owned(),
        request: [7; 32],
        repeatable: false,
        context: None,
    };
    let ended = MessageStep::CallEnded {
        number,
        call: 0,
        at: 2,
        result: answered("x").map_err(|_| String::new()),
        kept: true,
    };
    house.journal.message_steps(vec![begun, ended]).await.unwrap();
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Unconfirmed).await;
    assert_eq!(house.seen(), [] as [&str; 0]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_is_given_up_in_the_end() {
    let mut house = House::new();
    house.options.give_up_ms = 60_000;
    house.queue("m1", "+491", &["a"]).await;
    let post = house.start(false, |_, _| status(503));
    let life = house.until("m1", MessageState::Failed).await;
    assert!(life.message.attempt > 2 && life.message.attempt < 12, "{} attempts", life.message.attempt);
    assert_eq!(life.message.failure.and_then(|failure| failure.code).as_deref(), Some("503"));
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_worth_nothing_later_is_not_repeated() {
    let house = House::new();
    let mut typing = new_message("m1", "+491", &[], house.clock.now_ms());
    typing.outgoing.parts = vec![OutgoingPart::Typing];
    house.journal.queue_message(typing).await.unwrap();
    let post = house.start(false, |_, _| status(503));
    let life = house.until("m1", MessageState::Failed).await;
    assert_eq!((house.seen().len(), life.message.attempt), (1, 1));
    assert_eq!(house.journal.waiting_by_connection().await.unwrap(), []);
    house.queue("m2", "+491", &["a"]).await;
    assert_eq!(house.journal.waiting_by_connection().await.unwrap(), [("shop".to_owned(), 1)]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_while_the_next_call_waits_for_its_place() {
    let mut house = House::new();
    house.options.rate_per_second = 0.001;
    house.queue("m1", "+491", &["a", "b"]).await;
    let post = house.start(false, |id, _| answered(id));
    house.seen.subscribe().wait_for(|seen| seen.len() == 1).await.unwrap();
    // A moment at a time: the place of the second call is 1,000 s away.
    let life = loop {
        let life = house.life("m1").await;
        if life.calls[0].response.is_some() {
            break life;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    assert_eq!((life.calls.len(), life.calls[0].kept), (1, true), "the second call has no place yet");
    post.end().await;
    // The next start goes on with it.
    house.options.rate_per_second = 1_000.0;
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Accepted).await;
    assert_eq!(house.seen(), ["a", "b"]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_while_a_message_waits_ends_it() {
    let house = House::new();
    let stop = |id: &str, at: u64| {
        let mut event = message(id, "+491");
        event.occurred_at = Some(at);
        event.attributes.push(("keyword".into(), "opt_out".into()));
        let mut webhook = webhook(vec![event]);
        webhook.received_at = at;
        webhook
    };
    // Earlier: whoever queued the message knew of it.
    let now = house.clock.now_ms();
    house.journal.append(stop("s1", now - 1_000)).await.unwrap();
    house.queue("m1", "+491", &["a"]).await;
    let contact = vec![Identifier::new(IdentifierScheme::Phone, "+492")];
    house.queue("m2", "+492", &["b"]).await;
    let mut later = stop("s2", now + 1_000);
    later.events[0].contact = Some(trunkline_model::Contact { identifiers: contact, ..Default::default() });
    house.journal.append(later).await.unwrap();
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Accepted).await;
    let ended = house.until("m2", MessageState::Failed).await;
    assert_eq!(ended.message.failure.map(|failure| failure.reason), Some(FailureReason::OptedOut));
    assert_eq!(house.seen(), ["a"]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn statuses_find_their_message_whichever_comes_first() {
    let house = House::new();
    let told = |id: &str, message_id: &str, state: DeliveryState, reference: Option<&str>| {
        let status = Status {
            message_id: message_id.to_owned(),
            state,
            failure: None,
            client_reference: reference.map(str::to_owned),
        };
        webhook(vec![trunkline_model::Event { kind: EventKind::Status(status), ..message(id, "+491") }])
    };
    house.queue("m1", "+491", &["a"]).await;
    // Faster than the receipt.
    house.journal.append(told("s1", "p-a", DeliveryState::Delivered, None)).await.unwrap();
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Delivered).await;
    // Late and lower: written down, but no way back.
    house.journal.append(told("s2", "p-a", DeliveryState::Sent, None)).await.unwrap();
    house.journal.append(told("s3", "p-a", DeliveryState::Read, None)).await.unwrap();
    let life = house.until("m1", MessageState::Read).await;
    let said: Vec<&str> = life.statuses.iter().map(|status| status.state.name()).collect();
    assert_eq!(said, ["delivered", "sent", "read"]);
    // By what we gave along, where the provider's id is not known.
    house.queue("m2", "+492", &["b"]).await;
    house.journal.append(told("s4", "p-unknown", DeliveryState::Delivered, Some("m2"))).await.unwrap();
    assert_eq!(house.life("m2").await.message.state, MessageState::Delivered);
    let events = house.journal.events(EventQuery::default()).await.unwrap();
    let of: Vec<Option<&str>> = events.iter().map(|event| event.message.as_deref()).collect();
    assert_eq!(of, [None, Some("m1"), Some("m1"), Some("m1"), Some("m2")]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_watermark_moves_every_message_up_to_its_time() {
    let house = House::new();
    house.queue("m1", "+491", &["a"]).await;
    house.queue("m2", "+492", &["b"]).await;
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Accepted).await;
    house.until("m2", MessageState::Accepted).await;
    let up_to = house.clock.now_ms();
    house.clock.advance(Duration::from_secs(5));
    let later = house.queue("m3", "+491", &["c"]).await;
    post.queue.send(later).unwrap();
    house.until("m3", MessageState::Accepted).await;
    let watermark = |id: &str, state: DeliveryState| {
        let kind = EventKind::Watermark(Watermark { state, up_to });
        webhook(vec![trunkline_model::Event { kind, ..message(id, "+491") }])
    };
    house.journal.append(watermark("w1", DeliveryState::Read)).await.unwrap();
    house.journal.append(watermark("w2", DeliveryState::Delivered)).await.unwrap();
    for (id, state) in
        [("m1", MessageState::Read), ("m2", MessageState::Accepted), ("m3", MessageState::Accepted)]
    {
        assert_eq!(house.life(id).await.message.state, state, "{id}");
    }
    assert_eq!(house.life("m1").await.statuses.len(), 1, "a lower one says nothing new");
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_key_makes_two_requests_one_message() {
    let house = House::new();
    let with_key = |id: &str, request: u8| NewMessage {
        key: Some(RequestKey { key: [1; 32], request: [request; 32] }),
        ..new_message(id, "+491", &["a"], 5)
    };
    assert_eq!(house.journal.queue_message(with_key("m1", 1)).await.unwrap(), Queued::New(1));
    assert_eq!(house.journal.queue_message(with_key("m2", 1)).await.unwrap(), Queued::Known("m1".into()));
    assert_eq!(house.journal.queue_message(with_key("m3", 2)).await.unwrap(), Queued::Conflict);
    assert_eq!(house.journal.message_of_key([1; 32]).await.unwrap(), Some(("m1".into(), [1; 32])));
    assert!(house.journal.message(MessageKey::Id("m2".into())).await.unwrap().is_none());
}
