//! Clocks of computing.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// What this thread has computed so far.
pub fn of_thread() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime))
}

/// What this process has computed so far, in all of its threads.
pub fn of_process() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}
