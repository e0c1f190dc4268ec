//! Sending at a rate, whatever becomes of what was sent: an open loop.
//!
//! In a millisecond a host answers several webhooks: this waits by a finer timer.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::timer::Timer;

/// When each of a number of requests is meant to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// When the first one is.
    pub begun: Instant,
    /// Requests a second.
    pub rate: f64,
}

impl Schedule {
    /// When that one is meant to be sent. Its latency counts from there.
    pub fn at(&self, number: usize) -> Instant {
        self.begun + Duration::from_secs_f64(number as f64 / self.rate)
    }

    /// How many are meant to be sent by then.
    pub fn due(&self, now: Instant) -> usize {
        (now.duration_since(self.begun).as_secs_f64() * self.rate) as usize + 1
    }

    /// Gives a permit for each request when its time has come, until there were so many.
    pub async fn release(self, permits: Rc<Semaphore>, count: usize) -> std::io::Result<()> {
        let mut timer = Timer::every(Duration::from_secs_f64(1.0 / self.rate))?;
        let mut released = 0;
        while released < count {
            let due = self.due(Instant::now()).min(count);
            if due > released {
                permits.add_permits(due - released);
                released = due;
            } else {
                timer.next().await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_time() {
        let schedule = Schedule { begun: Instant::now(), rate: 1_000.0 };
        assert_eq!(schedule.at(0), schedule.begun);
        assert_eq!(schedule.at(2_500) - schedule.begun, Duration::from_millis(2_500));
        assert_eq!(schedule.due(schedule.begun), 1);
        assert_eq!(schedule.due(schedule.begun + Duration::from_micros(9_500)), 10);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn all_are_released_and_none_early() {
        let permits = Rc::new(Semaphore::new(0));
        let schedule = Schedule { begun: Instant::now(), rate: 2_000.0 };
        schedule.release(permits.clone(), 100).await.expect("a timer");
        assert_eq!(permits.available_permits(), 100);
        assert!(Instant::now() >= schedule.at(99));
    }
}
