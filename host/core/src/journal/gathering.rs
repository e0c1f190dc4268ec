//! How long the writer waits for company before it commits.
//!
//! A commit costs the same for one webhook and for fifty, on a fast disk mostly processor time that the webhooks themselves
//! need. So where several come at once the writer waits while more keep coming, for no longer than a commit takes on the
//! disk that it finds: that is what somebody who came a moment too late would wait anyway. One who comes alone never waits.

use std::time::{Duration, Instant};

/// How long nobody may come for the wait to end.
const SLICE: Duration = Duration::from_micros(100);
/// The longest wait, however slow the disk is: what comes during a slow commit gathers by itself.
const WAIT_MAX: Duration = Duration::from_millis(5);
/// The weight of the newest commit in the mean is one in so many.
const MEAN_OF: u32 = 16;

/// What the commits so far were like.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// A running mean.
    commit: Duration,
    /// Members of the group before.
    members: usize,
}

impl Gathering {
    /// Notes a commit that began then.
    pub(super) fn committed(&mut self, members: usize, begun: Instant) {
        let took = begun.elapsed();
        self.commit = match self.commit {
            Duration::ZERO => took,
            mean => (mean * (MEAN_OF - 1) + took) / MEAN_OF,
        };
        self.members = members;
    }

    /// Calls `more`, which says whether anybody came since it was called last, until nobody comes or it has been long enough.
    pub(super) fn wait(&self, mut more: impl FnMut() -> bool) {
        if self.members < 2 {
            return;
        }
        let (begun, wait_max) = (Instant::now(), self.commit.min(WAIT_MAX));
        while begun.elapsed() < wait_max {
            std::thread::sleep(SLICE);
            if !more() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(members: usize, commit: Duration) -> Gathering {
        let mut gathering = Gathering::default();
        gathering.committed(members, Instant::now() - commit);
        gathering
    }

    #[test]
    fn one_alone_does_not_wait() {
        let mut asked = 0;
        after(1, Duration::from_secs(1)).wait(|| {
            asked += 1;
            true
        });
        assert_eq!(asked, 0);
    }

    #[test]
    fn the_wait_ends_when_nobody_comes_and_after_as_long_as_a_commit() {
        let mut asked = 0;
        after(2, Duration::from_secs(1)).wait(|| {
            asked += 1;
            asked < 3
        });
        assert_eq!(asked, 3);
        let begun = Instant::now();
        after(2, Duration::from_secs(1)).wait(|| true);
        assert!(begun.elapsed() >= WAIT_MAX, "{:?}", begun.elapsed());
        let mut asked = 0;
        after(2, SLICE / 2).wait(|| {
            asked += 1;
            true
        });
        assert!(asked <= 1, "a commit takes less than a slice, and {asked} were waited for");
    }

    #[test]
    fn one_slow_commit_does_not_make_all_wait() {
        let mut gathering = after(9, Duration::from_millis(1));
        gathering.committed(9, Instant::now() - Duration::from_millis(100));
        assert!(gathering.commit < Duration::from_millis(10), "{gathering:?}");
    }
}
