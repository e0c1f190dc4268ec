//! How much is kept of each connection: written along with what changes it, since counting reads everything.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction, params};

use super::reader::number;
use super::{Journal, JournalError};

/// What is kept of a connection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Holding {
    /// The connection.
    pub connection: String,
    /// Events.
    pub events: u64,
    /// Bytes of events, raw webhooks and the files inside of them.
    pub bytes: u64,
}

/// What one transaction adds to the table, and takes away.
#[derive(Debug, Default)]
pub(super) struct Change(HashMap<String, (i64, i64)>);

impl Change {
    /// So many events and bytes more.
    pub(super) fn add(&mut self, connection: &str, events: i64, bytes: i64) {
        let sum = match self.0.get_mut(connection) {
            Some(sum) => sum,
            None => self.0.entry(connection.to_owned()).or_default(),
        };
        sum.0 += events;
        sum.1 += bytes;
    }

    pub(super) fn write(&self, transaction: &Transaction) -> rusqlite::Result<()> {
        for (connection, (events, bytes)) in &self.0 {
            transaction
                .prepare_cached(
                    "INSERT INTO holdings (connection, events, bytes) VALUES (?1, max(0, ?2), max(0, ?3)) ON CONFLICT (connection)
                     DO UPDATE SET events = max(0, events + ?2), bytes = max(0, bytes + ?3)",
                )?
                .execute(params![connection, events, bytes])?;
        }
        Ok(())
    }
}

impl Journal {
    /// What is kept of each connection, also of those that are no more.
    pub async fn holdings(&self) -> Result<Vec<Holding>, JournalError> {
        self.inner.readers.run(holdings).await
    }
}

fn holdings(connection: &Connection) -> Result<Vec<Holding>, JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT connection, events, bytes FROM holdings ORDER BY connection")?;
    let rows = statement.query_map([], |row| {
        Ok(Holding { connection: row.get(0)?, events: number(row, 1)?, bytes: number(row, 2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
