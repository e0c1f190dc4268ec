//! Times as providers write them in text.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What is neither a date nor a time has more letters than this.
const LENGTH_MAX: usize = 64;

/// Milliseconds since the Unix epoch of an ISO 8601 time as RFC 3339 has it, and as providers write it besides: a blank for the
/// `T`, an offset without a colon, no offset at all (it is taken for UTC), any number of digits behind the second. None
/// where it is no such time, or one before 1970.
pub fn iso8601(text: &str) -> Option<u64> {
    let text = text.trim();
    // A date alone is no time.
    if text.len() > LENGTH_MAX || !text.contains(':') {
        return None;
    }
    let utc = |time: DateTime| time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let at = text.parse::<Timestamp>().ok().or_else(|| utc(text.parse().ok()?))?;
    u64::try_from(at.as_millisecond()).ok()
}

/// The same the other way, in seconds: `2026-02-01T12:00:00Z`. Later than the year 9999 is its end.
pub fn to_iso8601(milliseconds: u64) -> String {
    let seconds = i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::{iso8601, to_iso8601};

    #[test]
    fn times_as_providers_write_them() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2023-11-14T22:13:20Z", Some(1_700_000_000_000)),
            ("2023-11-14 22:13:20", Some(1_700_000_000_000)),
            ("2023-11-14T23:13:20.1234+01:00", Some(1_700_000_000_123)),
            ("2023-11-14T16:43:20.5-0530", Some(1_700_000_000_500)),
            ("2023-11-14T22:13Z", Some(1_699_999_980_000)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800_000)),
            ("2000-02-29T00:00:00+00", Some(951_782_400_000)),
            ("9999-12-30T00:00:00.999Z", Some(253_402_128_000_999)),
            ("2023-02-29T00:00:00Z", None),
            ("1900-02-29T00:00:00Z", None),
            ("2023-13-01T00:00:00Z", None),
            ("2023-00-01T00:00:00Z", None),
            ("2023-01-00T00:00:00Z", None),
            ("2023-01-01T24:00:00Z", None),
            ("2023-01-01", None),
            ("2023-01-01T", None),
            ("2023/01/01T00:00:00Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("٢023-01-01T00:00:00Z", None),
            ("1700000000", None),
            ("", None),
        ] {
            assert_eq!(iso8601(text), expected, "{text}");
        }
    }

    #[test]
    fn times_come_back() {
        assert_eq!(to_iso8601(1_709_164_799_999), "2024-02-28T23:59:59Z");
        for day in (0..200_000).step_by(7) {
            let at = day * 86_400_000 + day % 86_400 * 1_000;
            assert_eq!(iso8601(&to_iso8601(at)), Some(at), "{}", to_iso8601(at));
        }
    }
}
