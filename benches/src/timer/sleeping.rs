//! Tokio's own timer, where the kernel has no other: latencies at a rate are up to a millisecond too high.

use std::time::Duration;

/// Ticks.
pub struct Timer(tokio::time::Interval);

impl Timer {
    /// With that period.
    pub fn every(period: Duration) -> std::io::Result<Self> {
        Ok(Self(tokio::time::interval(period.max(Duration::from_millis(1)))))
    }

    /// Waits for the next tick, or gives way at once where one has passed.
    pub async fn next(&mut self) -> std::io::Result<()> {
        self.0.tick().await;
        Ok(())
    }
}
