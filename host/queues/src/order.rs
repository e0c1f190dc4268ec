//! Which ticket comes first.

use std::cmp::Reverse;

use crate::book::{Ticket, millis};
use crate::{PRIORITY_MAX, Team, TicketId};

/// The place of a ticket in a queue: the least comes first.
///
/// Priorities grow by waiting, but the order does not change with time. A ticket has gained as much as another of a
/// higher priority once it has waited for so much longer; each step of priority is worth a piece of time, and what is
/// compared is when the ticket would have come, had it waited for its priority.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Answered tickets that came back are not, and come first.
    behind: bool,
    rank: i128,
    since: u64,
    pub ticket: TicketId,
}

impl Place {
    pub fn of(ticket: &Ticket, team: &Team) -> Self {
        let need = &ticket.need;
        let rank = match millis(team.priority_ageing_seconds) {
            0 => i128::from(PRIORITY_MAX) - i128::from(need.priority),
            step => i128::from(need.since) - i128::from(step) * i128::from(need.priority),
        };
        Self { behind: !ticket.front, rank, since: need.since, ticket: need.ticket }
    }
}

/// The same between tickets of different teams, whose steps may differ: it holds for one moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    behind: bool,
    priority_thousandths: Reverse<u64>,
    since: u64,
    pub ticket: TicketId,
}

impl Standing {
    pub fn of(ticket: &Ticket, team: &Team, now: u64) -> Self {
        Self {
            behind: !ticket.front,
            priority_thousandths: Reverse(ticket.priority_thousandths(team, now)),
            since: ticket.need.since,
            ticket: ticket.need.ticket,
        }
    }
}
