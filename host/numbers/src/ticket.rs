//! What is to be remembered of a ticket until its numbers are complete: while it is open, and for 7 days after.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::bucket::Cell;
use crate::names::NameId;
use crate::options::DAY_MS;

/// For so long after a closing, the contact may come back.
pub(crate) const COME_BACK_MS: u64 = 7 * DAY_MS;

/// One ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// None: its beginning is not known.
    contact: Option<u64>,
    pub channel: NameId,
    pub team: NameId,
    /// None: it is open.
    closing: Option<Closing>,
    /// The latest opening or reopening.
    pub opened_at: u64,
    /// The contact's first message.
    pub heard_at: Option<u64>,
    /// When it first asked for a person.
    pub asked_at: Option<u64>,
    /// Since when it waits in a queue, or in several one after the other.
    pub queued_at: Option<u64>,
    pub owner: Option<Owner>,
    /// Whether anybody but a flow or a program wrote yet.
    pub has_begun: bool,
    /// Whether an agent or a bot wrote.
    pub is_answered: bool,
    /// Whether the first response is measured.
    pub is_responded: bool,
    pub is_agent_responded: bool,
    /// Whether a bot wrote.
    pub had_bot: bool,
    /// Whether an agent had it or wrote.
    pub had_agent: bool,
}

/// Who has a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub agent: NameId,
    /// Since when it is worked on. None: it is snoozed or pending.
    pub working_since: Option<u64>,
    /// Before that.
    pub worked_ms: u64,
}

/// The latest closing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Closing {
    at: u64,
    /// Whether the contact coming back is to be counted: an answer was given, and it is not counted yet.
    is_waiting: bool,
}

impl Ticket {
    pub(crate) fn new(contact: Option<u64>, channel: NameId, team: NameId, opened_at: u64) -> Self {
        Self {
            contact,
            channel,
            team,
            closing: None,
            opened_at,
            heard_at: None,
            asked_at: None,
            queued_at: None,
            owner: None,
            has_begun: false,
            is_answered: false,
            is_responded: false,
            is_agent_responded: false,
            had_bot: false,
            had_agent: false,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.closing.is_none()
    }

    /// Where its numbers go.
    pub(crate) fn cell(&self) -> Cell {
        Cell::Traffic { channel: self.channel, team: self.team }
    }
}

/// All that are followed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tickets {
    all: BTreeMap<u64, Ticket>,
    /// Those that are closed, by when.
    closed: BTreeSet<(u64, u64)>,
    /// Those that are closed and whose contact may come back, by contact.
    of_contact: BTreeSet<(u64, u64)>,
}

impl Tickets {
    pub(crate) fn get(&self, id: u64) -> Option<&Ticket> {
        self.all.get(&id)
    }

    pub(crate) fn open(&self, id: u64) -> Option<&Ticket> {
        self.all.get(&id).filter(|ticket| ticket.is_open())
    }

    pub(crate) fn open_mut(&mut self, id: u64) -> Option<&mut Ticket> {
        self.all.get_mut(&id).filter(|ticket| ticket.is_open())
    }

    pub(crate) fn iter_open(&self) -> impl Iterator<Item = &Ticket> {
        self.all.values().filter(|ticket| ticket.is_open())
    }

    /// False: there is no room for it.
    pub(crate) fn insert(&mut self, id: u64, ticket: Ticket, tickets_max: usize) -> bool {
        while self.all.len() >= tickets_max {
            let Some((_, oldest)) = self.closed.pop_first() else { return false };
            self.remove(oldest);
        }
        self.all.insert(id, ticket);
        true
    }

    /// Closes an open one, which is worth remembering for a while.
    pub(crate) fn close(&mut self, id: u64, at: u64) {
        let Some(ticket) = self.all.get_mut(&id) else { return };
        ticket.closing = Some(Closing { at, is_waiting: ticket.is_answered });
        self.closed.insert((at, id));
        if let Some(contact) = ticket.contact.filter(|_| ticket.is_answered) {
            self.of_contact.insert((contact, id));
        }
    }

    /// Opens a closed one. Gives when it had been closed, where it is the contact's coming back in time.
    pub(crate) fn reopen(&mut self, id: u64, at: u64) -> Option<u64> {
        let ticket = self.all.get_mut(&id)?;
        let closing = ticket.closing.take()?;
        ticket.opened_at = at;
        self.closed.remove(&(closing.at, id));
        if let Some(contact) = ticket.contact {
            self.of_contact.remove(&(contact, id));
        }
        (closing.is_waiting && is_in_time(closing.at, at)).then_some(closing.at)
    }

    /// The contact of a ticket begins another one. Gives the closings that this is a coming back from.
    pub(crate) fn take_come_back(&mut self, id: u64, at: u64) -> Vec<(u64, Cell)> {
        let Some(contact) = self.all.get(&id).and_then(|ticket| ticket.contact) else { return Vec::new() };
        let closed: Vec<_> = self.of_contact.range((contact, 0)..=(contact, u64::MAX)).copied().collect();
        let mut found = Vec::new();
        for entry in closed {
            let Some(ticket) = self.all.get_mut(&entry.1) else { continue };
            let cell = ticket.cell();
            let Some(closing) = ticket.closing.as_mut().filter(|closing| is_in_time(closing.at, at)) else {
                continue;
            };
            closing.is_waiting = false;
            found.push((closing.at, cell));
            self.of_contact.remove(&entry);
        }
        found
    }

    /// Forgets those whose contacts come back no more.
    pub(crate) fn forget(&mut self, newest: u64) {
        while let Some(&(at, id)) = self.closed.first() {
            if at.saturating_add(COME_BACK_MS) >= newest {
                return;
            }
            self.closed.pop_first();
            self.remove(id);
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some(contact) = self.all.remove(&id).and_then(|ticket| ticket.contact) {
            self.of_contact.remove(&(contact, id));
        }
    }
}

fn is_in_time(closed_at: u64, at: u64) -> bool {
    at.checked_sub(closed_at).is_some_and(|passed| passed <= COME_BACK_MS)
}
