//! Removes what is not to be kept any longer: at the start, and every hour.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use trunkline_core::journal::{JournalError, Retention};

use crate::config::{Config, Target};
use crate::erasing::Fetched;
use crate::host::Host;

/// Between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// What is to be kept, as configured. A stream keeps nothing back: its readers say from where they want to read.
pub fn retention(host: &Host, config: &Config) -> Retention {
    let destinations = config.destinations.iter();
    let destinations =
        destinations.filter(|destination| !matches!(destination.target, Target::Stream { .. }));
    Retention {
        default: config.retention.default,
        connections: config.retention.connections.clone(),
        destinations: destinations.map(|destination| destination.name.clone()).collect(),
        routes: host.routes.clone(),
    }
}

/// Starts it; it ends with the host, in the middle if need be: the next start goes on.
pub fn start(host: &Arc<Host>, retention: Retention, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    let host = host.clone();
    tokio::spawn(async move {
        if !retention.is_limited() {
            return;
        }
        let mut told = BTreeMap::new();
        while !*stopping.borrow() {
            tokio::select! {
                () = sweep(&host, &retention, &mut told) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    })
}

/// `told`: what was said of the sweep before, so that it is not said every hour.
async fn sweep(host: &Host, retention: &Retention, told: &mut BTreeMap<String, u64>) {
    let files = Fetched(host.attachments.clone());
    let swept = match host.journal.sweep(retention, &files, host.clock.now_ms()).await {
        Ok(swept) => swept,
        Err(JournalError::Closed) => return,
        Err(error) => {
            tracing::error!(%error, "what is too old could not be removed, it is tried again");
            return;
        }
    };
    for destination in &retention.destinations {
        let count = swept.held_back.get(destination).copied().unwrap_or_default();
        host.metrics.held_back(destination, count);
    }
    let removed = &swept.removed;
    if !removed.is_nothing() {
        let (events, webhooks, messages) = (removed.events, removed.webhooks, removed.messages);
        tracing::info!(events, webhooks, messages, "what was to be kept no longer was removed");
    }
    if swept.held_back != *told {
        for (destination, events) in &swept.held_back {
            tracing::warn!(
                destination,
                events,
                "events are kept beyond their time, since the destination has not got them: \
                 deliver them, drop them, or remove the destination"
            );
        }
        *told = swept.held_back;
    }
}
