//! Who contacts are: names where the webhook has none, looked up through the connectors that can.
//!
//! The journal stays what the webhook said. A name is filled in on the way out, and is no reason to hold an event
//! back for long: what is not known in time is left out, and known for the next one.

mod answer;
mod lane;
mod memory;
mod named;
mod subject;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use trunkline_core::clock::Clock;
use trunkline_core::journal::{Journal, Known, StoredEvent, StoredProfile};
use trunkline_model::{Contact, Event};

use answer::Answer;
use lane::Lane;
use memory::{Begun, Follower, Memory, Question};
use named::{fill, unnamed};
use subject::Subject;

use crate::connections::Serving;
use crate::egress::Egress;
use crate::metrics::Metrics;

/// The interface that a connector exports which can look up.
pub const ABILITY: &str = "profiles";
/// How long an event waits for a name, from when the look-up began.
const WAIT_MAX: Duration = Duration::from_secs(3);
/// How long a look-up takes, its place in the queue included.
const LOOK_UP_MAX: Duration = Duration::from_secs(5);
/// How long a name is taken for granted: people seldom change it.
const FOUND_MS: u64 = 24 * 60 * 60 * 1_000;
/// How long nobody is asked again whom the provider does not know: it may be a matter of permission.
const UNKNOWN_MS: u64 = 60 * 60 * 1_000;
/// How long a provider that fails is not asked again for the same contact.
const FAILED_MS: u64 = 5 * 60 * 1_000;

/// Looks up contacts, and remembers them.
pub struct Profiles {
    lanes: HashMap<String, Lane>,
    journal: Journal,
    egress: Arc<Egress>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    memory: Memory,
}

impl Profiles {
    /// Nobody is looked up yet; nobody ever where `enabled` is false.
    pub fn new(
        enabled: bool,
        connections: &Serving,
        journal: Journal,
        egress: Arc<Egress>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let all = connections.all();
        let able = all.values().filter(|connection| enabled && connection.connector.has(ABILITY));
        let lanes = able.map(|connection| (connection.name.clone(), Lane::new(connection, connections)));
        Self { lanes: lanes.collect(), journal, egress, clock, metrics, memory: Memory::default() }
    }

    /// The event with the name of its contact, where it has none and the provider gives it in time.
    pub async fn named(self: &Arc<Self>, stored: Arc<StoredEvent>) -> Arc<StoredEvent> {
        let Some((lane, event)) = self.unnamed(&stored) else { return stored };
        let Some(subject) = Subject::of(&stored.connection, &event) else { return stored };
        let found = match lane.is_closed() {
            true => self.kept(&subject).await,
            false => self.found(lane, subject).await,
        };
        found.and_then(|found| fill(&stored, event, &found)).map_or(stored, Arc::new)
    }

    /// The event with the name of its contact, where that is known already.
    pub async fn named_as_known(&self, stored: StoredEvent) -> StoredEvent {
        let Some((_, event)) = self.unnamed(&stored) else { return stored };
        let Some(subject) = Subject::of(&stored.connection, &event) else { return stored };
        let found = self.kept(&subject).await;
        found.and_then(|found| fill(&stored, event, &found)).unwrap_or(stored)
    }

    /// The same for several.
    pub async fn all_named_as_known(&self, stored: Vec<StoredEvent>) -> Vec<StoredEvent> {
        let mut named = Vec::with_capacity(stored.len());
        for stored in stored {
            named.push(self.named_as_known(stored).await);
        }
        named
    }

    /// Forgets a person. What the journal keeps is removed by itself.
    pub fn forget(&self, identifiers: &[Known]) {
        self.memory.forget(|key| identifiers.iter().any(|known| Subject::is_of(key, known)));
    }

    /// The event, where it lacks a name that could be looked up.
    fn unnamed(&self, stored: &StoredEvent) -> Option<(&Lane, Event)> {
        let lane = self.lanes.get(&stored.connection)?;
        let same = lane.connector() == stored.connector;
        Some((lane, unnamed(stored).filter(|_| same)?))
    }

    /// What is known, however old. Nobody is asked.
    async fn kept(&self, subject: &Subject) -> Option<Contact> {
        if let Some(known) = self.memory.known(&subject.key()) {
            return known;
        }
        let row = self.row(subject).await?;
        let until = row.at + FOUND_MS;
        // A new look-up decides about what is older.
        if row.found.is_some() && until > self.clock.now_ms() {
            self.memory.remember(subject.key(), row.found.clone(), until);
        }
        row.found
    }

    /// What is known, or becomes known in time.
    async fn found(self: &Arc<Self>, lane: &Lane, subject: Subject) -> Option<Contact> {
        let (follower, since) = match self.memory.begin(subject.key(), self.clock.now_ms()) {
            Begun::Known(known) => return known,
            Begun::Full => return None,
            Begun::Running(follower, since) => (follower, since),
            Begun::Started(question, follower) => {
                let profiles = self.clone();
                // It goes on where the event does not wait for it: the next one has the name.
                tokio::spawn(async move { profiles.ask(subject, question).await });
                (follower, Instant::now())
            }
        };
        wait(lane, follower, since + WAIT_MAX).await
    }

    /// Asks the journal, then the provider, and tells all who wait.
    async fn ask(&self, subject: Subject, question: Question) {
        let now = self.clock.now_ms();
        let row = self.row(&subject).await;
        if let Some(row) = &row {
            let until = row.at + if row.found.is_some() { FOUND_MS } else { UNKNOWN_MS };
            if until > now {
                return question.end(row.found.clone(), Some(until));
            }
        }
        let Some(lane) = self.lanes.get(&subject.connection) else { return question.end(None, None) };
        let answer = lane.look_up(&self.egress, &subject, now, LOOK_UP_MAX).await;
        self.metrics.profile_looked_up(&subject.connection, answer.outcome());
        let older = row.and_then(|row| row.found);
        let (found, until) = match answer {
            Answer::Found(contact) => (Some(contact), Some(now + FOUND_MS)),
            Answer::Unknown => (None, Some(now + UNKNOWN_MS)),
            // A name of yesterday is better than none.
            Answer::Failed(_) => return question.end(older, Some(now + FAILED_MS)),
            Answer::Busy | Answer::Closed => return question.end(older, None),
        };
        let profile = StoredProfile {
            connection: subject.connection.clone(),
            contact: subject.column.clone(),
            found: found.clone(),
            at: now,
        };
        question.end(found, until);
        if let Err(error) = self.journal.store_profile(profile).await {
            tracing::warn!(%error, "journal does not keep a name");
        }
    }

    async fn row(&self, subject: &Subject) -> Option<StoredProfile> {
        match self.journal.profile(&subject.connection, &subject.column).await {
            Ok(row) => row,
            Err(error) => {
                tracing::error!(%error, "journal cannot be read for a name");
                None
            }
        }
    }
}

/// The answer, where it comes in time. A provider that did not answer in time is not waited for again before it
/// has answered somebody.
async fn wait(lane: &Lane, mut follower: Follower, until: Instant) -> Option<Contact> {
    if !lane.is_patient() {
        return follower.borrow().clone().flatten();
    }
    let answered = tokio::time::timeout_at(until, follower.wait_for(Option::is_some)).await;
    match answered {
        Ok(answered) => answered.ok().and_then(|answer| answer.clone().flatten()),
        Err(_) => {
            lane.lose_patience();
            None
        }
    }
}
