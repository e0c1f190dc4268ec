//! What an operation changed, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{TicketId, Trace, WhyNot};

/// Whether an agent is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Takes tickets.
    Online,
    /// There, but takes nothing new. Offers and tickets stay.
    Busy,
    /// Back soon, perhaps. Offers go on at once, tickets after a time.
    Away,
    /// Gone. The same.
    #[default]
    Offline,
}

impl Presence {
    /// Whether the tickets of such an agent go to others after a time.
    pub(crate) fn is_gone(self) -> bool {
        matches!(self, Self::Away | Self::Offline)
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Online => "online",
            Self::Busy => "busy",
            Self::Away => "away",
            Self::Offline => "offline",
        })
    }
}

/// Who asks for something to be done with a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "who")]
pub enum By {
    /// An agent, who must have the ticket. What was true when the agent looked may not be true any more.
    Agent {
        /// The name.
        name: String,
        /// That of the [`Change::Owned`] that the agent has seen.
        generation: u64,
    },
    /// Somebody who may do this with any ticket.
    Supervisor {
        /// The name.
        name: String,
    },
    /// A rule or a flow.
    System,
}

impl By {
    pub(crate) fn name(&self) -> String {
        let name = match self {
            Self::Agent { name, .. } | Self::Supervisor { name } => name,
            Self::System => "system",
        };
        crate::text::shorten(name, crate::NAME_CHARS_MAX)
    }
}

/// Where a ticket is passed on to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "to", content = "name")]
pub enum Target {
    /// Into the queue of this team.
    Team(String),
    /// Offered to this agent, and to nobody else first.
    Agent(String),
}

/// What changed. Whoever has a ticket is known from these alone: [`Change::Owned`] begins it, [`Change::Returned`] and
/// [`Change::Released`] end it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// It waits: nobody can take it now.
    Queued {
        /// The ticket.
        ticket: TicketId,
        /// Its own team.
        team: String,
        /// Why nobody.
        trace: Trace,
    },
    /// An agent is asked.
    Offered {
        /// The ticket.
        ticket: TicketId,
        /// The team for which the agent is asked: the ticket's own, or one that helps.
        team: String,
        /// Who is asked.
        agent: String,
        /// To be given with the answer.
        generation: u64,
        /// When the offer ends, in milliseconds since the Unix epoch.
        until: u64,
        /// Why this agent.
        trace: Trace,
    },
    /// An agent has it from now on.
    Owned {
        /// The ticket.
        ticket: TicketId,
        /// The team for which the agent has it.
        team: String,
        /// Who.
        agent: String,
        /// To be given with whatever the agent does with it.
        generation: u64,
        /// Why this agent.
        trace: Trace,
    },
    /// An agent does not have it any more, neither offered nor owned, and it is not done.
    Returned {
        /// The ticket.
        ticket: TicketId,
        /// The team for which the agent had it.
        team: String,
        /// Who had it.
        agent: String,
        /// That of the offer.
        generation: u64,
        /// Why.
        why: Why,
    },
    /// It is out of the queues: closed, or waits for the contact or for a time.
    Released {
        /// The ticket.
        ticket: TicketId,
        /// Its own team.
        team: String,
        /// Who had it, if anybody.
        agent: Option<String>,
    },
    /// Another team helps from now on.
    Overflowed {
        /// The ticket.
        ticket: TicketId,
        /// Its own team.
        from: String,
        /// The team that helps.
        to: String,
        /// How long it had waited in this queue by the configuration, in seconds.
        after_seconds: u64,
    },
    /// Somebody passed it on to another team.
    Transferred {
        /// The ticket.
        ticket: TicketId,
        /// Its team before.
        from: String,
        /// Its team now.
        to: String,
        /// Who.
        by: By,
    },
    /// Its team does not exist: the default team has it.
    Moved {
        /// The ticket.
        ticket: TicketId,
        /// The name without a team, shortened.
        from: String,
        /// The default team.
        to: String,
    },
    /// An offer was not answered in time.
    Missed {
        /// The ticket.
        ticket: TicketId,
        /// Who was asked.
        agent: String,
        /// How many in a row.
        missed: u32,
        /// With so many the agent becomes away.
        missed_max: u32,
    },
    /// An agent is there, or is not.
    PresenceChanged {
        /// Who.
        agent: String,
        /// Before.
        from: Presence,
        /// Now.
        to: Presence,
        /// True: nobody asked for it, the agent missed too many offers.
        missed: bool,
    },
    /// A promise was broken.
    Breached {
        /// The ticket.
        ticket: TicketId,
        /// Whose promise.
        team: String,
        /// Which one.
        promise: Promise,
        /// What was promised, in milliseconds of the team's time.
        target_ms: u64,
        /// When it was broken, in milliseconds since the Unix epoch.
        at: u64,
    },
    /// What the configuration says for a broken promise was done.
    Escalated {
        /// The ticket.
        ticket: TicketId,
        /// Its team before.
        from: String,
        /// Its team now.
        to: String,
        /// Its priority now.
        priority: u8,
    },
}

/// Why an agent does not have a ticket any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Why {
    /// Said no to the offer.
    Declined {
        /// In the agent's words, shortened.
        reason: String,
    },
    /// Did not answer in time.
    Missed,
    /// Is not there any more.
    Gone {
        /// What the agent is.
        presence: Presence,
    },
    /// A supervisor gave it to somebody else.
    Taken {
        /// Who.
        by: String,
    },
    /// It was passed on.
    Transferred {
        /// By whom.
        by: String,
    },
    /// The configuration does not have this agent any more.
    AgentRemoved,
    /// By the new configuration this agent would not be asked.
    NoLongerFits {
        /// What is in the way. None: the agent left the team.
        reason: Option<WhyNot>,
    },
}

/// What can be promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// The first answer of a person.
    FirstResponse,
    /// That it is closed.
    Resolution,
}
