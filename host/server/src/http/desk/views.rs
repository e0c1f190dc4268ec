//! What the desk holds, as the API gives it. What is derived here is what the published description of the API says.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use trunkline_contacts::{ContactId, View};
use trunkline_desk::{Desk, Logged, Ticket, ticket_name};
use trunkline_queues::{TicketId, Whereabouts};

use crate::instant;

/// A ticket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Ticket")]
pub struct TicketView {
    /// Example: `tkt_12`
    id: String,
    /// Whose it is. Example: `con_12`
    contact: String,
    /// `open`, `pending`, `snoozed` or `closed`.
    status: &'static str,
    /// In a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The team whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    /// Who has it or is asked to take it. Absent: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<HeldView>,
    /// Whether it waits in a queue.
    waiting: bool,
    /// The flow in which it waits, and the step. Absent: in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<StepView>,
    /// 0 to 9.
    priority: u8,
    /// Words by which it is found.
    tags: BTreeSet<String>,
    /// The language that is spoken in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Where answers go: a conversation of the journal.
    conversation: String,
    /// All conversations in which something was said.
    conversations: BTreeSet<String>,
    /// Messages of the contact.
    heard: u64,
    /// Messages to the contact.
    said: u64,
    /// How often it was opened again.
    reopened: u32,
    /// When it began.
    #[schemars(extend("format" = "date-time"))]
    opened_at: Option<String>,
    /// When something last happened.
    #[schemars(extend("format" = "date-time"))]
    changed_at: Option<String>,
    /// When it was closed.
    #[schemars(extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
    /// Until when it is snoozed.
    #[schemars(extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    snoozed_until: Option<String>,
    /// Since when the contact waits for an answer.
    #[schemars(extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    unanswered_since: Option<String>,
    /// When a person first answered.
    #[schemars(extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    first_response_at: Option<String>,
    /// What went wrong last with something that was to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What flows have found out.
    vars: BTreeMap<String, Value>,
}

/// Who has a ticket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Held")]
pub struct HeldView {
    /// Who.
    agent: String,
    /// To be given with whatever the agent does with it.
    generation: u64,
    /// True: the agent is only asked to take it.
    offered: bool,
    /// When the offer ends.
    #[schemars(extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// Where a ticket waits.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FlowStep")]
pub struct StepView {
    /// Which flow.
    name: String,
    /// Which step.
    step: String,
}

impl TicketView {
    /// As it is now.
    pub fn of(desk: &Desk, ticket: &Ticket) -> Self {
        let whereabouts = desk.queues().whereabouts(TicketId(ticket.id));
        let waiting = matches!(whereabouts, Some(Whereabouts::Waiting { .. }));
        let held = match whereabouts {
            Some(Whereabouts::Offered { agent, generation, until }) => {
                Some(HeldView { agent, generation, offered: true, until: instant::text(until) })
            }
            Some(Whereabouts::Owned { agent, generation }) => {
                Some(HeldView { agent, generation, offered: false, until: None })
            }
            _ => None,
        };
        let flow = desk.waits_in(ticket.id);
        Self {
            id: ticket_name(ticket.id),
            contact: desk.contacts().root(ContactId(ticket.contact)).to_string(),
            status: ticket.status.name(),
            subject: ticket.subject.clone(),
            team: ticket.team.clone(),
            held,
            waiting,
            flow: flow.map(|(name, step)| StepView { name: name.to_owned(), step: step.to_owned() }),
            priority: ticket.priority,
            tags: ticket.tags.clone(),
            language: ticket.language.clone(),
            conversation: ticket.conversation.clone(),
            conversations: ticket.conversations.clone(),
            heard: ticket.heard,
            said: ticket.said,
            reopened: ticket.reopened,
            opened_at: instant::text(ticket.opened_at),
            changed_at: instant::text(ticket.changed_at),
            closed_at: ticket.closed_at.and_then(instant::text),
            snoozed_until: ticket.snoozed_until.and_then(instant::text),
            unanswered_since: ticket.unanswered_since.and_then(instant::text),
            first_response_at: ticket.first_response_at.and_then(instant::text),
            problem: ticket.problem.clone(),
            vars: ticket.vars.clone(),
        }
    }
}

/// A contact.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeskContact")]
pub struct ContactView {
    /// Example: `con_12`
    id: String,
    /// Contacts that are shown as this one.
    merged: Vec<String>,
    /// The merges by which they are, each of which can be undone. Example: `mrg_17`
    merges: Vec<String>,
    /// Who first wrote, and when.
    #[schemars(extend("format" = "date-time"))]
    created_at: Option<String>,
    /// As they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// IANA.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// What they are known by.
    identities: Vec<IdentityView>,
    /// What the business keeps of them.
    attributes: BTreeMap<String, Value>,
    /// Words by which they are found.
    tags: BTreeSet<String>,
}

/// What a contact is known by.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactIdentity")]
pub struct IdentityView {
    /// `phone`, `email`, `id`, `username`, `external` or another.
    scheme: String,
    /// The identifier.
    value: String,
    /// The only connection on which it is theirs. Absent: it is on all.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    /// The contact of those shown as this one whose it is.
    contact: String,
}

impl From<View> for ContactView {
    fn from(view: View) -> Self {
        let identities = view.identities.iter().map(|identified| IdentityView {
            scheme: identified.known.identity.scheme().to_string(),
            value: identified.known.address().to_owned(),
            connection: identified.known.identity.scope().map(str::to_owned),
            contact: identified.contact.to_string(),
        });
        Self {
            id: view.id.to_string(),
            merged: view.merged.iter().map(ToString::to_string).collect(),
            merges: view.merges.iter().map(ToString::to_string).collect(),
            created_at: instant::text(view.created_at),
            identities: identities.collect(),
            name: view.name.map(|told| told.value),
            language: view.language.map(|told| told.value),
            time_zone: view.time_zone.map(|told| told.value),
            attributes: view.attributes,
            tags: view.tags,
        }
    }
}

/// One thing that changed the desk.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeskEntry")]
pub struct EntryView {
    /// Its place in the desk's log; rises with time.
    number: u64,
    /// When.
    #[schemars(extend("format" = "date-time"))]
    at: Option<String>,
    /// What: `entry` says which kind, `heard`, `asked`, `sent`, `time` …
    what: Value,
    /// The event of the journal that was heard, as it is delivered. Absent: it was none, or the journal has it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Value>,
    /// Why it came out as it did. Absent: there was nothing to decide, or it was not asked for.
    #[serde(skip_serializing_if = "Value::is_null")]
    why: Value,
}

impl EntryView {
    /// `why`: with the reasons.
    pub fn of(logged: Logged, event: Option<Value>, why: bool) -> Self {
        Self {
            number: logged.number,
            at: instant::text(logged.at),
            what: logged.entry,
            event,
            why: if why { logged.trace } else { Value::Null },
        }
    }
}
