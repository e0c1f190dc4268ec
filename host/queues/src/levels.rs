//! Service levels: what was promised to those who write, and whether it was kept.
//!
//! Clocks run per ticket and stand still while the contact is to answer. What counts is the team's time, which the caller
//! knows: [`Hours`] says how much of it lies between two moments.

mod clock;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, Serializer};

use self::clock::Clock;
pub use self::tally::Level;
use self::tally::Tally;
use crate::book::{TIME_MAX, millis};
use crate::{Change, Promise, Sla, TicketId};

/// How many milliseconds of a team's working time lie between two moments, which are milliseconds since the Unix epoch.
///
/// It must not shrink when the second moment is later, and never be more than the time between them.
pub type Hours<'a> = &'a dyn Fn(&str, u64, u64) -> u64;

/// Teams that work day and night.
pub fn always(_team: &str, from: u64, to: u64) -> u64 {
    to.saturating_sub(from)
}

/// The clocks of every ticket that somebody was promised something for, and how it went lately.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(from = "Kept")]
pub struct Levels {
    kept: Kept,
    wakes: BTreeSet<(u64, TicketId)>,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Kept {
    promises: BTreeMap<TicketId, Promised>,
    tallies: BTreeMap<String, Tally>,
}

/// What was promised for one ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Promised {
    team: String,
    first_response: Option<Clock>,
    resolution: Option<Clock>,
}

impl Promised {
    fn clocks(&mut self) -> impl Iterator<Item = (Promise, &mut Clock)> {
        let first = self.first_response.as_mut().map(|clock| (Promise::FirstResponse, clock));
        let second = self.resolution.as_mut().map(|clock| (Promise::Resolution, clock));
        [first, second].into_iter().flatten()
    }

    fn due(&self) -> Option<u64> {
        [&self.first_response, &self.resolution].into_iter().flatten().filter_map(Clock::due).min()
    }
}

impl From<Kept> for Levels {
    fn from(kept: Kept) -> Self {
        let due = |(&id, promised): (&TicketId, &Promised)| Some((promised.due()?, id));
        let wakes = kept.promises.iter().filter_map(due).collect();
        Self { kept, wakes }
    }
}

impl Serialize for Levels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.kept.serialize(serializer)
    }
}

/// Each operation tells first what is broken of this ticket by then, so that nothing depends on when somebody ticked.
impl Levels {
    /// A ticket was opened, or opened again: what the team promises holds from now on.
    pub fn open(
        &mut self,
        at: u64,
        ticket: TicketId,
        team: &str,
        sla: &Sla,
        hours: Hours<'_>,
    ) -> Vec<Change> {
        let changes = self.close(at, ticket, hours);
        let clock = |seconds: u64| Clock::start(millis(seconds), team, at, hours);
        let promised = Promised {
            team: team.to_owned(),
            first_response: sla.first_response_seconds.map(clock),
            resolution: sla.resolution_seconds.map(clock),
        };
        self.insert(ticket, promised);
        changes
    }

    /// Another team has the ticket. What was promised stays, and is counted in the time of the new team from now on.
    pub fn move_to(&mut self, at: u64, ticket: TicketId, team: &str, hours: Hours<'_>) -> Vec<Change> {
        self.change(at, ticket, hours, |promised| {
            let from = std::mem::replace(&mut promised.team, team.to_owned());
            for (_, clock) in promised.clocks().filter(|(_, clock)| clock.is_running()) {
                clock.pause(&from, at, hours);
                clock.resume(team, at, hours);
            }
        })
    }

    /// A person has answered. Only the first answer counts.
    pub fn respond(&mut self, at: u64, ticket: TicketId, hours: Hours<'_>) -> Vec<Change> {
        let mut in_time = None;
        let changes = self.change(at, ticket, hours, |promised| {
            let clock = promised.first_response.take().filter(|clock| !clock.breached);
            in_time = clock.map(|_| promised.team.clone());
        });
        if let Some(team) = in_time {
            self.kept.tallies.entry(team).or_default().count(at, true);
        }
        changes
    }

