//! The end of a message on this side: its receipts, what they mean for the conversation, and the event that tells of it.

use rusqlite::{OptionalExtension, Transaction, params};
use trunkline_model::{
    Contact, DeliveryState, Event, EventKind, Failure, FailureReason, Outgoing, OutgoingPart, Receipt, Status,
};

use super::super::effect::{Address, contact_column};
use super::super::record::{EventRecord, column};
use super::status::write_status;
use super::{damaged, json};
use crate::outbound::MessageState;
use crate::outbound::answers::ATTRIBUTE as ANSWERS;

/// The receipt's attribute with the names of what a message has used up.
const SPENT: &str = "spent";
/// The state of events about messages of which nobody knows whether the provider has them.
const UNCONFIRMED: &str = "unconfirmed";
/// Where an opt-out comes from that a provider told when we tried to send.
pub(in crate::journal) const ORIGIN_PROVIDER: &str = "provider";

/// An event that the host itself makes: what became of a message on this side.
pub(in crate::journal) struct OwnEvent {
    pub(in crate::journal) connection: String,
    pub(in crate::journal) connector: String,
    pub(in crate::journal) message: String,
    pub(in crate::journal) record: EventRecord,
}

/// The row of a message that ends.
struct Ending {
    id: String,
    connection: String,
    connector: String,
    conversation: String,
    state: String,
    outgoing: String,
}

pub(super) fn end(
    transaction: &Transaction,
    number: u64,
    attempt: u32,
    at: u64,
    state: MessageState,
    receipts: &[Receipt],
    failure: Option<&Failure>,
) -> rusqlite::Result<Option<OwnEvent>> {
    let row = transaction
        .prepare_cached(
            "SELECT id, connection, connector, conversation, state, outgoing FROM messages WHERE number = ?1",
        )?
        .query_row([column(number)], |row| {
            Ok(Ending {
                id: row.get(0)?,
                connection: row.get(1)?,
                connector: row.get(2)?,
                conversation: row.get(3)?,
                state: row.get(4)?,
                outgoing: row.get(5)?,
            })
        })
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    // A status may have been faster than the receipt.
    let known = MessageState::parse(&row.state).unwrap_or(MessageState::Queued);
    transaction
        .prepare_cached(
            "UPDATE messages SET state = ?2, attempt = ?3, updated_at = ?4, receipts = ?5, failure = ?6
             WHERE number = ?1",
        )?
        .execute(params![
            column(number),
            known.max(state).name(),
            attempt,
            column(at),
            json(&receipts)?,
            failure.map(json).transpose()?
        ])?;
    let outgoing: Outgoing = serde_json::from_str(&row.outgoing).map_err(damaged)?;
    keep_provider_ids(transaction, &row.connection, column(number), receipts)?;
    keep_conversation(transaction, &row, &outgoing, receipts, at)?;
    // Who wants no more of some template (advertising) may well want an answer.
    let is_template = outgoing.parts.iter().any(|part| matches!(part, OutgoingPart::Template(_)));
    if !is_template && failure.is_some_and(|failure| failure.reason == FailureReason::OptedOut) {
        keep_opt_out(transaction, &row.connection, &outgoing, at)?;
    }
    own_event(&row, outgoing, at, state, receipts, failure)
}

/// Also takes over the statuses that were faster than the receipt.
fn keep_provider_ids(
    transaction: &Transaction,
    connection: &str,
    number: i64,
    receipts: &[Receipt],
) -> rusqlite::Result<()> {
    for receipt in receipts.iter().filter(|receipt| !receipt.message_id.is_empty()) {
        transaction
            .prepare_cached(
                "INSERT INTO provider_ids (connection, provider_id, message) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![connection, receipt.message_id, number])?;
        let early: Vec<(i64, String, i64)> = transaction
            .prepare_cached(
                "DELETE FROM unmatched_statuses WHERE connection = ?1 AND provider_id = ?2 RETURNING seq, state, at",
            )?
            .query_map(params![connection, receipt.message_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (seq, state, at) in early {
            if let Some(state) = MessageState::parse(&state) {
                write_status(transaction, number, &receipt.message_id, state, seq, at)?;
            }
        }
    }
    Ok(())
}

/// The open list of the conversation is that of its latest message; what was used up is not offered again.
fn keep_conversation(
    transaction: &Transaction,
    row: &Ending,
    outgoing: &Outgoing,
    receipts: &[Receipt],
    at: u64,
) -> rusqlite::Result<()> {
    if receipts.is_empty() {
        return Ok(());
    }
    let values = |name: &'static str| {
        receipts
            .iter()
            .flat_map(|receipt| &receipt.attributes)
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let spent: Vec<&str> = values(SPENT).collect();
    let address = Address {
        account: outgoing.account.clone(),
        to: outgoing.to.clone(),
        thread: outgoing.thread.clone(),
    };
    transaction
        .prepare_cached(
            "INSERT INTO conversations (key, connection, address, answers, answers_at, spent, touched_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5) ON CONFLICT (key) DO UPDATE SET answers = excluded.answers,
             answers_at = excluded.answers_at, touched_at = max(touched_at, excluded.touched_at),
             spent = trim(spent || ' ' || excluded.spent)",
        )?
        .execute(params![
            row.conversation,
            row.connection,
            json(&address)?,
            values(ANSWERS).next_back(),
            column(at),
            spent.join(" ")
        ])?;
    Ok(())
}

fn keep_opt_out(
    transaction: &Transaction,
    connection: &str,
    outgoing: &Outgoing,
    at: u64,
) -> rusqlite::Result<()> {
    for identifier in &outgoing.to {
        transaction
            .prepare_cached(
                "INSERT INTO opt_outs (connection, contact, origin, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?
            .execute(params![connection, contact_column(identifier), ORIGIN_PROVIDER, column(at)])?;
    }
    Ok(())
}

/// Tells consumers what became of the message. Nothing where nothing was written to the contact.
fn own_event(
    row: &Ending,
    outgoing: Outgoing,
    at: u64,
    state: MessageState,
    receipts: &[Receipt],
    failure: Option<&Failure>,
) -> rusqlite::Result<Option<OwnEvent>> {
    if state == MessageState::Accepted && receipts.is_empty() {
        return Ok(None);
    }
    let delivery = match state {
        MessageState::Accepted => DeliveryState::Accepted,
        MessageState::Failed => DeliveryState::Failed,
        _ => DeliveryState::Other(UNCONFIRMED.to_owned()),
    };
    let status = Status {
        message_id: receipts.first().map(|receipt| receipt.message_id.clone()).unwrap_or_default(),
        state: delivery,
        failure: failure.cloned(),
        client_reference: Some(row.id.clone()),
    };
    let event = Event {
        occurred_at: Some(at),
        contact: Some(Contact { identifiers: outgoing.to, ..Contact::default() }),
        thread: outgoing.thread,
        ..Event::new(
            format!("trunkline:{}:{}:{at}", row.id, state.name()),
            outgoing.account,
            EventKind::Status(status),
        )
    };
    let record = EventRecord::new(&row.connection, &event).map_err(damaged)?;
    Ok(Some(OwnEvent {
        connection: row.connection.clone(),
        connector: row.connector.clone(),
        message: row.id.clone(),
        record,
    }))
}
