//! How far a destination has come, as the journal keeps it.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::record::column;

/// What becomes of a parked event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParkedState {
    /// It is attempted again.
    #[default]
    Waiting,
    /// It was attempted often enough, and waits for somebody to decide: a dead letter.
    Dead,
    /// Somebody decided that it is not delivered. Kept until the cursor has passed it.
    Dropped,
}

impl ParkedState {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Dead, Self::Dropped].into_iter().find(|state| state.name() == name)
    }
}

/// An event that failed at one destination, or waits there behind one that did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Parked {
    /// Its place in the journal.
    pub seq: u64,
    /// The conversation whose later events wait behind it.
    pub conversation: String,
    /// Whether there will be another attempt.
    pub state: ParkedState,
    /// Attempts made. Zero: it waits behind another event.
    pub attempt: u32,
    /// Milliseconds since the Unix epoch of the next attempt, if nothing of the conversation is before it.
    pub due_at: u64,
    /// Milliseconds since the Unix epoch of the last attempt that failed.
    pub failed_at: Option<u64>,
    /// Why the last attempt failed.
    pub reason: String,
}

/// What changed at a destination since the last time: written in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Name of the destination.
    pub destination: String,
    /// Every event up to this one is delivered, not wanted, or parked.
    pub cursor: u64,
    /// Rows of parked events by place in the journal. None: delivered, the row goes.
    pub parked: BTreeMap<u64, Option<Parked>>,
}

impl Progress {
    pub(super) fn write(&self, transaction: &Transaction) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "INSERT INTO destinations (name, cursor) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor",
            )?
            .execute(params![self.destination, column(self.cursor)])?;
        // An event may have been erased while it was on its way: nothing of it comes back.
        let mut park = transaction.prepare_cached(
            "INSERT OR REPLACE INTO parked
             (destination, seq, conversation, state, attempt, due_at, failed_at, reason)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
             WHERE EXISTS (SELECT 1 FROM events WHERE seq = ?2)",
        )?;
        let mut release =
            transaction.prepare_cached("DELETE FROM parked WHERE destination = ?1 AND seq = ?2")?;
        for (&seq, row) in &self.parked {
            let Some(row) = row else {
                release.execute(params![self.destination, column(seq)])?;
                continue;
            };
            park.execute(params![
                self.destination,
                column(seq),
                row.conversation,
                row.state.name(),
                row.attempt,
                column(row.due_at),
                row.failed_at.map(column),
                row.reason
            ])?;
        }
        // What was dropped had to be known until here: the event would have been read and attempted again.
        transaction
            .prepare_cached("DELETE FROM parked WHERE destination = ?1 AND state = 'dropped' AND seq <= ?2")?
            .execute(params![self.destination, column(self.cursor)])?;
        Ok(())
    }
}
