//! A supervisor says who has a ticket.

use super::{Choice, Queues};
use crate::fit;
use crate::text::shorten;
use crate::{Candidate, Change, NAME_CHARS_MAX, Need, QueueError, Rule, TicketId, Verdict, Why};

impl Queues {
    /// A ticket is this agent's, wherever it was. Capacity, skills and presence are no obstacle: the trace says what was
    /// passed over. `by` is who says so.
    pub fn assign(
        &mut self,
        at: u64,
        ticket: TicketId,
        agent: &str,
        by: &str,
    ) -> Result<Vec<Change>, QueueError> {
        self.agent_exists(agent)?;
        let holder = &self.ticket(ticket)?.holder;
        if holder.as_ref().is_some_and(|holder| holder.agent == agent && holder.until.is_none()) {
            return Ok(Vec::new());
        }
        self.begin(at);
        let mut changes = Vec::new();
        let why = Why::Taken { by: shorten(by, NAME_CHARS_MAX) };
        let before = self.take_back(ticket, why, &mut changes);
        self.own(ticket, agent, by, &mut changes);
        if let Some(before) = before {
            self.serve(&before, &mut changes);
        }
        Ok(changes)
    }

    /// The same with a ticket that is in no queue: nobody else is asked in between.
    pub fn give(&mut self, at: u64, need: Need, agent: &str, by: &str) -> Result<Vec<Change>, QueueError> {
        self.agent_exists(agent)?;
        let mut changes = Vec::new();
        let id = self.admit(at, need, &mut changes)?;
        self.own(id, agent, by, &mut changes);
        Ok(changes)
    }

    fn own(&mut self, id: TicketId, agent: &str, by: &str, changes: &mut Vec<Change>) {
        let Some(ticket) = self.book.tickets.get(&id) else { return };
        let mut trace = self.trace_alone(ticket, Rule::Assigned(shorten(by, NAME_CHARS_MAX)));
        let shape = ticket.need.shape(ticket.relaxed);
        let verdict = match fit::why_not(&self.book, &self.index, agent, &shape) {
            Some(why_not) => Verdict::ChosenDespite(why_not),
            None => Verdict::Chosen,
        };
        trace.candidates.push(Candidate { agent: agent.to_owned(), verdict });
        let choice = Choice { agent: agent.to_owned(), team: ticket.need.team.clone() };
        self.hand_over(id, choice, None, trace, changes);
    }
}
