//! How long to wait before the next attempt: a pure function of attempt, hint and seed.

/// More attempts than that nobody waits for.
const ATTEMPTS_MAX: u32 = 100_000;

/// Bounds of the waits between attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Wait after the first failed attempt.
    pub delay_ms_first: u64,
    /// By what the wait grows with each attempt.
    pub factor: u32,
    /// No wait of ours is longer, jitter included.
    pub delay_ms_max: u64,
    /// By how much a wait is longer or shorter than computed, so that what failed together does not return
    /// together.
    pub jitter_percent: u32,
    /// The shortest wait that a destination can ask for.
    pub hint_ms_min: u64,
    /// The longest wait that a destination can ask for.
    pub hint_ms_max: u64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            delay_ms_first: 1_000,
            // 1 s, 3 s, 9 s, ...: the eighth attempt comes after 18 minutes, from then on hourly.
            factor: 3,
            delay_ms_max: 60 * 60 * 1_000,
            jitter_percent: 20,
            hint_ms_min: 1_000,
            hint_ms_max: 6 * 60 * 60 * 1_000,
        }
    }
}

impl RetryPolicy {
    /// Milliseconds to wait after that many attempts (1: the first one failed).
    ///
    /// `outcome_hint` is what the destination asked for (`Retry-After`): never undercut, except by its upper
    /// bound. The same arguments give the same wait.
    pub fn delay_ms(&self, attempt: u32, outcome_hint: Option<u64>, seed: u64) -> u64 {
        let mut random = fastrand::Rng::with_seed(seed ^ u64::from(attempt).rotate_left(32));
        if let Some(hint) = outcome_hint {
            let hint_max = self.hint_ms_max.max(self.hint_ms_min);
            let delay = hint.clamp(self.hint_ms_min, hint_max);
            return (delay + random.u64(0..=self.spread(delay))).min(hint_max);
        }
        let growth = u64::from(self.factor).saturating_pow(attempt.saturating_sub(1));
        let delay = self.delay_ms_first.saturating_mul(growth).min(self.ceiling());
        let spread = self.spread(delay);
        delay - spread + random.u64(0..=2 * spread)
    }

    /// How many attempts there are until that time has passed, jitter and wishes of the destination left aside. At
    /// least one.
    pub fn attempts_within(&self, give_up_ms: u64) -> u32 {
        let exact = Self { jitter_percent: 0, delay_ms_max: self.ceiling(), ..*self };
        let mut waited = 0_u64;
        let mut attempts = 1;
        while waited < give_up_ms && attempts < ATTEMPTS_MAX {
            waited = waited.saturating_add(exact.delay_ms(attempts, None, 0).max(1));
            attempts += 1;
        }
        attempts
    }

    /// Without jitter no wait is longer: cutting the jitter off afterwards would align what waits longest.
    fn ceiling(&self) -> u64 {
        self.delay_ms_max - self.delay_ms_max * self.jitter() / (100 + self.jitter())
    }

    fn jitter(&self) -> u64 {
        u64::from(self.jitter_percent.min(100))
    }

    fn spread(&self, delay_ms: u64) -> u64 {
        delay_ms / 100 * self.jitter() + delay_ms % 100 * self.jitter() / 100
    }
}

/// [`RetryPolicy::delay_ms`] of the default policy.
pub fn delay_ms(attempt: u32, outcome_hint: Option<u64>, seed: u64) -> u64 {
    RetryPolicy::default().delay_ms(attempt, outcome_hint, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 60 * 60 * 1_000;

    #[test]
    fn waits_without_jitter_are_the_table() {
        let policy = RetryPolicy { jitter_percent: 0, ..RetryPolicy::default() };
        let table = [
            (0, None, 1_000),
            (1, None, 1_000),
            (2, None, 3_000),
            (3, None, 9_000),
            (4, None, 27_000),
            (8, None, 2_187_000),
            (9, None, HOUR_MS),
            (u32::MAX, None, HOUR_MS),
            (1, Some(0), 1_000),
            (1, Some(30_000), 30_000),
            (9, Some(30_000), 30_000),
            (1, Some(u64::MAX), 6 * HOUR_MS),
        ];
        for (attempt, hint, expected) in table {
            assert_eq!(policy.delay_ms(attempt, hint, 7), expected, "attempt {attempt}, hint {hint:?}");
        }
    }

    #[test]
    fn every_seed_stays_within_the_bounds() {
        for seed in 0..2_000 {
            for attempt in 1..=12 {
                let exact = 1_000_u64.saturating_mul(3_u64.pow(attempt - 1)).min(HOUR_MS / 6 * 5);
                let delay = delay_ms(attempt, None, seed);
                let bounds = exact / 100 * 80..=exact / 100 * 120;
                assert!(bounds.contains(&delay), "seed {seed}, attempt {attempt}: {delay} not in {bounds:?}");
                assert!(delay <= HOUR_MS, "seed {seed}, attempt {attempt}: {delay}");
            }
            let hinted = delay_ms(1, Some(60_000), seed);
            assert!((60_000..=72_000).contains(&hinted), "seed {seed}: {hinted}");
            assert!((1_000..=1_200).contains(&delay_ms(1, Some(0), seed)), "seed {seed}");
            assert_eq!(delay_ms(1, Some(u64::MAX), seed), 6 * HOUR_MS, "seed {seed}");
        }
    }

    #[test]
    fn a_day_is_some_dozens_of_attempts() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.attempts_within(0), 1);
        assert_eq!(policy.attempts_within(1), 2, "after the first wait the time is over");
        assert_eq!(policy.attempts_within(3_280_000), 9, "1 s + 3 s + ... + 2187 s");
        assert_eq!(policy.attempts_within(24 * HOUR_MS), 37);
        let still = RetryPolicy { delay_ms_first: 0, delay_ms_max: 0, ..policy };
        assert_eq!(still.attempts_within(u64::MAX), ATTEMPTS_MAX);
        // With jitter, the waits themselves.
        for seed in 0..50 {
            let waited: u64 = (1..37).map(|attempt| policy.delay_ms(attempt, None, seed)).sum();
            assert!((20 * HOUR_MS..29 * HOUR_MS).contains(&waited), "seed {seed}: {waited}");
        }
    }

    #[test]
    fn the_seed_decides_and_spreads() {
        assert_eq!(delay_ms(5, None, 42), delay_ms(5, None, 42));
        let waits: std::collections::BTreeSet<u64> = (0..100).map(|seed| delay_ms(5, None, seed)).collect();
        assert!(waits.len() > 90, "{} different waits", waits.len());
    }
}
