//! Agents come and go.

use super::Queues;
use crate::{Change, Presence, QueueError, TicketId, Why};

impl Queues {
    /// An agent is there, or is not. Whoever comes gets what waits; whoever leaves loses the offers at once, and the
    /// tickets after the time that the team allows.
    pub fn presence(&mut self, at: u64, agent: &str, presence: Presence) -> Result<Vec<Change>, QueueError> {
        let Some(seat) = self.book.seats.get(agent) else { return Err(QueueError::unknown_agent(agent)) };
        let mut changes = Vec::new();
        if seat.presence != presence {
            self.begin(at);
            let mut returned = self.set_presence(agent, presence, false, &mut changes);
            self.serve(agent, &mut changes);
            self.sort(&mut returned);
            returned.into_iter().for_each(|id| self.settle(id, true, &mut changes));
        }
        Ok(changes)
    }

    /// Gives the tickets that were offered to an agent who is gone now: they wait, and are to be offered to others.
    pub(super) fn set_presence(
        &mut self,
        agent: &str,
        to: Presence,
        missed: bool,
        changes: &mut Vec<Change>,
    ) -> Vec<TicketId> {
        let now = self.book.now;
        let held: Vec<TicketId> =
            self.index.loads.get(agent).map(|load| load.held.iter().copied().collect()).unwrap_or_default();
        // When its tickets go back depends on when the agent went.
        let tickets: Vec<_> = held.iter().filter_map(|&id| self.remove(id)).collect();
        let Some(seat) = self.book.seats.get_mut(agent) else { return Vec::new() };
        let from = std::mem::replace(&mut seat.presence, to);
        if !to.is_gone() {
            seat.gone_since = None;
            seat.missed = 0;
        } else if seat.gone_since.is_none() {
            seat.gone_since = Some(now);
        }
        if from.is_gone() && !to.is_gone() {
            seat.idle_since = now;
        }
        tickets.into_iter().for_each(|ticket| self.insert(ticket));
        self.index.refresh(&self.book, agent);
        changes.push(Change::PresenceChanged { agent: agent.to_owned(), from, to, missed });
        if to.is_gone() { self.take_back_offers(&held, to, changes) } else { Vec::new() }
    }

    fn take_back_offers(
        &mut self,
        held: &[TicketId],
        presence: Presence,
        changes: &mut Vec<Change>,
    ) -> Vec<TicketId> {
        let is_offer = |id: &TicketId| {
            let holder = self.book.tickets.get(id).and_then(|ticket| ticket.holder.as_ref());
            holder.is_some_and(|holder| holder.until.is_some())
        };
        let offers: Vec<TicketId> = held.iter().copied().filter(is_offer).collect();
        for &id in &offers {
            self.take_back(id, Why::Gone { presence }, changes);
        }
        offers
    }
}
