//! Providers: they send webhooks until they are acknowledged, and some again; they take messages, or not, or do not say;
//! and they tell what became of them, early, late and twice.

use std::sync::Arc;
use std::time::Duration;

use trunkline_model::{
    Call, DeliveryState, Event, EventKind, Exchange, Failure, FailureReason, OutgoingPart, Receipt, Response,
    SendFailure, SendStep, Status,
};

use super::world::{CONNECTIONS, CONTACTS, Message, Sent, World};
use crate::journal::{Journal, StoredMessage, Webhook, event_id};
use crate::outbound::{Running, Sender, Uncalled};
use crate::samples::{message, webhook};

/// What will be sent, and when.
pub fn populate(world: &World) {
    let now = world.now();
    world.with(|truth| {
        let random = &mut truth.random;
        let until = random.u64(5_000..60_000);
        for number in 0..random.usize(8..40) {
            let connection = CONNECTIONS[random.usize(..2)];
            let event = message(&format!("e{number}"), &contact(random.u64(..CONTACTS)));
            let id = event_id(connection, &event.account, &event.id);
            let at = now + random.u64(..until);
            truth.sent.push(Sent { connection, event, id, at, acknowledged: false });
        }
        for number in 0..random.usize(..9) {
            let id = format!("m{number}");
            let texts = ["a", "b"][..random.usize(1..=2)].iter().map(|part| format!("{id}-{part}")).collect();
            truth.messages.push(Message {
                connection: CONNECTIONS[random.usize(..2)],
                contact: contact(random.u64(..CONTACTS)),
                texts,
                repeatable: random.bool(),
                keyed: random.u8(..3) > 0,
                at: now + random.u64(..until),
                queued: false,
                settled: false,
                seen: None,
                id,
            });
        }
    });
}

pub fn contact(number: u64) -> String {
    format!("+49{number}")
}

/// Sends webhooks of a connection for ever.
pub async fn send(world: Arc<World>, journal: Journal, connection: &'static str) {
    loop {
        let wait = world.random(|random| random.u64(1..3_000));
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let chosen = choose(&world, connection);
        if chosen.is_empty() {
            continue;
        }
        let events: Vec<Event> =
            world.with(|truth| chosen.iter().map(|&index| truth.sent[index].event.clone()).collect());
        let received_at = crate::clock::Clock::now_ms(&world.clock);
        let sent = Webhook { connection: connection.to_owned(), received_at, ..webhook(events) };
        world.with(|truth| truth.count.webhooks += 1);
        match journal.append(sent).await {
            Ok(appended) => {
                let numbers: Vec<_> = appended.events.iter().map(|event| event.seq).collect();
                world.note(format_args!("{connection} sent {chosen:?}: {numbers:?}"));
                for (index, event) in chosen.into_iter().zip(appended.events) {
                    acknowledge(&world, index, &event.id, event.seq);
                }
            }
            // What the error says may name a folder that another run does not have.
            Err(_) => {
                world.note(format_args!("{connection} sent {chosen:?}: refused"));
                world.with(|truth| truth.count.refused += 1);
            }
        }
    }
}

/// Some of what is not acknowledged, some of what is, in any order.
fn choose(world: &World, connection: &str) -> Vec<usize> {
    let now = world.now();
    world.with(|truth| {
        let random = &mut truth.random;
        let mut chosen = Vec::new();
        for (index, sent) in truth.sent.iter().enumerate() {
            if sent.connection != connection || sent.at > now || chosen.len() >= 6 {
                continue;
            }
            let chance = if sent.acknowledged { 40 } else { 2 };
            if random.u8(..chance) == 0 {
                chosen.push(index);
            }
        }
        if random.u8(..3) == 0 {
            random.shuffle(&mut chosen);
        }
        chosen
    })
}

fn acknowledge(world: &World, index: usize, id: &str, seq: Option<u64>) {
    let wrong = world.with(|truth| {
        let sent = &mut truth.sent[index];
        let again = std::mem::replace(&mut sent.acknowledged, true);
        match seq {
            Some(seq) if again => Some(format!("{id} was acknowledged before, and is event {seq} now")),
            Some(seq) => {
                let known = truth.numbers.insert(seq, id.to_owned());
                known
                    .filter(|known| known != id)
                    .map(|known| format!("number {seq} was {known}, and is {id}"))
            }
            None => {
                truth.count.duplicates += 1;
                None
            }
        }
    });
    if let Some(wrong) = wrong {
        world.wrong(format_args!("{wrong}"));
    }
}

/// The connector and the provider of the way out.
pub struct Post {
    pub world: Arc<World>,
}

/// What a provider does with a call.
enum Answer {
    Accepted { then: Result<u16, ()> },
    Not { status: u16 },
    Unsent,
    Lost,
}

