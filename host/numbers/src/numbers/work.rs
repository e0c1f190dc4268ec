//! Who had a ticket, which team, for how long, and how long it waited before.

use super::Numbers;
use crate::bucket::Cell;
use crate::measure::{Count, Sample};
use crate::names::NameId;
use crate::ticket::Owner;

impl Numbers {
    pub(super) fn queued(&mut self, at: u64, id: u64, team: &str) {
        let team = self.names.id(team);
        self.end_ownership(at, id);
        self.move_to(at, id, team);
        let Some(ticket) = self.tickets.open_mut(id) else { return self.ignore(at, id) };
        ticket.queued_at.get_or_insert(at);
        ticket.asked_at.get_or_insert(at);
        let cell = ticket.cell();
        self.store.count(at, cell, Count::Queued, 1);
    }

    pub(super) fn accepted(&mut self, at: u64, id: u64, agent: &str, team: &str) {
        if self.tickets.open(id).is_none() {
            return self.ignore(at, id);
        }
        self.count_agent(at, agent, Count::Accepted);
        let (agent, team) = (self.names.id(agent), self.names.id(team));
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        let cell = ticket.cell();
        if let Some(queued_at) = ticket.queued_at.take() {
            self.store.sample(at, cell, Sample::Waiting, at.saturating_sub(queued_at));
        }
        if ticket.owner.as_ref().is_some_and(|owner| owner.agent == agent) {
            self.goes_on(at, id);
        } else {
            self.end_ownership(at, id);
        }
        self.move_to(at, id, team);
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        ticket.had_agent = true;
        if ticket.owner.is_none() {
            ticket.owner = Some(Owner { agent, working_since: Some(at), worked_ms: 0 });
            self.agents.begin_work(agent, at, &mut self.store);
        }
    }

    pub(super) fn returned(&mut self, at: u64, id: u64, agent: &str) {
        self.count_agent(at, agent, Count::Returned);
        let agent = self.names.id(agent);
        let owner = self.tickets.open(id).and_then(|ticket| ticket.owner.as_ref());
        if owner.is_some_and(|owner| owner.agent == agent) {
            self.end_ownership(at, id);
        }
    }

    pub(super) fn transferred(&mut self, at: u64, id: u64, from: Option<&str>, to: &str) {
        let (from, to) = (self.names.optional(from), self.names.id(to));
        let Some(ticket) = self.tickets.open(id) else { return self.ignore(at, id) };
        let cell = Cell::Traffic { channel: ticket.channel, team: from };
        self.store.count(at, cell, Count::Transferred, 1);
        self.end_ownership(at, id);
        self.move_to(at, id, to);
    }

    pub(super) fn handed_over(&mut self, at: u64, id: u64) {
        let Some(ticket) = self.tickets.open_mut(id) else { return self.ignore(at, id) };
        ticket.asked_at.get_or_insert(at);
        let cell = ticket.cell();
        self.store.count(at, cell, Count::HandedOver, 1);
    }

    /// Snoozed or pending.
    pub(super) fn rests(&mut self, at: u64, id: u64) {
        if self.tickets.open(id).is_none() {
            return self.ignore(at, id);
        }
        self.leave_queue(at, id);
        let owner = self.tickets.open_mut(id).and_then(|ticket| ticket.owner.as_mut());
        if let Some(owner) = owner
            && let Some(since) = owner.working_since.take()
        {
            owner.worked_ms = owner.worked_ms.saturating_add(at.saturating_sub(since));
            self.agents.end_work(owner.agent, at, &mut self.store);
        }
    }

    /// Somebody wrote, or it is on again: its owner works on it.
    pub(super) fn goes_on(&mut self, at: u64, id: u64) {
        let owner = self.tickets.open_mut(id).and_then(|ticket| ticket.owner.as_mut());
        if let Some(owner) = owner
            && owner.working_since.is_none()
        {
            owner.working_since = Some(at);
            self.agents.begin_work(owner.agent, at, &mut self.store);
        }
    }

    pub(super) fn leave_queue(&mut self, at: u64, id: u64) {
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        if ticket.queued_at.take().is_some() {
            let cell = ticket.cell();
            self.store.count(at, cell, Count::LeftQueue, 1);
        }
    }

    pub(super) fn end_ownership(&mut self, at: u64, id: u64) {
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        let Some(owner) = ticket.owner.take() else { return };
        let cell = ticket.cell();
        let mut worked_ms = owner.worked_ms;
        if let Some(since) = owner.working_since {
            worked_ms = worked_ms.saturating_add(at.saturating_sub(since));
            self.agents.end_work(owner.agent, at, &mut self.store);
        }
        self.store.sample(at, cell, Sample::Handling, worked_ms);
        self.store.sample(at, Cell::Agent(owner.agent), Sample::Handling, worked_ms);
    }

    fn move_to(&mut self, at: u64, id: u64, team: NameId) {
        let Some(ticket) = self.tickets.open_mut(id) else { return };
        if ticket.team == team {
            return;
        }
        let before = ticket.cell();
        ticket.team = team;
        let after = ticket.cell();
        self.store.count(at, before, Count::MovedOut, 1);
        self.store.count(at, after, Count::MovedIn, 1);
    }
}