    /// The contact is to answer, or the ticket sleeps: the clocks stand still.
    pub fn pause(&mut self, at: u64, ticket: TicketId, hours: Hours<'_>) -> Vec<Change> {
        self.change(at, ticket, hours, |promised| {
            let team = promised.team.clone();
            promised.clocks().for_each(|(_, clock)| clock.pause(&team, at, hours));
        })
    }

    /// It is the team's turn again: the clocks go on.
    pub fn resume(&mut self, at: u64, ticket: TicketId, hours: Hours<'_>) -> Vec<Change> {
        self.change(at, ticket, hours, |promised| {
            let team = promised.team.clone();
            promised.clocks().for_each(|(_, clock)| clock.resume(&team, at, hours));
        })
    }

    /// The ticket is closed. One that nobody answered, and whose contact did not wait for too long, is not counted.
    pub fn close(&mut self, at: u64, ticket: TicketId, hours: Hours<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        self.take(at, ticket, hours, &mut changes);
        changes
    }

    /// When the state wants a [`tick`](Levels::tick), in milliseconds since the Unix epoch.
    pub fn due(&self) -> Option<u64> {
        self.wakes.first().map(|&(at, _)| at)
    }

    /// Finds every promise that is broken by then. Each is told once.
    pub fn tick(&mut self, at: u64, hours: Hours<'_>) -> Vec<Change> {
        let at = at.min(TIME_MAX);
        let mut changes = Vec::new();
        while let Some(&(due, ticket)) = self.wakes.first()
            && due <= at
            && let Some(promised) = self.take(at, ticket, hours, &mut changes)
        {
            self.insert(ticket, promised);
        }
        changes
    }

    fn change(
        &mut self,
        at: u64,
        ticket: TicketId,
        hours: Hours<'_>,
        change: impl FnOnce(&mut Promised),
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        if let Some(mut promised) = self.take(at, ticket, hours, &mut changes) {
            change(&mut promised);
            self.insert(ticket, promised);
        }
        changes
    }

    /// Removes a ticket, and tells what is broken of it by then.
    fn take(
        &mut self,
        at: u64,
        ticket: TicketId,
        hours: Hours<'_>,
        changes: &mut Vec<Change>,
    ) -> Option<Promised> {
        let mut promised = self.kept.promises.remove(&ticket)?;
        if let Some(due) = promised.due() {
            self.wakes.remove(&(due, ticket));
        }
        let team = promised.team.clone();
        for (promise, clock) in promised.clocks() {
            let Some(due) = clock.due().filter(|due| *due <= at) else { continue };
            if !clock.is_late(&team, at, hours) {
                // It was looked up in hours that have changed since then, or nobody works for a long time.
                clock.reckon(&team, at, hours);
                clock.defer(at);
                continue;
            }
            clock.breached = true;
            if promise == Promise::FirstResponse {
                self.kept.tallies.entry(team.clone()).or_default().count(due, false);
            }
            let (team, target_ms) = (team.clone(), clock.target_ms);
            changes.push(Change::Breached { ticket, team, promise, target_ms, at: due });
        }
        Some(promised)
    }

    /// Working hours or holidays have changed: finds anew when promises will be broken.
    pub fn reckon(&mut self, at: u64, hours: Hours<'_>) {
        for promised in self.kept.promises.values_mut() {
            let team = promised.team.clone();
            promised.clocks().for_each(|(_, clock)| clock.reckon(&team, at, hours));
        }
        *self = Self::from(std::mem::take(&mut self.kept));
    }

    /// How many first responses of a team came in time, from one moment until before another. By the minute, and at
    /// most for the last day. A response that has not come counts when its time is over.
    pub fn level(&self, team: &str, from: u64, to: u64) -> Level {
        self.kept.tallies.get(team).map(|tally| tally.level(from, to)).unwrap_or_default()
    }

    fn insert(&mut self, ticket: TicketId, promised: Promised) {
        if promised.first_response.is_none() && promised.resolution.is_none() {
            return;
        }
        self.wakes.extend(promised.due().map(|due| (due, ticket)));
        self.kept.promises.insert(ticket, promised);
    }
}

#[cfg(test)]
mod tests;
