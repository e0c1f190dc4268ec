//! Takes rows out of the journal together with everything that only they need: what an event or a message leaves
//! behind is known here and nowhere else.

use rusqlite::{OptionalExtension, Transaction, params};
use trunkline_model::Receipt;

use super::blobs::{self, Owner};
use super::write::Writing;

/// What was removed, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Removed {
    /// Events.
    pub events: u64,
    /// Raw webhooks.
    pub webhooks: u64,
    /// Messages to contacts, with their calls and statuses.
    pub messages: u64,
    /// What was known of conversations.
    pub conversations: u64,
    /// Files in the journal.
    pub blobs: u64,
    /// Attempts to deliver that waited, or were given up.
    pub deliveries: u64,
    /// Bytes of events, raw webhooks and the files inside of them.
    pub bytes: u64,
}

impl Removed {
    /// Whether anything was.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what was removed elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.webhooks += other.webhooks;
        self.messages += other.messages;
        self.conversations += other.conversations;
        self.blobs += other.blobs;
        self.deliveries += other.deliveries;
        self.bytes += other.bytes;
    }
}

/// How much goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// What nothing else needs: the raw webhook with its last event, files with the last reference.
    Unneeded,
    /// The raw webhook whatever else it brought, and files that nobody but their uploader needs.
    Person,
}

/// Removes an event. The key stays in `seen`, so that it does not come back with a repetition.
pub(super) fn event(
    writing: &mut Writing,
    seq: i64,
    reach: Reach,
    removed: &mut Removed,
) -> rusqlite::Result<()> {
    let transaction = writing.transaction;
    let row: Option<(i64, String, i64)> = transaction
        .prepare_cached("SELECT webhook, connection, octet_length(event) FROM events WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((brought_by, connection, bytes)) = row else { return Ok(()) };
    transaction.prepare_cached("DELETE FROM events WHERE seq = ?1")?.execute([seq])?;
    let deliveries = transaction
        .prepare_cached(
            "DELETE FROM parked WHERE destination IN (SELECT name FROM destinations) AND seq = ?1",
        )?
        .execute([seq])?;
    let released = blobs::release(transaction, Owner::Event(seq), &[], reach == Reach::Person)?;
    writing.tally.holdings.add(&connection, -1, -bytes - released.bytes);
    removed.bytes += (bytes + released.bytes).unsigned_abs();
    removed.events += 1;
    removed.deliveries += deliveries as u64;
    removed.blobs += released.removed;
    if brought_by > 0 && (reach == Reach::Person || !has_siblings(transaction, seq, brought_by)?) {
        webhook(writing, brought_by, removed)?;
    }
    Ok(())
}

/// Whether another event of the webhook is stored. The events of a webhook have numbers without others between, so that
/// one of them would be the next stored one on either side; those that a replay added later are listed.
fn has_siblings(transaction: &Transaction, seq: i64, webhook: i64) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached(
            "SELECT ?2 IN (
             (SELECT webhook FROM events WHERE seq < ?1 ORDER BY seq DESC LIMIT 1),
             (SELECT webhook FROM events WHERE seq > ?1 ORDER BY seq LIMIT 1),
             (SELECT webhook FROM replayed WHERE webhook = ?2 LIMIT 1))",
        )?
        .query_row(params![seq, webhook], |row| Ok(row.get::<_, Option<bool>>(0)?.unwrap_or(false)))
}

/// Removes a raw webhook. Its events stay.
pub(super) fn webhook(writing: &mut Writing, id: i64, removed: &mut Removed) -> rusqlite::Result<()> {
    let row: Option<(String, i64)> = writing
        .transaction
        .prepare_cached("SELECT connection, length(raw) FROM webhooks WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((connection, bytes)) = row else { return Ok(()) };
    writing.transaction.prepare_cached("DELETE FROM webhooks WHERE id = ?1")?.execute([id])?;
    writing.tally.holdings.add(&connection, 0, -bytes);
    removed.bytes += bytes.unsigned_abs();
    removed.webhooks += 1;
    Ok(())
}

/// Removes a message, in whatever state it is. Gives its id, under which idempotency keys know it.
pub(super) fn message(
    writing: &mut Writing,
    number: i64,
    reach: Reach,
    removed: &mut Removed,
) -> rusqlite::Result<Option<String>> {
    let transaction = writing.transaction;
    let row: Option<(String, String, String)> = transaction
        .prepare_cached("SELECT id, connection, receipts FROM messages WHERE number = ?1")?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, connection, receipts)) = row else { return Ok(None) };
    for sql in [
        "DELETE FROM calls WHERE message = ?1",
        "DELETE FROM statuses WHERE message = ?1",
        "DELETE FROM messages WHERE number = ?1",
    ] {
        transaction.prepare_cached(sql)?.execute([number])?;
    }
    let receipts: Vec<Receipt> = serde_json::from_str(&receipts).unwrap_or_default();
    for receipt in receipts {
        transaction
            .prepare_cached(
                "DELETE FROM provider_ids WHERE connection = ?1 AND provider_id = ?2 AND message = ?3",
            )?
            .execute(params![connection, receipt.message_id, number])?;
    }
    removed.blobs +=
        blobs::release(transaction, Owner::Message(number), &[], reach == Reach::Person)?.removed;
    removed.messages += 1;
    Ok(Some(id))
}

/// Forgets the idempotency keys of messages. Looks at all keys, which are those of a week.
pub(super) fn message_keys(transaction: &Transaction, ids: &[String]) -> rusqlite::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    transaction
        .prepare_cached("DELETE FROM message_keys WHERE message IN (SELECT value FROM json_each(?1))")?
        .execute([serde_json::to_string(ids).unwrap_or_default()])?;
    Ok(())
}
