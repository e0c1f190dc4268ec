//! What is worked on: everything said with one contact from its opening until it is closed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a ticket's number is shown.
const PREFIX: &str = "tkt_";

/// Shows a ticket's number. Example: `tkt_12`
pub fn ticket_name(id: u64) -> String {
    format!("{PREFIX}{id}")
}

/// The number behind what [`ticket_name`] gives.
pub fn ticket_number(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Ours.
    Open,
    /// The contact's: opens again with what the contact writes.
    Pending,
    /// Nobody's before a time, or before the contact writes.
    Snoozed,
    /// It is done.
    Closed,
}

impl Status {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
        }
    }
}

/// Everything said with one contact from its opening until it is closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// The number of the entry that opened it.
    pub id: u64,
    /// The contact who wrote first. After a merge the contact that this one belongs to is another.
    pub contact: u64,
    /// Whose turn it is.
    pub status: Status,
    /// In a few words.
    pub subject: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub opened_at: u64,
    /// Milliseconds since the Unix epoch.
    pub changed_at: u64,
    /// Milliseconds since the Unix epoch.
    pub closed_at: Option<u64>,
    /// While it is snoozed: until when, milliseconds since the Unix epoch.
    pub snoozed_until: Option<u64>,
    /// Where the contact wrote last: where answers go.
    pub conversation: String,
    /// Its connection.
    pub connection: String,
    /// All conversations in which something was said.
    pub conversations: BTreeSet<String>,
    /// The team whose it is.
    pub team: Option<String>,
    /// 0 to 9.
    pub priority: u8,
    /// Skills that are needed, with the least level.
    pub skills: BTreeMap<String, u8>,
    /// The language that is spoken in it.
    pub language: Option<String>,
    /// Words by which it is found.
    pub tags: BTreeSet<String>,
    /// Messages of the contact.
    pub heard: u64,
    /// Messages to the contact.
    pub said: u64,
    /// When the contact last wrote, milliseconds since the Unix epoch.
    pub heard_at: u64,
    /// Since when the contact waits for an answer.
    pub unanswered_since: Option<u64>,
    /// When a person first answered.
    pub first_response_at: Option<u64>,
    /// How often it was opened again.
    pub reopened: u32,
    /// What went wrong last with something that was to be sent.
    pub problem: Option<String>,
    /// The flow that it began with.
    pub flow: Option<String>,
    /// What flows have found out.
    pub vars: BTreeMap<String, Value>,
}

impl Ticket {
    /// One that a contact opens by writing.
    pub fn new(id: u64, contact: u64, at: u64, connection: &str, conversation: &str) -> Self {
        Self {
            id,
            contact,
            status: Status::Open,
            subject: None,
            opened_at: at,
            changed_at: at,
            closed_at: None,
            snoozed_until: None,
            conversation: conversation.to_owned(),
            connection: connection.to_owned(),
            conversations: BTreeSet::from([conversation.to_owned()]),
            team: None,
            priority: 0,
            skills: BTreeMap::new(),
            language: None,
            tags: BTreeSet::new(),
            heard: 0,
            said: 0,
            heard_at: at,
            unanswered_since: None,
            first_response_at: None,
            reopened: 0,
            problem: None,
            flow: None,
            vars: BTreeMap::new(),
        }
    }

    /// The contact has written: answers go there from now on.
    pub fn hear(&mut self, at: u64, connection: &str, conversation: &str) {
        self.heard += 1;
        self.heard_at = at;
        self.changed_at = at;
        self.unanswered_since.get_or_insert(at);
        self.snoozed_until = None;
        self.turn_to(connection, conversation);
    }

    /// Answers go there from now on.
    pub fn turn_to(&mut self, connection: &str, conversation: &str) {
        if self.conversation != conversation {
            self.connection = connection.to_owned();
            self.conversation = conversation.to_owned();
            self.conversations.insert(conversation.to_owned());
        }
    }

    /// Something was written to the contact, by a person or not.
    pub fn say(&mut self, at: u64, by_a_person: bool) {
        self.said += 1;
        self.changed_at = at;
        self.unanswered_since = None;
        if by_a_person {
            self.first_response_at.get_or_insert(at);
        }
    }
}

/// All tickets that are not forgotten.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tickets {
    all: BTreeMap<u64, Ticket>,
    /// By the contact who opened it.
    by_contact: BTreeMap<u64, BTreeSet<u64>>,
    /// Closed ones by when they were closed: the oldest are forgotten first.
    closed: BTreeSet<(u64, u64)>,
    /// Snoozed ones by when they wake.
    snoozed: BTreeSet<(u64, u64)>,
}

impl Tickets {
    /// Adds one.
    pub fn open(&mut self, ticket: Ticket) {
        self.by_contact.entry(ticket.contact).or_default().insert(ticket.id);
        self.all.insert(ticket.id, ticket);
    }

    /// The one with that number.
    pub fn get(&self, id: u64) -> Option<&Ticket> {
        self.all.get(&id)
    }

    /// Changes one. What it is found by is put right afterwards.
    pub fn change<T>(&mut self, id: u64, change: impl FnOnce(&mut Ticket) -> T) -> Option<T> {
        let ticket = self.all.get_mut(&id)?;
        if let Some(at) = ticket.closed_at {
            self.closed.remove(&(at, id));
        }
        if let Some(at) = ticket.snoozed_until {
            self.snoozed.remove(&(at, id));
        }
        let changed = change(ticket);
        if ticket.status != Status::Snoozed {
            ticket.snoozed_until = None;
        }
        if ticket.status != Status::Closed {
            ticket.closed_at = None;
        }
        self.closed.extend(ticket.closed_at.map(|at| (at, id)));
        self.snoozed.extend(ticket.snoozed_until.map(|at| (at, id)));
        Some(changed)
    }

