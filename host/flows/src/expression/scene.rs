//! The facts of one moment, as expressions see them. Each root is made when it is first looked at.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use cel::common::types::CelBool;
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::value::{ENTRIES_MAX, Table, int, table, text, texts};
use crate::facts::Facts;
use crate::hours::{Calendar, timestamp};

/// The names of days in `time.weekday`, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What does not depend on a calendar.
pub(crate) struct Roots<'a> {
    facts: &'a Facts,
    vars_from: &'a BTreeMap<String, Value>,
    contact: OnceLock<Table>,
    ticket: OnceLock<Table>,
    message: OnceLock<Table>,
    queue: OnceLock<Table>,
    vars: OnceLock<Table>,
}

impl<'a> Roots<'a> {
    pub(crate) fn new(facts: &'a Facts, vars: &'a BTreeMap<String, Value>) -> Self {
        Self {
            facts,
            vars_from: vars,
            contact: OnceLock::new(),
            ticket: OnceLock::new(),
            message: OnceLock::new(),
            queue: OnceLock::new(),
            vars: OnceLock::new(),
        }
    }
}

/// The facts at one moment, with the time as a calendar's clocks show it.
pub(crate) struct Scene<'a> {
    roots: &'a Roots<'a>,
    /// None: UTC, and `time.open` is not there.
    calendar: Option<&'a Calendar>,
    /// Milliseconds since the Unix epoch.
    at: u64,
    time: OnceLock<Table>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(roots: &'a Roots<'a>, calendar: Option<&'a Calendar>, at: u64) -> Self {
        Self { roots, calendar, at, time: OnceLock::new() }
    }

    pub(crate) fn root(&self, name: &str) -> Option<&Table> {
        let (roots, facts) = (self.roots, self.roots.facts);
        Some(match name {
            "contact" => roots.contact.get_or_init(|| contact(facts)),
            "ticket" => roots.ticket.get_or_init(|| ticket(facts)),
            "message" => roots.message.get_or_init(|| message(facts)),
            "queue" => roots.queue.get_or_init(|| queue(facts)),
            "vars" => roots.vars.get_or_init(|| table(roots.vars_from)),
            "time" => self.time.get_or_init(|| self.time()),
            _ => return None,
        })
    }

    /// What a path leads to. None: there is nothing.
    pub(crate) fn find(&self, path: &[String]) -> Option<&(dyn Val + 'static)> {
        let (root, rest) = path.split_first()?;
        let mut found: &(dyn Val + 'static) = self.root(root)?;
        for name in rest {
            found = found.downcast_ref::<Table>()?.find(name)?;
        }
        Some(found)
    }

    fn time(&self) -> Table {
        let utc = TimeZone::UTC;
        let zone = self.calendar.map_or(&utc, Calendar::zone);
        let local = zone.to_datetime(timestamp(self.at));
        let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
        let number = |value: i8| Box::new(int(u64::try_from(value).unwrap_or(0)));
        let mut table = Table::default();
        table.set("now", Box::new(int(self.at)));
        table.set("date", text(&local.date().to_string()));
        table.set("weekday", text(WEEKDAYS.get(weekday).copied().unwrap_or_default()));
        table.set("hour", number(local.hour()));
        table.set("minute", number(local.minute()));
        if let Some(calendar) = self.calendar {
            table.set("open", Box::new(CelBool::from(calendar.is_open(self.at))));
        }
        table
    }
}

impl VariableResolver for Scene<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        self.root(name).map(|table| CowVal::Borrowed(table as &dyn Val))
    }
}

fn contact(facts: &Facts) -> Table {
    let contact = &facts.contact;
    let mut found = Table::default();
    found.set("id", Box::new(int(contact.id)));
    found.set_text("name", contact.name.as_deref());
    found.set_text("language", contact.language.as_deref());
    found.set_text("time_zone", contact.time_zone.as_deref());
    found.set_text("email", contact.email.as_deref());
    found.set_text("phone", contact.phone.as_deref());
    found.set("tags", texts(&contact.tags));
    found.set("attributes", Box::new(table(&contact.attributes)));
    found
}

fn ticket(facts: &Facts) -> Table {
    let ticket = &facts.ticket;
    let mut found = Table::default();
    found.set("id", Box::new(int(ticket.id)));
    found.set("status", text(&ticket.status));
    found.set_text("team", ticket.team.as_deref());
    found.set_text("agent", ticket.agent.as_deref());
    found.set("tags", texts(&ticket.tags));
    found.set("priority", Box::new(int(u64::from(ticket.priority))));
    found.set("channel", text(&ticket.channel));
    found.set("connection", text(&ticket.connection));
    found.set("messages", Box::new(int(ticket.messages)));
    found
}

fn message(facts: &Facts) -> Table {
    let mut found = Table::default();
    let Some(message) = &facts.message else { return found };
    found.set("text", text(&message.text));
    found.set("kind", text(&message.kind));
    found.set("channel", text(&message.channel));
    found.set("parts", texts(&message.parts));
    found.set_text("choice", message.choice.as_deref());
    found
}

fn queue(facts: &Facts) -> Table {
    let mut found = Table::default();
    for (team, queue) in facts.queues.iter().take(ENTRIES_MAX * 10) {
        let mut row = Table::default();
        row.set("waiting", Box::new(int(queue.waiting)));
        row.set("agents_online", Box::new(int(queue.agents_online)));
        row.set("longest_wait_seconds", Box::new(int(queue.longest_wait_seconds)));
        found.set(team, Box::new(row));
    }
    found
}
