//! Why a ticket went to whom it went to, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Presence, Strategy};

/// So many candidates are named, the others are counted.
pub const CANDIDATES_MAX: usize = 50;

/// How one decision was come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// What chose.
    pub rule: Rule,
    /// Which teams were asked, in this order: the ticket's own, then those that help.
    pub asked: Vec<String>,
    /// The priority by then, ageing included, in thousandths.
    pub priority_thousandths: u64,
    /// How long the contact had waited, in milliseconds.
    pub waited_ms: u64,
    /// The skills no longer counted.
    pub relaxed: bool,
    /// Who was looked at; the chosen one comes first, the others by team and name. At most [`CANDIDATES_MAX`].
    pub candidates: Vec<Candidate>,
    /// How many more there were.
    pub more: usize,
}

/// What chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "value")]
pub enum Rule {
    /// The strategy of the team.
    Strategy(Strategy),
    /// The contact was with this agent before.
    Sticky,
    /// Somebody gave it to an agent; who.
    Assigned(String),
    /// Somebody passed it on to an agent; who.
    Transferred(String),
    /// The agent accepted an offer.
    Accepted,
    /// Nobody could take it.
    Nobody,
}

/// Somebody who was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The name.
    pub agent: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "why")]
pub enum Verdict {
    /// This one has it.
    Chosen,
    /// This one has it by the word of a supervisor, and would not have got it otherwise.
    ChosenDespite(WhyNot),
    /// Could have taken it.
    Behind(Behind),
    /// Could not take it.
    Not(WhyNot),
}

/// Why somebody who could take a ticket does not get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// The contact was with the other one before.
    NotLastWithContact,
    /// The other one is idle for longer.
    LessIdle,
    /// The other one has less to do.
    MoreLoaded,
    /// It is the other one's turn.
    NotTheirTurn,
    /// The other one is in a team that is asked earlier.
    LaterTeam,
    /// Somebody has named the other one.
    NotNamed,
}

/// Why somebody cannot take a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum WhyNot {
    /// Not there, or not for anything new.
    Presence {
        /// What it is.
        presence: Presence,
    },
    /// As many tickets as this agent may have.
    AtCapacity {
        /// The kind of channel that is full; `total`: all together.
        kind: String,
        /// Offers and owned tickets.
        held: u32,
        /// How many may be.
        most: u32,
    },
    /// Cannot do it well enough.
    Skill {
        /// What is asked.
        skill: String,
        /// How well it must be done.
        least: u8,
        /// How well this one does it. 0: not at all.
        has: u8,
    },
    /// Does not speak it.
    Language {
        /// What is asked.
        wanted: String,
    },
    /// Was asked already.
    Refused {
        /// How that went.
        refusal: Refusal,
        /// Asked again from then on, in milliseconds since the Unix epoch.
        until: u64,
    },
}

/// How an agent let go of a ticket that is not offered to the same one at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Said no.
    Declined,
    /// Did not answer in time.
    Missed,
    /// Passed it on.
    Transferred,
}

impl fmt::Display for WhyNot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Presence { presence } => write!(formatter, "{presence}"),
            Self::AtCapacity { kind, held, most } => write!(formatter, "at capacity ({kind} {held}/{most})"),
            Self::Skill { skill, least, has } => {
                write!(formatter, "lacks the skill {skill} ≥ {least} (has {has})")
            }
            Self::Language { wanted } => write!(formatter, "does not speak {wanted}"),
            Self::Refused { refusal, .. } => match refusal {
                Refusal::Declined => write!(formatter, "declined this ticket before"),
                Refusal::Missed => write!(formatter, "missed this ticket before"),
                Refusal::Transferred => write!(formatter, "passed this ticket on"),
            },
        }
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotLastWithContact => "another one was with this contact last",
            Self::LessIdle => "another one is idle for longer",
            Self::MoreLoaded => "another one has less to do",
            Self::NotTheirTurn => "it is another one's turn",
            Self::NotNamed => "another one was named",
            Self::LaterTeam => "somebody in a team asked earlier could take it",
        })
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agent = &self.agent;
        match &self.verdict {
            Verdict::Chosen => write!(formatter, "{agent}: chosen"),
            Verdict::ChosenDespite(why) => write!(formatter, "{agent}: chosen, though {why}"),
            Verdict::Behind(why) => write!(formatter, "{agent}: {why}"),
            Verdict::Not(why) => write!(formatter, "{agent}: {why}"),
        }
    }
}
