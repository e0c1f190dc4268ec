//! Tickets: looked at, taken, answered, passed on, closed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use trunkline_contacts::ContactId;
use trunkline_core::cloud_event;
use trunkline_desk::{Command, Label, Logged, Status, ticket_number};
use trunkline_model::OutgoingPart;
use trunkline_queues::{Target, TicketId, Whereabouts};

use super::views::{EntryView, TicketView};
use super::{REQUEST_BYTES_MAX, ask, desk, missing, page, unreadable};
use crate::host::Host;
use crate::http::caller::Caller;
use crate::http::json_body::{self, Sent};
use crate::http::parameters::{Path, Query};
use crate::http::problem::Problem;
use crate::instant;

/// Which tickets.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "TicketParameters")]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Only in this state: `open`, `pending`, `snoozed`, `closed`.
    status: Option<StatusParameter>,
    /// Only of this team.
    team: Option<String>,
    /// Only what this agent has or is asked to take.
    agent: Option<String>,
    /// Only of this contact, and of those that are shown as it.
    contact: Option<String>,
    /// `next_after` of the page before.
    after: Option<String>,
    /// Tickets of one answer, 1 to 200. Default: 50.
    limit: Option<usize>,
}

/// A state of a ticket.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(rename = "TicketStatus")]
#[serde(rename_all = "snake_case")]
enum StatusParameter {
    Open,
    Pending,
    Snoozed,
    Closed,
}

impl From<StatusParameter> for Status {
    fn from(status: StatusParameter) -> Self {
        match status {
            StatusParameter::Open => Self::Open,
            StatusParameter::Pending => Self::Pending,
            StatusParameter::Snoozed => Self::Snoozed,
            StatusParameter::Closed => Self::Closed,
        }
    }
}

/// A page of tickets, in the order in which they were opened.
#[derive(Debug, serde::Serialize, JsonSchema)]
pub struct TicketList {
    /// The tickets.
    tickets: Vec<TicketView>,
    /// `after` of the next page. Absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<String>,
}

/// `GET /v1/tickets`
pub async fn tickets(
    _: Caller,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<TicketList>, Problem> {
    let limit = page(parameters.limit);
    let after = match parameters.after.as_deref() {
        Some(name) => number(name)?,
        None => 0,
    };
    let contact = parameters.contact.as_deref().map(contact).transpose()?;
    let desk = desk(&host)?.state();
    let root = contact.map(|contact| desk.contacts().root(contact));
    let held = |id: u64| match desk.queues().whereabouts(TicketId(id)) {
        Some(Whereabouts::Offered { agent, .. } | Whereabouts::Owned { agent, .. }) => Some(agent),
        _ => None,
    };
    let status = parameters.status.map(Status::from);
    let mut found = desk.tickets().after(after).filter(|ticket| {
        status.is_none_or(|status| ticket.status == status)
            && parameters.team.as_deref().is_none_or(|team| ticket.team.as_deref() == Some(team))
            && root.is_none_or(|root| desk.contacts().root(ContactId(ticket.contact)) == root)
            && parameters.agent.as_ref().is_none_or(|agent| held(ticket.id).as_ref() == Some(agent))
    });
    let tickets: Vec<_> = found.by_ref().take(limit).collect();
    let more = found.next().is_some();
    let next_after = tickets.last().filter(|_| more).map(|ticket| trunkline_desk::ticket_name(ticket.id));
    let tickets = tickets.into_iter().map(|ticket| TicketView::of(&desk, ticket)).collect();
    Ok(Json(TicketList { tickets, next_after }))
}

/// `GET /v1/tickets/{ticket}`
pub async fn ticket(
    _: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
) -> Result<Json<TicketView>, Problem> {
    view(&host, number(&name)?).map(Json)
}

/// Where a timeline goes on.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "TimelineParameters")]
#[serde(deny_unknown_fields)]
pub struct TimelineParameters {
    /// `next_after` of the page before.
    after: Option<u64>,
    /// Entries of one answer, 1 to 200. Default: 50.
    limit: Option<usize>,
    /// With the reasons: which rule, which values, which candidates. Default: without.
    #[serde(default)]
    why: bool,
}

impl TimelineParameters {
    /// After which entry, how many, and whether with reasons.
    pub fn read(&self) -> (u64, usize, bool) {
        (self.after.unwrap_or_default(), page(self.limit), self.why)
    }
}

/// A page of what happened, oldest first.
#[derive(Debug, serde::Serialize, JsonSchema)]
pub struct Timeline {
    /// What happened.
    entries: Vec<EntryView>,
    /// `after` of the next page. Absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<u64>,
}

/// `GET /v1/tickets/{ticket}/timeline`
pub async fn timeline(
    _: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Query(parameters): Query<TimelineParameters>,
) -> Result<Json<Timeline>, Problem> {
    let name = trunkline_desk::ticket_name(number(&name)?);
    let (after, limit, why) = parameters.read();
    about(&host, &[name], after, limit, why).await.map(Json)
}

/// What the desk's log says about any of these, each with its event of the journal.
pub async fn about(
    host: &Host,
    subjects: &[String],
    after: u64,
    limit: usize,
    why: bool,
) -> Result<Timeline, Problem> {
    let desk = desk(host)?;
    let mut logged: Vec<Logged> = Vec::new();
    for subject in subjects {
        logged.extend(desk.about(subject, after, limit + 1).map_err(|error| unreadable(&error))?);
    }
    logged.sort_by_key(|logged| logged.number);
    logged.dedup_by_key(|logged| logged.number);
    if logged.is_empty() && after == 0 {
        return Err(missing("subject"));
    }
    let more = logged.len() > limit;
    logged.truncate(limit);
    let next_after = logged.last().filter(|_| more).map(|logged| logged.number);
    let mut entries = Vec::with_capacity(logged.len());
    for logged in logged {
        let event = match logged.entry["event"].as_str() {
            Some(id) => event(host, id).await?,
            None => None,
        };
        entries.push(EntryView::of(logged, event, why));
    }
    Ok(Timeline { entries, next_after })
}

async fn event(host: &Host, id: &str) -> Result<Option<Value>, Problem> {
    let stored = host.journal.event(id).await.map_err(|error| Problem::unreadable(&error))?;
    Ok(stored.and_then(|stored| serde_json::from_slice(&cloud_event::render(&stored)).ok()))
}

/// Whom it is said for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "HoldRequest")]
#[serde(deny_unknown_fields, default)]
pub struct HoldRequest {
    /// The agent. Default: the one that the token speaks for.
    agent: Option<String>,
    /// `held.generation` of the ticket as the agent has seen it.
    generation: Option<u64>,
}

/// Why it is not taken.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeclineRequest {
    /// The agent. Default: the one that the token speaks for.
    agent: Option<String>,
    /// `held.generation` of the ticket as the agent has seen it.
    generation: Option<u64>,
    /// For the record.
    reason: String,
}

