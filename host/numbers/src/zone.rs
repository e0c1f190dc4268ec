//! Where days begin, by the time zones that come with the program.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};

use crate::options::DAY_MS;

/// The end of the year 9999. Later times are taken for this one.
pub(crate) const AT_MAX: u64 = 253_402_207_200_000;

/// Never the zones of the machine: numbers are the same everywhere.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone by its IANA name.
pub(crate) fn find(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// A time zone, with times as milliseconds since the Unix epoch.
#[derive(Debug, Clone)]
pub(crate) struct Zone(pub TimeZone);

impl Zone {
    /// A zone that was found before, as a snapshot names it.
    pub(crate) fn known(name: &str) -> Self {
        Self(find(name).unwrap_or(TimeZone::UTC))
    }

    /// When the day began that a time is in.
    pub(crate) fn day_start(&self, at: u64) -> u64 {
        let start = self.at(at).and_then(|zoned| zoned.start_of_day().ok());
        // Before the epoch only where a zone is ahead of UTC on the first day.
        start.map_or(at - at % DAY_MS, |start| millis(&start).unwrap_or(0))
    }

    /// When the next day begins.
    pub(crate) fn next_day(&self, at: u64) -> u64 {
        let next = self.at(at).and_then(|zoned| zoned.tomorrow().ok()?.start_of_day().ok());
        let next = next.and_then(|start| millis(&start));
        next.filter(|&next| next > at).unwrap_or(at - at % DAY_MS + DAY_MS)
    }

    /// Whether every offset of the zone from 1980 on is a multiple of so many milliseconds.
    pub(crate) fn begins_days_at_multiples_of(&self, step_ms: u64) -> bool {
        /// Enough for every zone that has no rule for all times, and more than a cycle of those that have.
        const TRANSITIONS_MAX: usize = 300;
        let Ok(start) = Timestamp::from_second(315_532_800) else { return false };
        let step = i64::try_from(step_ms / 1000).unwrap_or(i64::MAX).max(1);
        let first = self.0.to_offset(start);
        let later = self.0.following(start).take(TRANSITIONS_MAX).map(|transition| transition.offset());
        std::iter::once(first).chain(later).all(|offset| i64::from(offset.seconds()) % step == 0)
    }

    fn at(&self, at: u64) -> Option<Zoned> {
        let timestamp = Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()?;
        Some(timestamp.to_zoned(self.0.clone()))
    }
}

fn millis(zoned: &Zoned) -> Option<u64> {
    u64::try_from(zoned.timestamp().as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone() {
        let hour = 3_600_000;
        let ms = |text: &str| u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap();
        // The day in spring has 23 hours, the one in autumn 25.
        let table = [
            ("UTC", "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z", 24),
            ("Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 23),
            ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z", 25),
            ("Asia/Kolkata", "2026-01-01T00:00:00Z", "2025-12-31T18:30:00Z", 24),
            ("America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", 23),
        ];
        for (name, at, start, hours) in table {
            let zone = Zone(find(name).unwrap());
            assert_eq!(zone.day_start(ms(at)), ms(start), "{name}");
            assert_eq!(zone.next_day(ms(at)), ms(start) + hours * hour, "{name}");
        }
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        for name in ["UTC", "Asia/Tokyo", "Pacific/Apia", "America/New_York"] {
            let zone = Zone::known(name);
            for at in [0, 1, AT_MAX - 1, AT_MAX, u64::MAX / 2] {
                assert!(zone.day_start(at) <= at);
                assert!(zone.next_day(at) > at, "{name} {at}");
            }
        }
        assert_eq!(Zone::known("Mars").day_start(DAY_MS + 5), DAY_MS);
    }
}
