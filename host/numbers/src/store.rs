//! Numbers by time: slots of an hour or less, days after some weeks, and totals since the beginning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bucket::{Bucket, Cell};
use crate::measure::{Count, Sample};
use crate::options::{DAY_MS, Options};
use crate::sorted::Sorted;
use crate::zone::Zone;

type Cells = Sorted<Cell, Bucket>;

/// Invariants: every slot begins at or after `hours_from`, every day at or after `days_from` and before `hours_from`;
/// both are the beginning of a day in the zone of the options, or 0, and only grow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Store {
    options: Options,
    /// The time of the newest fact.
    newest: u64,
    hours_from: u64,
    days_from: u64,
    /// By when they begin.
    slots: BTreeMap<u64, Cells>,
    days: BTreeMap<u64, Cells>,
    total: Cells,
}

impl Store {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            newest: 0,
            hours_from: 0,
            days_from: 0,
            slots: BTreeMap::new(),
            days: BTreeMap::new(),
            total: Cells::default(),
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }

    /// Before this, there are only days.
    pub(crate) fn hours_from(&self) -> u64 {
        self.hours_from
    }

    /// Before this, there is nothing.
    pub(crate) fn days_from(&self) -> u64 {
        self.days_from
    }

    pub(crate) fn total(&self) -> impl Iterator<Item = (Cell, &Bucket)> {
        self.total.iter()
    }

    /// When the oldest numbers begin.
    pub(crate) fn first(&self) -> Option<u64> {
        self.days.first_key_value().or_else(|| self.slots.first_key_value()).map(|(&start, _)| start)
    }

    /// Numbers that begin in a range, with when they do, the oldest first.
    pub(crate) fn range(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, Cell, &Bucket)> {
        let days = self.days.range(from..to.max(from));
        let slots = self.slots.range(from..to.max(from));
        days.chain(slots)
            .flat_map(|(&start, cells)| cells.iter().map(move |(cell, bucket)| (start, cell, bucket)))
    }

    /// A fact of that time comes.
    pub(crate) fn advance(&mut self, at: u64) {
        if at <= self.newest {
            return;
        }
        let slot_ms = self.options.slot_ms();
        let is_in_new_slot = at / slot_ms > self.newest / slot_ms;
        self.newest = at;
        if is_in_new_slot {
            self.roll_up();
        }
    }

    pub(crate) fn count(&mut self, at: u64, cell: Cell, count: Count, more: u64) {
        if let Some(bucket) = self.bucket(at, cell) {
            bucket.count(count, more);
        }
        self.total.entry(cell).count(count, more);
    }

    pub(crate) fn sample(&mut self, at: u64, cell: Cell, sample: Sample, value: u64) {
        // Taken out for as long as the bucket is borrowed.
        let thresholds = std::mem::take(&mut self.options.thresholds_ms);
        if let Some(bucket) = self.bucket(at, cell) {
            bucket.sample(sample, value, &thresholds);
        }
        self.total.entry(cell).sample(sample, value, &thresholds);
        self.options.thresholds_ms = thresholds;
    }

    /// Counts the milliseconds of a stretch of time, each in its slot.
    pub(crate) fn count_time(&mut self, from: u64, to: u64, cell: Cell, counts: &[Count]) {
        // Bounded by what is kept: at most 400 days in slots, and 4,000 days.
        let mut start = from.max(self.days_from);
        while start < to {
            let end = self.end_of_slot(start).min(to);
            if let Some(bucket) = self.bucket(start, cell) {
                for &count in counts {
                    bucket.count(count, end - start);
                }
            }
            start = end;
        }
        for &count in counts {
            self.total.entry(cell).count(count, to.saturating_sub(from));
        }
    }

    /// None: too long ago.
    fn bucket(&mut self, at: u64, cell: Cell) -> Option<&mut Bucket> {
        let slot = at - at % self.options.slot_ms();
        if slot >= self.hours_from {
            return Some(self.slots.entry(slot).or_default().entry(cell));
        }
        let day = self.zone().day_start(slot);
        (day >= self.days_from).then(|| self.days.entry(day).or_default().entry(cell))
    }

    fn end_of_slot(&self, at: u64) -> u64 {
        let slot_ms = self.options.slot_ms();
        if at >= self.hours_from { at - at % slot_ms + slot_ms } else { self.zone().next_day(at) }
    }

    /// Makes days of slots, and forgets days, for which it is time.
    fn roll_up(&mut self) {
        let zone = self.zone();
        let hours_from =
            zone.day_start(self.newest.saturating_sub(self.options.hour_days.saturating_mul(DAY_MS)));
        if hours_from <= self.hours_from {
            return;
        }
        self.hours_from = hours_from;
        self.days_from = self
            .days_from
            .max(zone.day_start(self.newest.saturating_sub(self.options.days.saturating_mul(DAY_MS))));
        let later = self.slots.split_off(&hours_from);
        for (slot, cells) in std::mem::replace(&mut self.slots, later) {
            let day = self.days.entry(zone.day_start(slot)).or_default();
            for (cell, bucket) in cells.iter() {
                day.entry(cell).merge(bucket);
            }
        }
        self.days = self.days.split_off(&self.days_from);
    }

    fn zone(&self) -> Zone {
        Zone::known(&self.options.time_zone)
    }
}
