//! What a replay says while it runs: JSON objects, one a line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line. An object with one member, named after what it is; the last line is `summary` or `error`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayLine {
    /// How far it has come.
    Progress(ReplayProgress),
    /// An event that differs.
    Event(EventDifference),
    /// A webhook that is not read any more.
    Webhook(UnreadWebhook),
    /// It has come to its end.
    Summary(ReplaySummary),
    /// It was broken off. What was written until then is written.
    Error(ReplayError),
}

/// How far a replay has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayProgress {
    /// Webhooks so far.
    pub webhooks: u64,
    /// When the last of them came.
    #[schemars(extend("format" = "date-time"))]
    pub received_at: Option<String>,
}

/// In which way an event differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventChange {
    /// It was not read when its webhook came.
    Added,
    /// It was read otherwise.
    Changed,
    /// It was read then, and is not now. It stays.
    Gone,
}

/// An event that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventDifference {
    /// In which way.
    pub change: EventChange,
    /// Number of the webhook.
    pub webhook: u64,
    /// When the webhook came.
    #[schemars(extend("format" = "date-time"))]
    pub received_at: Option<String>,
    /// The event's id.
    pub id: String,
    /// Its kind, by what is read now.
    pub kind: String,
    /// As it was read; null where it was not.
    pub before: Option<Value>,
    /// As it is read; null where it is not.
    pub after: Option<Value>,
    /// Whether it was written. Never in a dry run, and not where the journal had changed meanwhile.
    pub written: bool,
}

/// Why a webhook is not read any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// The connector does not take it: a secret was changed, say.
    Refused,
    /// The connector traps, takes too long, or needs a call that cannot be made; or what is kept is damaged.
    Failed,
}

/// A webhook that is not read any more. Its events stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadWebhook {
    /// In which way.
    pub outcome: Unread,
    /// Its number.
    pub webhook: u64,
    /// When it came.
    #[schemars(extend("format" = "date-time"))]
    pub received_at: Option<String>,
    /// A stable name, as the webhooks that are received are counted under.
    pub reason: String,
    /// In words.
    pub detail: String,
    /// Events that it has.
    pub events: u64,
}

/// What all of it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplaySummary {
    /// Of this connection.
    pub connection: String,
    /// With this connector.
    pub connector: String,
    /// SHA-256 of its component file, in hex.
    pub component: String,
    /// Webhooks that came at that time or later.
    #[schemars(extend("format" = "date-time"))]
    pub since: Option<String>,
    /// Webhooks that came before that time.
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
    /// This run of the host: another has other settings or connectors, maybe. Null where no host was asked.
    pub host: Option<String>,
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// Webhooks.
    pub webhooks: u64,
    /// Webhooks that the connector refuses.
    pub refused: u64,
    /// Webhooks that the connector fails at.
    pub failed: u64,
    /// Webhooks that are left out, since they were read by another connector.
    pub others: u64,
    /// Events that are the same.
    pub same: u64,
    /// Events that were not read.
    pub added: u64,
    /// Events that were read otherwise.
    pub changed: u64,
    /// Events that are not read any more.
    pub gone: u64,
    /// Events that are not compared: another webhook brought them first, or they were removed.
    pub repeated: u64,
    /// Webhooks that differ, but in the same way with the component that is in use, where another one is tried. What
    /// differs in them is not said, and not among these numbers.
    pub already: u64,
    /// Events that were written.
    pub written: u64,
}

impl ReplaySummary {
    /// Events that would be written.
    pub fn to_write(&self) -> u64 {
        self.added + self.changed
    }

    /// Whether anything is not as it was.
    pub fn differs(&self) -> bool {
        self.to_write() + self.gone + self.refused + self.failed > 0
    }
}

/// Why a replay was broken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayError {
    /// As of a problem.
    pub code: String,
    /// For people.
    pub title: String,
}