/// Who gets it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignRequest {
    /// The agent.
    agent: String,
}

/// Where it goes: one of `team` and `to_agent`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// Into the queue of this team.
    team: Option<String>,
    /// Offered to this agent first.
    to_agent: Option<String>,
    /// Who passes it on. Default: the one that the token speaks for.
    agent: Option<String>,
    /// `held.generation` of the ticket as the agent has seen it.
    generation: Option<u64>,
}

/// What is written to the contact.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyRequest {
    /// A plain text: the same as one part `text` before `parts`.
    text: Option<String>,
    /// In reading order, as those of `POST /v1/messages`.
    #[serde(default)]
    parts: Vec<OutgoingPart>,
    /// On another channel: one of the contact's conversations. Default: where the contact wrote last.
    conversation: Option<String>,
    /// Who writes. Default: the one that the token speaks for; with other tokens a program.
    agent: Option<String>,
    /// `held.generation` of the ticket as the agent has seen it.
    generation: Option<u64>,
}

/// What is noted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// At most 10,000 characters. The contact does not see it.
    text: String,
}

/// Until when.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnoozeRequest {
    /// RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    until: String,
    /// Who has it. Default: the one that the token speaks for.
    agent: Option<String>,
    /// `held.generation` of the ticket as the agent has seen it.
    generation: Option<u64>,
}

/// Tags, priority, subject: what is given replaces what was there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LabelRequest {
    /// Added.
    add_tags: Vec<String>,
    /// Taken away.
    remove_tags: Vec<String>,
    /// 0 to 9.
    priority: Option<u8>,
    /// In a few words; empty: none.
    subject: Option<String>,
}

/// A request about one ticket.
pub struct Change<T> {
    host: Arc<Host>,
    caller: Caller,
    ticket: u64,
    body: T,
}

/// What all of them take.
type Given = (Caller, State<Arc<Host>>, Path<String>, HeaderMap, Sent);

fn given<T: DeserializeOwned>(given: Given) -> Result<Change<T>, Problem> {
    let (caller, State(host), Path(name), headers, body) = given;
    let body = match &body {
        // Nothing to say is nothing to send.
        Ok(bytes) if bytes.is_empty() => {
            serde_json::from_slice(b"{}").map_err(|error| Problem::json("no request", &error))?
        }
        _ => json_body::read(&headers, body, REQUEST_BYTES_MAX, "no request")?,
    };
    Ok(Change { ticket: number(&name)?, host, caller, body })
}

