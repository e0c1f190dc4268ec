//! What follows from the book, kept so that no decision has to read all of it.
//!
//! Nothing here is stored. Every change of a ticket or a presence leaves the index first and enters it again after, so
//! that an index is always the one that [`Index::of`] would make; tests compare them.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::{Book, Ticket};
use crate::need::Shape;
use crate::order::Place;
use crate::{Presence, TicketId};

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Index {
    pub teams: BTreeMap<String, Desk>,
    pub loads: BTreeMap<String, Load>,
    /// When something happens to which ticket.
    pub wakes: BTreeSet<(u64, TicketId)>,
}

/// A team at work.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Desk {
    pub members: BTreeSet<String>,
    /// Those who are online and have a place for one more ticket.
    pub free: BTreeSet<String>,
    /// The queue, in lines of tickets that the same people can take. No line is empty.
    pub lines: BTreeMap<Shape, BTreeSet<Place>>,
    pub waiting: usize,
}

/// What an agent has.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Load {
    /// Offered and owned.
    pub held: BTreeSet<TicketId>,
    /// How many of each kind of channel. No count is 0.
    pub kinds: BTreeMap<String, u32>,
}

impl Load {
    pub fn total(&self) -> u32 {
        u32::try_from(self.held.len()).unwrap_or(u32::MAX)
    }

    pub fn of(&self, kind: &str) -> u32 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }
}

impl Index {
    /// The index of a book.
    pub fn of(book: &Book) -> Self {
        let mut index = Self::default();
        for team in book.config.teams.keys() {
            index.teams.insert(team.clone(), Desk::default());
        }
        for (name, agent) in &book.config.agents {
            index.loads.insert(name.clone(), Load::default());
            for team in &agent.teams {
                if let Some(desk) = index.teams.get_mut(team) {
                    desk.members.insert(name.clone());
                }
            }
        }
        for ticket in book.tickets.values() {
            index.enter(book, ticket);
        }
        for name in book.config.agents.keys() {
            index.refresh(book, name);
        }
        index
    }

    /// A ticket is as the book says from now on.
    pub fn enter(&mut self, book: &Book, ticket: &Ticket) {
        let id = ticket.need.ticket;
        self.wakes.extend(book.wake(ticket).map(|at| (at, id)));
        let Some(holder) = &ticket.holder else {
            let shape = ticket.need.shape(ticket.relaxed);
            for (name, team) in book.teams_of(ticket) {
                let desk = self.teams.entry(name.to_owned()).or_default();
                desk.waiting += 1;
                let place = Place::of(ticket, team);
                match desk.lines.get_mut(&shape) {
                    Some(line) => {
                        line.insert(place);
                    }
                    None => {
                        desk.lines.insert(shape.clone(), BTreeSet::from([place]));
                    }
                }
            }
            return;
        };
        let load = self.loads.entry(holder.agent.clone()).or_default();
        load.held.insert(id);
        *load.kinds.entry(ticket.need.channel_kind.clone()).or_default() += 1;
        self.refresh(book, &holder.agent);
    }

    /// The contrary of [`Index::enter`], while the book still says the same.
    pub fn leave(&mut self, book: &Book, ticket: &Ticket) {
        let id = ticket.need.ticket;
        if let Some(at) = book.wake(ticket) {
            self.wakes.remove(&(at, id));
        }
        let Some(holder) = &ticket.holder else {
            let shape = ticket.need.shape(ticket.relaxed);
            for (name, team) in book.teams_of(ticket) {
                let Some(desk) = self.teams.get_mut(name) else { continue };
                let Some(line) = desk.lines.get_mut(&shape) else { continue };
                if line.remove(&Place::of(ticket, team)) {
                    desk.waiting -= 1;
                }
                if line.is_empty() {
                    desk.lines.remove(&shape);
                }
            }
            return;
        };
        if let Some(load) = self.loads.get_mut(&holder.agent)
            && load.held.remove(&id)
            && let Some(count) = load.kinds.get_mut(&ticket.need.channel_kind)
        {
            *count -= 1;
            if *count == 0 {
                load.kinds.remove(&ticket.need.channel_kind);
            }
        }
        self.refresh(book, &holder.agent);
    }

    /// An agent's presence or load is another.
    pub fn refresh(&mut self, book: &Book, name: &str) {
        let Some(agent) = book.config.agents.get(name) else { return };
        let online = book.seats.get(name).is_some_and(|seat| seat.presence == Presence::Online);
        let held = self.loads.get(name).map_or(0, Load::total);
        let free = online && held < agent.capacity.total();
        for team in &agent.teams {
            let Some(desk) = self.teams.get_mut(team) else { continue };
            if !free {
                desk.free.remove(name);
            } else if !desk.free.contains(name) {
                desk.free.insert(name.to_owned());
            }
        }
    }
}
