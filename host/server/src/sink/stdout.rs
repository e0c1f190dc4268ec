//! One line an event on standard output.

use std::io::Write as _;
use std::sync::Arc;

use trunkline_core::cloud_event;
use trunkline_core::destination::{DeliveryFuture, Outcome, Sink};
use trunkline_core::journal::StoredEvent;
use trunkline_model::Event;

use crate::config::Format;
use crate::text;

/// Prints each event.
pub struct StdoutSink {
    /// For people or programs.
    pub format: Format,
}

impl StdoutSink {
    fn print(&self, stored: &StoredEvent) -> std::io::Result<()> {
        let mut line = match self.format {
            Format::Json => cloud_event::render(stored),
            Format::Text => match serde_json::from_str::<Event>(stored.event.get()) {
                Ok(event) => text::line(stored.received_at, &stored.connection, &event).into_bytes(),
                Err(error) => format!("{} cannot be shown: {error}", stored.id).into_bytes(),
            },
        };
        line.push(b'\n');
        let mut out = anstream::stdout().lock();
        out.write_all(&line)?;
        out.flush()
    }
}

impl Sink for StdoutSink {
    fn deliver(&self, stored: Arc<StoredEvent>, _attempt: u32) -> DeliveryFuture<'_> {
        Box::pin(async move {
            match self.print(&stored) {
                Ok(()) => Outcome::Delivered,
                Err(error) => Outcome::retry(format!("standard output: {error}")),
            }
        })
    }
}
