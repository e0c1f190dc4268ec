//! Who answers what: the configuration of teams and of the people in them.

mod check;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::check::ConfigError;

/// Teams and people.
///
/// Names stand as keys, so none can be given twice. Check it with [`Config::check`]; whatever takes a configuration
/// does so too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where a ticket goes whose team does not exist, or no longer: never nowhere.
    pub default_team: String,
    /// Every team, by its name.
    pub teams: BTreeMap<String, Team>,
    /// Everybody who answers, by name.
    #[serde(default)]
    pub agents: BTreeMap<String, Agent>,
}

/// People who answer the same tickets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Team {
    /// Who comes first among those who could take a ticket.
    pub strategy: Strategy,
    /// For so many minutes a contact comes back to the agent who had it last, where that one is free. 0: never.
    pub sticky: u64,
    /// How long an offer waits for an answer before it goes to the next, in seconds.
    pub offer_seconds: u64,
    /// After so many offers missed in a row an agent is taken to be away.
    pub missed_max: u32,
    /// For so long a ticket is not offered again to whom declined or missed it, in seconds.
    pub declined_seconds: u64,
    /// Whoever is chosen has the ticket at once, without being asked.
    pub auto_accept: bool,
    /// Other teams that a ticket is offered to as well, after it has waited for so long.
    pub overflow: Vec<Overflow>,
    /// A ticket gains a step of priority in so many seconds of waiting, evenly. 0: never, and whatever has a low
    /// priority may wait for ever.
    pub priority_ageing_seconds: u64,
    /// When an agent has been away or offline for so many seconds, the tickets go back to the front of the queue.
    pub reassign_after_seconds: u64,
    /// What was promised to those who write.
    pub sla: Sla,
}

impl Default for Team {
    fn default() -> Self {
        Self {
            strategy: Strategy::LongestIdle,
            sticky: 0,
            offer_seconds: 30,
            missed_max: 3,
            declined_seconds: 300,
            auto_accept: false,
            overflow: Vec::new(),
            priority_ageing_seconds: 60,
            reassign_after_seconds: 600,
            sla: Sla::default(),
        }
    }
}

/// Who comes first among those who could take a ticket. Where two are equal, the name decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Who has neither been given nor finished a ticket for the longest.
    #[default]
    LongestIdle,
    /// Whose tickets are the smallest part of what that agent may have; then who is idle for longest.
    LeastLoaded,
    /// Each in turn, in the order of names.
    RoundRobin,
}

/// Another team that helps after a time.
///
/// The ticket stays with its own team: whoever of the two is free first takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overflow {
    /// Counted from when the ticket came into the queue, in seconds.
    pub after_seconds: u64,
    /// The team that helps.
    pub to_team: String,
}

/// Service levels: what was promised. See [`Levels`](crate::Levels).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sla {
    /// The first answer of a person comes within so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_seconds: Option<u64>,
    /// For so many of a hundred tickets. None: for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response_percent: Option<u8>,
    /// The ticket is closed within so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_seconds: Option<u64>,
    /// What becomes of a ticket for which the promise was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
}

/// What becomes of a ticket for which a promise was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// It has this priority at least.
    #[serde(default)]
    pub priority: u8,
    /// While it waits, this team has it from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_team: Option<String>,
}

/// A person who answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agent {
    /// The teams that this person is in.
    pub teams: BTreeSet<String>,
    /// What this person can do, and how well: levels from 1 to 9.
    pub skills: BTreeMap<String, u8>,
    /// Language tags, such as `de` or `pt-BR`. None: no ticket is kept away for its language.
    pub languages: BTreeSet<String>,
    /// How many tickets at once.
    pub capacity: Capacity,
}

/// How many tickets an agent may have at once, in all and for each kind of channel: `{ total = 4, voice = 1 }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capacity(pub BTreeMap<String, u32>);

/// The key that says how many in all.
const TOTAL: &str = "total";

impl Capacity {
    /// Of all kinds together.
    pub fn total(&self) -> u32 {
        self.0.get(TOTAL).copied().unwrap_or(0)
    }

    /// Of one kind. A kind that is not named is bounded by the total alone.
    pub fn of(&self, kind: &str) -> u32 {
        match self.0.get(kind) {
            Some(&most) if kind != TOTAL => most,
            _ => self.total(),
        }
    }
}

impl Default for Capacity {
    fn default() -> Self {
        Self(BTreeMap::from([(TOTAL.to_owned(), 4)]))
    }
}
