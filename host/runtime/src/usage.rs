//! What the calls of a connector used: time, memory, and how they failed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use trunkline_policy::CallError;

/// Buckets for each doubling of the time: a figure is at most an eighth too high.
const STEPS: usize = 8;
/// From 1 us to 2^24 us, which is more than any call may last.
const DOUBLINGS: usize = 24;

/// Counters of one connector. Calls are counted without a lock.
#[derive(Debug)]
pub(crate) struct Counters {
    times: Vec<AtomicU64>,
    memory_bytes_peak: AtomicU64,
    failures: [(&'static str, AtomicU64); 6],
}

/// What the calls of a connector used since it was loaded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Calls, failed ones included.
    pub calls: u64,
    /// The time within which half of the calls ended, making the instance included. Microseconds, up to an eighth too high.
    pub p50_us: u64,
    /// The time within which 99 of 100 calls ended.
    pub p99_us: u64,
    /// The most memory that an instance had, of all its memories together. Bytes.
    pub memory_bytes_peak: u64,
    /// Failed calls by [`CallError::name`], those that occurred.
    pub failures: BTreeMap<&'static str, u64>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            times: (0..STEPS * DOUBLINGS).map(|_| AtomicU64::new(0)).collect(),
            memory_bytes_peak: AtomicU64::new(0),
            failures: ["trap", "time", "memory", "answer_size", "instance", "other"]
                .map(|name| (name, AtomicU64::new(0))),
        }
    }
}

impl Counters {
    /// Counts one call that ended.
    pub(crate) fn count(&self, time: Duration, memory_bytes: u64, error: Option<&CallError>) {
        let time_us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.times[bucket(time_us)].fetch_add(1, Ordering::Relaxed);
        self.memory_bytes_peak.fetch_max(memory_bytes, Ordering::Relaxed);
        if let Some(error) = error {
            let known = self.failures.iter().find(|(name, _)| *name == error.name());
            if let Some((_, count)) = known.or(self.failures.last()) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What was counted so far.
    pub(crate) fn read(&self) -> Usage {
        let times: Vec<u64> = self.times.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let failures = self.failures.iter().map(|(name, count)| (*name, count.load(Ordering::Relaxed)));
        Usage {
            calls: times.iter().sum(),
            p50_us: quantile(&times, 50),
            p99_us: quantile(&times, 99),
            memory_bytes_peak: self.memory_bytes_peak.load(Ordering::Relaxed),
            failures: failures.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

/// The bucket of a time: the doubling, and the eighth of it.
fn bucket(time_us: u64) -> usize {
    let time_us = time_us.max(1);
    let doubling = time_us.ilog2() as usize;
    let eighth = ((time_us * STEPS as u64) >> doubling) as usize - STEPS;
    (doubling * STEPS + eighth).min(STEPS * DOUBLINGS - 1)
}

/// The highest time of a bucket.
fn upper_us(bucket: usize) -> u64 {
    let (doubling, eighth) = (bucket / STEPS, bucket % STEPS);
    (((STEPS + eighth + 1) as u64) << doubling).div_ceil(STEPS as u64) - u64::from(doubling >= 3)
}

fn quantile(times: &[u64], percent: u64) -> u64 {
    let wanted = (times.iter().sum::<u64>() * percent).div_ceil(100);
    let mut seen = 0;
    for (index, count) in times.iter().enumerate() {
        seen += count;
        if seen >= wanted && *count > 0 {
            return upper_us(index);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_no_lower_and_at_most_an_eighth_higher() {
        for time in [1_u64, 7, 8, 9, 100, 999, 1_000, 4_097, 250_000, 4_999_999] {
            let counters = Counters::default();
            counters.count(Duration::from_micros(time), 0, None);
            let found = counters.read().p50_us;
            assert!(found >= time && found <= time + time.div_ceil(8), "{time}: {found}");
        }
    }

    #[test]
    fn the_slowest_of_a_hundred_is_not_p99_and_two_are() {
        let counters = Counters::default();
        for _ in 0..99 {
            counters.count(Duration::from_micros(10), 5, None);
        }
        counters.count(Duration::from_millis(100), 9, Some(&CallError::Trap("no".to_owned())));
        let usage = counters.read();
        assert_eq!((usage.calls, usage.p50_us, usage.p99_us), (100, 10, 10));
        assert_eq!(usage.memory_bytes_peak, 9);
        assert_eq!(usage.failures, BTreeMap::from([("trap", 1)]));
        counters.count(Duration::from_millis(100), 0, Some(&CallError::NoAbility("media")));
        let usage = counters.read();
        assert!(usage.p99_us >= 100_000, "{usage:?}");
        assert_eq!(usage.failures.get("other"), Some(&1));
    }

    #[test]
    fn nothing_was_used_before_the_first_call() {
        assert_eq!(Counters::default().read(), Usage::default());
    }
}
