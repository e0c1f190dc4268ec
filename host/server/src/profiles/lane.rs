//! The look-ups of one connection: so many at once, evenly spaced, and none where they cannot succeed.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use trunkline_policy::ROUNDS_LOOK_UP_MAX;

use super::answer::Answer;
use super::subject::Subject;
use crate::connections::{Connection, Serving};
use crate::egress::Egress;
use crate::steps::{self, Bounds};

/// Look-ups of one connection at once.
const AT_ONCE_MAX: usize = 8;
/// The part of the connection's rate that names may take: messages go first, and count by themselves.
const RATE_PART: f64 = 0.5;
/// How long nobody waits for a provider that did not answer in time.
const IMPATIENT_MS: u64 = 30_000;
/// How long a provider that has had too many calls is left alone.
const PAUSE_MS: u64 = 10_000;

/// The look-ups of one connection.
pub struct Lane {
    /// The connection's name. What serves it may be replaced.
    name: String,
    /// The id of its connector, which stays.
    connector: String,
    connections: Serving,
    places: Semaphore,
    pace: Mutex<Pace>,
    /// The secret is missing: it will be until the next start.
    closed: AtomicBool,
    /// The last look-up failed, and that was said.
    troubled: AtomicBool,
    /// Milliseconds since `since`.
    impatient_until: AtomicU64,
    since: Instant,
}

impl Lane {
    pub fn new(connection: &Arc<Connection>, connections: &Serving) -> Self {
        let declared = connection.connector.manifest().outbound.rate_per_second;
        let rate = connection.rate_per_second.map_or(declared, |rate| rate.min(declared));
        Self {
            places: Semaphore::new(AT_ONCE_MAX),
            pace: Mutex::new(Pace::new(rate * RATE_PART)),
            closed: AtomicBool::new(false),
            troubled: AtomicBool::new(false),
            impatient_until: AtomicU64::new(0),
            since: Instant::now(),
            name: connection.name.clone(),
            connector: connection.connector.manifest().id.clone(),
            connections: connections.clone(),
        }
    }

    /// The id of the connector that is asked.
    pub fn connector(&self) -> &str {
        &self.connector
    }

    /// Whether there is no use in asking.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Whether an event may wait for a name.
    pub fn is_patient(&self) -> bool {
        self.impatient_until.load(Ordering::Relaxed) <= self.now_ms()
    }

    /// An event has waited in vain.
    pub fn lose_patience(&self) {
        self.impatient_until.store(self.now_ms() + IMPATIENT_MS, Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Asks the connector, and the provider through it. `now` is the time of day.
    pub async fn look_up(&self, egress: &Egress, subject: &Subject, now: u64, time_max: Duration) -> Answer {
        if self.is_closed() {
            return Answer::Closed;
        }
        let deadline = Instant::now() + time_max;
        let Ok(Ok(_place)) = tokio::time::timeout_at(deadline, self.places.acquire()).await else {
            return Answer::Busy;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let latest = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let Some(wait) = self.pace(|pace, now| pace.take(now, latest)) else { return Answer::Busy };
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = self.ask(egress, subject, now, left).await;
        self.note(&answer);
        answer
    }

    async fn ask(&self, egress: &Egress, subject: &Subject, now: u64, time_max: Duration) -> Answer {
        let Some(connection) = self.connections.get(&self.name) else { return Answer::Closed };
        let (connection, status) = (&*connection, &AtomicU16::new(0));
        let bounds = Bounds { rounds_max: ROUNDS_LOOK_UP_MAX, time_max };
        let ended = steps::run(egress, connection, bounds, |exchanges| async move {
            if let Some(last) = exchanges.last() {
                status.store(last.response.status, Ordering::Relaxed);
            }
            let Subject { contact, account, thread, .. } = subject;
            let settings = &connection.settings;
            connection.connector.look_up(contact, account, thread.as_ref(), &exchanges, settings, now).await
        });
        let ended = ended.await;
        if let Err(unfinished) = &ended {
            tracing::debug!(connection = connection.name, %unfinished, "look-up without an end");
        }
        let status = status.load(Ordering::Relaxed);
        Answer::of(ended, (status != 0).then_some(status))
    }

    fn note(&self, answer: &Answer) {
        let connection = self.name.as_str();
        match answer {
            Answer::Found(_) | Answer::Unknown => {
                self.impatient_until.store(0, Ordering::Relaxed);
                self.troubled.store(false, Ordering::Relaxed);
            }
            Answer::Closed => {
                if !self.closed.swap(true, Ordering::Relaxed) {
                    tracing::info!(
                        connection,
                        "names are not looked up: the connection lacks the secret for it"
                    );
                }
            }
            Answer::Failed(why) => {
                if *why == "rate_limited" {
                    self.pace(|pace, now| pace.next_ms = pace.next_ms.max(now + PAUSE_MS));
                }
                // One line, however many contacts.
                if !self.troubled.swap(true, Ordering::Relaxed) {
                    tracing::warn!(connection, why, "names cannot be looked up");
                }
            }
            Answer::Busy => {}
        }
    }

    fn pace<T>(&self, with: impl FnOnce(&mut Pace, u64) -> T) -> T {
        let now = self.now_ms();
        with(&mut self.pace.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

/// When the next look-up may be made. Pure: time is an argument. What cannot be made in time takes no place.
#[derive(Debug)]
struct Pace {
    interval_ms: u64,
    next_ms: u64,
}

impl Pace {
    fn new(rate_per_second: f64) -> Self {
        // Faster than one in a millisecond is as good as at once.
        Self { interval_ms: (1_000.0 / rate_per_second.max(0.001)) as u64, next_ms: 0 }
    }

    /// Takes the next place: how many milliseconds to wait for it. None: more than `wait_ms_max`.
    fn take(&mut self, now_ms: u64, wait_ms_max: u64) -> Option<u64> {
        let place = self.next_ms.max(now_ms);
        let wait = (place - now_ms <= wait_ms_max).then_some(place - now_ms)?;
        self.next_ms = place + self.interval_ms;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ups_are_spaced_and_those_that_come_too_late_take_no_place() {
        let mut pace = Pace::new(0.5);
        let waits: Vec<_> = (0..4).map(|_| pace.take(10_000, 5_000)).collect();
        assert_eq!(waits, [Some(0), Some(2_000), Some(4_000), None]);
        assert_eq!(pace.take(15_000, 5_000), Some(1_000), "the place was left free");
        assert_eq!(Pace::new(10_000.0).interval_ms, 0);
        assert_eq!(Pace::new(0.0).interval_ms, 1_000_000);
    }
}
