//! Hands events to one destination: in order within a conversation, at least once.
//!
//! `plan` decides and does nothing else; `worker` reads, attempts, waits and writes as the plan says. An
//! event whose attempt fails is *parked* in the journal, and later events of its conversation behind it; all
//! other conversations go on. When nothing fails, nothing is written but the cursor.
//!
//! An event that fails for about a day is a *dead letter*: it stays in the journal until somebody retries or drops it,
//! and its conversation goes on without it. A destination that fails for everybody is paused and probed (`health`);
//! that makes no dead letters, however long it lasts.
//!
//! The cursor passes an event only when that is delivered, not wanted, or durably parked. So a crash repeats
//! attempts and never skips one; consumers recognize repeats by the event's id.

mod attempt;
mod control;
mod health;
mod plan;
#[cfg(test)]
mod tests;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::destination::Sink;
use crate::journal::Journal;
use crate::retry::RetryPolicy;
use crate::route::Routes;
pub use control::{Control, Controls, control};
pub use health::Pause;
use worker::Worker;

/// About a day: an outage over night and its repair in the morning.
pub const GIVE_UP_MS: u64 = 24 * 60 * 60 * 1_000;

/// Before the journal is asked again that did not answer.
const JOURNAL_WAIT: Duration = Duration::from_secs(1);

/// Where a destination begins that the journal does not know yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// With the oldest event stored.
    #[default]
    Beginning,
    /// With the next event to come.
    Now,
}

/// Limits of one destination.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryOptions {
    /// Attempts at the same time.
    pub in_flight_max: usize,
    /// Events read ahead and not yet done: what waits behind a slow attempt stays in memory.
    pub window_max: usize,
    /// Events that wait for another attempt. At that many, nothing new is read until some are delivered.
    pub parked_max: usize,
    /// How long a failed event waits.
    pub policy: RetryPolicy,
    /// Milliseconds of waits after which an event is a dead letter. Pauses of the destination do not count.
    pub give_up_ms: u64,
    /// Where a new destination begins.
    pub start: Start,
    /// What attempts in flight have at a shutdown; those cut off are repeated after the start.
    pub drain: Duration,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            in_flight_max: 32,
            window_max: 1_024,
            parked_max: 10_000,
            policy: RetryPolicy::default(),
            give_up_ms: GIVE_UP_MS,
            start: Start::Beginning,
            drain: Duration::from_secs(5),
        }
    }
}

/// Is told what happens, for metrics.
pub trait DeliveryObserver: Send + Sync {
    /// An attempt has ended.
    fn attempted(&self, destination: &str, delivered: bool, latency_ms: u64) {
        let _ = (destination, delivered, latency_ms);
    }

    /// How far the destination is, after that was stored.
    fn state(&self, destination: &str, cursor: u64, parked: usize) {
        let _ = (destination, cursor, parked);
    }

    /// The destination is paused, or was probed in vain; None: it takes events again.
    fn pause(&self, destination: &str, pause: Option<&Pause>) {
        let _ = (destination, pause);
    }

    /// An event became a dead letter.
    fn died(&self, destination: &str) {
        let _ = destination;
    }
}

/// Nobody listens.
impl DeliveryObserver for () {}

/// Delivers to one destination until `shutdown` becomes true or loses its sender, or the journal is closed.
///
/// Attempts that run then have a few seconds to end; what was reached is stored before this returns. Close the
/// journal after that. One call for a name at a time: two would deliver everything twice.
#[expect(clippy::too_many_arguments, reason = "each is a part of the host that is put together only once")]
pub async fn run<S: Sink>(
    journal: Journal,
    name: String,
    routes: Arc<Routes>,
    sink: S,
    clock: Arc<dyn Clock>,
    options: DeliveryOptions,
    observer: Arc<dyn DeliveryObserver>,
    controls: Controls,
    shutdown: watch::Receiver<bool>,
) {
    let worker =
        Worker::new(journal, name, routes, Arc::new(sink), clock, options, observer, controls, shutdown);
    worker.run().await;
}
