//! How finely numbers are kept, and for how long.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::zone::{self, Zone};

/// Milliseconds of a day of 24 hours.
pub(crate) const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
pub(crate) const MINUTE_MS: u64 = 60_000;

/// Numbers depend on these: with others, they are to be computed anew from the facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What is kept of one hour: 60 for the whole of it, 30 or 15 for parts. Whoever asks for days in a time zone that
    /// is half an hour off UTC needs 30.
    pub slot_minutes: u64,
    /// Days for which every hour is kept: 8 to 400. After that, hours become days.
    pub hour_days: u64,
    /// Days for which days are kept: at least `hour_days`, at most 4,000.
    pub days: u64,
    /// Whose days hours become.
    pub time_zone: String,
    /// Durations in milliseconds for which the share of values below is exact, ascending: at most 16.
    pub thresholds_ms: Vec<u64>,
    /// Tickets that are followed at once: the open ones and those closed within 7 days. With more, the ones closed
    /// first are forgotten, and then new ones are not taken.
    pub tickets_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            slot_minutes: 60,
            hour_days: 35,
            days: 400,
            time_zone: "UTC".into(),
            thresholds_ms: vec![20_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000],
            tickets_max: 1_000_000,
        }
    }
}

/// Why options cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OptionsError {
    /// Not a part of an hour.
    #[error("slot_minutes is {0}: it is to be 15, 30 or 60")]
    Slot(u64),
    /// Too few or too many.
    #[error("hour_days is {0}: it is to be from 8 to 400")]
    HourDays(u64),
    /// Too few or too many.
    #[error("days is {days}: it is to be from hour_days, {hour_days}, to 4000")]
    Days {
        /// Those given.
        days: u64,
        /// The least.
        hour_days: u64,
    },
    /// Not a time zone.
    #[error("time_zone `{0}` is not known: use an IANA name such as `Europe/Berlin`")]
    TimeZone(String),
    /// Hours of the zone begin in the middle of slots.
    #[error(
        "days of `{time_zone}` begin within slots of {slot_minutes} minutes: set slot_minutes to 30 or 15"
    )]
    Misaligned {
        /// The zone.
        time_zone: String,
        /// The slots.
        slot_minutes: u64,
    },
    /// Too many, or not ascending.
    #[error("thresholds_ms is to hold at most 16 values, each larger than the one before")]
    Thresholds,
    /// None could be followed.
    #[error("tickets_max is 0: it is to be at least 1")]
    Tickets,
}

impl Options {
    /// Whether numbers can be kept with these.
    pub fn check(&self) -> Result<(), OptionsError> {
        if ![15, 30, 60].contains(&self.slot_minutes) {
            return Err(OptionsError::Slot(self.slot_minutes));
        }
        // What came back within 7 days is counted in the hour of the closing: that hour is still there.
        if !(8..=400).contains(&self.hour_days) {
            return Err(OptionsError::HourDays(self.hour_days));
        }
        if !(self.hour_days..=4000).contains(&self.days) {
            return Err(OptionsError::Days { days: self.days, hour_days: self.hour_days });
        }
        let zone =
            zone::find(&self.time_zone).ok_or_else(|| OptionsError::TimeZone(self.time_zone.clone()))?;
        if !Zone(zone).begins_days_at_multiples_of(self.slot_ms()) {
            let time_zone = self.time_zone.clone();
            return Err(OptionsError::Misaligned { time_zone, slot_minutes: self.slot_minutes });
        }
        if self.thresholds_ms.len() > 16 || self.thresholds_ms.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(OptionsError::Thresholds);
        }
        if self.tickets_max == 0 {
            return Err(OptionsError::Tickets);
        }
        Ok(())
    }

    pub(crate) fn slot_ms(&self) -> u64 {
        // Never 0, whatever a snapshot says.
        self.slot_minutes.clamp(1, 60) * MINUTE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_be_say_why() {
        let good = Options::default();
        let kolkata = "Asia/Kolkata".to_owned();
        let table = [
            (good.clone(), None),
            (Options { slot_minutes: 20, ..good.clone() }, Some(OptionsError::Slot(20))),
            (Options { hour_days: 7, ..good.clone() }, Some(OptionsError::HourDays(7))),
            (Options { days: 34, ..good.clone() }, Some(OptionsError::Days { days: 34, hour_days: 35 })),
            (
                Options { time_zone: "Mars".into(), ..good.clone() },
                Some(OptionsError::TimeZone("Mars".into())),
            ),
            (Options { time_zone: "Europe/Berlin".into(), ..good.clone() }, None),
            (
                Options { time_zone: kolkata.clone(), ..good.clone() },
                Some(OptionsError::Misaligned { time_zone: kolkata.clone(), slot_minutes: 60 }),
            ),
            (Options { time_zone: kolkata, slot_minutes: 30, ..good.clone() }, None),
            (Options { thresholds_ms: vec![2, 2], ..good.clone() }, Some(OptionsError::Thresholds)),
            (Options { thresholds_ms: (0..17).collect(), ..good.clone() }, Some(OptionsError::Thresholds)),
            (Options { tickets_max: 0, ..good }, Some(OptionsError::Tickets)),
        ];
        for (options, error) in table {
            assert_eq!(options.check().err(), error, "{options:?}");
        }
    }
}
