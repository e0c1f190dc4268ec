//! Teams and agents: how queues stand, who is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_desk::{Command, Desk, ticket_name};
use trunkline_queues::Presence;

use super::{REQUEST_BYTES_MAX, ask, desk, missing};
use crate::host::Host;
use crate::http::caller::Caller;
use crate::http::json_body::{self, Sent};
use crate::http::parameters::Path;
use crate::http::problem::Problem;
use crate::instant;

/// Whether an agent is there.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Presence")]
#[serde(rename_all = "snake_case")]
pub enum PresenceView {
    /// Takes tickets.
    Online,
    /// There, but takes nothing new.
    Busy,
    /// Back soon, perhaps. Offers go on at once, tickets after a time.
    Away,
    /// Gone. The same.
    Offline,
}

impl From<PresenceView> for Presence {
    fn from(presence: PresenceView) -> Self {
        match presence {
            PresenceView::Online => Self::Online,
            PresenceView::Busy => Self::Busy,
            PresenceView::Away => Self::Away,
            PresenceView::Offline => Self::Offline,
        }
    }
}

impl From<Presence> for PresenceView {
    fn from(presence: Presence) -> Self {
        match presence {
            Presence::Online => Self::Online,
            Presence::Busy => Self::Busy,
            Presence::Away => Self::Away,
            Presence::Offline => Self::Offline,
        }
    }
}

/// All agents.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentList {
    /// In alphabetical order.
    agents: Vec<AgentView>,
}

/// A person who answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Agent")]
pub struct AgentView {
    /// As in `desk.toml`.
    name: String,
    /// Whether there.
    presence: PresenceView,
    /// The teams.
    teams: Vec<String>,
    /// Tickets that the agent has or is asked to take.
    tickets: Vec<String>,
    /// How many there may be.
    capacity: u32,
    /// Tickets by kind of channel.
    load: BTreeMap<String, u32>,
    /// Offers missed in a row.
    missed: u32,
}

/// All queues.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QueueList {
    /// In alphabetical order of their teams.
    queues: Vec<QueueView>,
}

/// The queue of a team.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Queue")]
pub struct QueueView {
    /// The team.
    team: String,
    /// Tickets that this team could take, first come first; those that it helps with included.
    waiting: Vec<String>,
    /// Since when the contact waits that has waited for the longest.
    #[schemars(extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_since: Option<String>,
    /// Agents who are online or busy.
    present: usize,
    /// Agents who could take one more.
    free: usize,
}

/// `GET /v1/agents`
pub async fn agents(_: Caller, State(host): State<Arc<Host>>) -> Result<Json<AgentList>, Problem> {
    let desk = desk(&host)?.state();
    let names = desk.settings().queues.agents.keys();
    Ok(Json(AgentList { agents: names.filter_map(|name| view(&desk, name)).collect() }))
}

/// Whether there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceRequest {
    /// From now on.
    presence: PresenceView,
}

/// `POST /v1/agents/{agent}/presence`
pub async fn presence(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<AgentView>, Problem> {
    let agent = caller.agent(Some(name))?;
    let said: PresenceRequest = json_body::read(&headers, body, REQUEST_BYTES_MAX, "no presence")?;
    let presence = said.presence.into();
    ask(desk(&host)?, &caller, Command::Presence { agent: agent.clone(), presence }).await?;
    let desk = desk(&host)?.state();
    view(&desk, &agent).map(Json).ok_or_else(|| missing("agent"))
}

/// `GET /v1/queues`
pub async fn queues(_: Caller, State(host): State<Arc<Host>>) -> Result<Json<QueueList>, Problem> {
    let desk = desk(&host)?.state();
    let teams = desk.settings().queues.teams.keys();
    let queues = teams.filter_map(|name| {
        let team = desk.queues().team(name)?;
        Some(QueueView {
            team: name.clone(),
            waiting: desk.queues().waiting(name).into_iter().map(|id| ticket_name(id.0)).collect(),
            oldest_since: team.oldest_since.and_then(instant::text),
            present: team.present,
            free: team.free,
        })
    });
    Ok(Json(QueueList { queues: queues.collect() }))
}

fn view(desk: &Desk, name: &str) -> Option<AgentView> {
    let agent = desk.queues().agent(name)?;
    let teams = desk.settings().queues.agents.get(name)?.teams.iter().cloned().collect();
    Some(AgentView {
        name: name.to_owned(),
        presence: agent.presence.into(),
        teams,
        tickets: agent.tickets.iter().map(|id| ticket_name(id.0)).collect(),
        capacity: agent.total,
        load: agent.held,
        missed: agent.missed,
    })
}
