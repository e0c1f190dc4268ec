//! Time has come.

use std::collections::BTreeSet;

use super::Queues;
use crate::book::{Holder, millis};
use crate::{Change, Presence, Refusal, TicketId, Why};

impl Queues {
    /// Does whatever is due by then. After it, [`due`](Queues::due) is later than `at`.
    pub fn tick(&mut self, at: u64) -> Vec<Change> {
        self.begin(at);
        let mut changes = Vec::new();
        let mut come = Come::default();
        while let Some(&(due, id)) = self.index.wakes.first()
            && due <= self.book.now
        {
            let holder = self.book.tickets.get(&id).and_then(|ticket| ticket.holder.clone());
            match holder {
                None => self.widen(id, &mut come, &mut changes),
                Some(holder) if holder.until.is_some() => self.miss(id, &holder, &mut come, &mut changes),
                Some(holder) => self.reassign(id, &holder.agent, &mut come, &mut changes),
            }
        }
        // All that is due has happened: now the best ticket comes first, whatever its number.
        come.free.iter().for_each(|agent| self.serve(agent, &mut changes));
        self.sort(&mut come.waiting);
        come.waiting.dedup();
        for id in come.waiting {
            self.settle(id, come.returned.contains(&id), &mut changes);
        }
        changes
    }

    /// A ticket has waited for long enough that more people may take it.
    fn widen(&mut self, id: TicketId, come: &mut Come, changes: &mut Vec<Change>) {
        let now = self.book.now;
        let Some(mut ticket) = self.remove(id) else { return };
        ticket.refused.retain(|_, refused| refused.until > now);
        ticket.relaxed |= ticket.relaxes_at().is_some_and(|relaxes_at| relaxes_at <= now);
        let from = ticket.need.team.clone();
        let steps = self.book.team(&from).map(|team| team.overflow.as_slice()).unwrap_or_default();
        for step in steps.iter().skip(ticket.widened) {
            if ticket.entered.saturating_add(millis(step.after_seconds)) > now {
                break;
            }
            ticket.widened += 1;
            let (to, after_seconds) = (step.to_team.clone(), step.after_seconds);
            changes.push(Change::Overflowed { ticket: id, from: from.clone(), to, after_seconds });
        }
        self.insert(ticket);
        come.waiting.push(id);
    }

    /// An offer was not answered.
    fn miss(&mut self, id: TicketId, holder: &Holder, come: &mut Come, changes: &mut Vec<Change>) {
        let agent = &holder.agent;
        let missed_max = self.book.team(&holder.team).map_or(1, |team| team.missed_max);
        self.take_back(id, Why::Missed, changes);
        self.refuse(id, agent, Refusal::Missed);
        come.returned(id);
        let Some(seat) = self.book.seats.get_mut(agent) else { return };
        seat.missed = seat.missed.saturating_add(1);
        let (presence, missed) = (seat.presence, seat.missed);
        changes.push(Change::Missed { ticket: id, agent: agent.clone(), missed, missed_max });
        if missed >= missed_max && !presence.is_gone() {
            let returned = self.set_presence(agent, Presence::Away, true, changes);
            returned.into_iter().for_each(|id| come.returned(id));
        }
        come.free.insert(agent.clone());
    }

    /// An owner is gone for too long.
    fn reassign(&mut self, id: TicketId, agent: &str, come: &mut Come, changes: &mut Vec<Change>) {
        let presence = self.book.seats.get(agent).map(|seat| seat.presence).unwrap_or_default();
        self.take_back(id, Why::Gone { presence }, changes);
        come.returned(id);
    }
}

/// What has to be decided once all that is due has happened.
#[derive(Default)]
struct Come {
    waiting: Vec<TicketId>,
    /// Those of them that somebody had: where they are now is told.
    returned: BTreeSet<TicketId>,
    /// Agents who may have a place now.
    free: BTreeSet<String>,
}

impl Come {
    fn returned(&mut self, id: TicketId) {
        self.waiting.push(id);
        self.returned.insert(id);
    }
}
