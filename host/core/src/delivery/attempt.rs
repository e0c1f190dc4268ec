//! One attempt to deliver one event.

use std::sync::Arc;

use tokio::time::Instant;

use super::plan::Flight;
use crate::destination::{Outcome, Sink};
use crate::journal::Journal;

/// What an attempt brought, and how many milliseconds it took.
pub(super) type Attempted = (Outcome, u64);

/// Makes it. A parked event is read for it, so that waiting takes no memory.
pub(super) async fn attempt<S: Sink>(journal: Journal, sink: Arc<S>, flight: Flight) -> Attempted {
    let event = match flight.event {
        Some(event) => event,
        None => match journal.event_at(flight.seq).await {
            Ok(Some(event)) => Arc::new(event),
            Ok(None) => {
                tracing::warn!(seq = flight.seq, "parked event is no longer stored, it is given up");
                return (Outcome::Delivered, 0);
            }
            Err(error) => return (Outcome::retry(error.to_string()), 0),
        },
    };
    let started = Instant::now();
    let outcome = sink.deliver(event, flight.attempt).await;
    (outcome, u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX))
}
