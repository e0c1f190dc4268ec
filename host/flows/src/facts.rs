//! What conditions look at: the contact, the ticket, the message, the queues. Whoever asks gives it.
//!
//! Beside these there is `vars`, what the run has found out, and `time`, as the clocks of the flow's calendar show it (UTC
//! without one): `now` (milliseconds since the Unix epoch), `date` (`2026-11-30`), `weekday` (`mon`), `hour`, `minute`, and
//! `open`, whether the calendar is. What is not known is not there: `has(contact.name)` tells, and
//! `contact.?name.orValue("you")` says what stands in for it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that is known when a flow is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// `contact`: who writes.
    pub contact: ContactFacts,
    /// `ticket`: what is worked on.
    pub ticket: TicketFacts,
    /// `message`: what was said last. None: nobody said anything, such as when a time has come.
    pub message: Option<MessageFacts>,
    /// `queue`: by team.
    pub queues: BTreeMap<String, QueueFacts>,
}

/// Who writes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContactFacts {
    /// The number of the contact.
    pub id: u64,
    /// Its name.
    pub name: Option<String>,
    /// BCP 47, such as `de` or `pt-BR`.
    pub language: Option<String>,
    /// A name of the IANA database.
    pub time_zone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// Tags. Conditions see the first 100.
    pub tags: BTreeSet<String>,
    /// Whatever the business keeps about it.
    pub attributes: BTreeMap<String, Value>,
}

/// What is worked on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketFacts {
    /// The number of the ticket.
    pub id: u64,
    /// `open`, `pending`, `snoozed` or `closed`.
    pub status: String,
    /// The team that has it.
    pub team: Option<String>,
    /// The agent who has it.
    pub agent: Option<String>,
    /// Tags. Conditions see the first 100.
    pub tags: BTreeSet<String>,
    /// 0 to 9.
    pub priority: u8,
    /// What the contact writes on: the id of a connector.
    pub channel: String,
    /// The account that it writes to: the name of a connection.
    pub connection: String,
    /// Messages in it so far, of both sides.
    pub messages: u64,
    /// What flows have found out before: a new run starts with these as `vars`.
    pub vars: BTreeMap<String, Value>,
}

/// What was said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MessageFacts {
    /// Its words. Conditions see the first 4,096 bytes.
    pub text: String,
    /// `message`, `choice`, or what else it is.
    pub kind: String,
    /// What it was written on.
    pub channel: String,
    /// The kinds of its parts in their order: `text`, `media`, `location` …
    pub parts: Vec<String>,
    /// The id of the choice, where a button was pressed.
    pub choice: Option<String>,
}

/// How a team's queue stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueFacts {
    /// Tickets that wait.
    pub waiting: u64,
    /// Agents of the team who are there.
    pub agents_online: u64,
    /// How long the first has waited. 0: nobody waits.
    pub longest_wait_seconds: u64,
}

/// The names below each root. None: any name.
pub(crate) fn fields(root: &str) -> Option<Option<&'static [&'static str]>> {
    Some(match root {
        "contact" => {
            Some(&["id", "name", "language", "time_zone", "email", "phone", "tags", "attributes"][..])
        }
        "ticket" => Some(
            &["id", "status", "team", "agent", "tags", "priority", "channel", "connection", "messages"][..],
        ),
        "message" => Some(&["text", "kind", "channel", "parts", "choice"][..]),
        "time" => Some(&["now", "date", "weekday", "hour", "minute", "open"][..]),
        "queue" | "vars" => None,
        _ => return None,
    })
}

/// What a condition may start with.
pub(crate) const ROOTS: [&str; 6] = ["contact", "ticket", "message", "time", "queue", "vars"];
/// What is known of each queue.
pub(crate) const QUEUE_FIELDS: [&str; 3] = ["waiting", "agents_online", "longest_wait_seconds"];
