//! Times as the API and the command line write them.

use jiff::Timestamp;

/// RFC 3339 in UTC with milliseconds. None where a clock is beyond what can be written as a date.
pub fn text(ms: u64) -> Option<String> {
    let time = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_a_wrong_clock_is_no_time() {
        assert_eq!(text(1_700_000_000_120).as_deref(), Some("2023-11-14T22:13:20.120Z"));
        assert_eq!(text(u64::MAX), None);
    }
}
