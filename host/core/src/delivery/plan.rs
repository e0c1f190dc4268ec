//! Which event is attempted next: decisions only, no time, no journal, no destination.
//!
//! Every conversation that has something to do is a [`Lane`]. Invariants:
//! - at most one event of a lane is in flight;
//! - a lane with parked events attempts only the first of them, and parks whatever else arrives;
//! - such a lane has exactly one entry in `due`, unless its first event is in flight;
//! - `parked + outstanding <= parked_max` after every read, so memory and disk are bounded.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::DeliveryOptions;
use crate::destination::Outcome;
use crate::journal::{Parked, Progress, StoredEvent};

/// A reason is for people; a destination that answers with a page of HTML must not fill the database.
const REASON_CHARS_MAX: usize = 300;

/// What is to be delivered or waited for.
pub(super) struct Plan {
    options: DeliveryOptions,
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
    /// Parked events beyond the cursor, from before a restart: reading comes by them again.
    ahead: BTreeSet<u64>,
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
}

/// An attempt to be made now.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub seq: u64,
    pub conversation: String,
    /// 1: the first.
    pub attempt: u32,
    /// None: parked, to be read again.
    pub event: Option<Arc<StoredEvent>>,
}

impl Plan {
    /// Resumes after `cursor`, with what was parked by then.
    pub(super) fn new(options: &DeliveryOptions, cursor: u64, parked: Vec<Parked>) -> Self {
        let mut plan = Self {
            // A limit of zero would be a destination that never gets anything.
            options: DeliveryOptions {
                in_flight_max: options.in_flight_max.max(1),
                window_max: options.window_max.max(1),
                parked_max: options.parked_max.max(1),
                ..options.clone()
            },
            position: cursor,
            outstanding: BTreeSet::new(),
            ready: VecDeque::new(),
            lanes: HashMap::new(),
            due: BTreeSet::new(),
            parked: parked.len(),
            flights: 0,
            flights_parked: 0,
            ahead: parked.iter().map(|row| row.seq).filter(|&seq| seq > cursor).collect(),
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
            self.park(&event, 0, 0, String::new());
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
        self.next_due(now_ms).or_else(|| self.next_ready()).inspect(|_| self.flights += 1)
    }

    fn next_due(&mut self, now_ms: u64) -> Option<Flight> {
        if self.due_at()? > now_ms {
            return None;
        }
        let (_, _, conversation) = self.due.pop_first()?;
        let lane = self.lanes.get_mut(&conversation)?;
        let (&seq, first) = lane.parked.first_key_value()?;
        let attempt = first.attempt.saturating_add(1);
        lane.busy = true;
        self.flights_parked += 1;
        Some(Flight { seq, conversation, attempt, event: None })
    }

    fn next_ready(&mut self) -> Option<Flight> {
        let event = self.ready.pop_front()?;
        let conversation = event.conversation.clone();
        Some(Flight { seq: event.seq, conversation, attempt: 1, event: Some(event) })
    }

    /// When the first parked event is due. None: there is none, or no place for it before an attempt ends.
    pub(super) fn due_at(&self) -> Option<u64> {
        // A quarter stays free for conversations in which nothing failed, as long as any can be read.
        let stalled = self.parked >= self.options.parked_max;
        let places = if stalled { self.options.in_flight_max } else { self.options.in_flight_max * 3 / 4 };
        if self.flights >= self.options.in_flight_max || self.flights_parked >= places.max(1) {
            return None;
        }
        self.due.first().map(|(due_at, ..)| *due_at)
    }

    /// An attempt has ended.
    pub(super) fn finish(&mut self, flight: &Flight, outcome: Outcome, now_ms: u64) {
        self.flights -= 1;
        if let Some(lane) = self.lanes.get_mut(&flight.conversation) {
            lane.busy = false;
        }
        match (&flight.event, outcome) {
            (Some(_), Outcome::Delivered) => {
                self.outstanding.remove(&flight.seq);
            }
            (Some(event), Outcome::Retry { reason, after_ms }) => {
                let due_at = now_ms + self.options.policy.delay_ms(flight.attempt, after_ms, flight.seq);
                self.park(event, flight.attempt, due_at, reason);
                self.park_waiting(&flight.conversation);
            }
            (None, Outcome::Delivered) => self.release(flight),
            (None, Outcome::Retry { reason, after_ms }) => {
                let due_at = now_ms + self.options.policy.delay_ms(flight.attempt, after_ms, flight.seq);
                self.postpone(flight, due_at, reason);
            }
        }
        self.go_on(&flight.conversation);
    }

    fn park(&mut self, event: &StoredEvent, attempt: u32, due_at: u64, reason: String) {
        let row = Parked {
            seq: event.seq,
            conversation: event.conversation.clone(),
            attempt,
            due_at,
            reason: shorten(reason),
        };
        self.outstanding.remove(&event.seq);
        self.rows.insert(event.seq, Some(row.clone()));
        self.lanes.entry(event.conversation.clone()).or_default().parked.insert(event.seq, row);
        self.parked += 1;
    }

    fn park_waiting(&mut self, conversation: &str) {
        let Some(lane) = self.lanes.get_mut(conversation) else { return };
        for event in std::mem::take(&mut lane.waiting) {
            self.park(&event, 0, 0, String::new());
        }
    }

    fn release(&mut self, flight: &Flight) {
        self.flights_parked -= 1;
        self.parked -= 1;
        self.rows.insert(flight.seq, None);
        if let Some(lane) = self.lanes.get_mut(&flight.conversation) {
            lane.parked.remove(&flight.seq);
        }
    }

    fn postpone(&mut self, flight: &Flight, due_at: u64, reason: String) {
        self.flights_parked -= 1;
        let lane = self.lanes.get_mut(&flight.conversation);
        let Some(row) = lane.and_then(|lane| lane.parked.get_mut(&flight.seq)) else { return };
        row.attempt = flight.attempt;
        row.due_at = due_at;
        row.reason = shorten(reason);
        self.rows.insert(flight.seq, Some(row.clone()));
    }

    /// The lane is at rest: what is next in it?
    fn go_on(&mut self, conversation: &str) {
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

fn shorten(reason: String) -> String {
    match reason.char_indices().nth(REASON_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason,
    }
}

#[cfg(test)]
mod tests;
