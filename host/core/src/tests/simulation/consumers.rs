//! Consumers of every temper: they answer, fail, are slow, hang, are down, take an event and lose the answer, and do not
//! want some events. They check what no consumer may ever see.

use std::sync::Arc;
use std::time::Duration;

use super::world::World;
use crate::delivery::{DeliveryObserver, Pause};
use crate::destination::{DeliveryFuture, Outcome, Sink};
use crate::journal::StoredEvent;
use crate::route::{Route, Routes};

/// Which consumer wants what.
pub fn routes() -> Routes {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Routes::new(
        vec![
            Route { destinations: names(&["crm"]), ..Route::default() },
            Route { destinations: names(&["archive"]), kinds: names(&["message"]), ..Route::default() },
            Route { destinations: names(&["bot"]), connections: names(&["shop"]), ..Route::default() },
        ],
        Vec::new(),
    )
}

/// A consumer, as one life of the host reaches it.
pub struct Consumer {
    pub world: Arc<World>,
    pub name: &'static str,
    pub life: u32,
}

/// What comes of an attempt.
struct Turn {
    before: u64,
    takes: bool,
    after: u64,
    outcome: Outcome,
}

/// While it is there, an attempt is in flight.
struct Busy<'a>(&'a Consumer, String);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let Self(consumer, conversation) = self;
        consumer.world.with(|truth| {
            let consumed = truth.consumers.entry(consumer.name).or_default();
            consumed.busy.remove(&(consumer.life, std::mem::take(conversation)));
        });
    }
}

impl Sink for Consumer {
    fn deliver(&self, stored: Arc<StoredEvent>, attempt: u32) -> DeliveryFuture<'_> {
        Box::pin(async move {
            let _busy = self.arrive(&stored, attempt);
            let turn = self.decide(&stored, attempt);
            tokio::time::sleep(Duration::from_millis(turn.before)).await;
            if turn.takes {
                self.take(&stored);
            }
            tokio::time::sleep(Duration::from_millis(turn.after)).await;
            let delivered = turn.outcome == Outcome::Delivered;
            let answer = if delivered { "ok" } else { "failed" };
            self.world
                .note(format_args!("{} answers {}, attempt {attempt}: {answer}", self.name, stored.seq));
            if delivered {
                self.world.with(|truth| {
                    truth.consumers.entry(self.name).or_default().delivered.insert(stored.id.clone());
                });
            }
            turn.outcome
        })
    }
}

impl Consumer {
    fn arrive(&self, stored: &StoredEvent, attempt: u32) -> Busy<'_> {
        let key = (self.life, stored.conversation.clone());
        let limit = self.world.options.in_flight_max;
        let (first, flights, known) = self.world.with(|truth| {
            truth.count.attempts += 1;
            let known = truth.numbers.entry(stored.seq).or_insert_with(|| stored.id.clone()).clone();
            let consumed = truth.consumers.entry(self.name).or_default();
            let first = consumed.busy.insert(key);
            (first, consumed.busy.iter().filter(|(life, _)| *life == self.life).count(), known)
        });
        if !first {
            self.world.wrong(format_args!("two of {} in flight at {}", stored.conversation, self.name));
        }
        if flights > limit {
            self.world.wrong(format_args!("{flights} in flight at {}, at most {limit}", self.name));
        }
        if known != stored.id {
            self.world.wrong(format_args!("number {} was {known}, and is {}", stored.seq, stored.id));
        }
        if attempt == 0 {
            self.world.wrong(format_args!("attempt 0 of {}", stored.seq));
        }
        Busy(self, stored.conversation.clone())
    }

    fn take(&self, stored: &StoredEvent) {
        let StoredEvent { seq, id, conversation, .. } = stored;
        let behind = self.world.with(|truth| {
            truth.count.taken += 1;
            let consumed = truth.consumers.entry(self.name).or_default();
            if !consumed.taken.insert(id.clone()) {
                truth.count.taken_again += 1;
                return None;
            }
            if consumed.revived.contains(id) {
                return None;
            }
            let last = consumed.last.entry(conversation.clone()).or_default();
            let before = std::mem::replace(last, (*last).max(*seq));
            (before > *seq).then_some(before)
        });
        if let Some(before) = behind {
            self.world.wrong(format_args!("{} got {seq} of {conversation} after {before}", self.name));
        }
    }

    fn decide(&self, stored: &StoredEvent, attempt: u32) -> Turn {
        let (now, trouble) = (self.world.now(), self.world.options.trouble);
        self.world.with(|truth| {
            let random = &mut truth.random;
            let ok = Turn {
                before: random.u64(..40),
                takes: true,
                after: random.u64(..10),
                outcome: Outcome::Delivered,
            };
            if truth.healthy {
                return ok;
            }
            let consumed = truth.consumers.entry(self.name).or_default();
            let failed = |before, outcome| Turn { before, takes: false, after: 0, outcome };
            if consumed.down_until > now {
                return failed(random.u64(..5), Outcome::retry("no connection"));
            }
            // Every so manieth event is one that is not taken for a while, or never.
            let poison = stored.seq % 13 == 5 && (stored.seq % 2 == 1 || attempt < 5);
            if poison {
                return failed(random.u64(..30), Outcome::not_taken("status 422, expected 2xx"));
            }
            if random.u8(..100) >= trouble {
                return ok;
            }
            match random.u8(..6) {
                0 => failed(random.u64(..50), Outcome::retry("status 500, expected 2xx")),
                1 => Turn { before: random.u64(..8_000), ..ok },
                2 => failed(15_000, Outcome::retry("no answer within 15 s")),
                3 => {
                    Turn { takes: true, after: 15_000, ..failed(20, Outcome::retry("no answer within 15 s")) }
                }
                4 => {
                    consumed.down_until = now + random.u64(..60_000);
                    failed(1, Outcome::retry("no connection"))
                }
                _ => {
                    let Outcome::Retry { reason, fault, .. } = Outcome::retry("status 429, expected 2xx")
                    else {
                        return ok;
                    };
                    let after_ms = Some(random.u64(..90_000));
                    failed(5, Outcome::Retry { reason, after_ms, fault })
                }
            }
        })
    }
}

/// Checks what delivery says of itself.
pub struct Watcher(pub Arc<World>);

impl DeliveryObserver for Watcher {
    fn state(&self, destination: &str, cursor: u64, parked: usize) {
        self.0.note(format_args!("{destination} is at {cursor}, {parked} parked"));
        let limit = self.0.options.parked_max;
        // Dead letters that come back at once may exceed it.
        let revived =
            self.0.with(|truth| truth.consumers.get(destination).map_or(0, |one| one.revived.len()));
        if parked > limit + revived {
            self.0.wrong(format_args!(
                "{parked} parked at {destination}, at most {limit} and {revived} revived"
            ));
        }
    }

    fn pause(&self, destination: &str, pause: Option<&Pause>) {
        self.0.note(format_args!("{destination} is paused: {}", pause.is_some()));
    }

    fn died(&self, destination: &str) {
        self.0.note(format_args!("a dead letter at {destination}"));
        self.0.with(|truth| truth.count.dead += 1);
    }
}
