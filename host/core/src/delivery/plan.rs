//! Which event is attempted next: decisions only, no time, no journal, no destination.
//!
//! Every conversation that has something to do is a [`Lane`]. Invariants:
//! - at most one event of a lane is in flight;
//! - a lane with parked events attempts only the first of them, and parks whatever else arrives;
//! - such a lane has exactly one entry in `due`, unless its first event is in flight;
//! - `parked + outstanding <= parked_max` after every read, so memory is bounded; dead letters revived at once may
//!   exceed it, and nothing is read until they are through.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::DeliveryOptions;
use super::health::{Failed, Health, Pause, Permission};
use crate::destination::{Fault, Outcome};
use crate::journal::{Parked, ParkedState, Progress, StoredEvent};

/// A reason is for people; a destination that answers with a page of HTML must not fill the database.
const REASON_CHARS_MAX: usize = 300;

/// What is to be delivered or waited for.
pub(super) struct Plan {
    options: DeliveryOptions,
    /// After so many an event is a dead letter.
    attempts_max: u32,
    health: Health,
    /// The last event read.
    position: u64,
    /// Events read and neither delivered nor parked.
    outstanding: BTreeSet<u64>,
    /// Events that only wait for a free place.
    ready: VecDeque<Arc<StoredEvent>>,
    lanes: HashMap<String, Lane>,
    /// First parked event of each lane at rest: time, number, conversation.
    due: BTreeSet<(u64, u64, String)>,
    parked: usize,
    flights: usize,
    flights_parked: usize,
    /// Parked and dead events beyond the cursor, from before a restart: reading comes by them again.
    ahead: BTreeSet<u64>,
    /// Dead letters that the journal does not have yet, with their conversations. Those wait: after a crash the letter
    /// would be attempted again, behind what went out in its place.
    dying: BTreeMap<u64, String>,
    /// Changed since the last [`Plan::take_rows`].
    rows: BTreeMap<u64, Option<Parked>>,
}

/// What a conversation has to do.
#[derive(Default)]
struct Lane {
    /// One of its events is in flight or ready.
    busy: bool,
    /// Read while another one was in flight.
    waiting: VecDeque<Arc<StoredEvent>>,
    parked: BTreeMap<u64, Parked>,
    /// Dead letters that come back when the lane is at rest.
    revived: Vec<Parked>,
}

/// An attempt to be made now.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub seq: u64,
    pub conversation: String,
    /// 1: the first.
    pub attempt: u32,
    /// Of a paused destination: costs the event none of its attempts.
    pub probe: bool,
    /// None: parked, to be read again.
    pub event: Option<Arc<StoredEvent>>,
}

impl Plan {
    /// Resumes after `cursor`, with what was parked by then. Only what waits among it is attempted again.
    pub(super) fn new(options: &DeliveryOptions, cursor: u64, mut parked: Vec<Parked>) -> Self {
        let ahead = parked.iter().map(|row| row.seq).filter(|&seq| seq > cursor).collect();
        parked.retain(|row| row.state == ParkedState::Waiting);
        let mut plan = Self {
            // A limit of zero would be a destination that never gets anything.
            options: DeliveryOptions {
                in_flight_max: options.in_flight_max.max(1),
                window_max: options.window_max.max(1),
                parked_max: options.parked_max.max(1),
                ..options.clone()
            },
            attempts_max: options.policy.attempts_within(options.give_up_ms),
            health: Health::default(),
            position: cursor,
            outstanding: BTreeSet::new(),
            ready: VecDeque::new(),
            lanes: HashMap::new(),
            due: BTreeSet::new(),
            parked: parked.len(),
            flights: 0,
            flights_parked: 0,
            ahead,
            dying: BTreeMap::new(),
            rows: BTreeMap::new(),
        };
        for row in parked {
            plan.lanes.entry(row.conversation.clone()).or_default().parked.insert(row.seq, row);
        }
        for (conversation, lane) in &plan.lanes {
            plan.due.extend(lane.due_entry(conversation));
        }
        plan
    }

    /// The last event read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Everything up to here is delivered, not wanted, or among the parked rows taken so far.
    pub(super) fn cursor(&self) -> u64 {
        self.outstanding.first().map_or(self.position, |first| first - 1)
    }

    /// How many events wait for another attempt.
    pub(super) fn parked(&self) -> usize {
        self.parked
    }

    /// How many events may be read now.
    pub(super) fn room(&self) -> usize {
        let window = self.options.window_max.saturating_sub(self.outstanding.len());
        let storage = self.options.parked_max.saturating_sub(self.parked + self.outstanding.len());
        window.min(storage)
    }

    /// Whether reading pays: events in small sips would cost a query each.
    pub(super) fn is_thirsty(&self) -> bool {
        let room = self.room();
        room > 0
            && (room >= self.options.window_max / 4 || self.outstanding.len() < self.options.in_flight_max)
    }

    /// An event was read that nobody here wants, or there is none up to that number.
    pub(super) fn skip(&mut self, seq: u64) {
        self.position = self.position.max(seq);
    }

