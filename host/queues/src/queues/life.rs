//! The usual life of a ticket: it comes, is offered, accepted, and done.

use super::Queues;
use crate::book::{Refused, Ticket, millis};
use crate::text::shorten;
use crate::{
    By, Change, NAME_CHARS_MAX, Need, QueueError, REASON_CHARS_MAX, Refusal, Rule, TICKETS_MAX, TicketId, Why,
};

impl Queues {
    /// A ticket wants somebody. It is offered at once, or waits.
    pub fn enqueue(&mut self, at: u64, need: Need) -> Result<Vec<Change>, QueueError> {
        let mut changes = Vec::new();
        let id = self.admit(at, need, &mut changes)?;
        self.settle(id, true, &mut changes);
        Ok(changes)
    }

    /// Takes a ticket into its queue, or into that of the default team where there is none.
    pub(super) fn admit(
        &mut self,
        at: u64,
        mut need: Need,
        changes: &mut Vec<Change>,
    ) -> Result<TicketId, QueueError> {
        let id = need.ticket;
        need.check()?;
        if self.book.tickets.contains_key(&id) {
            return Err(QueueError::AlreadyQueued { ticket: id });
        }
        if self.book.tickets.len() >= TICKETS_MAX {
            return Err(QueueError::Full { ticket: id });
        }
        self.begin(at);
        // A clock that is ahead must not put a ticket behind all others.
        need.since = need.since.min(self.book.now);
        if self.book.team(&need.team).is_none() {
            let to = self.book.config.default_team.clone();
            let from = std::mem::replace(&mut need.team, to.clone());
            changes.push(Change::Moved { ticket: id, from: shorten(&from, NAME_CHARS_MAX), to });
        }
        self.insert(Ticket::new(need, self.book.now));
        Ok(id)
    }

    /// An agent takes what is offered. Who has accepted already may do it again.
    ///
    /// An offer can be accepted after its time, as long as it was not taken back.
    pub fn accept(
        &mut self,
        at: u64,
        agent: &str,
        ticket: TicketId,
        generation: u64,
    ) -> Result<Vec<Change>, QueueError> {
        let held = self.held(agent, ticket, generation)?;
        if held.until.is_none() {
            return Ok(Vec::new());
        }
        let team = held.team.clone();
        self.begin(at);
        let now = self.book.now;
        if let Some(seat) = self.book.seats.get_mut(agent) {
            seat.missed = 0;
        }
        let trace = self.trace_alone(self.ticket(ticket)?, Rule::Accepted);
        self.change(ticket, |ticket| {
            if let Some(holder) = &mut ticket.holder {
                (holder.until, holder.since) = (None, now);
            }
        });
        self.remember(ticket);
        Ok(vec![Change::Owned { ticket, team, agent: agent.to_owned(), generation, trace }])
    }

    /// An agent does not want what is offered. It goes to the next.
    pub fn decline(
        &mut self,
        at: u64,
        agent: &str,
        ticket: TicketId,
        generation: u64,
        reason: &str,
    ) -> Result<Vec<Change>, QueueError> {
        if self.held(agent, ticket, generation)?.until.is_none() {
            return Err(QueueError::Accepted { ticket, agent: agent.to_owned() });
        }
        self.begin(at);
        let mut changes = Vec::new();
        let why = Why::Declined { reason: shorten(reason, REASON_CHARS_MAX) };
        self.take_back(ticket, why, &mut changes);
        self.refuse(ticket, agent, Refusal::Declined);
        self.settle(ticket, true, &mut changes);
        self.serve(agent, &mut changes);
        Ok(changes)
    }

    /// For a while a ticket is not offered to an agent again.
    pub(super) fn refuse(&mut self, id: TicketId, agent: &str, refusal: Refusal) {
        let Some(ticket) = self.book.tickets.get(&id) else { return };
        let Some(team) = self.book.team(&ticket.need.team) else { return };
        let until = self.book.now.saturating_add(millis(team.declined_seconds));
        self.change(id, |ticket| {
            ticket.refused.insert(agent.to_owned(), Refused { refusal, until });
        });
    }

    /// A ticket is done with for now: closed, snoozed, or waiting for the contact. It leaves the queues.
    pub fn release(&mut self, at: u64, ticket: TicketId, by: &By) -> Result<Vec<Change>, QueueError> {
        self.may(ticket, by)?;
        self.ticket(ticket)?;
        self.begin(at);
        self.remember(ticket);
        let Some(gone) = self.remove(ticket) else { return Ok(Vec::new()) };
        let agent = gone.holder.map(|holder| holder.agent);
        let mut changes = vec![Change::Released { ticket, team: gone.need.team, agent: agent.clone() }];
        if let Some(agent) = agent {
            if let Some(seat) = self.book.seats.get_mut(&agent) {
                seat.idle_since = self.book.now;
            }
            self.serve(&agent, &mut changes);
        }
        Ok(changes)
    }

    /// Whether somebody may do something with a ticket: an agent only while it is that agent's own.
    pub(super) fn may(&self, ticket: TicketId, by: &By) -> Result<(), QueueError> {
        match by {
            By::Agent { name, generation } => self.check_owner(name, ticket, *generation),
            By::Supervisor { .. } | By::System => Ok(()),
        }
    }

    /// Whether a ticket is an agent's own, as that agent believes. Ask it before a reply goes out.
    pub fn check_owner(&self, agent: &str, ticket: TicketId, generation: u64) -> Result<(), QueueError> {
        if self.held(agent, ticket, generation)?.until.is_some() {
            return Err(QueueError::NotAccepted { ticket, agent: agent.to_owned() });
        }
        Ok(())
    }
}
