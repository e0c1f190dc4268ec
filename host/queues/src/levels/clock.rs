//! One promise for one ticket: how much of its time is gone, and when it will be over.

use serde::{Deserialize, Serialize};

use super::Hours;

/// How far ahead the end of a promise is looked for: whoever is closed for longer is asked again then.
const AHEAD_MS_MAX: u64 = 400 * 24 * 3600 * 1_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Clock {
    /// In the team's time, as all of this but moments.
    pub target_ms: u64,
    spent_ms: u64,
    /// None: it stands still.
    running_since: Option<u64>,
    /// When the time will be over, or the clock must be looked at.
    due: Option<u64>,
    /// It was told.
    pub breached: bool,
}

impl Clock {
    pub fn start(target_ms: u64, team: &str, at: u64, hours: Hours<'_>) -> Self {
        let mut clock = Self { target_ms, spent_ms: 0, running_since: None, due: None, breached: false };
        clock.resume(team, at, hours);
        clock
    }

    pub fn is_running(&self) -> bool {
        self.running_since.is_some()
    }

    /// None: nothing will happen to it.
    pub fn due(&self) -> Option<u64> {
        self.due.filter(|_| !self.breached)
    }

    pub fn is_late(&self, team: &str, at: u64, hours: Hours<'_>) -> bool {
        self.spent_by(team, at, hours) >= self.target_ms
    }

    fn spent_by(&self, team: &str, at: u64, hours: Hours<'_>) -> u64 {
        let running = self.running_since.map_or(0, |since| worked(hours, team, since, at));
        self.spent_ms.saturating_add(running)
    }

    pub fn pause(&mut self, team: &str, at: u64, hours: Hours<'_>) {
        self.spent_ms = self.spent_by(team, at, hours);
        (self.running_since, self.due) = (None, None);
    }

    pub fn resume(&mut self, team: &str, at: u64, hours: Hours<'_>) {
        if self.running_since.is_none() {
            self.running_since = Some(at);
            self.reckon(team, at, hours);
        }
    }

    /// It was looked at and is not late: it is looked at again after this.
    pub fn defer(&mut self, at: u64) {
        self.due = self.due.map(|due| due.max(at.saturating_add(1)));
    }

    /// Finds when the time will be over. It may be over already.
    pub fn reckon(&mut self, team: &str, at: u64, hours: Hours<'_>) {
        let Some(since) = self.running_since else { return };
        let left_ms = self.target_ms.saturating_sub(self.spent_ms);
        // The team's time is never faster than the clock on the wall.
        let (mut early, mut late) =
            (since.saturating_add(left_ms), at.max(since).saturating_add(AHEAD_MS_MAX));
        if worked(hours, team, since, early) >= left_ms {
            self.due = Some(early);
            return;
        }
        if worked(hours, team, since, late) < left_ms {
            self.due = Some(late);
            return;
        }
        // Over at `late`, not yet over at `early`.
        while late.saturating_sub(early) > 1 {
            let middle = early + (late - early) / 2;
            if worked(hours, team, since, middle) >= left_ms { late = middle } else { early = middle }
        }
        self.due = Some(late);
    }
}

/// Never more than the time between.
fn worked(hours: Hours<'_>, team: &str, from: u64, to: u64) -> u64 {
    if to <= from { 0 } else { hours(team, from, to).min(to - from) }
}
