//! Messages to contacts: the road back.
//!
//! A message is queued durably, then sent by the [`worker`] of its connection: in order within a conversation,
//! paced as the provider allows. Each call is written down before it is made and again with its answer, so that
//! after a crash it is known what was done, and what may have been. What becomes of a message at the provider comes
//! back as events, which move its [`MessageState`] on.

pub mod answers;
mod attempt;
mod pace;
mod plan;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use trunkline_model::{Call, Exchange, Response, SendStep};

use crate::clock::Clock;
use crate::journal::{Journal, StoredMessage};
use crate::retry::RetryPolicy;
pub use pace::Pace;
pub use state::MessageState;

/// What happens with a message of which nobody knows whether the provider has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnUnconfirmed {
    /// It stays `unconfirmed` until a status comes for it or somebody decides.
    #[default]
    Hold,
    /// The call is made again: the contact may get the message twice.
    Retry,
}

/// Limits of one connection.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundOptions {
    /// Messages sent at the same time, of different conversations.
    pub in_flight_max: usize,
    /// Calls per second.
    pub rate_per_second: f64,
    /// How long a message waits whose attempt failed for a reason that passes.
    pub policy: RetryPolicy,
    /// Milliseconds after which a message that could not be sent is given up.
    pub give_up_ms: u64,
    /// What happens where it is not known whether the provider has the message.
    pub unconfirmed: OnUnconfirmed,
    /// Rounds of one message: what a connector may ask for.
    pub rounds_max: usize,
    /// What calls that run have at a shutdown; those cut off are repeated after the start, where that is safe.
    pub drain: Duration,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self {
            in_flight_max: 16,
            rate_per_second: 10.0,
            policy: RetryPolicy { delay_ms_max: 10 * 60 * 1_000, ..RetryPolicy::default() },
            give_up_ms: 24 * 60 * 60 * 1_000,
            unconfirmed: OnUnconfirmed::Hold,
            rounds_max: 32,
            drain: Duration::from_secs(5),
        }
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncalled {
    /// It is against the rules of egress: repeating does not help.
    Forbidden(String),
    /// It certainly did not arrive.
    NotSent(String),
    /// It may have arrived.
    Unknown(String),
}

/// A step or a call that runs. Boxed, so that hosts and tests bring their own.
pub type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the worker asks of the rest of the host: the connector's next step, and a call over the network.
///
/// Both bound their own time. Dropping a future cancels what runs.
pub trait Sender: Send + Sync + 'static {
    /// One round of the connector. `now` is milliseconds since the Unix epoch, the same in all rounds of an
    /// attempt. The error is for people: the connector broke, or is not there.
    fn step<'a>(
        &'a self,
        message: &'a StoredMessage,
        exchanges: Vec<Exchange>,
        now: u64,
    ) -> Running<'a, Result<SendStep, String>>;

    /// Makes a call.
    fn call<'a>(&'a self, connection: &'a str, call: &'a Call) -> Running<'a, Result<Response, Uncalled>>;
}

/// Is told what happens, for metrics.
pub trait OutboundObserver: Send + Sync {
    /// A call has ended: `answered`, `forbidden`, `not_sent`, `unknown`.
    fn called(&self, connection: &str, outcome: &'static str, latency_ms: u64) {
        let _ = (connection, outcome, latency_ms);
    }

    /// A message has come so far for now.
    fn reached(&self, connection: &str, state: MessageState) {
        let _ = (connection, state);
    }

    /// How many messages wait.
    fn waiting(&self, connection: &str, count: usize) {
        let _ = (connection, count);
    }
}

/// Nobody listens.
impl OutboundObserver for () {}

/// A message that waits to be sent, as the worker is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in the queue.
    pub number: u64,
    /// Its conversation.
    pub conversation: String,
    /// Milliseconds since the Unix epoch before which it is not tried.
    pub due_at: u64,
    /// Attempts made.
    pub attempt: u32,
}

/// The parts of the host that a worker is put together from.
pub struct Parts<S> {
    /// Where messages are kept.
    pub journal: Journal,
    /// The connection that this worker sends for.
    pub connection: String,
    /// Steps and calls.
    pub sender: Arc<S>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Limits.
    pub options: OutboundOptions,
    /// What numbered lists were offered, for the way in.
    pub answers: Arc<answers::Answers>,
    /// Metrics.
    pub observer: Arc<dyn OutboundObserver>,
}

/// Sends the messages of one connection until `shutdown` becomes true or loses its sender.
///
/// `queued` tells of messages that were queued since; what was there before is read from the journal. Calls that run
/// at the end have a few seconds to end. What is cut off is, after the next start, repeated where that is
/// safe, and `unconfirmed` where it is not. One call for a connection at a time.
pub async fn run<S: Sender>(
    parts: Parts<S>,
    queued: mpsc::UnboundedReceiver<Waiting>,
    shutdown: watch::Receiver<bool>,
) {
    worker::Worker::new(parts, queued, shutdown).run().await;
}
