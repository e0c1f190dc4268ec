//! The state, and the few steps that all operations are made of.

mod choose;
mod configure;
mod give;
mod life;
mod pass_on;
mod presence;
mod tick;
mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use self::choose::Choice;
pub use self::view::{AgentView, TeamView, Whereabouts};
use crate::book::{Book, Holder, Seat, TIME_MAX, Ticket, millis};
use crate::index::Index;
use crate::memory::Memory;
use crate::{Change, Config, ConfigError, QueueError, Team, TicketId, Trace, Why};

/// Every ticket that waits, is offered or owned, and everybody who may have it.
///
/// Only operations change it. Each takes the time, in milliseconds since the Unix epoch, and gives what changed; the same
/// operations give the same state. One that is refused changes nothing. Time does not run back: an earlier time than the
/// last one counts as the last one.
///
/// It is stored without what can be computed; read again, it is equal.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Book")]
pub struct Queues {
    book: Book,
    index: Index,
}

impl From<Book> for Queues {
    fn from(book: Book) -> Self {
        let index = Index::of(&book);
        Self { book, index }
    }
}

impl Serialize for Queues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.book.serialize(serializer)
    }
}

impl Queues {
    /// Nothing waits, and everybody is offline.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        let seats = config.agents.keys().map(|name| (name.clone(), Seat::default())).collect();
        Ok(Self::from(Book {
            config,
            now: 0,
            generation: 0,
            seats,
            tickets: BTreeMap::new(),
            turns: BTreeMap::new(),
            memory: Memory::default(),
        }))
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.book.config
    }

    /// When the state wants a [`tick`](Queues::tick), in milliseconds since the Unix epoch. It may have passed already.
    pub fn due(&self) -> Option<u64> {
        self.index.wakes.first().map(|&(at, _)| at)
    }

    /// The time of an operation that is carried out.
    fn begin(&mut self, at: u64) {
        self.book.now = self.book.now.max(at.min(TIME_MAX));
    }

    /// Changes a ticket, and the index with it.
    fn change(&mut self, id: TicketId, change: impl FnOnce(&mut Ticket)) {
        let Some(mut ticket) = self.remove(id) else { return };
        change(&mut ticket);
        self.insert(ticket);
    }

    fn remove(&mut self, id: TicketId) -> Option<Ticket> {
        let ticket = self.book.tickets.remove(&id)?;
        self.index.leave(&self.book, &ticket);
        Some(ticket)
    }

    fn insert(&mut self, ticket: Ticket) {
        self.index.enter(&self.book, &ticket);
        self.book.tickets.insert(ticket.need.ticket, ticket);
    }

    /// Offers a waiting ticket to whom it belongs, or leaves it where it is. `tell`: say so if it waits.
    fn settle(&mut self, id: TicketId, tell: bool, changes: &mut Vec<Change>) {
        let Some(ticket) = self.book.tickets.get(&id) else { return };
        if ticket.holder.is_some() {
            return;
        }
        if let Some((choice, trace)) = self.choose(ticket) {
            self.book.turns.insert(choice.team.clone(), choice.agent.clone());
            self.offer(id, choice, trace, changes);
        } else if tell {
            let trace = self.trace_nobody(ticket);
            changes.push(Change::Queued { ticket: id, team: ticket.need.team.clone(), trace });
        }
    }

    /// Gives an agent with free places what that agent can take.
    fn serve(&mut self, agent: &str, changes: &mut Vec<Change>) {
        while let Some(id) = self.next_for(agent) {
            self.settle(id, false, changes);
            if self.book.tickets.get(&id).is_some_and(|ticket| ticket.holder.is_none()) {
                break;
            }
        }
    }

    /// Asks an agent, or gives the ticket at once where the team works so.
    fn offer(&mut self, id: TicketId, choice: Choice, trace: Trace, changes: &mut Vec<Change>) {
        let Some(team) = self.book.team(&choice.team) else { return };
        let until = self.book.now.saturating_add(millis(team.offer_seconds));
        let until = (!team.auto_accept).then_some(until);
        self.hand_over(id, choice, until, trace, changes);
    }

    /// A ticket that nobody has is with an agent from now on: offered until then, or owned.
    fn hand_over(
        &mut self,
        id: TicketId,
        choice: Choice,
        until: Option<u64>,
        trace: Trace,
        changes: &mut Vec<Change>,
    ) {
        let Choice { agent, team } = choice;
        self.book.generation = self.book.generation.saturating_add(1);
        let (generation, since) = (self.book.generation, self.book.now);
        if let Some(seat) = self.book.seats.get_mut(&agent) {
            seat.idle_since = since;
        }
        let holder = Holder { agent: agent.clone(), team: team.clone(), generation, since, until };
        self.change(id, |ticket| ticket.holder = Some(holder));
        changes.push(match until {
            Some(until) => Change::Offered { ticket: id, team, agent, generation, until, trace },
            None => {
                self.remember(id);
                Change::Owned { ticket: id, team, agent, generation, trace }
            }
        });
    }

    /// An agent does not have the ticket any more: it waits. Gives who had it.
    fn take_back(&mut self, id: TicketId, why: Why, changes: &mut Vec<Change>) -> Option<String> {
        let holder = self.book.tickets.get(&id)?.holder.clone()?;
        let now = self.book.now;
        self.change(id, |ticket| {
            ticket.holder = None;
            if holder.until.is_none() {
                ticket.front = true;
                ticket.reenter(now);
            }
        });
        let Holder { agent, team, generation, .. } = holder;
        changes.push(Change::Returned { ticket: id, team, agent: agent.clone(), generation, why });
        Some(agent)
    }

    /// The contact of an owned ticket is with its owner, now.
    fn remember(&mut self, id: TicketId) {
        let Some(ticket) = self.book.tickets.get(&id) else { return };
        let Some(holder) = ticket.holder.as_ref().filter(|holder| holder.until.is_none()) else { return };
        let keep_ms = self.book.config.teams.values().map(sticky_ms).max().unwrap_or(0);
        self.book.memory.remember(ticket.need.contact, &holder.agent, self.book.now, keep_ms);
    }

    fn ticket(&self, id: TicketId) -> Result<&Ticket, QueueError> {
        self.book.tickets.get(&id).ok_or(QueueError::UnknownTicket { ticket: id })
    }

    fn agent_exists(&self, agent: &str) -> Result<(), QueueError> {
        if self.book.seats.contains_key(agent) { Ok(()) } else { Err(QueueError::unknown_agent(agent)) }
    }

    /// What an agent has of a ticket, if it is what that agent believes to have.
    fn held(&self, agent: &str, id: TicketId, generation: u64) -> Result<&Holder, QueueError> {
        self.agent_exists(agent)?;
        let Some(holder) = &self.ticket(id)?.holder else {
            return Err(QueueError::Waits { ticket: id, agent: agent.to_owned() });
        };
        if holder.agent != agent {
            let (agent, owned) = (agent.to_owned(), holder.until.is_none());
            return Err(QueueError::Taken { ticket: id, agent, holder: holder.agent.clone(), owned });
        }
        if holder.generation != generation {
            let agent = agent.to_owned();
            return Err(QueueError::Stale {
                ticket: id,
                agent,
                given: generation,
                current: holder.generation,
            });
        }
        Ok(holder)
    }
}

/// For how long a contact comes back to the same agent.
fn sticky_ms(team: &Team) -> u64 {
    millis(team.sticky.saturating_mul(60))
}
