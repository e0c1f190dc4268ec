//! Who did what to the journal, and when: nothing is dropped, repeated or erased without a record.

use rusqlite::{Connection, Transaction, params};

use super::reader::number;
use super::record::column;
use super::{Journal, JournalError};

/// Records of one answer at most.
pub const AUDIT_MAX: usize = 1_000;
/// What [`Actor::new`] keeps of a name.
const ACTOR_CHARS_MAX: usize = 100;

/// Who asks for something: what a client says of itself, so a note for people and no proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// Printable characters of the name, 100 at most.
    pub fn new(name: &str) -> Self {
        Self(name.chars().filter(|character| !character.is_control()).take(ACTOR_CHARS_MAX).collect())
    }

    /// The host itself, by its configuration.
    pub fn host() -> Self {
        Self("host".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What was done. Never holds what a contact wrote, nor who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who asked for it.
    pub actor: Actor,
    /// For example `delivery.drop`.
    pub action: &'static str,
    /// What it was done to: the name of a destination or a connection, an id.
    pub subject: String,
    /// More of it, for example how many.
    pub detail: serde_json::Value,
}

/// An [`AuditEntry`] as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AuditRecord {
    /// Rises, and is never given twice.
    pub number: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// As [`AuditEntry::actor`].
    pub actor: String,
    /// As [`AuditEntry::action`].
    pub action: String,
    /// As [`AuditEntry::subject`].
    pub subject: String,
    /// As [`AuditEntry::detail`].
    pub detail: serde_json::Value,
}

impl AuditEntry {
    /// Writes it within the transaction of what it is about.
    pub(super) fn write(&self, transaction: &Transaction, at: i64) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![at, self.actor.0, self.action, self.subject, self.detail.to_string()])?;
        Ok(())
    }
}

impl Journal {
    /// Records before that number, newest first. `before` 0: from the newest on. At most [`AUDIT_MAX`].
    pub async fn audit(&self, before: u64, limit: usize) -> Result<Vec<AuditRecord>, JournalError> {
        self.inner.readers.run(move |connection| records(connection, before, limit)).await
    }
}

fn records(connection: &Connection, before: u64, limit: usize) -> Result<Vec<AuditRecord>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, at, actor, action, subject, detail FROM audit
         WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2",
    )?;
    let limit = column(limit.min(AUDIT_MAX) as u64);
    let rows = statement.query_map([column(before), limit], |row| {
        Ok(AuditRecord {
            number: number(row, 0)?,
            at: number(row, 1)?,
            actor: row.get(2)?,
            action: row.get(3)?,
            subject: row.get(4)?,
            detail: serde_json::from_str(&row.get::<_, String>(5)?).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
