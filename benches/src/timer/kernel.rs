//! A timer of the kernel, which is read like a pipe. It is set once: each tick costs one read.

use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;

/// Ticks.
pub struct Timer(Receiver);

impl Timer {
    /// With that period.
    pub fn every(period: Duration) -> std::io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let period = Timespec {
            tv_sec: i64::try_from(period.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(period.subsec_nanos()).max(1),
        };
        let times = Itimerspec { it_interval: period, it_value: period };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &times)?;
        Ok(Self(Receiver::from_owned_fd_unchecked(timer)?))
    }

    /// Waits for the next tick, or gives way at once where one has passed.
    pub async fn next(&mut self) -> std::io::Result<()> {
        // What is read is how often it has expired, 8 bytes. Room for more says that there is nothing left to read.
        let mut times = [0; 16];
        self.0.read(&mut times).await.map(drop)
    }
}
