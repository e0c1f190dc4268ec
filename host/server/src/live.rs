//! How many webhooks are worked on right now: what can wait gives way to them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// After the last webhook nothing else begins for so long: the next one is often on its way already.
const QUIET: Duration = Duration::from_millis(1);

/// Counts.
#[derive(Debug)]
pub struct Live {
    webhooks: AtomicUsize,
    /// Microseconds from `begun` to the end of the last one.
    ended_at: AtomicU64,
    begun: Instant,
    idle: Notify,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            webhooks: AtomicUsize::new(0),
            ended_at: AtomicU64::new(0),
            begun: Instant::now(),
            idle: Notify::new(),
        }
    }
}

/// One webhook that is worked on.
#[derive(Debug)]
pub struct Working<'a>(&'a Live);

impl Live {
    /// One more, until what is given is dropped.
    pub fn enter(&self) -> Working<'_> {
        self.webhooks.fetch_add(1, Ordering::SeqCst);
        Working(self)
    }

    /// Waits for a moment without webhooks, but not for long: where they never cease, what waits is to come on as well.
    pub async fn give_way(&self, at_most: Duration) {
        if self.webhooks.load(Ordering::SeqCst) > 0 || !self.left_of_quiet().is_zero() {
            let _ = tokio::time::timeout(at_most, self.quiet()).await;
        }
    }

    async fn quiet(&self) {
        loop {
            self.idle().await;
            let left = self.left_of_quiet();
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    fn left_of_quiet(&self) -> Duration {
        let ended_at = Duration::from_micros(self.ended_at.load(Ordering::SeqCst));
        QUIET.saturating_sub(self.begun.elapsed().saturating_sub(ended_at))
    }

    async fn idle(&self) {
        loop {
            // Listens before it looks, so that no end goes unheard.
            let mut ended = std::pin::pin!(self.idle.notified());
            ended.as_mut().enable();
            if self.webhooks.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let now = u64::try_from(self.0.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.0.ended_at.fetch_max(now, Ordering::SeqCst);
        if self.0.webhooks.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_can_wait_waits_for_the_last_and_not_for_ever() {
        let live = Arc::new(Live::default());
        live.give_way(LONG).await;
        let (first, second) = (live.enter(), live.enter());
        let begun = Instant::now();
        live.give_way(Duration::from_millis(5)).await;
        assert!(begun.elapsed() >= Duration::from_millis(5), "they never cease");
        let waiting = live.clone();
        let waiting = tokio::spawn(async move { waiting.give_way(LONG).await });
        tokio::task::yield_now().await;
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "one is left");
        drop(second);
        waiting.await.expect("no panic");
        assert!(begun.elapsed() < LONG);
    }
}
