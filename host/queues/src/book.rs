//! What is known, and nothing that follows from it: what a snapshot holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::memory::Memory;
use crate::{Config, Need, Presence, Refusal, Team, TicketId};

/// The end of the year 9999, in milliseconds since the Unix epoch: later times count as this one, and sums of times are
/// numbers.
pub(crate) const TIME_MAX: u64 = 253_402_300_799_999;

/// Milliseconds of so many seconds.
pub(crate) fn millis(seconds: u64) -> u64 {
    seconds.saturating_mul(1_000)
}

/// All that cannot be computed. [`Index`](crate::index::Index) is computed from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Book {
    pub config: Config,
    /// The latest time that was told.
    pub now: u64,
    /// The last one given out. One counter for all tickets: one that comes back later has no number twice.
    pub generation: u64,
    pub seats: BTreeMap<String, Seat>,
    pub tickets: BTreeMap<TicketId, Ticket>,
    /// Team, and who in it was asked last.
    pub turns: BTreeMap<String, String>,
    pub memory: Memory,
}

/// What is known of an agent beside the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub presence: Presence,
    /// Since when away or offline. None: neither.
    pub gone_since: Option<u64>,
    /// When a ticket was last given or finished, or when the agent came.
    pub idle_since: u64,
    /// Offers missed in a row.
    pub missed: u32,
}

/// A ticket that waits, is offered or owned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub need: Need,
    /// When it came into this queue: overflow and relaxing are counted from here, order is not.
    pub entered: u64,
    /// How many steps of its team's overflow are taken.
    pub widened: usize,
    pub relaxed: bool,
    /// It was answered already: it comes before all that were not.
    pub front: bool,
    /// Whom it is not offered to for a while.
    pub refused: BTreeMap<String, Refused>,
    /// None: it waits.
    pub holder: Option<Holder>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Refused {
    pub refusal: Refusal,
    pub until: u64,
}

/// Who has a ticket, or is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub agent: String,
    /// For which team: the ticket's own, or one that helps.
    pub team: String,
    pub generation: u64,
    pub since: u64,
    /// When the offer ends. None: it is owned.
    pub until: Option<u64>,
}

impl Default for Seat {
    /// Never was there.
    fn default() -> Self {
        Self { presence: Presence::Offline, gone_since: Some(0), idle_since: 0, missed: 0 }
    }
}

impl Book {
    pub fn team(&self, name: &str) -> Option<&Team> {
        self.config.teams.get(name)
    }

    /// The teams whose people may take it: its own, then those that help, in the order in which they are asked.
    pub fn teams_of<'a>(&'a self, ticket: &'a Ticket) -> impl Iterator<Item = (&'a str, &'a Team)> {
        let own = self.config.teams.get_key_value(&ticket.need.team);
        let steps = own.map(|(_, team)| team.overflow.as_slice()).unwrap_or_default();
        let helping = steps.iter().take(ticket.widened);
        own.into_iter()
            .chain(helping.filter_map(|step| self.config.teams.get_key_value(&step.to_team)))
            .map(|(name, team)| (name.as_str(), team))
    }

    /// When something happens to a ticket if nobody does anything.
    pub fn wake(&self, ticket: &Ticket) -> Option<u64> {
        let Some(holder) = &ticket.holder else {
            let team = self.team(&ticket.need.team);
            let step = team.and_then(|team| team.overflow.get(ticket.widened));
            let step = step.map(|step| ticket.entered.saturating_add(millis(step.after_seconds)));
            let refused = ticket.refused.values().map(|refused| refused.until).min();
            return [step, ticket.relaxes_at(), refused].into_iter().flatten().min();
        };
        if holder.until.is_some() {
            return holder.until;
        }
        // Who was given a ticket while away has as much time as whoever leaves with it.
        let gone_since = self.seats.get(&holder.agent)?.gone_since?.max(holder.since);
        let after = self.team(&holder.team)?.reassign_after_seconds;
        Some(gone_since.saturating_add(millis(after)))
    }
}

impl Ticket {
    pub fn new(need: Need, entered: u64) -> Self {
        let refused = BTreeMap::new();
        Self { need, entered, widened: 0, relaxed: false, front: false, refused, holder: None }
    }

    /// When the skills no longer count. None: never, or they do not already.
    pub fn relaxes_at(&self) -> Option<u64> {
        let seconds = self.need.relax_after_seconds.filter(|_| !self.relaxed)?;
        Some(self.entered.saturating_add(millis(seconds)))
    }

    /// Begins to wait in a queue, as if it had not been in one.
    pub fn reenter(&mut self, at: u64) {
        self.entered = at;
        self.widened = 0;
        self.relaxed = false;
        self.refused.clear();
    }

    /// The priority with what it gained by waiting, in thousandths. It grows evenly: steps would change the order of
    /// two tickets back and forth.
    pub fn priority_thousandths(&self, team: &Team, now: u64) -> u64 {
        let gained = match millis(team.priority_ageing_seconds) {
            0 => 0,
            step => now.saturating_sub(self.need.since).saturating_mul(1_000) / step,
        };
        u64::from(self.need.priority).saturating_mul(1_000).saturating_add(gained)
    }
}
