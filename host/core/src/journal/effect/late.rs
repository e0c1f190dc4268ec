//! What an event means for sending that the journal learns of long after it happened, by a replay: never does it turn
//! back what came since.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction, params};
use trunkline_model::Event;

use super::{ConsentChange, Effect, Place};
use crate::journal::messages;
use crate::journal::record::EventRecord;
use crate::journal::statements::Statements;
use crate::journal::writer::last_seq;

/// When contacts of a connection last said that they may be written to. An opt-out from before that is over.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// Number of the newest event that was looked at.
    up_to: i64,
    latest: HashMap<String, i64>,
}

impl Grants {
    /// The same from there on, without what is known so far.
    pub(in crate::journal) fn after(&self) -> Self {
        Self { up_to: self.up_to, latest: HashMap::new() }
    }

    /// Looks at what came since.
    pub(in crate::journal) fn extend(&mut self, journal: &Connection, of: &str) -> rusqlite::Result<()> {
        let newest = last_seq(journal)?;
        let mut statement = journal.prepare_cached(
            "SELECT min(coalesce(occurred_at, received_at), received_at), event FROM events
             WHERE seq > ?1 AND seq <= ?2 AND connection = ?3
             AND (kind = 'consent' OR kind = 'message' AND instr(event, '\"keyword\"') > 0)",
        )?;
        let mut rows = statement.query(params![self.up_to, newest, of])?;
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            let Ok(event) = serde_json::from_str::<Event>(row.get_ref(1)?.as_str()?) else { continue };
            let Some(change) = ConsentChange::of(&event).filter(|change| change.granted) else { continue };
            for contact in change.contacts {
                let latest = self.latest.entry(contact).or_insert(at);
                *latest = at.max(*latest);
            }
        }
        self.up_to = newest;
        Ok(())
    }

    /// Whether the contact agreed after that time.
    pub(in crate::journal) fn later(&self, contact: &str, at: i64) -> bool {
        self.latest.get(contact).is_some_and(|latest| *latest > at)
    }
}

/// Writes it. `message`: the number of the message of ours that it is about. `later`: whether the contact agreed after
/// that time.
pub(in crate::journal) fn act(
    statements: &mut Statements,
    place: &Place,
    event: &EventRecord,
    message: Option<i64>,
    later: impl Fn(&str, i64) -> bool,
) -> rusqlite::Result<()> {
    let transaction = statements.transaction;
    match &event.effect {
        Effect::Inbound { address, inbound, contacts, opens_window, .. } => {
            arrive(transaction, place, &event.account, contacts)?;
            converse(transaction, place, address, inbound, opens_window.then_some(place.at))?;
        }
        Effect::Status { provider_id, .. } => {
            // What the event said before it was read anew.
            forget_status(transaction, place, provider_id, message)?;
            event.effect.write(statements, place, message)?;
        }
        // The state of a message only rises.
        Effect::Watermark { .. } | Effect::None => event.effect.write(statements, place, message)?,
    }
    match &event.consent {
        Some(change) => consent(transaction, place, change, later),
        None => Ok(()),
    }
}

fn arrive(
    transaction: &Transaction,
    place: &Place,
    account: &str,
    contacts: &[String],
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO accounts (connection, account) VALUES (?1, ?2)")?
        .execute([place.connection, account])?;
    // As with any message, but for what the provider said after it.
    for contact in contacts {
        transaction
            .prepare_cached(
                "DELETE FROM opt_outs WHERE connection = ?1 AND contact = ?2 AND origin = ?3 AND at <= ?4",
            )?
            .execute(params![place.connection, contact, messages::ORIGIN_PROVIDER, place.at])?;
    }
    Ok(())
}

/// Where an answer goes, and with what, stays as the contact's newest message says. A list that is open stays open.
fn converse(
    transaction: &Transaction,
    place: &Place,
    address: &str,
    inbound: &str,
    window: Option<i64>,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO conversations (key, connection, address, inbound_at, inbound, touched_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (key) DO UPDATE SET
             touched_at = max(touched_at, excluded.touched_at),
             address = CASE WHEN excluded.inbound_at >= inbound_at THEN excluded.address ELSE address END,
             inbound = CASE WHEN excluded.inbound_at >= inbound_at THEN excluded.inbound ELSE inbound END,
             spent = CASE WHEN excluded.inbound_at > inbound_at THEN '' ELSE spent END,
             inbound_at = max(coalesce(excluded.inbound_at, inbound_at), coalesce(inbound_at, excluded.inbound_at))",
        )?
        .execute(params![place.conversation, place.connection, address, window, inbound, place.at])?;
    Ok(())
}

fn forget_status(
    transaction: &Transaction,
    place: &Place,
    provider_id: &str,
    message: Option<i64>,
) -> rusqlite::Result<()> {
    match message {
        Some(message) => transaction
            .prepare_cached("DELETE FROM statuses WHERE message = ?1 AND seq = ?2")?
            .execute([message, place.seq])?,
        None => transaction
            .prepare_cached(
                "DELETE FROM unmatched_statuses WHERE connection = ?1 AND provider_id = ?2 AND seq = ?3",
            )?
            .execute(params![place.connection, provider_id, place.seq])?,
    };
    Ok(())
}

fn consent(
    transaction: &Transaction,
    place: &Place,
    change: &ConsentChange,
    later: impl Fn(&str, i64) -> bool,
) -> rusqlite::Result<()> {
    for contact in &change.contacts {
        if change.granted {
            transaction
                .prepare_cached("DELETE FROM opt_outs WHERE connection = ?1 AND contact = ?2 AND at <= ?3")?
                .execute(params![place.connection, contact, place.at])?;
        } else if !later(contact, place.at) {
            transaction
                .prepare_cached(
                    "INSERT INTO opt_outs (connection, contact, origin, at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![place.connection, contact, change.origin, place.at])?;
        }
    }
    Ok(())
}
