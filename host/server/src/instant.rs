//! Times as the API and the command line write them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// RFC 3339 in UTC with milliseconds. None where a clock is beyond what can be written as a date.
pub fn text(ms: u64) -> Option<String> {
    let time = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// Reads a time in milliseconds: RFC 3339, a date (its beginning in UTC), or an age such as `7d`, `12h`, `30m`, `90s`.
/// The error says what was expected.
pub fn parse(text: &str, now_ms: u64) -> Result<u64, String> {
    let ms = age(text).map(|age| now_ms.saturating_sub(age));
    let ms = ms.or_else(|| u64::try_from(text.parse::<Timestamp>().ok()?.as_millisecond()).ok());
    let date = || text.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    // A date is taken as one only where nothing follows it: a time without an offset could be anybody's.
    let ms = ms.or_else(|| {
        let date = date().filter(|_| text.len() == "2026-11-22".len())?;
        u64::try_from(date.timestamp().as_millisecond()).ok()
    });
    ms.ok_or_else(|| {
        format!("`{text}` is no time, expected `2026-11-22T17:00:00Z`, `2026-11-22`, or an age such as `7d` or `12h`")
    })
}

/// Milliseconds of `7d`, `12h`, `30m`, `90s`.
fn age(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds: u64 = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_a_day_or_an_age() {
        let now = 1_700_000_000_000;
        for (text, expected) in [
            ("2023-11-14T22:13:20.120Z", Some(1_700_000_000_120)),
            ("2023-11-14T23:13:20+01:00", Some(1_700_000_000_000)),
            ("2023-11-14", Some(1_699_920_000_000)),
            ("7d", Some(now - 7 * 86_400_000)),
            ("12h", Some(now - 12 * 3_600_000)),
            ("0s", Some(now)),
            ("90000d", Some(0)),
            ("2023-11-14T22:13:20", None),
            ("1969-01-01", None),
            ("+7d", None),
            ("-7d", None),
            ("d", None),
            ("7", None),
            ("7 d", None),
            ("99999999999999999d", None),
            ("", None),
            ("7\u{fc}", None),
        ] {
            assert_eq!(parse(text, now).ok(), expected, "{text}");
        }
        assert!(parse("soon", now).is_err_and(|said| said.contains("`soon`") && said.contains("`7d`")));
    }

    #[test]
    fn a_time_has_milliseconds_and_a_wrong_clock_is_no_time() {
        assert_eq!(text(1_700_000_000_120).as_deref(), Some("2023-11-14T22:13:20.120Z"));
        assert_eq!(text(u64::MAX), None);
    }
}
