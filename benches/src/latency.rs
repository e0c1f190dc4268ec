//! Times from sending to the answer, and what is said of them.

use std::time::Duration;

use serde_json::{Value, json};

/// Times, in no order.
#[derive(Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Room for so many, so that recording allocates nothing.
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// One more.
    pub fn record(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// `p50_ms`, `p99_ms`, `p999_ms` and `max_ms`.
    pub fn summary(mut self) -> Value {
        self.0.sort_unstable();
        let ms = |share: f64| percentile(&self.0, share).as_secs_f64() * 1e3;
        json!({ "p50_ms": ms(0.50), "p99_ms": ms(0.99), "p999_ms": ms(0.999), "max_ms": ms(1.0) })
    }
}

/// The time within which that share ended, by nearest rank. Zero where there is none.
pub fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let ms = |share| percentile(&times, share).as_millis();
        assert_eq!((ms(0.0), ms(0.5), ms(0.99), ms(0.999), ms(1.0)), (1, 100, 198, 200, 200));
        assert_eq!(percentile(&times[..1], 0.99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }

    #[test]
    fn a_summary_needs_no_order() {
        let mut latencies = Latencies::with_capacity(3);
        [30, 10, 20].into_iter().for_each(|ms| latencies.record(Duration::from_millis(ms)));
        assert_eq!(latencies.count(), 3);
        let summary = latencies.summary();
        assert_eq!(summary["p50_ms"], 20.0);
        assert_eq!(summary["max_ms"], 30.0);
    }
}