impl<T> Change<T> {
    async fn take(&self, command: Command) -> Result<(StatusCode, Json<TicketView>), Problem> {
        ask(desk(&self.host)?, &self.caller, command).await?;
        Ok((StatusCode::OK, Json(view(&self.host, self.ticket)?)))
    }
}

type Answer = Result<(StatusCode, Json<TicketView>), Problem>;

macro_rules! handler {
    ($(#[$doc:meta])* $name:ident($change:ident: $body:ty) $command:expr) => {
        $(#[$doc])*
        pub async fn $name(
            caller: Caller,
            host: State<Arc<Host>>,
            path: Path<String>,
            headers: HeaderMap,
            body: Sent,
        ) -> Answer {
            let $change: Change<$body> = given((caller, host, path, headers, body))?;
            let command = $command;
            $change.take(command).await
        }
    };
}

handler! {
    /// `POST /v1/tickets/{ticket}/accept`
    accept(change: HoldRequest) {
        let HoldRequest { agent, generation } = &change.body;
        let hold = change.caller.hold(agent.clone(), *generation)?;
        Command::Accept { ticket: change.ticket, hold: hold.ok_or_else(unnamed)? }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/decline`
    decline(change: DeclineRequest) {
        let hold = change.caller.hold(change.body.agent.clone(), change.body.generation)?;
        let reason = change.body.reason.clone();
        Command::Decline { ticket: change.ticket, hold: hold.ok_or_else(unnamed)?, reason }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/assign`
    assign(change: AssignRequest) {
        change.caller.must_supervise()?;
        Command::Assign { ticket: change.ticket, agent: change.body.agent.clone() }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/transfer`
    transfer(change: TransferRequest) {
        let hold = change.caller.hold(change.body.agent.clone(), change.body.generation)?;
        let to = match (&change.body.team, &change.body.to_agent) {
            (Some(team), None) => Target::Team(team.clone()),
            (None, Some(agent)) => Target::Agent(agent.clone()),
            _ => {
                let title = "one of `team` and `to_agent` says where it goes";
                return Err(Problem::new(StatusCode::BAD_REQUEST, "target", title));
            }
        };
        Command::Transfer { ticket: change.ticket, hold, to }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/reply`
    reply(change: ReplyRequest) {
        let hold = change.caller.hold(change.body.agent.clone(), change.body.generation)?;
        let text = change.body.text.iter().cloned().map(OutgoingPart::Text);
        let parts = text.chain(change.body.parts.iter().cloned()).collect();
        Command::Reply { ticket: change.ticket, hold, conversation: change.body.conversation.clone(), parts }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/note`
    note(change: NoteRequest) Command::Note { ticket: change.ticket, text: change.body.text.clone() }
}

handler! {
    /// `POST /v1/tickets/{ticket}/snooze`
    snooze(change: SnoozeRequest) {
        let hold = change.caller.hold(change.body.agent.clone(), change.body.generation)?;
        let until = instant::parse(&change.body.until, change.host.clock.now_ms())
            .map_err(|problem| Problem::new(StatusCode::BAD_REQUEST, "time_range", problem))?;
        Command::Snooze { ticket: change.ticket, hold, until }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/pend`
    pend(change: HoldRequest) {
        let hold = change.caller.hold(change.body.agent.clone(), change.body.generation)?;
        Command::Pend { ticket: change.ticket, hold }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/close`
    close(change: HoldRequest) {
        let hold = change.caller.hold(change.body.agent.clone(), change.body.generation)?;
        Command::Close { ticket: change.ticket, hold }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/reopen`
    reopen(change: HoldRequest) {
        let _ = &change.body;
        Command::Reopen { ticket: change.ticket }
    }
}

handler! {
    /// `POST /v1/tickets/{ticket}/label`
    label(change: LabelRequest) {
        let label = Label {
            add_tags: change.body.add_tags.clone(),
            remove_tags: change.body.remove_tags.clone(),
            priority: change.body.priority,
            subject: change.body.subject.clone(),
        };
        Command::Label { ticket: change.ticket, label }
    }
}

fn unnamed() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "agent", "`agent` and `generation` say who takes it")
}

fn view(host: &Host, ticket: u64) -> Result<TicketView, Problem> {
    let desk = desk(host)?.state();
    let ticket = desk.tickets().get(ticket).ok_or_else(|| missing("ticket"))?;
    Ok(TicketView::of(&desk, ticket))
}

fn number(name: &str) -> Result<u64, Problem> {
    ticket_number(name).ok_or_else(|| missing("ticket"))
}

/// The number behind a contact's name.
pub fn contact(name: &str) -> Result<ContactId, Problem> {
    name.parse().map_err(|_| missing("contact"))
}
