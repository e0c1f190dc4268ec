//! The loop of one destination: reads, attempts, waits and stores, as the [`Plan`] says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::attempt::{Attempted, attempt};
use super::control::{Controls, Order};
use super::plan::{Flight, Plan};
use super::{DeliveryObserver, DeliveryOptions, JOURNAL_WAIT, Pause, Start};
use crate::clock::Clock;
use crate::destination::{Outcome, Sink};
use crate::journal::{EventQuery, Journal, JournalError, Parked, Progress};
use crate::route::Routes;

/// Events of one query: a few hundred kilobytes, read in about a millisecond.
const READ_MAX: usize = 256;
/// Progress is stored after that many changes ...
const STORE_CHANGES: u64 = 256;
/// ... or that long after the first one: what a crash repeats at most, when nothing failed.
const STORE_WAIT: Duration = Duration::from_millis(500);
/// The clock is looked at this often while an event waits: it may be set, tokio's timers do not notice.
const CLOCK_WAIT_MAX: Duration = Duration::from_secs(60);

/// What was to be stored comes back, for the case that it was not.
type Stored = (Progress, Result<(), JournalError>);

pub(super) struct Worker<S> {
    journal: Journal,
    name: String,
    routes: Arc<Routes>,
    sink: Arc<S>,
    clock: Arc<dyn Clock>,
    options: DeliveryOptions,
    observer: Arc<dyn DeliveryObserver>,
    controls: Controls,
    shutdown: watch::Receiver<bool>,
    committed: watch::Receiver<u64>,
}

/// What a worker holds once it knows where to begin.
struct Course {
    plan: Plan,
    attempts: JoinSet<Attempted>,
    flights: HashMap<Id, Flight>,
    /// The cursor that is on disk.
    stored: u64,
    /// The cursor that was last given to the journal.
    handed_over: u64,
    /// One task at most.
    storing: JoinSet<Stored>,
    /// When what has changed is to be stored.
    store_at: Option<Instant>,
    /// The journal failed: it is not asked before.
    journal_at: Option<Instant>,
    /// The pause that was last told.
    pause: Option<Pause>,
}

impl Course {
    /// What is not stored, nor being stored.
    fn changes(&self) -> u64 {
        self.plan.cursor().saturating_sub(self.handed_over) + self.plan.rows_changed() as u64
    }
}

impl<S: Sink> Worker<S> {
    #[expect(clippy::too_many_arguments, reason = "the parts of the host, handed through")]
    pub(super) fn new(
        journal: Journal,
        name: String,
        routes: Arc<Routes>,
        sink: Arc<S>,
        clock: Arc<dyn Clock>,
        options: DeliveryOptions,
        observer: Arc<dyn DeliveryObserver>,
        controls: Controls,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        let committed = journal.committed();
        Self { journal, name, routes, sink, clock, options, observer, controls, shutdown, committed }
    }

    pub(super) async fn run(mut self) {
        let Some((cursor, parked)) = self.resume().await else { return };
        let mut course = Course {
            plan: Plan::new(&self.options, cursor, parked),
            attempts: JoinSet::new(),
            flights: HashMap::new(),
            stored: cursor,
            handed_over: cursor,
            storing: JoinSet::new(),
            store_at: None,
            journal_at: None,
            pause: None,
        };
        self.observer.state(&self.name, cursor, course.plan.parked());
        while !*self.shutdown.borrow() {
            course.journal_at = course.journal_at.filter(|&at| at > Instant::now());
            self.read(&mut course).await;
            self.attempt(&mut course);
            self.store(&mut course);
            if !self.wait(&mut course).await {
                break;
            }
        }
        self.finish(course).await;
    }

    /// Where the destination was; None: the host shuts down before the journal answers.
    async fn resume(&mut self) -> Option<(u64, Vec<Parked>)> {
        loop {
            match self.load().await {
                Ok(state) => return Some(state),
                Err(JournalError::Closed) => return None,
                Err(error) => {
                    tracing::error!(destination = %self.name, %error, "destination cannot start, it tries again");
                }
            }
            tokio::select! {
                biased;
                stop = self.shutdown.wait_for(|&stop| stop) => {
                    let _ = stop;
                    return None;
                }
                () = tokio::time::sleep(JOURNAL_WAIT) => {}
            }
        }
    }

