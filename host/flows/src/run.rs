//! A flow under way: where it waits, what it is given, what it wants done. All of it is data.

mod vars;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flow::FlowDigest;
use crate::trace::TraceStep;

pub use vars::VARS_MAX;
pub(crate) use vars::Vars;

/// A flow that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The flow.
    pub flow: String,
    /// Its version.
    pub digest: FlowDigest,
    /// The step in which it waits.
    pub step: String,
    /// What it waits for.
    pub waits: Waits,
    /// When it wants [`Input::Timeout`]: milliseconds since the Unix epoch. None: never.
    pub until: Option<u64>,
    /// What it has found out.
    pub vars: BTreeMap<String, Value>,
    /// The language it speaks. None: that of the contact.
    pub language: Option<String>,
    /// How often it may ask again.
    pub retries: u8,
    /// Times that were offered for a call: milliseconds since the Unix epoch.
    pub offered: Vec<u64>,
    /// Turns since the contact last said something. A flow that goes on for too long without is stopped.
    pub turns_alone: u8,
}

/// What a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// The contact's answer to a question.
    Answer,
    /// The answer to a call.
    LookUp,
    /// A bot's answer.
    Bot,
    /// What the contact says to a bot.
    Contact,
    /// The contact's answer when it may be called.
    CallbackTime,
    /// The time at which the contact is called.
    Callback,
    /// The contact's rating.
    Rating,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The contact said something.
    Message {
        /// Its words.
        text: String,
        /// The id of the choice, where a button was pressed.
        choice: Option<String>,
    },
    /// A time has come. Nothing happens before [`Run::until`].
    Timeout,
    /// A call was answered, or failed, in words.
    LookedUp(Result<Value, String>),
    /// A bot answered.
    BotAnswered {
        /// What it says, message by message.
        texts: Vec<String>,
        /// What it found out.
        vars: BTreeMap<String, Value>,
    },
    /// A bot hands over, or has failed.
    BotHandedOver {
        /// Why.
        reason: String,
    },
}

/// What came of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What is to be done, in this order.
    pub outputs: Vec<Output>,
    /// Where the ticket is now.
    pub state: State,
    /// What is known now, to be kept with the ticket.
    pub vars: BTreeMap<String, Value>,
    /// Why; at most [`TRACE_MAX`] entries.
    pub trace: Vec<TraceStep>,
}

/// Entries in the trace of a turn.
pub const TRACE_MAX: usize = 400;

/// Where a ticket is after a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In the flow.
    Waiting(Run),
    /// It waits for a person.
    Queued(Queued),
    /// It is done with.
    Closed,
    /// The flow has nothing more to do, and the ticket stays where it was: with a team, or closed.
    Ended,
}

/// Whom a ticket waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// The team. None: that of the agent.
    pub team: Option<String>,
    /// A certain agent.
    pub agent: Option<String>,
    /// 0 to 9. None: as it was.
    pub priority: Option<u8>,
    /// Skills that are needed, with their least levels, beyond those that it has.
    pub skills: BTreeMap<String, u8>,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Say this.
    Say {
        /// The words.
        text: String,
    },
    /// Ask this.
    Ask {
        /// The question.
        text: String,
        /// What can be chosen: buttons, or a numbered list. Empty: free words.
        choices: Vec<AskChoice>,
    },
    /// Call this, and resume with [`Input::LookedUp`].
    LookUp(Call),
    /// Hand the conversation to a bot, and resume with what it answers.
    AskBot {
        /// The bot.
        name: String,
        /// How long its answer is waited for.
        timeout_ms: u64,
    },
    /// Change the ticket and its contact.
    Set(Changes),
    /// The contact is to be called at this time: milliseconds since the Unix epoch. Until then the ticket is snoozed.
    SnoozeUntil {
        /// When.
        at: u64,
    },
    /// Ask for a rating.
    AskRating {
        /// 1 to 5, or 0 to 10.
        kind: RatingKind,
        /// The question.
        text: String,
    },
    /// The contact rated.
    Rated {
        /// What the score means.
        kind: RatingKind,
        /// 1 to 5, or 0 to 10.
        score: u8,
    },
}

/// One choice of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskChoice {
    /// What a button gives back.
    pub id: String,
    /// What it says.
    pub title: String,
}

/// An HTTP call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Where to. Its host is written out in the flow.
    pub url: String,
    /// Headers.
    pub headers: BTreeMap<String, String>,
    /// JSON. None: no body.
    pub body: Option<Value>,
    /// How long the answer is waited for.
    pub timeout_ms: u64,
}

/// What changes at a ticket and its contact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// Tags that the ticket gets.
    pub tags: BTreeSet<String>,
    /// Tags that it loses.
    pub untag: BTreeSet<String>,
    /// Its priority, 0 to 9.
    pub priority: Option<u8>,
    /// Skills that it needs, with their least levels.
    pub skills: BTreeMap<String, u8>,
    /// Attributes of the contact.
    pub attributes: BTreeMap<String, Value>,
    /// The language of the contact.
    pub language: Option<String>,
}

/// What a score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatingKind {
    /// How content somebody is: 1 to 5.
    Csat,
    /// Whether somebody would recommend it: 0 to 10.
    Nps,
}

impl RatingKind {
    /// Lowest and highest score.
    pub fn range(self) -> std::ops::RangeInclusive<u8> {
        match self {
            Self::Csat => 1..=5,
            Self::Nps => 0..=10,
        }
    }
}
