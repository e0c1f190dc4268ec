//! The time of day, as a parameter.
//!
//! Only for what is written down (received, seen, due). Waiting is done with tokio's timers, which tests pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;
}

impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now_ms(&self) -> u64 {
        (**self).now_ms()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        // A clock before 1970 is a machine without a battery: zero is as wrong as any other answer.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock for tests: it moves when told to, or along with tokio's (pausable) time.
#[derive(Debug)]
pub struct FakeClock {
    now_ms: AtomicU64,
    started: Option<Instant>,
}

impl FakeClock {
    /// Stands still at that time until [`FakeClock::advance`].
    pub fn new(now_ms: u64) -> Self {
        Self { now_ms: AtomicU64::new(now_ms), started: None }
    }

    /// Shows that time now, and moves with tokio's time. Call it inside the runtime whose time is paused.
    pub fn with_tokio(now_ms: u64) -> Self {
        Self { now_ms: AtomicU64::new(now_ms), started: Some(Instant::now()) }
    }

    /// Moves the clock forward; tokio's timers do not notice.
    pub fn advance(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.now_ms.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now_ms(&self) -> u64 {
        let passed = self.started.map_or(Duration::ZERO, |started| started.elapsed());
        self.now_ms.load(Ordering::SeqCst) + u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_2020() {
        assert!(SystemClock.now_ms() > 1_577_836_800_000);
    }

    #[test]
    fn a_fake_clock_moves_only_when_told() {
        let clock = FakeClock::new(5);
        assert_eq!(clock.now_ms(), 5);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now_ms(), 1_005);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fake_clock_follows_paused_time() {
        let clock = FakeClock::with_tokio(1_000);
        tokio::time::advance(Duration::from_secs(2)).await;
        clock.advance(Duration::from_millis(1));
        assert_eq!(clock.now_ms(), 3_001);
    }
}
