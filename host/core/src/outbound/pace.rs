//! When the next call of a connection may be made: evenly spaced, and not while the provider asks us to wait.

/// A place on the road, in microseconds: at 10,000 calls a second a millisecond is too coarse.
const MICROSECONDS: f64 = 1_000_000.0;

/// The spacing of one connection's calls. Pure: time is an argument.
#[derive(Debug, Clone)]
pub struct Pace {
    interval_us: u64,
    next_us: u64,
}

impl Pace {
    /// So many calls a second, at least one in 1,000 seconds.
    pub fn new(rate_per_second: f64) -> Self {
        let interval_us = (MICROSECONDS / rate_per_second.max(0.001)).round() as u64;
        Self { interval_us: interval_us.max(1), next_us: 0 }
    }

    /// Takes the next place: how many microseconds after `now_us` its call may be made.
    ///
    /// There is no burst: what was not used is gone, since a provider counts over short windows.
    pub fn take(&mut self, now_us: u64) -> u64 {
        let place = self.next_us.max(now_us);
        self.next_us = place + self.interval_us;
        place - now_us
    }

    /// No call before that time.
    pub fn pause_until(&mut self, at_us: u64) {
        self.next_us = self.next_us.max(at_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_evenly_spaced() {
        let mut pace = Pace::new(20.0);
        let waits: Vec<u64> = (0..4).map(|_| pace.take(1_000_000)).collect();
        assert_eq!(waits, [0, 50_000, 100_000, 150_000]);
        // After a rest there is no burst.
        assert_eq!((pace.take(9_000_000), pace.take(9_000_000)), (0, 50_000));
    }

    #[test]
    fn a_pause_holds_for_everybody() {
        let mut pace = Pace::new(1_000.0);
        pace.pause_until(5_000_000);
        assert_eq!((pace.take(1_000_000), pace.take(1_000_000)), (4_000_000, 4_001_000));
        pace.pause_until(2_000_000);
        assert_eq!(pace.take(6_000_000), 0, "an earlier pause is no way back");
    }

    #[test]
    fn odd_rates_are_survived() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12] {
            let mut pace = Pace::new(rate);
            let wait = (pace.take(0), pace.take(0)).1;
            assert!((1..=1_000_000_000).contains(&wait), "{rate}: {wait}");
        }
    }
}
