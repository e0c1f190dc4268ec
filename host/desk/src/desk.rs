//! The state, and how entries change it.

mod ask;
mod facts;
mod flow;
mod hear;
mod queue;
mod tell;
mod time;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trunkline_contacts::{ContactId, Contacts, ContactsError};
use trunkline_flows::run::Run;
use trunkline_numbers::{Fact, Numbers, What as Happened};
use trunkline_queues::{Change, Levels, QueueError, Queues};

use crate::effect::Effect;
use crate::entry::{Configuration, Entry};
use crate::machine::{Applied, Machine};
use crate::settings::{Flaw, Settings};
use crate::ticket::{Ticket, Tickets, ticket_name};

/// Contacts, tickets, queues, flows that wait, numbers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Desk {
    configuration: Configuration,
    #[serde(skip)]
    settings: Arc<Settings>,
    contacts: Contacts,
    tickets: Tickets,
    queues: Queues,
    levels: Levels,
    runs: BTreeMap<u64, Running>,
    /// By when runs want to go on. Made of them.
    #[serde(skip)]
    runs_due: BTreeSet<(u64, u64)>,
    /// Texts of flows that are no longer configured, and in which tickets still wait: by version, name of the file and text.
    older: BTreeMap<String, (String, String)>,
    numbers: Numbers,
    heard_to: u64,
}

/// A flow of a ticket that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Running {
    run: Run,
    /// The entry that made it wait: an answer to an earlier call is not the one it waits for.
    since: u64,
}

/// What a snapshot holds.
#[derive(Deserialize)]
struct Kept {
    configuration: Configuration,
    contacts: Contacts,
    tickets: Tickets,
    queues: Queues,
    levels: Levels,
    runs: BTreeMap<u64, Running>,
    older: BTreeMap<String, (String, String)>,
    numbers: Numbers,
    heard_to: u64,
}

impl From<Kept> for Desk {
    fn from(kept: Kept) -> Self {
        let due = |(id, running): (&u64, &Running)| Some((running.run.until?, *id));
        let mut desk = Self {
            runs_due: kept.runs.iter().filter_map(due).collect(),
            configuration: kept.configuration,
            settings: Arc::default(),
            contacts: kept.contacts,
            tickets: kept.tickets,
            queues: kept.queues,
            levels: kept.levels,
            runs: kept.runs,
            older: kept.older,
            numbers: kept.numbers,
            heard_to: kept.heard_to,
        };
        // It was valid when it was taken. Where this host reads it otherwise, the host's start says so.
        if let Ok(settings) = desk.read(&desk.configuration) {
            desk.settings = Arc::new(settings);
        }
        desk
    }
}

impl Default for Desk {
    fn default() -> Self {
        let settings = Settings::default();
        let queues = Queues::new(settings.queues.clone()).unwrap_or_else(|_| unreachable!("one team"));
        let numbers = Numbers::new(settings.numbers.clone()).unwrap_or_else(|_| unreachable!("the defaults"));
        Self {
            configuration: Configuration::default(),
            settings: Arc::new(settings),
            contacts: Contacts::default(),
            tickets: Tickets::default(),
            queues,
            levels: Levels::default(),
            runs: BTreeMap::new(),
            runs_due: BTreeSet::new(),
            older: BTreeMap::new(),
            numbers,
            heard_to: 0,
        }
    }
}

/// All but what is made of the configuration.
impl PartialEq for Desk {
    fn eq(&self, other: &Self) -> bool {
        (&self.configuration, &self.contacts, &self.tickets, &self.queues, &self.levels)
            == (&other.configuration, &other.contacts, &other.tickets, &other.queues, &other.levels)
            && (&self.runs, &self.runs_due, &self.older, &self.numbers, self.heard_to)
                == (&other.runs, &other.runs_due, &other.older, &other.numbers, other.heard_to)
    }
}

