//! What can be seen of the state: for flows, for the API, and to explain.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Queues;
use crate::book::Ticket;
use crate::order::Place;
use crate::{Need, Presence, TicketId, Trace};

/// Where a ticket is. One that is nowhere here is with nobody and in no queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Whereabouts {
    /// In the queue of its team.
    Waiting {
        /// Whose people may take it: its own team first, then those that help.
        teams: Vec<String>,
        /// Somebody had it already: it comes before all that nobody had.
        front: bool,
    },
    /// An agent is asked.
    Offered {
        /// Who.
        agent: String,
        /// That of the offer.
        generation: u64,
        /// When the offer ends, in milliseconds since the Unix epoch.
        until: u64,
    },
    /// An agent has it.
    Owned {
        /// Who.
        agent: String,
        /// That of the ownership.
        generation: u64,
    },
}

/// A team at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamView {
    /// Tickets that this team could take, those that it helps with included.
    pub waiting: usize,
    /// Since when the contact waits that has waited for the longest, in milliseconds since the Unix epoch.
    pub oldest_since: Option<u64>,
    /// Members who are online or busy.
    pub present: usize,
    /// Members who could take one more ticket of some kind.
    pub free: usize,
}

/// An agent at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    /// Whether there.
    pub presence: Presence,
    /// Tickets by kind of channel, offers included.
    pub held: BTreeMap<String, u32>,
    /// The tickets, in the order of their numbers.
    pub tickets: Vec<TicketId>,
    /// How many there may be.
    pub total: u32,
    /// Offers missed in a row.
    pub missed: u32,
}

impl Queues {
    /// Where a ticket is.
    pub fn whereabouts(&self, ticket: TicketId) -> Option<Whereabouts> {
        let ticket = self.book.tickets.get(&ticket)?;
        let Some(holder) = &ticket.holder else {
            let teams = self.book.teams_of(ticket).map(|(name, _)| name.to_owned()).collect();
            return Some(Whereabouts::Waiting { teams, front: ticket.front });
        };
        let (agent, generation) = (holder.agent.clone(), holder.generation);
        Some(match holder.until {
            Some(until) => Whereabouts::Offered { agent, generation, until },
            None => Whereabouts::Owned { agent, generation },
        })
    }

    /// What a ticket asks for, as far as that still counts: its team may be another by now.
    pub fn need(&self, ticket: TicketId) -> Option<&Need> {
        self.book.tickets.get(&ticket).map(|ticket| &ticket.need)
    }

    /// Every ticket, in the order of their numbers.
    pub fn tickets(&self) -> impl Iterator<Item = TicketId> {
        self.book.tickets.keys().copied()
    }

    /// The queue of a team, first come first; tickets that it helps with included.
    pub fn waiting(&self, team: &str) -> Vec<TicketId> {
        let lines = self.index.teams.get(team).into_iter().flat_map(|desk| desk.lines.values());
        let mut places: Vec<&Place> = lines.flatten().collect();
        places.sort();
        places.into_iter().map(|place| place.ticket).collect()
    }

    /// How many tickets come before a waiting one in the queue of its team.
    pub fn position(&self, ticket: TicketId) -> Option<usize> {
        let ticket = self.waiting_ticket(ticket)?;
        let (name, team) = self.book.teams_of(ticket).next()?;
        let place = Place::of(ticket, team);
        let lines = self.index.teams.get(name)?.lines.values();
        Some(lines.map(|line| line.range(..&place).count()).sum())
    }

    /// Why a waiting ticket waits, at the time of the last operation.
    pub fn explain(&self, ticket: TicketId) -> Option<Trace> {
        self.waiting_ticket(ticket).map(|ticket| self.trace_nobody(ticket))
    }

    fn waiting_ticket(&self, ticket: TicketId) -> Option<&Ticket> {
        self.book.tickets.get(&ticket).filter(|ticket| ticket.holder.is_none())
    }

    /// A team. None: there is none of this name.
    pub fn team(&self, team: &str) -> Option<TeamView> {
        let desk = self.index.teams.get(team).filter(|_| self.book.team(team).is_some())?;
        let waiting = desk.lines.values().flatten();
        let since = |place: &Place| self.book.tickets.get(&place.ticket).map(|ticket| ticket.need.since);
        let present =
            |name: &&String| self.book.seats.get(*name).is_some_and(|seat| !seat.presence.is_gone());
        Some(TeamView {
            waiting: desk.waiting,
            oldest_since: waiting.filter_map(since).min(),
            present: desk.members.iter().filter(present).count(),
            free: desk.free.len(),
        })
    }

    /// An agent. None: there is none of this name.
    pub fn agent(&self, agent: &str) -> Option<AgentView> {
        let seat = self.book.seats.get(agent)?;
        let load = self.index.loads.get(agent)?;
        Some(AgentView {
            presence: seat.presence,
            held: load.kinds.clone(),
            tickets: load.held.iter().copied().collect(),
            total: self.book.config.agents.get(agent)?.capacity.total(),
            missed: seat.missed,
        })
    }
}