    /// An event was read. They come in the order of their numbers.
    pub(super) fn read(&mut self, event: StoredEvent) {
        self.position = self.position.max(event.seq);
        if self.ahead.remove(&event.seq) {
            return;
        }
        let event = Arc::new(event);
        let lane = self.lanes.entry(event.conversation.clone()).or_default();
        if !lane.parked.is_empty() {
            self.park(behind(&event));
            return;
        }
        self.outstanding.insert(event.seq);
        if lane.busy {
            lane.waiting.push_back(event);
        } else {
            lane.busy = true;
            self.ready.push_back(event);
        }
    }

    /// The next attempt, if there is one to be made and a place for it.
    pub(super) fn next(&mut self, now_ms: u64) -> Option<Flight> {
        if self.flights >= self.options.in_flight_max {
            return None;
        }
        let flight = match self.health.permission(now_ms, self.flights) {
            Permission::None => None,
            Permission::All | Permission::Probe { fresh: false } => {
                self.next_due(now_ms).or_else(|| self.next_ready())
            }
            Permission::Probe { fresh: true } => self.next_ready().or_else(|| self.next_due(now_ms)),
        };
        flight.inspect(|_| self.flights += 1)
    }

    fn next_due(&mut self, now_ms: u64) -> Option<Flight> {
        if self.lane_due_at()? > now_ms {
            return None;
        }
        let (_, _, conversation) = self.due.pop_first()?;
        let lane = self.lanes.get_mut(&conversation)?;
        let (&seq, first) = lane.parked.first_key_value()?;
        let attempt = first.attempt.saturating_add(1);
        lane.busy = true;
        self.flights_parked += 1;
        let probe = self.health.pause().is_some();
        Some(Flight { seq, conversation, attempt, probe, event: None })
    }

    fn next_ready(&mut self) -> Option<Flight> {
        let event = self.ready.pop_front()?;
        let conversation = event.conversation.clone();
        let probe = self.health.pause().is_some();
        Some(Flight { seq: event.seq, conversation, attempt: 1, probe, event: Some(event) })
    }

    /// When there is something to attempt. None: there is nothing, or no place for it before an attempt ends.
    pub(super) fn due_at(&self) -> Option<u64> {
        let due_at = self.lane_due_at();
        if self.health.pause().is_none() {
            return due_at;
        }
        // What was never tried is always due.
        let due_at = if self.ready.is_empty() { due_at? } else { 0 };
        self.health.wake_at(self.flights).map(|probe_at| probe_at.max(due_at))
    }

    fn lane_due_at(&self) -> Option<u64> {
        // A quarter stays free for conversations in which nothing failed, as long as any can be read.
        let stalled = self.parked >= self.options.parked_max;
        let places = if stalled { self.options.in_flight_max } else { self.options.in_flight_max * 3 / 4 };
        if self.flights >= self.options.in_flight_max || self.flights_parked >= places.max(1) {
            return None;
        }
        self.due.first().map(|(due_at, ..)| *due_at)
    }

    /// Why and since when the destination is paused.
    pub(super) fn pause(&self) -> Option<&Pause> {
        self.health.pause()
    }

    /// An attempt has ended. True: its event is a dead letter now.
    pub(super) fn finish(&mut self, flight: &Flight, outcome: Outcome, now_ms: u64) -> bool {
        self.flights -= 1;
        if flight.event.is_none() {
            self.flights_parked -= 1;
        }
        if let Some(lane) = self.lanes.get_mut(&flight.conversation) {
            lane.busy = false;
        }
        let mut dead = false;
        match outcome {
            Outcome::Delivered => {
                self.health.succeeded();
                self.release(flight);
            }
            Outcome::Retry { reason, after_ms, fault } => {
                let reason = shorten(reason);
                let probe = flight.probe && fault == Fault::Destination;
                let failed =
                    Failed { conversation: &flight.conversation, fault, after_ms, reason: &reason, probe };
                self.health.failed(&failed, now_ms);
                dead = !probe && flight.attempt >= self.attempts_max;
                let wait = self.options.policy.delay_ms(flight.attempt, after_ms, flight.seq);
                self.park(Parked {
                    seq: flight.seq,
                    conversation: flight.conversation.clone(),
                    state: if dead { ParkedState::Dead } else { ParkedState::Waiting },
                    attempt: if probe { flight.attempt - 1 } else { flight.attempt },
                    // After a probe it is due as soon as the pause is over, behind those that were due before.
                    due_at: if probe { now_ms } else { now_ms + wait },
                    failed_at: Some(now_ms),
                    reason,
                });
                self.park_waiting(&flight.conversation);
            }
        }
        if dead && let Some(lane) = self.lanes.get_mut(&flight.conversation) {
            lane.busy = true;
            self.dying.insert(flight.seq, flight.conversation.clone());
        } else {
            self.go_on(&flight.conversation);
        }
        dead
    }

