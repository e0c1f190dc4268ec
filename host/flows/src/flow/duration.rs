//! `15m` as milliseconds.

/// The longest time that a flow waits: a year.
const DURATION_MS_MAX: u64 = 366 * 86_400_000;

/// A number and a unit: `s`, `m`, `h` or `d`. At least a second, at most 366 days.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let unit_ms = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms = digits.parse::<u64>().ok()? * unit_ms;
    (1_000..=DURATION_MS_MAX).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_bounds() {
        for (text, ms) in [
            ("1s", Some(1_000)),
            ("15m", Some(900_000)),
            ("2h", Some(7_200_000)),
            ("366d", Some(DURATION_MS_MAX)),
            ("367d", None),
            ("0s", None),
            ("15", None),
            ("m", None),
            ("-1m", None),
            ("1.5h", None),
            ("99999999d", None),
            ("", None),
        ] {
            assert_eq!(parse(text), ms, "{text}");
        }
    }
}
