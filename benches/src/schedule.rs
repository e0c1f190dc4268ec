//! Sending at a rate, whatever becomes of what was sent: an open loop.
//!
//! Tokio's own timers are as coarse as a millisecond, in which a host answers several webhooks: this waits by a timer of
//! the kernel.

use std::io::ErrorKind;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::Semaphore;

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
        let timer = Timer::new()?;
        let mut released = 0;
        while released < count {
            let due = self.due(Instant::now()).min(count);
            if due > released {
                permits.add_permits(due - released);
                released = due;
            }
            let left = self.at(released).saturating_duration_since(Instant::now());
            if released < count && !left.is_zero() {
                timer.wait(left).await?;
            }
        }
        Ok(())
    }
}

/// A timer of the kernel is read like a pipe.
struct Timer(Receiver);

impl Timer {
    fn new() -> std::io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        Ok(Self(Receiver::from_owned_fd_unchecked(timerfd_create(TimerfdClockId::Monotonic, flags)?)?))
    }

    async fn wait(&self, time: Duration) -> std::io::Result<()> {
        let at = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) };
        let once = Itimerspec { it_interval: Timespec::default(), it_value: at };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        // How often it has expired: once.
        let mut times = [0; 8];
        loop {
            self.0.readable().await?;
            match self.0.try_read(&mut times) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read.map(drop),
            }
        }
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