    /// Keeps an event for later, or for nobody any more.
    fn park(&mut self, row: Parked) {
        self.outstanding.remove(&row.seq);
        self.rows.insert(row.seq, Some(row.clone()));
        let parked = &mut self.lanes.entry(row.conversation.clone()).or_default().parked;
        let before = match row.state {
            ParkedState::Waiting => parked.insert(row.seq, row),
            ParkedState::Dead | ParkedState::Dropped => {
                if parked.remove(&row.seq).is_some() {
                    self.parked -= 1;
                }
                return;
            }
        };
        if before.is_none() {
            self.parked += 1;
        }
    }

    /// What was read behind an event that is parked now. Behind a dead letter, nothing has to wait.
    fn park_waiting(&mut self, conversation: &str) {
        let Some(lane) = self.lanes.get_mut(conversation) else { return };
        if lane.parked.is_empty() {
            return;
        }
        for event in std::mem::take(&mut lane.waiting) {
            self.park(behind(&event));
        }
    }

    fn release(&mut self, flight: &Flight) {
        if flight.event.is_some() {
            self.outstanding.remove(&flight.seq);
            return;
        }
        self.rows.insert(flight.seq, None);
        if let Some(lane) = self.lanes.get_mut(&flight.conversation)
            && lane.parked.remove(&flight.seq).is_some()
        {
            self.parked -= 1;
        }
    }

    /// The lane is at rest: what is next in it?
    fn go_on(&mut self, conversation: &str) {
        self.admit_revived(conversation);
        let Some(lane) = self.lanes.get_mut(conversation) else { return };
        if let Some(entry) = lane.due_entry(conversation) {
            self.due.insert(entry);
        } else if let Some(event) = lane.waiting.pop_front() {
            lane.busy = true;
            self.ready.push_back(event);
        } else {
            self.lanes.remove(conversation);
        }
    }

    /// Dead letters that are to be attempted again. The journal has them waiting already.
    pub(super) fn revive(&mut self, rows: Vec<Parked>) {
        for row in rows {
            let conversation = row.conversation.clone();
            let lane = self.lanes.entry(conversation.clone()).or_default();
            lane.revived.push(row);
            if lane.busy {
                // What is read behind it would be parked, and after a crash come before what is on its way now.
                continue;
            }
            if let Some(entry) = lane.due_entry(&conversation) {
                self.due.remove(&entry);
            }
            self.go_on(&conversation);
        }
    }

    /// Puts dead letters back into their lane, which is at rest.
    fn admit_revived(&mut self, conversation: &str) {
        let Some(lane) = self.lanes.get_mut(conversation) else { return };
        for row in std::mem::take(&mut lane.revived) {
            if lane.parked.insert(row.seq, row).is_none() {
                self.parked += 1;
            }
        }
        self.park_waiting(conversation);
    }

    /// Whatever waits is due now, in the order of its numbers.
    pub(super) fn hurry(&mut self, now_ms: u64) {
        self.health.probe_now(now_ms);
        for (_, _, conversation) in std::mem::take(&mut self.due) {
            let Some(lane) = self.lanes.get_mut(&conversation) else { continue };
            if let Some(mut first) = lane.parked.first_entry() {
                let first = first.get_mut();
                first.due_at = first.due_at.min(now_ms);
            }
            self.due.extend(lane.due_entry(&conversation));
        }
    }

    /// How many rows have changed since they were last taken.
    pub(super) fn rows_changed(&self) -> usize {
        self.rows.len()
    }

    /// What is to be stored now; goes back by [`Plan::put_back`] if it cannot be.
    pub(super) fn take_progress(&mut self, destination: &str) -> Progress {
        Progress {
            destination: destination.to_owned(),
            cursor: self.cursor(),
            parked: std::mem::take(&mut self.rows),
        }
    }

    /// It is stored: where an event is dead now, its conversation goes on.
    pub(super) fn stored(&mut self, progress: &Progress) {
        for seq in progress.parked.keys() {
            let Some(conversation) = self.dying.remove(seq) else { continue };
            if let Some(lane) = self.lanes.get_mut(&conversation) {
                lane.busy = false;
            }
            self.go_on(&conversation);
        }
    }

    /// It was not stored. What has changed since then is newer.
    pub(super) fn put_back(&mut self, progress: Progress) {
        for (seq, row) in progress.parked {
            self.rows.entry(seq).or_insert(row);
        }
    }
}

impl Lane {
    fn due_entry(&self, conversation: &str) -> Option<(u64, u64, String)> {
        let (&seq, row) = self.parked.first_key_value()?;
        Some((row.due_at, seq, conversation.to_owned()))
    }
}

/// Not attempted yet: an event before it failed.
fn behind(event: &StoredEvent) -> Parked {
    Parked {
        seq: event.seq,
        conversation: event.conversation.clone(),
        state: ParkedState::Waiting,
        attempt: 0,
        due_at: 0,
        failed_at: None,
        reason: String::new(),
    }
}

fn shorten(reason: String) -> String {
    match reason.char_indices().nth(REASON_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason,
    }
}

#[cfg(test)]
mod tests;
