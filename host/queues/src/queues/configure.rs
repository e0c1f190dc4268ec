//! Another configuration.

use std::collections::{BTreeMap, BTreeSet};

use super::Queues;
use crate::book::Ticket;
use crate::fit;
use crate::index::Index;
use crate::order::Standing;
use crate::{Change, Config, ConfigError, Presence, TicketId, Why, WhyNot};

impl Queues {
    /// Works by another configuration from now on. Tickets of teams that it does not have go to the default team,
    /// tickets of agents that it does not have go back into the queue; what is owned stays with its owner.
    pub fn configure(&mut self, at: u64, config: Config) -> Result<Vec<Change>, ConfigError> {
        config.check()?;
        self.begin(at);
        let misfits_before = self.misfits();
        self.book.config = config;
        let mut changes = Vec::new();
        self.leave_vanished_teams(&mut changes);
        self.leave_vanished_agents(&mut changes);
        // Order, capacities and timers may all be others.
        self.index = Index::of(&self.book);
        for (id, reason) in self.misfits() {
            if !misfits_before.contains_key(&id) {
                self.take_back(id, Why::NoLongerFits { reason }, &mut changes);
            }
        }
        let mut waiting: Vec<TicketId> = self.waiting_ids().collect();
        self.sort(&mut waiting);
        let returned: BTreeSet<TicketId> = changes.iter().filter_map(returned).collect();
        for id in waiting {
            self.settle(id, returned.contains(&id), &mut changes);
        }
        Ok(changes)
    }

    fn leave_vanished_teams(&mut self, changes: &mut Vec<Change>) {
        let config = &self.book.config;
        let now = self.book.now;
        for (&id, ticket) in &mut self.book.tickets {
            if !config.teams.contains_key(&ticket.need.team) {
                let to = config.default_team.clone();
                let from = std::mem::replace(&mut ticket.need.team, to.clone());
                // Nobody there may have the skills that the other team was asked for.
                ticket.need.skills.clear();
                ticket.reenter(now);
                changes.push(Change::Moved { ticket: id, from, to });
            }
            let steps = config.teams.get(&ticket.need.team).map_or(0, |team| team.overflow.len());
            ticket.widened = ticket.widened.min(steps);
            if let Some(holder) = &mut ticket.holder
                && !config.teams.contains_key(&holder.team)
            {
                holder.team = ticket.need.team.clone();
            }
        }
        self.book.turns.retain(|team, _| config.teams.contains_key(team));
    }

    fn leave_vanished_agents(&mut self, changes: &mut Vec<Change>) {
        let agents = &self.book.config.agents;
        let now = self.book.now;
        for (name, seat) in &self.book.seats {
            if !agents.contains_key(name) && seat.presence != Presence::Offline {
                let (agent, from) = (name.clone(), seat.presence);
                changes.push(Change::PresenceChanged { agent, from, to: Presence::Offline, missed: false });
            }
        }
        for (&id, ticket) in &mut self.book.tickets {
            ticket.refused.retain(|agent, _| agents.contains_key(agent));
            let Some(holder) = ticket.holder.take_if(|holder| !agents.contains_key(&holder.agent)) else {
                continue;
            };
            if holder.until.is_none() {
                ticket.front = true;
                ticket.reenter(now);
            }
            let (team, agent, generation) = (holder.team, holder.agent, holder.generation);
            let why = Why::AgentRemoved;
            changes.push(Change::Returned { ticket: id, team, agent, generation, why });
        }
        self.book.seats.retain(|name, _| agents.contains_key(name));
        for name in agents.keys() {
            self.book.seats.entry(name.clone()).or_default();
        }
    }

    /// Offers that would not be made now, with what is in the way; none if the agent is in another team. What somebody
    /// passed on to an agent may be one from the beginning.
    fn misfits(&mut self) -> BTreeMap<TicketId, Option<WhyNot>> {
        let is_offer = |ticket: &Ticket| ticket.holder.as_ref().is_some_and(|holder| holder.until.is_some());
        let offers = self.book.tickets.iter().filter(|(_, ticket)| is_offer(ticket));
        let offers: Vec<TicketId> = offers.map(|(&id, _)| id).collect();
        let mut misfits = BTreeMap::new();
        for id in offers {
            // It must not take the agent's last place from itself.
            let Some(ticket) = self.remove(id) else { continue };
            if let Some(holder) = &ticket.holder {
                let shape = ticket.need.shape(ticket.relaxed);
                let reason = fit::why_not(&self.book, &self.index, &holder.agent, &shape);
                let agent = self.book.config.agents.get(&holder.agent);
                let member = agent.is_some_and(|agent| agent.teams.contains(&holder.team));
                if reason.is_some() || !member {
                    misfits.insert(id, reason);
                }
            }
            self.insert(ticket);
        }
        misfits
    }

    fn waiting_ids(&self) -> impl Iterator<Item = TicketId> {
        self.book.tickets.iter().filter(|(_, ticket)| ticket.holder.is_none()).map(|(&id, _)| id)
    }

    /// Into the order in which they are decided, over all teams.
    pub(super) fn sort(&self, tickets: &mut [TicketId]) {
        tickets.sort_by_cached_key(|id| {
            let ticket = self.book.tickets.get(id)?;
            let team = self.book.team(&ticket.need.team)?;
            Some(Standing::of(ticket, team, self.book.now))
        });
    }
}

fn returned(change: &Change) -> Option<TicketId> {
    match change {
        Change::Returned { ticket, .. } => Some(*ticket),
        _ => None,
    }
}
