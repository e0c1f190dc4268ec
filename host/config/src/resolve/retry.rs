//! `retry` of a destination.

use std::ops::RangeInclusive;

use trunkline_core::retry::RetryPolicy;

use super::Resolver;
use crate::file;

/// Milliseconds until the second attempt.
const FIRST: RangeInclusive<u64> = 10..=3_600_000;
/// Growth of the waits.
const FACTOR: RangeInclusive<u64> = 1..=10;
/// Milliseconds of the longest wait.
const LONGEST: RangeInclusive<u64> = 10..=86_400_000;
/// Seconds until an event is a dead letter: a month is longer than anybody looks away.
const GIVE_UP: RangeInclusive<u64> = 1..=2_592_000;

/// When an event is attempted again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryConfig {
    /// The waits.
    pub policy: RetryPolicy,
    /// Milliseconds of waits after which it is a dead letter.
    pub give_up_ms: u64,
}

impl Resolver<'_> {
    pub(super) fn retry(&mut self, destination: &str, retry: Option<&file::Retry>) -> RetryConfig {
        let retry = retry.cloned().unwrap_or_default();
        let bounded = [
            ("delay_ms_first", retry.delay_ms_first, FIRST),
            ("factor", u64::from(retry.factor), FACTOR),
            ("delay_ms_max", retry.delay_ms_max, LONGEST),
            ("give_up_seconds", retry.give_up_seconds, GIVE_UP),
        ];
        for (key, value, range) in bounded {
            if range.contains(&value) {
                continue;
            }
            let path = ["destinations", destination, "retry", key];
            let (least, most) = (range.start(), range.end());
            let message = format!("`{}` is {value}, expected {least} to {most}", path.join("."));
            self.problem(&path, message, None);
        }
        RetryConfig {
            policy: RetryPolicy {
                delay_ms_first: retry.delay_ms_first,
                factor: retry.factor,
                delay_ms_max: retry.delay_ms_max.max(retry.delay_ms_first),
                ..RetryPolicy::default()
            },
            give_up_ms: retry.give_up_seconds.saturating_mul(1_000),
        }
    }
}