/// Why an entry is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such ticket.
    #[error("there is no ticket `{}`", ticket_name(*.0))]
    NoTicket(u64),
    /// It is not in a state in which that can be done.
    #[error("ticket `{}` is {state}: {hint}", ticket_name(*ticket))]
    State {
        /// Which.
        ticket: u64,
        /// What it is.
        state: &'static str,
        /// The cure.
        hint: &'static str,
    },
    /// The conversation is not one of its contact.
    #[error("conversation `{0}` is none of the contact: name one that the contact has written in")]
    NoConversation(String),
    /// Too much or too little.
    #[error("{0}")]
    Invalid(String),
    /// The files of the desk.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Configuration(Vec<Flaw>),
    /// Who is who.
    #[error(transparent)]
    Contacts(#[from] ContactsError),
    /// Who has what.
    #[error(transparent)]
    Queues(#[from] QueueError),
}

/// An entry at work.
struct Doing {
    number: u64,
    at: u64,
    effects: Vec<Effect>,
    subjects: BTreeSet<String>,
    trace: Map<String, Value>,
    facts: Vec<Fact>,
    changed: bool,
}

impl Doing {
    fn new(number: u64, at: u64) -> Self {
        Self {
            number,
            at,
            effects: Vec::new(),
            subjects: BTreeSet::new(),
            trace: Map::new(),
            facts: Vec::new(),
            changed: true,
        }
    }

    /// The entry is about this ticket and its contact.
    fn about(&mut self, ticket: &Ticket) {
        self.subjects.insert(ticket_name(ticket.id));
        self.subjects.insert(ContactId(ticket.contact).to_string());
    }

    /// Why something came out as it did. Several of a name are a list.
    fn because(&mut self, name: &str, why: impl Serialize) {
        let why = json!(why);
        match self.trace.get_mut(name) {
            Some(Value::Array(all)) => all.push(why),
            _ => drop(self.trace.insert(name.to_owned(), Value::Array(vec![why]))),
        }
    }

    fn happened(&mut self, ticket: u64, what: Happened) {
        self.facts.push(Fact { at: self.at, ticket, what });
    }

    fn done(self) -> Applied<Effect> {
        let trace = if self.trace.is_empty() { Value::Null } else { Value::Object(self.trace) };
        Applied {
            effects: self.effects,
            subjects: self.subjects.into_iter().collect(),
            trace,
            changed: self.changed,
        }
    }
}

impl Machine for Desk {
    type Entry = Entry;
    type Effect = Effect;
    type Refusal = Refused;

    fn apply(&mut self, number: u64, at: u64, entry: &Entry) -> Result<Applied<Effect>, Refused> {
        let mut doing = Doing::new(number, at);
        match entry {
            Entry::Begun { heard_to } => self.heard_to = *heard_to,
            Entry::Configured(configuration) => self.configure(&mut doing, configuration)?,
            Entry::Heard(heard) => self.hear(&mut doing, heard)?,
            Entry::Asked(asked) => self.ask(&mut doing, &asked.by, &asked.command)?,
            Entry::Sent(sent) => self.sent(&mut doing, sent),
            Entry::Answered(answered) => self.answered(&mut doing, answered),
            Entry::Time => self.time(&mut doing),
            Entry::Erased => {}
        }
        for fact in std::mem::take(&mut doing.facts) {
            self.numbers.apply(&fact);
        }
        Ok(doing.done())
    }

    fn due(&self) -> Option<u64> {
        let run = self.runs_due.first().map(|(at, _)| *at);
        let due = [run, self.tickets.wakes_at(), self.queues.due(), self.levels.due()];
        due.into_iter().flatten().min()
    }

    fn time() -> Entry {
        Entry::Time
    }
}

impl Desk {
    /// The configuration in force.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The same, read.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Up to which event of the journal it has heard.
    pub fn heard_to(&self) -> u64 {
        self.heard_to
    }

    /// Who is who.
    pub fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// All tickets that are not forgotten.
    pub fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    /// Who has what.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// How promises are kept.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// What was counted.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// The step of a flow in which a ticket waits: flow and step.
    pub fn waits_in(&self, ticket: u64) -> Option<(&str, &str)> {
        self.runs.get(&ticket).map(|running| (running.run.flow.as_str(), running.run.step.as_str()))
    }

    /// Under what a contact and its tickets are found in the log.
    pub fn subjects_of(&self, contact: ContactId) -> Vec<String> {
        let everybody = self.everybody(contact);
        let tickets =
            self.tickets.of(everybody.iter().copied()).into_iter().map(|ticket| ticket_name(ticket.id));
        everybody.iter().map(|id| ContactId(*id).to_string()).chain(tickets).collect()
    }

    /// A configuration read as this desk would take it.
    pub fn read(&self, configuration: &Configuration) -> Result<Settings, Vec<Flaw>> {
        let older = self.older.values().map(|(file, text)| (file.as_str(), text.as_str()));
        Settings::read(configuration, older)
    }

    fn configure(&mut self, doing: &mut Doing, configuration: &Configuration) -> Result<(), Refused> {
        let before = self.older.clone();
        self.keep_older();
        let settings = match self.read(configuration) {
            Ok(settings) => settings,
            Err(flaws) => {
                self.older = before;
                return Err(Refused::Configuration(flaws));
            }
        };
        // Both were checked while they were read.
        let changes = self.queues.configure(doing.at, settings.queues.clone()).unwrap_or_default();
        if self.numbers.options() != &settings.numbers
            && let Ok(numbers) = Numbers::new(settings.numbers.clone())
        {
            self.numbers = numbers;
        }
        self.settings = Arc::new(settings);
        self.configuration = configuration.clone();
        self.forget_older();
        self.tell(doing, changes);
        let at = doing.at;
        self.reckon(doing, |levels, hours| {
            levels.reckon(at, hours);
            Vec::new()
        });
        Ok(())
    }

    /// Texts of the flows in which tickets wait.
    fn keep_older(&mut self) {
        for running in self.runs.values() {
            let digest = running.run.digest.to_string();
            if let Some((file, text)) = self.settings.flows.text(&running.run.digest) {
                self.older.entry(digest).or_insert_with(|| (file.to_owned(), text.to_owned()));
            }
        }
    }

    fn forget_older(&mut self) {
        let waited_in: BTreeSet<String> =
            self.runs.values().map(|running| running.run.digest.to_string()).collect();
        self.older.retain(|digest, _| waited_in.contains(digest));
    }

    /// The contacts that count as this one: itself, and those that are merged with it.
    fn everybody(&self, contact: ContactId) -> Vec<u64> {
        let Some(view) = self.contacts.get(contact) else { return vec![contact.0] };
        std::iter::once(view.id).chain(view.merged).map(|id| id.0).collect()
    }

    fn ticket(&self, id: u64) -> Result<&Ticket, Refused> {
        self.tickets.get(id).ok_or(Refused::NoTicket(id))
    }

    /// Changes of the queues, and what they mean.
    fn tell(&mut self, doing: &mut Doing, changes: Vec<Change>) {
        for change in changes {
            self.tell_one(doing, change);
        }
    }
}

#[cfg(test)]
mod tests;
