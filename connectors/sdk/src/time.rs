//! Times as providers write them in text.

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// What is neither a date nor a time has more letters than this.
const LENGTH_MAX: usize = 64;

/// Milliseconds since the Unix epoch of an ISO 8601 time as RFC 3339 has it, and as providers write it besides: a blank for the
/// `T`, an offset without a colon, no offset at all (it is taken for UTC), any number of digits behind the second. None
/// where it is no such time, or one before 1970.
pub fn iso8601(text: &str) -> Option<u64> {
    let text = text.trim();
    if !text.is_ascii() || text.len() > LENGTH_MAX {
        return None;
    }
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let (time, offset) = time.split_at(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len()));
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let (days, clock) = (days(date)?, clock(time)?);
    let at = days * DAY_MS + clock + thousandths(fraction)? - self::offset(offset)?;
    u64::try_from(at).ok()
}

/// The same the other way, in seconds: `2026-02-01T12:00:00Z`.
pub fn to_iso8601(milliseconds: u64) -> String {
    const DAY_SECONDS: u64 = 24 * 60 * 60;
    let seconds = milliseconds / 1_000;
    let (days, second) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    // Counted from March of the year 0, in eras of 400 years: the leap day is the last of a year, and of an era.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + next;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `2026-02-01`, as days since the epoch in the Gregorian calendar.
fn days(date: &str) -> Option<i64> {
    let (year, month, day) = (number(date, 0, 4)?, number(date, 5, 2)?, number(date, 8, 2)?);
    if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = year * 365 + year / 4 - year / 100 + year / 400;
    Some(before + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

/// `12:00:00` or `12:00`, as milliseconds. A leap second counts as the one after it.
fn clock(time: &str) -> Option<i64> {
    let bytes = time.as_bytes();
    let seconds = match bytes.len() {
        5 => 0,
        8 if bytes[5] == b':' => number(time, 6, 2)?,
        _ => return None,
    };
    let (hours, minutes) = (number(time, 0, 2)?, number(time, 3, 2)?);
    let holds = bytes[2] == b':' && hours < 24 && minutes < 60 && seconds <= 60;
    holds.then_some(((hours * 60 + minutes) * 60 + seconds) * 1_000)
}

fn thousandths(fraction: &str) -> Option<i64> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    digits.parse().ok()
}

/// `Z`, `+02:00`, `-0530`, or nothing, as milliseconds.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.get(1..)?.replace(':', "");
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 0, 2)?, 0),
        4 => (number(&digits, 0, 2)?, number(&digits, 2, 2)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn number(text: &str, from: usize, length: usize) -> Option<i64> {
    let digits = text.get(from..from + length)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
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
            ("9999-12-31T23:59:59.999Z", Some(253_402_300_799_999)),
            ("2023-02-29T00:00:00Z", None),
            ("1900-02-29T00:00:00Z", None),
            ("2023-13-01T00:00:00Z", None),
            ("2023-00-01T00:00:00Z", None),
            ("2023-01-00T00:00:00Z", None),
            ("2023-01-01T24:00:00Z", None),
            ("2023-01-01T00:00:00+24:00", None),
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
