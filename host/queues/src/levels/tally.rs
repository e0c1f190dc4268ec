//! How many promises were kept, by the minute.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const MINUTE_MS: u64 = 60_000;
/// A day: longer views are made of what is stored elsewhere.
const MINUTES_MAX: u64 = 24 * 60;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    minutes: BTreeMap<u64, Level>,
}

/// How many there were, and how many of them in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Level {
    /// In time.
    pub within: u64,
    /// All of them.
    pub total: u64,
}

impl Level {
    /// In time out of a hundred, rounded down. None: there were none.
    pub fn percent(&self) -> Option<u64> {
        self.within.saturating_mul(100).checked_div(self.total)
    }

    /// Whether so many of a hundred were in time. Where there were none, nothing was promised in vain.
    pub fn meets(&self, percent: u8) -> bool {
        u128::from(self.within) * 100 >= u128::from(self.total) * u128::from(percent)
    }
}

impl Tally {
    pub fn count(&mut self, at: u64, in_time: bool) {
        let minute = at / MINUTE_MS;
        let level = self.minutes.entry(minute).or_default();
        level.total = level.total.saturating_add(1);
        level.within = level.within.saturating_add(in_time.into());
        let latest = self.minutes.last_key_value().map_or(minute, |(&latest, _)| latest);
        while let Some((&oldest, _)) = self.minutes.first_key_value()
            && oldest.saturating_add(MINUTES_MAX) <= latest
        {
            self.minutes.pop_first();
        }
    }

    pub fn level(&self, from: u64, to: u64) -> Level {
        let (from, to) = (from / MINUTE_MS, to.div_ceil(MINUTE_MS));
        let mut sum = Level::default();
        if from < to {
            for level in self.minutes.range(from..to).map(|(_, level)| level) {
                sum.within = sum.within.saturating_add(level.within);
                sum.total = sum.total.saturating_add(level.total);
            }
        }
        sum
    }
}
