//! Where events go: the one thing that delivery asks of a destination.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::journal::StoredEvent;

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The destination has it.
    Delivered,
    /// It does not, and a later attempt may succeed.
    Retry {
        /// For the operator: what was expected and what came. Holds no secret and no content.
        reason: String,
        /// How long the destination asked us to wait.
        after_ms: Option<u64>,
        /// Whether another event may fare better.
        fault: Fault,
    },
}

/// What was wrong where an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The destination: it is down, busy, or answers nobody. Other events will fare no better.
    Destination,
    /// This event: the destination read it, and does not take it.
    Event,
}

impl Outcome {
    /// A failure of the destination, without a wish of its own.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { reason: reason.into(), after_ms: None, fault: Fault::Destination }
    }

    /// The destination does not take this event.
    pub fn not_taken(reason: impl Into<String>) -> Self {
        Self::Retry { reason: reason.into(), after_ms: None, fault: Fault::Event }
    }
}

/// An attempt that runs. Boxed, so that sinks of different types live in one list.
pub type DeliveryFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Takes events out of the host, one at a time.
///
/// An implementation bounds its own time: delivery waits for an attempt as long as it runs. Dropping the
/// future cancels the attempt.
pub trait Sink: Send + Sync + 'static {
    /// Makes one attempt; the first of an event is attempt 1.
    fn deliver(&self, stored: Arc<StoredEvent>, attempt: u32) -> DeliveryFuture<'_>;
}

impl<T: Sink + ?Sized> Sink for Box<T> {
    fn deliver(&self, stored: Arc<StoredEvent>, attempt: u32) -> DeliveryFuture<'_> {
        (**self).deliver(stored, attempt)
    }
}

impl<T: Sink + ?Sized> Sink for Arc<T> {
    fn deliver(&self, stored: Arc<StoredEvent>, attempt: u32) -> DeliveryFuture<'_> {
        (**self).deliver(stored, attempt)
    }
}
