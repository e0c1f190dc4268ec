//! A ticket goes to another team or agent.

use super::{Choice, Queues};
use crate::book::Ticket;
use crate::fit::Person;
use crate::{By, Change, QueueError, Refusal, Rule, Target, TicketId, Why};

impl Queues {
    /// Passes a ticket on. An agent must own it; a supervisor may do it with any.
    ///
    /// To a team: the skills that were asked for no longer count, since somebody has chosen the team. To an agent: only if
    /// that one has a place for it now, and offered like any other. For a while it is not offered back to whom it was with.
    pub fn transfer(
        &mut self,
        at: u64,
        ticket: TicketId,
        to: &Target,
        by: &By,
    ) -> Result<Vec<Change>, QueueError> {
        self.may(ticket, by)?;
        self.ticket(ticket)?;
        match to {
            Target::Team(team) => self.transfer_to_team(at, ticket, team, by),
            Target::Agent(agent) => self.transfer_to_agent(at, ticket, agent, by),
        }
    }

    fn transfer_to_team(
        &mut self,
        at: u64,
        ticket: TicketId,
        team: &str,
        by: &By,
    ) -> Result<Vec<Change>, QueueError> {
        if self.book.team(team).is_none() {
            return Err(QueueError::unknown_team(team));
        }
        self.begin(at);
        let mut changes = Vec::new();
        let before = self.take_back(ticket, Why::Transferred { by: by.name() }, &mut changes);
        let from = self.move_to(ticket, team);
        changes.push(Change::Transferred { ticket, from, to: team.to_owned(), by: by.clone() });
        if let Some(before) = &before {
            self.refuse(ticket, before, Refusal::Transferred);
        }
        self.settle(ticket, true, &mut changes);
        before.into_iter().for_each(|before| self.serve(&before, &mut changes));
        Ok(changes)
    }

    fn transfer_to_agent(
        &mut self,
        at: u64,
        ticket: TicketId,
        agent: &str,
        by: &By,
    ) -> Result<Vec<Change>, QueueError> {
        self.agent_exists(agent)?;
        let entry = self.ticket(ticket)?;
        if entry.holder.as_ref().is_some_and(|holder| holder.agent == agent) {
            return Ok(Vec::new());
        }
        let person = Person::of(&self.book, &self.index, agent);
        if let Some(why) = person.and_then(|person| person.unavailable(&entry.need.channel_kind)) {
            return Err(QueueError::CannotTake { ticket, agent: agent.to_owned(), why });
        }
        self.begin(at);
        let mut changes = Vec::new();
        let before = self.take_back(ticket, Why::Transferred { by: by.name() }, &mut changes);
        if let Some(before) = &before {
            self.refuse(ticket, before, Refusal::Transferred);
        }
        let entry = self.ticket(ticket)?;
        let choice = Choice { agent: agent.to_owned(), team: entry.need.team.clone() };
        let trace = self.trace(entry, Rule::Transferred(by.name()), Some(&choice));
        self.offer(ticket, choice, trace, &mut changes);
        before.into_iter().for_each(|before| self.serve(&before, &mut changes));
        Ok(changes)
    }

    /// A waiting ticket belongs to this team from now on. Gives the team before.
    fn move_to(&mut self, id: TicketId, team: &str) -> String {
        let now = self.book.now;
        let mut from = String::new();
        self.change(id, |ticket: &mut Ticket| {
            from = std::mem::replace(&mut ticket.need.team, team.to_owned());
            ticket.need.skills.clear();
            // What is passed on again and again must not hold up a queue; its contact's wait counts as before.
            ticket.front = false;
            ticket.reenter(now);
        });
        from
    }

    /// Does what the team's `sla.escalation` says for a broken promise: a higher priority, and another team for a ticket
    /// that waits. Nothing where it says nothing.
    pub fn escalate(&mut self, at: u64, ticket: TicketId) -> Result<Vec<Change>, QueueError> {
        let entry = self.ticket(ticket)?;
        let from = entry.need.team.clone();
        let escalation = self.book.team(&from).and_then(|team| team.sla.escalation.clone());
        let Some(escalation) = escalation else { return Ok(Vec::new()) };
        let priority = entry.need.priority.max(escalation.priority);
        let waits = entry.holder.is_none();
        self.begin(at);
        self.change(ticket, |ticket| ticket.need.priority = priority);
        let mut to = from.clone();
        if let Some(team) = escalation.to_team.filter(|team| waits && *team != from) {
            self.move_to(ticket, &team);
            to = team;
        }
        let moved = to != from;
        let mut changes = vec![Change::Escalated { ticket, from, to, priority }];
        if moved {
            self.settle(ticket, true, &mut changes);
        }
        Ok(changes)
    }
}
