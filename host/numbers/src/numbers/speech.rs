//! What was written, and how long that took.

use super::Numbers;
use crate::bucket::Cell;
use crate::fact::Speaker;
use crate::measure::{Count, Sample};
use crate::names::NameId;
use crate::ticket::Ticket;

impl Numbers {
    pub(super) fn heard(&mut self, at: u64, id: u64, channel: &str) {
        let cell = self.cell_on(id, channel);
        self.store.count(at, cell, Count::MessagesIn, 1);
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        ticket.heard_at.get_or_insert(at);
        let begins = !std::mem::replace(&mut ticket.has_begun, true);
        if begins {
            for (closed_at, cell) in self.tickets.take_come_back(id, at) {
                self.store.count(closed_at, cell, Count::CameBack, 1);
            }
        }
        self.goes_on(at, id);
    }

    pub(super) fn said(&mut self, at: u64, id: u64, channel: &str, by: &Speaker) {
        let cell = self.cell_on(id, channel);
        self.store.count(at, cell, Count::MessagesOut, 1);
        match by {
            Speaker::Agent(agent) => {
                self.store.count(at, cell, Count::MessagesByAgents, 1);
                self.count_agent(at, agent, Count::MessagesByAgents);
                let agent = self.names.id(agent);
                self.answered_by_agent(at, id, agent);
                self.goes_on(at, id);
            }
            Speaker::Bot(_) => {
                self.store.count(at, cell, Count::MessagesByBots, 1);
                if let Some(ticket) = self.tickets.open_mut(id) {
                    ticket.had_bot = true;
                }
                self.answered(at, id);
            }
            // No answer: a greeting or a notice says nothing to what the contact asked.
            Speaker::Flow | Speaker::Program => {}
        }
    }

    /// An agent or a bot wrote.
    fn answered(&mut self, at: u64, id: u64) {
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        ticket.is_answered = true;
        ticket.has_begun = true;
        if ticket.is_responded {
            return;
        }
        let Some(heard_at) = ticket.heard_at else { return };
        ticket.is_responded = true;
        let cell = ticket.cell();
        self.store.sample(at, cell, Sample::FirstResponse, at.saturating_sub(heard_at));
    }

    fn answered_by_agent(&mut self, at: u64, id: u64, agent: NameId) {
        self.answered(at, id);
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        ticket.had_agent = true;
        if ticket.is_agent_responded {
            return;
        }
        let Some(asked_at) = ticket.asked_at.or(ticket.heard_at) else { return };
        ticket.is_agent_responded = true;
        let cell = ticket.cell();
        let value = at.saturating_sub(asked_at);
        self.store.sample(at, cell, Sample::AgentResponse, value);
        self.store.sample(at, Cell::Agent(agent), Sample::AgentResponse, value);
    }

    /// Where messages go: the channel is their own, the team the ticket's.
    fn cell_on(&mut self, id: u64, channel: &str) -> Cell {
        let team = self.tickets.get(id).map_or(NameId::NONE, |ticket: &Ticket| ticket.team);
        Cell::Traffic { channel: self.names.id(channel), team }
    }
}