    /// In the order of their numbers, after one of them.
    pub fn after(&self, id: u64) -> impl DoubleEndedIterator<Item = &Ticket> {
        self.all.range(id.saturating_add(1)..).map(|(_, ticket)| ticket)
    }

    /// Those that such contacts opened, in the order of their numbers.
    pub fn of(&self, contacts: impl IntoIterator<Item = u64>) -> Vec<&Ticket> {
        let ids = contacts.into_iter().filter_map(|contact| self.by_contact.get(&contact)).flatten();
        let mut tickets: Vec<&Ticket> = ids.filter_map(|id| self.all.get(id)).collect();
        tickets.sort_by_key(|ticket| ticket.id);
        tickets
    }

    /// How many there are that are not closed.
    pub fn open_count(&self) -> usize {
        self.all.len() - self.closed.len()
    }

    /// When the next snoozed one wakes.
    pub fn wakes_at(&self) -> Option<u64> {
        self.snoozed.first().map(|(at, _)| *at)
    }

    /// Snoozed ones whose time has come.
    pub fn waking(&self, at: u64) -> Vec<u64> {
        self.snoozed.range(..=(at, u64::MAX)).map(|(_, id)| *id).collect()
    }

    /// Removes some, whatever they are.
    pub fn remove(&mut self, ids: &[u64]) {
        for id in ids {
            let Some(ticket) = self.all.remove(id) else { continue };
            if let Some(at) = ticket.closed_at {
                self.closed.remove(&(at, *id));
            }
            if let Some(at) = ticket.snoozed_until {
                self.snoozed.remove(&(at, *id));
            }
            if let Some(ids) = self.by_contact.get_mut(&ticket.contact) {
                ids.remove(id);
                if ids.is_empty() {
                    self.by_contact.remove(&ticket.contact);
                }
            }
        }
    }

    /// Forgets those that were closed before a time: their entries stay in the log. Gives their numbers.
    pub fn forget(&mut self, closed_before: u64) -> Vec<u64> {
        let old: Vec<(u64, u64)> = self.closed.range(..(closed_before, 0)).copied().collect();
        let ids: Vec<u64> = old.into_iter().map(|(_, id)| id).collect();
        self.remove(&ids);
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tickets() -> Tickets {
        let mut tickets = Tickets::default();
        for (id, contact) in [(1, 10), (2, 11), (3, 10)] {
            tickets.open(Ticket::new(id, contact, id * 1_000, "shop", "shop/a/b"));
        }
        tickets
    }

    fn ids(tickets: &[&Ticket]) -> Vec<u64> {
        tickets.iter().map(|ticket| ticket.id).collect()
    }

    #[test]
    fn a_name_is_a_number() {
        assert_eq!(ticket_name(12), "tkt_12");
        for (name, number) in [("tkt_12", Some(12)), ("tkt_", None), ("con_12", None), ("tkt_-1", None)] {
            assert_eq!(ticket_number(name), number, "{name}");
        }
    }

    #[test]
    fn tickets_are_found_by_whoever_opened_them() {
        let tickets = tickets();
        assert_eq!(ids(&tickets.of([10])), [1, 3]);
        assert_eq!(ids(&tickets.of([11, 10])), [1, 2, 3]);
        assert!(tickets.of([99]).is_empty());
        assert_eq!(tickets.after(1).map(|ticket| ticket.id).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn snoozed_ones_wake_and_closed_ones_are_forgotten() {
        let mut tickets = tickets();
        tickets.change(1, |ticket| (ticket.status, ticket.snoozed_until) = (Status::Snoozed, Some(9_000)));
        tickets.change(2, |ticket| (ticket.status, ticket.closed_at) = (Status::Closed, Some(5_000)));
        assert_eq!(
            (tickets.wakes_at(), tickets.waking(8_999), tickets.waking(9_000)),
            (Some(9_000), vec![], vec![1])
        );
        assert_eq!(tickets.open_count(), 2);
        // The contact writes: it wakes at once.
        tickets.change(1, |ticket| {
            ticket.status = Status::Open;
            ticket.hear(6_000, "mail", "mail/c/d");
        });
        assert_eq!(tickets.wakes_at(), None);
        let ticket = tickets.get(1).unwrap();
        assert_eq!((ticket.connection.as_str(), ticket.conversations.len()), ("mail", 2));
        assert_eq!(tickets.forget(5_000), [] as [u64; 0]);
        assert_eq!(tickets.forget(5_001), [2]);
        assert_eq!((tickets.get(2), ids(&tickets.of([11]))), (None, vec![]));
    }

    #[test]
    fn the_first_answer_is_that_of_a_person() {
        let mut ticket = Ticket::new(1, 10, 1_000, "shop", "shop/a/b");
        ticket.hear(1_000, "shop", "shop/a/b");
        ticket.hear(2_000, "shop", "shop/a/b");
        assert_eq!(ticket.unanswered_since, Some(1_000));
        ticket.say(3_000, false);
        assert_eq!((ticket.unanswered_since, ticket.first_response_at), (None, None));
        ticket.say(4_000, true);
        ticket.say(5_000, true);
        assert_eq!(ticket.first_response_at, Some(4_000));
    }
}