impl Sender for Post {
    fn step<'a>(
        &'a self,
        message: &'a StoredMessage,
        exchanges: Vec<Exchange>,
        _now: u64,
    ) -> Running<'a, Result<SendStep, String>> {
        let repeatable =
            self.world.with(|truth| truth.messages.iter().any(|one| one.id == message.id && one.repeatable));
        Box::pin(async move { Ok(step(message, &exchanges, repeatable)) })
    }

    fn call<'a>(&'a self, _connection: &'a str, call: &'a Call) -> Running<'a, Result<Response, Uncalled>> {
        Box::pin(async move {
            let text = call.request.url.rsplit('/').next().unwrap_or_default().to_owned();
            let (answer, before, after) = self.decide(&text);
            tokio::time::sleep(Duration::from_millis(before)).await;
            if let Answer::Accepted { .. } = answer {
                self.accept(&text, call.repeatable);
            }
            tokio::time::sleep(Duration::from_millis(after)).await;
            let result = match answer {
                Answer::Accepted { then: Ok(status) } => {
                    Ok(Response::with_body(status, "text/plain", format!("p-{text}")))
                }
                Answer::Not { status } => Ok(Response::empty(status)),
                Answer::Unsent => Err(Uncalled::NotSent("no connection".to_owned())),
                Answer::Accepted { then: Err(()) } | Answer::Lost => {
                    Err(Uncalled::Unknown("no answer in time".to_owned()))
                }
            };
            let status = result.as_ref().map(|response| response.status);
            self.world.note(format_args!("call {text}: {status:?}"));
            result
        })
    }
}

/// One call for each part.
fn step(message: &StoredMessage, exchanges: &[Exchange], repeatable: bool) -> SendStep {
    let mut receipts = Vec::new();
    for (exchange, part) in exchanges.iter().zip(0..) {
        let reason = match exchange.response.status {
            200 => {
                let message_id = String::from_utf8_lossy(&exchange.response.body).into_owned();
                receipts.push(Receipt { message_id, part, ..Receipt::default() });
                continue;
            }
            429 => FailureReason::RateLimited(Some(3_000)),
            503 => FailureReason::Transient,
            _ => FailureReason::Invalid,
        };
        let failure = Failure { reason, code: None, message: None };
        return SendStep::Failed(SendFailure { failure, receipts });
    }
    match message.outgoing.parts.get(exchanges.len()) {
        Some(OutgoingPart::Text(text)) => {
            let call = Call::post(format!("https://a.example/{text}"), "text/plain", text.as_bytes());
            SendStep::Call(if repeatable { call.repeatable() } else { call })
        }
        _ => SendStep::Sent(receipts),
    }
}

impl Post {
    fn decide(&self, text: &str) -> (Answer, u64, u64) {
        let trouble = self.world.options.trouble;
        self.world.with(|truth| {
            truth.count.calls += 1;
            let random = &mut truth.random;
            let piece = truth.pieces.entry(text.to_owned()).or_default();
            piece.calls += 1;
            let (before, after) = (random.u64(1..300), random.u64(1..300));
            if piece.refused {
                return (Answer::Not { status: 400 }, before, after);
            }
            if truth.healthy || random.u8(..100) >= trouble {
                return (Answer::Accepted { then: Ok(200) }, before, after);
            }
            match random.u8(..8) {
                0 => (Answer::Not { status: 429 }, before, after),
                1 => (Answer::Not { status: 503 }, before, after),
                2 => (Answer::Unsent, before, 0),
                3 => (Answer::Lost, before, 10_000),
                4 => (Answer::Accepted { then: Err(()) }, before, 10_000),
                5 => (Answer::Accepted { then: Ok(200) }, before, random.u64(..10_000)),
                6 if piece.accepted == 0 => {
                    piece.refused = true;
                    (Answer::Not { status: 400 }, before, after)
                }
                _ => (Answer::Accepted { then: Ok(200) }, random.u64(..5_000), after),
            }
        })
    }

    /// The contact gets it, once where the call may be repeated; and what becomes of it will be told.
    fn accept(&self, text: &str, repeatable: bool) {
        let now = self.world.now();
        let id = text.split('-').next().unwrap_or_default();
        let again = self.world.with(|truth| {
            let piece = truth.pieces.entry(text.to_owned()).or_default();
            if piece.accepted > 0 {
                piece.accepted += u32::from(!repeatable);
                return !repeatable;
            }
            piece.accepted = 1;
            let Some(of) = truth.messages.iter().find(|one| one.id == id) else { return false };
            let (connection, contact) = (of.connection, of.contact.clone());
            let states = [DeliveryState::Sent, DeliveryState::Delivered, DeliveryState::Read];
            for (number, state) in states.into_iter().enumerate() {
                if truth.random.u8(..4) == 0 {
                    continue;
                }
                let status = Status {
                    message_id: format!("p-{text}"),
                    state,
                    failure: None,
                    client_reference: (truth.random.u8(..3) == 0).then(|| id.to_owned()),
                };
                let event = Event {
                    kind: EventKind::Status(status),
                    ..message(&format!("s-{text}-{number}"), &contact)
                };
                let id = event_id(connection, &event.account, &event.id);
                let at = now + truth.random.u64(..10_000);
                truth.sent.push(Sent { connection, event, id, at, acknowledged: false });
            }
            false
        });
        if again {
            self.world.wrong(format_args!("the contact got {text} twice"));
        }
    }
}
