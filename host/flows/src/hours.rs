//! When a team is there: opening times of a week in a time zone, holidays, special days.
//!
//! Time between two openings is worked out from the calendar alone: the tables of time zones are compiled in, so the
//! same calendar gives the same answer on every machine.

mod config;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

pub use config::{CalendarConfig, HoursError};
use config::{Day, Days, Opening};
pub(crate) use config::{read_minute, zone};

/// Later times are taken as this one: 2200-01-01. It bounds how many days are looked through.
const TIME_MS_MAX: u64 = 7_258_118_400_000;
/// How far ahead an opening is looked for.
const AHEAD_DAYS: i64 = 366;

/// Calendars by name.
pub type Calendars = BTreeMap<String, Calendar>;

/// Opening times, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    zone: TimeZone,
    /// Monday first.
    week: [Vec<Opening>; 7],
    days: Days,
}

impl Calendar {
    /// Reads a calendar. Every problem in it is told.
    pub fn new(config: &CalendarConfig) -> Result<Self, Vec<HoursError>> {
        config::read(config)
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether it is open at a time, in milliseconds since the Unix epoch.
    pub fn is_open(&self, at: u64) -> bool {
        self.opening_from(at).is_some_and(|(opens, _)| opens <= at.min(TIME_MS_MAX))
    }

    /// The first time from `at` on at which it is open; `at` itself where it is. None: not within a year.
    pub fn opens_at(&self, at: u64) -> Option<u64> {
        self.opening_from(at).map(|(opens, _)| opens.max(at))
    }

    /// The first time after `at` at which it is no longer open. None: it is closed at `at`, or open for a year.
    pub fn closes_at(&self, at: u64) -> Option<u64> {
        let (opens, mut closes) = self.opening_from(at)?;
        if opens > at.min(TIME_MS_MAX) {
            return None;
        }
        for (opens, end) in self.openings(self.date(at), year_after(self.date(at))) {
            if opens > closes {
                break;
            }
            closes = closes.max(end);
        }
        (closes.saturating_sub(at) < YEAR_MS).then_some(closes)
    }

    /// How many milliseconds it is open between two times. Zero where `to` is not after `from`.
    pub fn worked_ms(&self, from: u64, to: u64) -> u64 {
        let to = to.min(TIME_MS_MAX);
        // Openings may overlap: what lies before `counted` is in the sum already.
        let (mut counted, mut sum) = (from, 0);
        if from >= to {
            return 0;
        }
        for (opens, closes) in self.openings(self.date(from), self.date(to)) {
            let (start, end) = (opens.max(counted), closes.min(to));
            sum += end.saturating_sub(start);
            counted = counted.max(end);
        }
        sum
    }

    /// Local date and time.
    pub fn local(&self, at: u64) -> DateTime {
        self.zone.to_datetime(timestamp(at))
    }

    /// The first opening that ends after `at`, looked for through a year.
    fn opening_from(&self, at: u64) -> Option<(u64, u64)> {
        let at = at.min(TIME_MS_MAX);
        self.openings(self.date(at), year_after(self.date(at))).find(|(_, closes)| *closes > at)
    }

    fn date(&self, at: u64) -> Date {
        self.local(at).date()
    }

    /// Openings in the order in which they begin, of all that can be open on these dates.
    fn openings(&self, first: Date, last: Date) -> impl Iterator<Item = (u64, u64)> {
        // An opening lasts at most into the next day. One more, since zones have skipped whole days.
        let first = first.checked_sub(jiff::Span::new().days(2)).unwrap_or(first);
        let last = last.tomorrow().unwrap_or(last);
        first
            .series(jiff::Span::new().days(1))
            .take_while(move |date| *date <= last)
            .flat_map(|date| self.on(date).iter().map(move |opening| (date, *opening)))
            .map(|(date, opening)| {
                (self.instant(date, opening.from, Edge::Opens), self.instant(date, opening.to, Edge::Closes))
            })
            // Clocks that change may skip all of it.
            .filter(|(opens, closes)| opens < closes)
    }

    /// The openings that begin on a date.
    fn on(&self, date: Date) -> &[Opening] {
        match self.days.of(date) {
            Day::Special(openings) => openings,
            Day::Holiday => &[],
            Day::Usual => self.week.get(weekday_index(date.weekday())).map_or(&[], Vec::as_slice),
        }
    }

    /// When the clocks show some minute after the begin of a date.
    ///
    /// A minute that they skip is taken as the moment at which they do. Of one that they show twice, an opening takes
    /// the first, a closing the second.
    fn instant(&self, date: Date, minute: u16, edge: Edge) -> u64 {
        let date = if minute < 1_440 { date } else { date.tomorrow().unwrap_or(date) };
        let minute = minute % 1_440;
        let local = date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let found = match (ambiguous.offset(), edge) {
            (AmbiguousOffset::Gap { .. }, _) => ambiguous.earlier().map(|before| {
                self.zone.following(before).next().map_or(before, |transition| transition.timestamp())
            }),
            (AmbiguousOffset::Fold { .. }, Edge::Closes) => ambiguous.later(),
            _ => ambiguous.earlier(),
        };
        found.map_or(TIME_MS_MAX, |found| u64::try_from(found.as_millisecond()).unwrap_or(0))
    }
}

const YEAR_MS: u64 = AHEAD_DAYS as u64 * 86_400_000;

#[derive(Clone, Copy)]
enum Edge {
    Opens,
    Closes,
}

fn year_after(date: Date) -> Date {
    date.checked_add(jiff::Span::new().days(AHEAD_DAYS)).unwrap_or(Date::MAX)
}

/// Monday is 0.
fn weekday_index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

/// Milliseconds since the Unix epoch as the library has them.
pub(crate) fn timestamp(at: u64) -> Timestamp {
    let at = i64::try_from(at.min(TIME_MS_MAX)).unwrap_or(0);
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}
