//! The loop of one connection: hears of messages, starts attempts, waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::attempt::{Ended, attempt};
use super::pace::Pace;
use super::plan::Plan;
use super::{Parts, Sender, Waiting};

/// Before the journal is asked again that did not answer.
const JOURNAL_WAIT: Duration = Duration::from_secs(1);
/// The clock is looked at this often while a message waits: it may be set, tokio's timers do not notice.
const CLOCK_WAIT_MAX: Duration = Duration::from_secs(60);

/// What all attempts of a connection share.
pub(super) struct Shared<S> {
    pub parts: Parts<S>,
    pub shutdown: watch::Receiver<bool>,
    pace: Mutex<Pace>,
    started: Instant,
}

impl<S> Shared<S> {
    /// Waits for the next place on the road. False: the host shuts down.
    pub(super) async fn place(&self) -> bool {
        let wait_us = self.pace().take(self.now_us());
        let mut shutdown = self.shutdown.clone();
        tokio::select! {
            biased;
            _ = shutdown.wait_for(|stop| *stop) => false,
            () = tokio::time::sleep(Duration::from_micros(wait_us)) => true,
        }
    }

    /// Nobody of this connection calls for so long.
    pub(super) fn pause(&self, wait_ms: u64) {
        let until = self.now_us().saturating_add(wait_ms.saturating_mul(1_000));
        self.pace().pause_until(until);
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

pub(super) struct Worker<S> {
    shared: Arc<Shared<S>>,
    queued: mpsc::UnboundedReceiver<Waiting>,
    plan: Plan,
    attempts: JoinSet<Ended>,
    flights: HashMap<Id, (u64, String)>,
}

impl<S: Sender> Worker<S> {
    pub(super) fn new(
        parts: Parts<S>,
        queued: mpsc::UnboundedReceiver<Waiting>,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        let plan = Plan::new(parts.options.in_flight_max);
        let pace = Mutex::new(Pace::new(parts.options.rate_per_second));
        let shared = Arc::new(Shared { parts, shutdown, pace, started: Instant::now() });
        Self { shared, queued, plan, attempts: JoinSet::new(), flights: HashMap::new() }
    }

    pub(super) async fn run(mut self) {
        if !self.resume().await {
            return;
        }
        let mut shutdown = self.shared.shutdown.clone();
        while !*shutdown.borrow() {
            self.start();
            self.shared.parts.observer.waiting(&self.shared.parts.connection, self.plan.waiting());
            let due = self.wake_at();
            // In this order, so that a run can be repeated exactly. None starves: attempts are few, what is queued ends,
            // and before the next wait the loop looks by itself at what is due.
            tokio::select! {
                biased;
                changed = shutdown.changed() => if changed.is_err() { break },
                Some(ended) = self.attempts.join_next_with_id() => self.ended(ended),
                queued = self.queued.recv() => match queued {
                    Some(message) => self.plan.add(message),
                    None => break,
                },
                () = sleep_until(due) => {}
            }
        }
        self.drain().await;
    }

    /// What was queued before the start. False: the host shuts down before the journal answers.
    async fn resume(&mut self) -> bool {
        let mut shutdown = self.shared.shutdown.clone();
        loop {
            match self.shared.parts.journal.waiting(&self.shared.parts.connection).await {
                Ok(waiting) => {
                    waiting.into_iter().for_each(|message| self.plan.add(message));
                    return true;
                }
                Err(error) => {
                    tracing::error!(connection = %self.shared.parts.connection, %error, "queue cannot be read");
                }
            }
            tokio::select! {
                biased;
                _ = shutdown.wait_for(|stop| *stop) => return false,
                () = tokio::time::sleep(JOURNAL_WAIT) => {}
            }
        }
    }

    fn start(&mut self) {
        while let Some((number, conversation)) = self.plan.next(self.shared.parts.clock.now_ms()) {
            let shared = Arc::clone(&self.shared);
            let handle = self.attempts.spawn(async move { attempt(&shared, number).await });
            self.flights.insert(handle.id(), (number, conversation));
        }
    }

    fn ended(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let (id, ended) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(connection = %self.shared.parts.connection, %error, "an attempt to send panicked");
                let due_at = self.shared.parts.clock.now_ms() + self.shared.parts.options.policy.delay_ms_max;
                (error.id(), Ended::Again { due_at })
            }
        };
        let Some((number, conversation)) = self.flights.remove(&id) else { return };
        let due_at = match ended {
            Ended::Done => None,
            Ended::Again { due_at } => Some(due_at),
        };
        self.plan.finish(number, &conversation, due_at);
    }

    fn wake_at(&self) -> Option<Instant> {
        let due_at = self.plan.due_at()?;
        let wait = Duration::from_millis(due_at.saturating_sub(self.shared.parts.clock.now_ms()));
        Some(Instant::now() + wait.min(CLOCK_WAIT_MAX))
    }

    async fn drain(mut self) {
        let all = async { while self.attempts.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shared.parts.options.drain, all).await.is_err() {
            tracing::warn!(
                connection = %self.shared.parts.connection,
                "calls were cut off; the next start repeats them where that is safe"
            );
        }
    }
}

/// Never, without a time.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
