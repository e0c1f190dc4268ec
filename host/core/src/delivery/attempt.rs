//! One attempt to deliver one event.

use std::sync::Arc;

use tokio::time::Instant;

use super::JOURNAL_WAIT;
use super::plan::Flight;
use crate::destination::{Outcome, Sink};
use crate::journal::{Journal, JournalError, StoredEvent};

/// What an attempt brought, and how many milliseconds it took.
pub(super) type Attempted = (Outcome, u64);

/// Makes it. A parked event is read for it, so that waiting takes no memory.
pub(super) async fn attempt<S: Sink>(journal: Journal, sink: Arc<S>, flight: Flight) -> Attempted {
    let event = match flight.event {
        Some(event) => event,
        None => match stored(&journal, flight.seq).await {
            Some(event) => Arc::new(event),
            None => {
                tracing::warn!(seq = flight.seq, "parked event is no longer stored, it is given up");
                return (Outcome::Delivered, 0);
            }
        },
    };
    let started = Instant::now();
    let outcome = sink.deliver(event, flight.attempt).await;
    (outcome, u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// Reads the event, however long it takes: a disk that does not let itself be read is no fault of the destination, and
/// must not make a dead letter. None: it is no longer stored.
async fn stored(journal: &Journal, seq: u64) -> Option<StoredEvent> {
    loop {
        match journal.event_at(seq).await {
            Ok(event) => return event,
            // The worker ends as well, and this attempt with it.
            Err(JournalError::Closed) => std::future::pending().await,
            Err(error) => tracing::error!(seq, %error, "parked event cannot be read, trying again"),
        }
        tokio::time::sleep(JOURNAL_WAIT).await;
    }
}
