//! What every webhook goes through, whether it came to this host or to an edge: let in or not, kept, counted.

use std::time::Instant;

use axum::response::{IntoResponse, Response};
use trunkline_core::conversation::conversation_key;
use trunkline_core::journal::{Appended, JournalError, Webhook};
use trunkline_model::manifest::OnFailure;

use super::admission::{Load, retry_after_ms};
use super::problem::Problem;
use crate::connections::Connection;
use crate::host::Host;
use crate::metrics::{Journaled, OfConnection};

/// A webhook that was not taken: what it is counted as, and the answer.
#[derive(Debug)]
pub struct Untaken {
    /// A name for metrics, of a fixed set.
    pub outcome: String,
    /// A problem.
    pub response: Box<Response>,
}

impl Untaken {
    /// Counted under that name.
    pub fn new(outcome: &str, response: impl IntoResponse) -> Self {
        Self { outcome: outcome.to_owned(), response: Box::new(response.into_response()) }
    }
}

/// Before work is done for it. `own_kilobytes`: what it has of the memory for bodies already.
pub fn admit(host: &Host, connection: &Connection, own_kilobytes: usize) -> Result<(), Untaken> {
    let admitted = host.admission.admit(on_failure(connection), &load(host, own_kilobytes));
    admitted.map_err(|reason| overloaded(host, connection, reason))
}

/// What is under way beside a webhook that has so much of the memory for bodies.
pub fn load(host: &Host, own_kilobytes: usize) -> Load {
    let free = host.bodies.available_permits() + own_kilobytes;
    Load { journal: host.journal.load(), bodies_free_kilobytes: free }
}

/// What the provider of a connection does with a webhook that is not taken.
pub fn on_failure(connection: &Connection) -> OnFailure {
    connection.connector.manifest().webhooks.on_failure
}

/// Too much is under way: the provider is to come again.
pub fn overloaded(host: &Host, connection: &Connection, reason: &'static str) -> Untaken {
    host.metrics.overloaded(&connection.name, reason);
    Untaken::new("overload", busy(on_failure(connection)))
}

/// As such a provider is told that too much is under way.
pub fn busy(on_failure: OnFailure) -> Problem {
    let after = retry_after_ms(on_failure);
    Problem::unavailable("overload", "too many webhooks at once").retry_after(Some(after))
}

/// Counts how a webhook ended.
pub fn ended(host: &Host, connection: &Connection, began: Instant, outcome: &str) {
    host.metrics.webhook(&connection.name, outcome);
    let labels = OfConnection { connection: connection.name.clone() };
    host.metrics.webhook_seconds.get_or_create(&labels).observe(began.elapsed().as_secs_f64());
}

/// Commits a webhook with its events; what is answered after this is on disk.
pub async fn keep(host: &Host, connection: &Connection, mut webhook: Webhook) -> Result<Appended, Untaken> {
    let mut answered = Vec::new();
    for event in &mut webhook.events {
        if host.answers.apply(&connection.name, event, webhook.received_at) {
            answered.push(conversation_key(&connection.name, event));
        }
    }
    let appended = host.journal.append(webhook).await.map_err(|error| {
        if matches!(error, JournalError::Full) {
            return overloaded(host, connection, "journal");
        }
        tracing::error!(connection = connection.name, %error, "webhook could not be journaled");
        Untaken::new("journal", Problem::unavailable("journal", "the webhook could not be kept"))
    })?;
    for conversation in answered {
        host.answers.set(&conversation, None);
    }
    count(host, connection, &appended);
    Ok(appended)
}

fn count(host: &Host, connection: &Connection, appended: &Appended) {
    for event in &appended.events {
        let connection = connection.name.clone();
        match event.seq {
            Some(_) => {
                host.metrics.events.get_or_create(&Journaled { connection, kind: event.kind }).inc();
            }
            None => {
                host.metrics.duplicates.get_or_create(&OfConnection { connection }).inc();
            }
        }
    }
}
