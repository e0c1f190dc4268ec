//! A flow, compiled: every name in it is known to lead somewhere.

mod build;
mod duration;
mod graph;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(crate) use build::{build, plain};
pub(crate) use duration::parse as duration;

use crate::expression::Expression;
use crate::template::{Template, Text};

/// Steps of a flow.
pub const STEPS_MAX: usize = 500;
/// Choices of a question.
pub const CHOICES_MAX: usize = 30;

/// What a version of a flow is known by: a hash over the text of its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowDigest(String);

impl FlowDigest {
    /// Of a file.
    pub fn of(text: &str) -> Self {
        let hash = Sha256::digest(text.as_bytes());
        Self(hex::encode(hash.get(..16).unwrap_or_default()))
    }
}

impl std::fmt::Display for FlowDigest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One version of a flow.
#[derive(Debug)]
pub(crate) struct Flow {
    pub name: Arc<str>,
    /// For people.
    pub version: String,
    pub digest: FlowDigest,
    /// The name of its file.
    pub file: String,
    pub text: String,
    pub calendar: Option<String>,
    pub language: String,
    pub on_close: Option<usize>,
    pub starts: Vec<Start>,
    pub steps: Vec<Step>,
    /// Steps by their ids.
    pub index: BTreeMap<String, usize>,
}

/// When a flow begins.
#[derive(Debug)]
pub(crate) struct Start {
    /// None: for what no rule matches.
    pub when: Option<Expression>,
    pub priority: i64,
}

/// One step.
#[derive(Debug)]
pub(crate) struct Step {
    pub id: String,
    pub action: Action,
    /// None: the end of the flow.
    pub next: Target,
}

/// A step by its place. None: the end of the flow.
pub(crate) type Target = Option<usize>;

#[derive(Debug)]
pub(crate) enum Action {
    Say(Text),
    Ask(Ask),
    Hours {
        calendar: String,
        open: Target,
        closed: Target,
    },
    /// ISO 639-1 codes. Empty: any.
    Language {
        among: Vec<String>,
    },
    LookUp(LookUp),
    Bot(Bot),
    Set(Set),
    If {
        branches: Vec<(Expression, Target)>,
        otherwise: Target,
    },
    Queue {
        team: String,
        priority: Option<u8>,
        skills: BTreeMap<String, u8>,
    },
    Transfer(Transfer),
    Callback(Callback),
    Close,
    Rate(Rate),
    End,
}

/// What is done about answers that cannot be used, and about none.
#[derive(Debug)]
pub(crate) struct Patience {
    /// How often it is asked again.
    pub retries: u8,
    /// Said before it is asked again. None: nothing.
    pub again: Option<Text>,
    /// After the last. None: the default queue.
    pub otherwise: Option<usize>,
    /// None: without end.
    pub timeout_ms: Option<u64>,
    /// Where it goes on then. None: the default queue.
    pub on_timeout: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Ask {
    pub text: Text,
    pub answer: Answer,
    pub into: String,
    pub patience: Patience,
}

#[derive(Debug)]
pub(crate) enum Answer {
    Choices(Vec<FlowChoice>),
    Email,
    Number,
    Text,
}

#[derive(Debug)]
pub(crate) struct FlowChoice {
    pub id: String,
    pub title: Text,
    /// The title in each language, as it is compared.
    pub titles: BTreeSet<String>,
    pub next: Target,
}

#[derive(Debug)]
pub(crate) struct LookUp {
    pub url: Template,
    pub method: String,
    pub headers: BTreeMap<String, Template>,
    pub body: BTreeMap<String, Template>,
    pub timeout_ms: u64,
    pub into: String,
    pub on_error: Target,
}

#[derive(Debug)]
pub(crate) struct Bot {
    pub name: String,
    pub answer_within_ms: u64,
    /// How long the contact may be silent. None: without end.
    pub timeout_ms: Option<u64>,
    pub on_timeout: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Set {
    pub tags: BTreeSet<String>,
    pub untag: BTreeSet<String>,
    pub priority: Option<u8>,
    pub skills: BTreeMap<String, u8>,
    pub attributes: BTreeMap<String, Template>,
    pub vars: BTreeMap<String, Template>,
    pub language: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Transfer {
    Team(String),
    Agent(String),
    /// `at`: where it is named, in bytes from the begin of the file.
    Flow {
        name: String,
        at: usize,
    },
}

#[derive(Debug)]
pub(crate) struct Callback {
    pub text: Text,
    pub calendar: String,
    pub patience: Patience,
}

#[derive(Debug)]
pub(crate) struct Rate {
    /// CSAT: 1 to 5. Else NPS: 0 to 10.
    pub csat: bool,
    pub text: Text,
    pub thanks: Option<Text>,
    pub timeout_ms: u64,
    pub on_timeout: Target,
}

impl Action {
    /// Its key in the file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Say(_) => "say",
            Self::Ask(_) => "ask",
            Self::Hours { .. } => "hours",
            Self::Language { .. } => "language",
            Self::LookUp(_) => "look_up",
            Self::Bot(_) => "bot",
            Self::Set(_) => "set",
            Self::If { .. } => "if",
            Self::Queue { .. } => "queue",
            Self::Transfer(_) => "transfer",
            Self::Callback(_) => "callback",
            Self::Close => "close",
            Self::Rate(_) => "rate",
            Self::End => "end",
        }
    }

    /// Whether the turn ends here, to wait or for good.
    pub(crate) fn ends_turn(&self) -> bool {
        !matches!(
            self,
            Self::Say(_) | Self::Hours { .. } | Self::Language { .. } | Self::Set(_) | Self::If { .. }
        )
    }

    /// Whether nothing of this flow comes after it.
    pub(crate) fn is_last(&self) -> bool {
        matches!(self, Self::Queue { .. } | Self::Transfer(_) | Self::Close | Self::End)
    }
}

impl Step {
    /// Where it may lead.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        // Where choices and branches all say where they lead, nothing leads to the next step.
        let mut next = !self.action.is_last();
        match &self.action {
            Action::Ask(ask) => {
                targets.extend([ask.patience.otherwise, ask.patience.on_timeout]);
                if let Answer::Choices(choices) = &ask.answer {
                    targets.extend(choices.iter().map(|choice| choice.next));
                    next = false;
                }
            }
            Action::Hours { open, closed, .. } => {
                targets.extend([*open, *closed]);
                next = false;
            }
            Action::LookUp(look_up) => targets.push(look_up.on_error),
            Action::Bot(bot) => targets.push(bot.on_timeout),
            Action::If { branches, otherwise } => {
                targets.extend(branches.iter().map(|(_, target)| *target));
                targets.push(*otherwise);
                next = false;
            }
            Action::Callback(callback) => {
                targets.extend([callback.patience.otherwise, callback.patience.on_timeout]);
            }
            Action::Rate(rate) => targets.push(rate.on_timeout),
            _ => {}
        }
        if next {
            targets.push(self.next);
        }
        targets
    }
}
