//! How far a destination has come, as the journal keeps it.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::record::column;

/// The only state of a parked event so far. Dead letters will be another one.
pub const STATE_WAITING: &str = "waiting";

/// An event that waits for its next attempt at one destination.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Parked {
    /// Its place in the journal.
    pub seq: u64,
    /// The conversation whose later events wait behind it.
    pub conversation: String,
    /// Attempts made. Zero: it waits behind another event.
    pub attempt: u32,
    /// Milliseconds since the Unix epoch of the next attempt, if nothing of the conversation is before it.
    pub due_at: u64,
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
        let mut park = transaction.prepare_cached(
            "INSERT OR REPLACE INTO parked (destination, seq, conversation, state, attempt, due_at, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
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
                STATE_WAITING,
                row.attempt,
                column(row.due_at),
                row.reason
            ])?;
        }
        Ok(())
    }
}
