//! The form of a calendar, and how it is read.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::Calendar;

/// Opening times a day.
const OPENINGS_MAX: usize = 24;
/// Holidays, and special days, a calendar.
const DAYS_MAX: usize = 2_000;

/// A calendar as it is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarConfig {
    /// A name of the IANA database: `Europe/Berlin`.
    pub time_zone: String,
    /// Opening times of Mondays: `["09:00-12:30", "13:30-18:00"]`. An end that is not after the begin is on the next
    /// day: `"22:00-06:00"`. `24:00` is the end of the day.
    #[serde(default)]
    pub mon: Vec<String>,
    /// Of Tuesdays.
    #[serde(default)]
    pub tue: Vec<String>,
    /// Of Wednesdays.
    #[serde(default)]
    pub wed: Vec<String>,
    /// Of Thursdays.
    #[serde(default)]
    pub thu: Vec<String>,
    /// Of Fridays.
    #[serde(default)]
    pub fri: Vec<String>,
    /// Of Saturdays.
    #[serde(default)]
    pub sat: Vec<String>,
    /// Of Sundays.
    #[serde(default)]
    pub sun: Vec<String>,
    /// Days on which nothing opens: `"2026-04-03"`, `"2026-12-24..2027-01-01"`, each year `"12-25"`. What opened the day
    /// before closes as ever.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Days with other times, by date: `"2026-12-24"`, or each year `"12-24"`. They come before holidays.
    #[serde(default)]
    pub special: BTreeMap<String, Vec<String>>,
}

/// What is wrong with a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// No such zone.
    #[error("no time zone is named `{0}`: use a name of the IANA database, such as `Europe/Berlin`")]
    Zone(String),
    /// Not from one time to another.
    #[error("`{0}` is no opening time: expected `09:00-17:30`, from `00:00` to `24:00`")]
    Opening(String),
    /// No date.
    #[error("`{0}` is no day: expected `2026-12-24`, `2026-12-24..2027-01-01`, or each year `12-25`")]
    Date(String),
    /// Too much of something.
    #[error("{count} {what}, at most {max}: merge those that touch")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
}

/// From a minute of a day up to another one, which may be on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opening {
    /// 0 to 1,439.
    pub from: u16,
    /// Beyond `from`, at most 1,440 more.
    pub to: u16,
}

/// What a date is.
pub(super) enum Day<'a> {
    Usual,
    Holiday,
    Special(&'a [Opening]),
}

/// The days that are not as the week says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Days {
    special: BTreeMap<Date, Vec<Opening>>,
    /// By month and day.
    special_yearly: BTreeMap<(i8, i8), Vec<Opening>>,
    holidays_yearly: Vec<(i8, i8)>,
    /// First day to last day, both in it, ordered.
    holidays: Vec<(Date, Date)>,
}

impl Days {
    pub(super) fn of(&self, date: Date) -> Day<'_> {
        let yearly = (date.month(), date.day());
        if let Some(openings) = self.special.get(&date).or_else(|| self.special_yearly.get(&yearly)) {
            return Day::Special(openings);
        }
        let holiday = self.holidays_yearly.binary_search(&yearly).is_ok()
            || self.holidays.iter().take_while(|(first, _)| *first <= date).any(|(_, last)| *last >= date);
        if holiday { Day::Holiday } else { Day::Usual }
    }
}

/// A day as it is written.
enum Written {
    Yearly(i8, i8),
    Range(Date, Date),
}

pub(super) fn read(config: &CalendarConfig) -> Result<Calendar, Vec<HoursError>> {
    let mut errors = Vec::new();
    let zone = zone(&config.time_zone).unwrap_or_else(|error| {
        errors.push(error);
        TimeZone::UTC
    });
    let week = [&config.mon, &config.tue, &config.wed, &config.thu, &config.fri, &config.sat, &config.sun];
    let week = week.map(|openings| read_openings(openings, &mut errors));
    let mut days = Days::default();
    for (what, count) in [("holidays", config.holidays.len()), ("special days", config.special.len())] {
        if count > DAYS_MAX {
            errors.push(HoursError::TooMany { what, count, max: DAYS_MAX });
            return Err(errors);
        }
    }
    for text in &config.holidays {
        match read_day(text) {
            Some(Written::Yearly(month, day)) => days.holidays_yearly.push((month, day)),
            Some(Written::Range(first, last)) => days.holidays.push((first, last)),
            None => errors.push(HoursError::Date(text.clone())),
        }
    }
    days.holidays.sort_unstable();
    days.holidays_yearly.sort_unstable();
    for (text, openings) in &config.special {
        let openings = read_openings(openings, &mut errors);
        match read_day(text) {
            Some(Written::Yearly(month, day)) => drop(days.special_yearly.insert((month, day), openings)),
            Some(Written::Range(first, last)) if first == last => drop(days.special.insert(first, openings)),
            _ => errors.push(HoursError::Date(text.clone())),
        }
    }
    if errors.is_empty() { Ok(Calendar { zone, week, days }) } else { Err(errors) }
}

/// A time zone by its name, out of the tables that are compiled in.
pub(crate) fn zone(name: &str) -> Result<TimeZone, HoursError> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| HoursError::Zone(name.to_owned()))
}

fn read_openings(texts: &[String], errors: &mut Vec<HoursError>) -> Vec<Opening> {
    if texts.len() > OPENINGS_MAX {
        let (what, count) = ("opening times on one day", texts.len());
        errors.push(HoursError::TooMany { what, count, max: OPENINGS_MAX });
        return Vec::new();
    }
    let mut openings = Vec::new();
    for text in texts {
        match read_opening(text) {
            Some(opening) => openings.push(opening),
            None => errors.push(HoursError::Opening(text.clone())),
        }
    }
    openings.sort_unstable();
    openings
}

fn read_opening(text: &str) -> Option<Opening> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (read_minute(from.trim())?, read_minute(to.trim())?);
    if from == 1_440 || from == to {
        return None;
    }
    Some(Opening { from, to: if to > from { to } else { to + 1_440 } })
}

/// `09:30` as minutes of the day; `24:00` is its end.
pub(crate) fn read_minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| -> Option<u16> {
        let digits = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|_| minutes.len() == 2)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 1_440).then_some(minute)
}

fn read_day(text: &str) -> Option<Written> {
    if let Some((first, last)) = text.split_once("..") {
        let (first, last) = (read_date(first)?, read_date(last)?);
        return (first <= last).then_some(Written::Range(first, last));
    }
    if text.len() == 5 {
        // A leap year, so that `02-29` is a day.
        let date = read_date(&format!("2024-{text}"))?;
        return Some(Written::Yearly(date.month(), date.day()));
    }
    read_date(text).map(|date| Written::Range(date, date))
}

fn read_date(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() == 10 { text.parse().ok() } else { None }
}
