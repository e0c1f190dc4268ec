//! Why: what was looked at and what came of it, as data that is kept and shown later.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Candidates in a trace. The rest is counted.
pub const CANDIDATES_MAX: usize = 50;

/// What came of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It has no value, and counts as false. Why.
    Failed(String),
}

/// A value that a condition looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saw {
    /// Where it stands: `contact.language`.
    pub path: Arc<str>,
    /// As JSON, shortened. None: it is not there.
    pub value: Option<Arc<str>>,
}

/// A condition and what it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The condition as it is written.
    pub when: Arc<str>,
    /// What came of it.
    pub outcome: Outcome,
    /// What it looked at; at most eight values.
    pub saw: Vec<Saw>,
}

/// Why a flow was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceTrace {
    /// In the order in which they were asked, the chosen one last; at most [`CANDIDATES_MAX`].
    pub candidates: Vec<Candidate>,
    /// Candidates before the chosen one that are not listed.
    pub left_out: usize,
}

/// A flow that might have been chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The flow.
    pub flow: Arc<str>,
    /// Of its rule. The highest is asked first.
    pub priority: i64,
    /// Its condition. None: the flow for what no rule matches.
    pub looked: Option<Looked>,
}

/// One thing that a turn did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStep {
    /// The flow.
    pub flow: String,
    /// The step. Empty: no step did it.
    pub step: String,
    /// What it did.
    pub did: Did,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// Began, with the name of its action.
    Began(String),
    /// Asked a condition.
    Asked(Looked),
    /// Read an answer of the contact.
    Answered {
        /// What was said, shortened.
        said: String,
        /// The choice or value that it was taken for. None: for none.
        taken_as: Option<String>,
    },
    /// Went on to another step.
    WentTo(String),
    /// Something else that decided, in words.
    Noted(String),
    /// A part of a text has no value, and was left out: the expression, and why.
    LeftOut {
        /// The expression.
        expression: String,
        /// Why it has no value.
        reason: String,
    },
}
