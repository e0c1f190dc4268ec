//! The fold: facts in, numbers kept.

mod speech;
mod work;

use serde::{Deserialize, Serialize};

use crate::agent::Agents;
use crate::bucket::Cell;
use crate::fact::{Fact, Rating, Speaker, Target, What};
use crate::measure::{Count, Sample};
use crate::names::{NameId, Names};
use crate::options::{Options, OptionsError};
use crate::store::Store;
use crate::ticket::{Ticket, Tickets};
use crate::zone::AT_MAX;

/// Everything counted so far. The same facts in the same order give the same, also when it was serialized in between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub(crate) names: Names,
    pub(crate) store: Store,
    pub(crate) tickets: Tickets,
    pub(crate) agents: Agents,
}

impl Numbers {
    /// Nothing counted yet.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        options.check()?;
        Ok(Self {
            names: Names::default(),
            store: Store::new(options),
            tickets: Tickets::default(),
            agents: Agents::default(),
        })
    }

    /// What they are kept by.
    pub fn options(&self) -> &Options {
        self.store.options()
    }

    /// Counts one fact. Whatever fits nothing before it is counted as [`Count::Ignored`] and changes nothing else.
    ///
    /// A late fact is counted in its own hour. The time that an agent was online or busy is counted as the agent's
    /// facts come: a late one changes what comes after the last of them. The newest fact says what is old: one from the
    /// far future ages everything before it, so times are to come from one clock.
    pub fn apply(&mut self, fact: &Fact) {
        let at = fact.at.min(AT_MAX);
        let id = fact.ticket;
        self.store.advance(at);
        self.tickets.forget(self.store.newest());
        match &fact.what {
            What::Opened { channel, team, contact } => {
                self.opened(at, id, channel, team.as_deref(), *contact)
            }
            What::Reopened => self.reopened(at, id),
            What::Heard { channel } => self.heard(at, id, channel),
            What::Said { channel, by } => self.said(at, id, channel, by),
            What::Queued { team } => self.queued(at, id, team),
            What::Offered { agent } => self.count_agent(at, agent, Count::Offered),
            What::Accepted { agent, team } => self.accepted(at, id, agent, team),
            What::Declined { agent } => self.count_agent(at, agent, Count::Declined),
            What::Missed { agent } => self.count_agent(at, agent, Count::Missed),
            What::Returned { agent } => self.returned(at, id, agent),
            What::Transferred { from_team, to_team } => {
                self.transferred(at, id, from_team.as_deref(), to_team);
            }
            What::HandedOver { bot: _, reason: _ } => self.handed_over(at, id),
            What::Snoozed | What::Pending => self.rests(at, id),
            What::Closed { by } => self.closed(at, id, by),
            What::Rated { kind } => self.rated(at, id, *kind),
            What::Breached { target, team } => self.breached(at, id, *target, team),
            What::Presence { agent, state } => {
                let agent = self.names.id(agent);
                self.agents.set_presence(agent, *state, at, &mut self.store);
            }
        }
    }

    fn opened(&mut self, at: u64, id: u64, channel: &str, team: Option<&str>, contact: u64) {
        let ticket = Ticket::new(Some(contact), self.names.id(channel), self.names.optional(team), at);
        self.follow(at, id, ticket, Count::Opened);
    }

    fn reopened(&mut self, at: u64, id: u64) {
        let Some(ticket) = self.tickets.get(id) else {
            // Closed too long ago to be remembered.
            self.follow(at, id, Ticket::new(None, NameId::NONE, NameId::NONE, at), Count::Reopened);
            return;
        };
        if ticket.is_open() {
            self.goes_on(at, id);
            return;
        }
        let cell = ticket.cell();
        self.store.count(at, cell, Count::Reopened, 1);
        if let Some(closed_at) = self.tickets.reopen(id, at) {
            self.store.count(closed_at, cell, Count::CameBack, 1);
        }
    }

    fn follow(&mut self, at: u64, id: u64, ticket: Ticket, count: Count) {
        let cell = ticket.cell();
        let tickets_max = self.store.options().tickets_max;
        let is_new = self.tickets.get(id).is_none() && self.tickets.insert(id, ticket, tickets_max);
        self.store.count(at, cell, if is_new { count } else { Count::Ignored }, 1);
    }

    fn closed(&mut self, at: u64, id: u64, by: &Speaker) {
        self.leave_queue(at, id);
        self.end_ownership(at, id);
        let Some(ticket) = self.tickets.open(id) else { return self.ignore(at, id) };
        let cell = ticket.cell();
        self.store.sample(at, cell, Sample::Resolution, at.saturating_sub(ticket.opened_at));
        for (count, holds) in [
            (Count::Closed, true),
            (Count::ClosedAnswered, ticket.is_answered),
            (Count::Abandoned, ticket.heard_at.is_some() && !ticket.is_answered),
            (Count::BotAnswered, ticket.had_bot),
            (Count::BotContained, ticket.had_bot && !ticket.had_agent),
        ] {
            if holds {
                self.store.count(at, cell, count, 1);
            }
        }
        self.tickets.close(id, at);
        if let Speaker::Agent(agent) = by {
            self.count_agent(at, agent, Count::Closed);
        }
    }

    fn rated(&mut self, at: u64, id: u64, rating: Rating) {
        let (sample, value) = match rating {
            Rating::Csat(value @ 1..=5) => (Sample::Csat, value),
            Rating::Nps(value @ 0..=10) => (Sample::Nps, value),
            Rating::Csat(_) | Rating::Nps(_) => return self.ignore(at, id),
        };
        self.store.sample(at, self.cell(id), sample, u64::from(value));
    }

    fn breached(&mut self, at: u64, id: u64, target: Target, team: &str) {
        let count = match target {
            Target::FirstResponse => Count::FirstResponseBreached,
            Target::Resolution => Count::ResolutionBreached,
        };
        let channel = self.tickets.get(id).map_or(NameId::NONE, |ticket| ticket.channel);
        let team = self.names.id(team);
        self.store.count(at, Cell::Traffic { channel, team }, count, 1);
    }

    fn count_agent(&mut self, at: u64, agent: &str, count: Count) {
        let cell = Cell::Agent(self.names.id(agent));
        self.store.count(at, cell, count, 1);
    }

    fn ignore(&mut self, at: u64, id: u64) {
        self.store.count(at, self.cell(id), Count::Ignored, 1);
    }

    /// Where numbers of a ticket go.
    fn cell(&self, id: u64) -> Cell {
        self.tickets.get(id).map_or(Cell::NOBODY, Ticket::cell)
    }
}
