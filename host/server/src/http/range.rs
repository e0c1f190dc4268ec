//! The header `Range` with one range of bytes: what players use to jump.

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Range {
    /// All of it: no range, or none that has to be heeded.
    Whole,
    /// From the first to before the second.
    Part(u64, u64),
    /// Nothing of it is there.
    Nowhere,
}

impl Range {
    /// Reads the header for a file of that size. Several ranges, other units and nonsense are not heeded, as RFC 9110
    /// allows: the answer is the whole file.
    pub fn of(header: Option<&str>, size: u64) -> Self {
        let Some((unit, range)) = header.and_then(|text| text.split_once('=')) else { return Self::Whole };
        let Some((first, last)) = range.split_once('-') else { return Self::Whole };
        let (first, last) = (first.trim(), last.trim());
        let Some((first, last)) = number(first).zip(number(last)) else { return Self::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let (start, end) = match (first, last) {
            (None, None) => return Self::Whole,
            (Some(first), Some(last)) if first > last => return Self::Whole,
            (Some(first), last) => (first, last.map_or(size, |last| last.saturating_add(1).min(size))),
            (None, Some(length)) => (size.saturating_sub(length), size),
        };
        if start < end { Self::Part(start, end) } else { Self::Nowhere }
    }
}

/// Some(None): nothing stands there.
fn number(text: &str) -> Option<Option<u64>> {
    match text {
        "" => Some(None),
        // A sign would be taken by the parser.
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_heeded() {
        for (header, expected) in [
            ("bytes=0-0", Range::Part(0, 1)),
            ("bytes=2-5", Range::Part(2, 6)),
            ("Bytes = 2 - 5 ", Range::Part(2, 6)),
            ("bytes=2-", Range::Part(2, 10)),
            ("bytes=2-99", Range::Part(2, 10)),
            ("bytes=9-18446744073709551615", Range::Part(9, 10)),
            ("bytes=-3", Range::Part(7, 10)),
            ("bytes=-99", Range::Part(0, 10)),
            ("bytes=10-", Range::Nowhere),
            ("bytes=10-12", Range::Nowhere),
            ("bytes=-0", Range::Nowhere),
            ("bytes=5-2", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("bytes=99999999999999999999-", Range::Whole),
            ("items=0-1", Range::Whole),
            ("bytes", Range::Whole),
            ("", Range::Whole),
        ] {
            assert_eq!(Range::of(Some(header), 10), expected, "{header}");
        }
        assert_eq!(Range::of(None, 10), Range::Whole);
        assert_eq!(Range::of(Some("bytes=0-"), 0), Range::Nowhere);
    }
}