    async fn load(&mut self) -> Result<(u64, Vec<Parked>), JournalError> {
        if let Some(cursor) = self.journal.cursor(&self.name).await? {
            return Ok((cursor, self.journal.parked(&self.name).await?));
        }
        let cursor = match self.options.start {
            Start::Beginning => 0,
            Start::Now => *self.committed.borrow(),
        };
        // Stored at once: "now" must not be a later time after a crash.
        self.journal
            .progress(Progress { destination: self.name.clone(), cursor, ..Progress::default() })
            .await?;
        Ok((cursor, Vec::new()))
    }

    /// Reads while there is something to read and the plan takes it.
    async fn read(&mut self, course: &mut Course) {
        while course.journal_at.is_none() {
            let committed = *self.committed.borrow_and_update();
            let plan = &mut course.plan;
            if committed <= plan.position() || !plan.is_thirsty() || *self.shutdown.borrow() {
                return;
            }
            let limit = plan.room().min(READ_MAX);
            let query = EventQuery { after: plan.position(), limit, ..EventQuery::default() };
            let events = match self.journal.events(query).await {
                Ok(events) => events,
                Err(error) => {
                    tracing::error!(destination = %self.name, %error, "events cannot be read, delivery waits");
                    course.journal_at = Some(Instant::now() + JOURNAL_WAIT);
                    return;
                }
            };
            let read_all = events.len() < limit;
            for event in events {
                if self.routes.wants(&self.name, &event.connection, &event.kind) {
                    plan.read(event);
                } else {
                    plan.skip(event.seq);
                }
            }
            if read_all {
                // Numbers may be missing at the end: without this, they would be asked for again and again.
                plan.skip(committed);
            }
            self.attempt(course);
        }
    }

    fn attempt(&self, course: &mut Course) {
        while let Some(flight) = course.plan.next(self.clock.now_ms()) {
            let attempt = attempt(self.journal.clone(), Arc::clone(&self.sink), flight.clone());
            let handle = course.attempts.spawn(attempt);
            course.flights.insert(handle.id(), flight);
        }
    }

    /// Begins to store what has changed, if it is time and nothing is being stored.
    fn store(&self, course: &mut Course) {
        let changes = course.changes();
        if changes == 0 || !course.storing.is_empty() || course.journal_at.is_some() {
            return;
        }
        let now = Instant::now();
        let store_at = *course.store_at.get_or_insert(now + STORE_WAIT);
        if changes < STORE_CHANGES && store_at > now {
            return;
        }
        course.store_at = None;
        course.handed_over = course.plan.cursor();
        let progress = course.plan.take_progress(&self.name);
        let journal = self.journal.clone();
        course.storing.spawn(async move {
            let result = journal.progress(progress.clone()).await;
            (progress, result)
        });
    }

    /// Waits until there is something to do. False: the journal is closed.
    async fn wait(&mut self, course: &mut Course) -> bool {
        let wake_at = self.wake_at(course);
        // In this order, so that a run can be repeated exactly. None starves: the first three come rarely, all attempts
        // that have ended are taken below, and before the next wait the loop looks at the other two by itself.
        tokio::select! {
            biased;
            changed = self.shutdown.changed() => return changed.is_ok(),
            Some(stored) = course.storing.join_next() => self.stored(course, stored),
            order = self.controls.next() => self.obey(course, order),
            Some(ended) = course.attempts.join_next_with_id() => self.ended(course, ended),
            changed = self.committed.changed() => return changed.is_ok(),
            () = sleep_until(wake_at) => {}
        }
        while let Some(ended) = course.attempts.try_join_next_with_id() {
            self.ended(course, ended);
        }
        true
    }

