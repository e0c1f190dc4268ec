//! Names and pictures that connectors have looked up.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use trunkline_model::Contact;

use super::JournalError;
use super::record::column;

/// What a look-up found, or that it found nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProfile {
    /// The connection that was asked.
    pub connection: String,
    /// What tells the contact from others of the connection; the journal does not look into it.
    pub contact: String,
    /// None: the provider does not say.
    pub found: Option<Contact>,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

impl StoredProfile {
    pub(super) fn write(&self, transaction: &Transaction) -> rusqlite::Result<()> {
        let found = self.found.as_ref().and_then(|contact| serde_json::to_string(contact).ok());
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO profiles (connection, contact, found, at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.connection, self.contact, found, column(self.at)])?;
        Ok(())
    }
}

pub(super) fn profile(
    connection: &Connection,
    of: &str,
    contact: &str,
) -> Result<Option<StoredProfile>, JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT found, at FROM profiles WHERE connection = ?1 AND contact = ?2")?;
    let row: Option<(Option<String>, i64)> =
        statement.query_row([of, contact], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(row.map(|(found, at)| StoredProfile {
        connection: of.to_owned(),
        contact: contact.to_owned(),
        found: found.and_then(|json| serde_json::from_str(&json).ok()),
        at: at.unsigned_abs(),
    }))
}
