//! What changes of the queues mean for tickets and numbers.

use trunkline_numbers::{Presence as There, Target as Missed, What as Happened};
use trunkline_queues::{Change, Presence, Promise, TicketId};

use super::{Desk, Doing};

impl Desk {
    pub(super) fn tell_one(&mut self, doing: &mut Doing, change: Change) {
        doing.because("queue", &change);
        let happened = match change {
            Change::Queued { ticket, team, .. } => {
                self.belongs(doing, ticket.0, &team);
                Some((ticket.0, Happened::Queued { team }))
            }
            Change::Offered { ticket, team, agent, .. } => {
                self.belongs(doing, ticket.0, &team);
                Some((ticket.0, Happened::Offered { agent }))
            }
            Change::Owned { ticket, team, agent, .. } => {
                self.belongs(doing, ticket.0, &team);
                // A person has it: the flow does not answer in between.
                self.end_run(ticket.0);
                Some((ticket.0, Happened::Accepted { agent, team }))
            }
            Change::Returned { ticket, agent, .. } => {
                self.touch(doing, ticket.0);
                Some((ticket.0, Happened::Returned { agent }))
            }
            Change::Released { ticket, .. } | Change::Overflowed { ticket, .. } => {
                self.touch(doing, ticket.0);
                None
            }
            Change::Transferred { ticket, from, to, .. } | Change::Moved { ticket, from, to } => {
                self.moves(doing, ticket.0, &to);
                Some((ticket.0, Happened::Transferred { from_team: Some(from), to_team: to }))
            }
            Change::Missed { ticket, agent, .. } => Some((ticket.0, Happened::Missed { agent })),
            Change::PresenceChanged { agent, to, .. } => {
                doing.subjects.insert(format!("agent {agent}"));
                Some((0, Happened::Presence { agent, state: there(to) }))
            }
            Change::Breached { ticket, team, promise, .. } => {
                self.touch(doing, ticket.0);
                let target = match promise {
                    Promise::FirstResponse => Missed::FirstResponse,
                    Promise::Resolution => Missed::Resolution,
                };
                if let Ok(changes) = self.queues.escalate(doing.at, ticket) {
                    self.tell(doing, changes);
                }
                Some((ticket.0, Happened::Breached { target, team }))
            }
            Change::Escalated { ticket, to, priority, .. } => {
                self.moves(doing, ticket.0, &to);
                self.tickets.change(ticket.0, |ticket| ticket.priority = priority);
                None
            }
        };
        if let Some((ticket, what)) = happened {
            doing.happened(ticket, what);
        }
    }

    /// The ticket is with that team, which may be one that helps: its own stays.
    fn belongs(&mut self, doing: &mut Doing, id: u64, team: &str) {
        self.tickets.change(id, |ticket| {
            ticket.team.get_or_insert_with(|| team.to_owned());
        });
        self.touch(doing, id);
    }

    fn moves(&mut self, doing: &mut Doing, id: u64, team: &str) {
        self.tickets.change(id, |ticket| ticket.team = Some(team.to_owned()));
        self.touch(doing, id);
        let at = doing.at;
        self.reckon(doing, |levels, hours| levels.move_to(at, TicketId(id), team, hours));
    }
}

fn there(presence: Presence) -> There {
    match presence {
        Presence::Online => There::Online,
        Presence::Busy => There::Busy,
        Presence::Away => There::Away,
        Presence::Offline => There::Offline,
    }
}