    /// The first of: a parked event is due, progress is to be stored, the journal is asked again.
    fn wake_at(&self, course: &Course) -> Option<Instant> {
        let due_at = course.plan.due_at().map(|due_at| {
            let wait = Duration::from_millis(due_at.saturating_sub(self.clock.now_ms()));
            Instant::now() + wait.min(CLOCK_WAIT_MAX)
        });
        let idle = course.storing.is_empty() && course.journal_at.is_none();
        let store_at = course.store_at.filter(|_| idle);
        [due_at, store_at, course.journal_at].into_iter().flatten().min()
    }

    fn ended(&self, course: &mut Course, ended: Result<(Id, Attempted), JoinError>) {
        let (id, (outcome, latency_ms)) = ended.unwrap_or_else(|error| {
            (error.id(), (Outcome::not_taken("the attempt ended without an answer"), 0))
        });
        let Some(flight) = course.flights.remove(&id) else { return };
        let delivered = outcome == Outcome::Delivered;
        if let Outcome::Retry { reason, .. } = &outcome {
            let Flight { seq, attempt, .. } = flight;
            tracing::warn!(destination = %self.name, seq, attempt, reason, "event not delivered, it is parked");
        }
        self.observer.attempted(&self.name, delivered, latency_ms);
        if course.plan.finish(&flight, outcome, self.clock.now_ms()) {
            let Flight { seq, attempt, .. } = flight;
            tracing::error!(
                destination = %self.name, seq, attempt,
                "event is a dead letter: it is kept until it is retried or dropped"
            );
            self.observer.died(&self.name);
        }
        self.tell_pause(course);
    }

    fn obey(&self, course: &mut Course, order: Order) {
        match order {
            Order::Revive(parked) => course.plan.revive(parked),
            Order::Hurry => course.plan.hurry(self.clock.now_ms()),
        }
        self.tell_pause(course);
    }

    fn tell_pause(&self, course: &mut Course) {
        let pause = course.plan.pause();
        if pause == course.pause.as_ref() {
            return;
        }
        match (&course.pause, pause) {
            (None, Some(Pause { reason, .. })) => {
                tracing::warn!(destination = %self.name, reason, "destination is paused, it is probed from time to time");
            }
            (Some(_), None) => tracing::info!(destination = %self.name, "destination takes events again"),
            _ => {}
        }
        self.observer.pause(&self.name, pause);
        course.pause = pause.cloned();
    }

    fn stored(&self, course: &mut Course, stored: Result<Stored, JoinError>) {
        match stored {
            Ok((progress, Ok(()))) => {
                course.stored = progress.cursor;
                course.plan.stored(&progress);
                self.observer.state(&self.name, progress.cursor, course.plan.parked());
            }
            Ok((progress, Err(error))) => {
                tracing::error!(destination = %self.name, %error, "progress is not stored, it is tried again");
                course.plan.put_back(progress);
                course.handed_over = course.stored;
                course.journal_at = Some(Instant::now() + JOURNAL_WAIT);
            }
            Err(_) => tracing::debug!(destination = %self.name, "the runtime ends while progress is stored"),
        }
    }

    async fn finish(&self, mut course: Course) {
        let drained = async {
            while let Some(ended) = course.attempts.join_next_with_id().await {
                self.ended(&mut course, ended);
            }
        };
        if tokio::time::timeout(self.options.drain, drained).await.is_err() {
            tracing::warn!(destination = %self.name, "attempts are cut off, they are made again after the start");
        }
        course.attempts.shutdown().await;
        if let Some(stored) = course.storing.join_next().await {
            self.stored(&mut course, stored);
        }
        if course.changes() == 0 {
            return;
        }
        let progress = course.plan.take_progress(&self.name);
        let cursor = progress.cursor;
        match self.journal.progress(progress).await {
            Ok(()) => self.observer.state(&self.name, cursor, course.plan.parked()),
            Err(error) => {
                tracing::warn!(destination = %self.name, %error, "progress is not stored, attempts are repeated");
            }
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
