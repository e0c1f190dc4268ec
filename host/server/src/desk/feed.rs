//! Tells the desk what is heard: reads the journal from where the desk is, and goes on as events come.

use std::sync::Arc;

use futures_util::stream::{FuturesOrdered, StreamExt as _};
use tokio::sync::watch;
use trunkline_core::journal::{EventQuery, StoredEvent};
use trunkline_desk::{Entry, Heard, Place, Untaken, heard};
use trunkline_model::Event;

use super::Desk;
use crate::host::Host;

/// Events read at once.
const BATCH: usize = 256;
/// Before what could not be read or written is tried again.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// Ends with the host.
pub async fn run(host: Arc<Host>, desk: Desk, mut stopping: watch::Receiver<bool>) {
    let mut committed = host.journal.committed();
    let mut after = desk.state().heard_to();
    loop {
        let newest = *committed.borrow_and_update();
        if newest <= after {
            tokio::select! {
                changed = committed.changed() => if changed.is_err() { return },
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            continue;
        }
        let query = EventQuery { after, limit: BATCH, ..EventQuery::default() };
        let told = match host.journal.events(query).await {
            Ok(events) if events.is_empty() => Ok(newest),
            Ok(events) => tell(&desk, &events).await,
            Err(error) => Err(error.to_string()),
        };
        match told {
            Ok(to) => after = to,
            Err(problem) if *stopping.borrow() => return tracing::debug!(problem, "desk ends"),
            Err(problem) => {
                tracing::error!(problem, "desk does not hear what comes in, it is tried again");
                tokio::select! {
                    () = tokio::time::sleep(PATIENCE) => after = desk.state().heard_to().max(after),
                    _ = stopping.wait_for(|stop| *stop) => return,
                }
            }
        }
    }
}

/// Up to which event it was told.
async fn tell(desk: &Desk, events: &[StoredEvent]) -> Result<u64, String> {
    let known = desk.state().heard_to();
    let mut taken = FuturesOrdered::new();
    for stored in events.iter().filter(|stored| stored.seq > known) {
        let Some(heard) = heard_of(stored) else { continue };
        taken.push_back(desk.take(Entry::Heard(Box::new(heard))));
    }
    while let Some(taken) = taken.next().await {
        match taken {
            Ok(_) => {}
            // Strange, and kept by the journal: the next one must not wait for it.
            Err(Untaken::Refused(refusal)) => tracing::warn!(%refusal, "desk does not take an event"),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(events.last().map_or(known, |stored| stored.seq))
}

fn heard_of(stored: &StoredEvent) -> Option<Heard> {
    let event: Event = serde_json::from_str(stored.event.get())
        .inspect_err(|error| tracing::error!(event = stored.id, %error, "desk cannot read an event"))
        .ok()?;
    let place = Place {
        id: &stored.id,
        seq: stored.seq,
        connection: &stored.connection,
        conversation: &stored.conversation,
        received_at: stored.received_at,
        message: stored.message.as_deref(),
    };
    heard(place, event)
}
