//! Writes what a replay found, a slice in a transaction, with the record of who asked for it.
//!
//! Between comparing and writing the journal may have changed. What was compared is compared again here: nothing is
//! added that is known by now, nothing replaced that is not what was shown, and nothing is written for a webhook that
//! was removed.

use std::sync::Arc;

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Map, Value, json};

use super::super::blobs::{self, Owner};
use super::super::effect::Place;
use super::super::effect::late::{self, Grants};
use super::super::record::{EventRecord, column, id_of_key};
use super::super::statements::{Statement, Statements};
use super::super::write::Writing;
use super::super::writer::{Stored, insert_event, keep_blobs};
use super::super::{Actor, AuditEntry};
use super::{Journal, JournalError, Reread};

/// The action under which a replay is recorded.
const ACTION: &str = "replay";

/// What becomes of an event.
#[derive(Debug)]
pub enum ReplayedEvent {
    /// It was not there.
    Add(Reread),
    /// It was there, and is read otherwise now.
    Replace {
        /// Its place.
        seq: u64,
        /// The JSON that it was compared with.
        was: String,
        /// What it is now.
        now: Reread,
    },
}

/// A webhook whose events differ.
#[derive(Debug)]
pub struct ReplayedWebhook {
    /// Its number.
    pub webhook: u64,
    /// Those that differ.
    pub events: Vec<ReplayedEvent>,
}

/// What one transaction writes.
#[derive(Debug)]
pub struct ReplayedSlice {
    /// Of this connection.
    pub connection: String,
    /// Hex SHA-256 of the component file that has read them now.
    pub component: String,
    /// The webhooks that have something to be written.
    pub webhooks: Vec<ReplayedWebhook>,
    /// Later consents, where one of the events is an opt-out.
    pub grants: Arc<Grants>,
    /// Who asked.
    pub record: ReplayRecord,
}

/// The record of one replay. It is written with the first slice, and again with each other: what a replay has
/// changed is on record, however it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayRecord {
    /// Who asked.
    pub actor: Actor,
    /// What for.
    pub detail: Map<String, Value>,
    /// Events added so far.
    pub added: u64,
    /// Events changed so far.
    pub changed: u64,
    /// Its number; none before the first slice.
    number: Option<i64>,
}

/// What was written of a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayWritten {
    /// The events.
    pub events: Vec<WrittenEvent>,
    /// Events that were not written, since the journal had changed.
    pub passed_over: u64,
    /// To be given with the next slice.
    pub record: ReplayRecord,
}

/// An event that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenEvent {
    /// Its place.
    pub seq: u64,
    /// The public id.
    pub id: String,
    /// [`trunkline_model::EventKind::name`].
    pub kind: &'static str,
    /// False: it was there, and is another now.
    pub added: bool,
}

impl ReplayRecord {
    /// Nothing is written yet.
    pub fn new(actor: Actor, detail: Map<String, Value>) -> Self {
        Self { actor, detail, added: 0, changed: 0, number: None }
    }

    fn write(&mut self, writing: &Writing, connection: &str, ended: bool) -> rusqlite::Result<()> {
        let mut detail = self.detail.clone();
        for (name, value) in [("added", self.added), ("changed", self.changed)] {
            detail.insert(name.to_owned(), json!(value));
        }
        detail.insert("ended".to_owned(), json!(ended));
        let detail = Value::Object(detail);
        if let Some(number) = self.number {
            let mut update =
                writing.transaction.prepare_cached("UPDATE audit SET detail = ?2 WHERE number = ?1")?;
            return update.execute(params![number, detail.to_string()]).map(|_| ());
        }
        let (actor, subject) = (self.actor.clone(), connection.to_owned());
        AuditEntry { actor, action: ACTION, subject, detail }.write(writing.transaction, writing.now)?;
        self.number = Some(writing.transaction.last_insert_rowid());
        Ok(())
    }
}

impl Journal {
    /// Writes a slice; answers when the commit is on disk.
    pub async fn write_replayed(&self, slice: ReplayedSlice) -> Result<ReplayWritten, JournalError> {
        self.write(move |writing| write(writing, &slice)).await
    }

    /// Notes that a replay has come to its end.
    pub async fn end_replay(&self, connection: &str, record: ReplayRecord) -> Result<(), JournalError> {
        let connection = connection.to_owned();
        self.write(move |writing| record.clone().write(writing, &connection, true)).await
    }
}

fn write(writing: &mut Writing, slice: &ReplayedSlice) -> rusqlite::Result<ReplayWritten> {
    let mut written = ReplayWritten { events: Vec::new(), passed_over: 0, record: slice.record.clone() };
    let revokes =
        slice.webhooks.iter().flat_map(|webhook| &webhook.events).any(|event| reread(event).revokes());
    let mut since = slice.grants.after();
    if revokes {
        // What was committed after the grants were looked up.
        since.extend(writing.transaction, &slice.connection)?;
    }
    for webhook in &slice.webhooks {
        write_webhook(writing, slice, webhook, &since, &mut written)?;
    }
    let added = written.events.iter().filter(|event| event.added).count() as u64;
    written.record.added += added;
    written.record.changed += written.events.len() as u64 - added;
    written.record.write(writing, &slice.connection, false)?;
    Ok(written)
}

fn reread(event: &ReplayedEvent) -> &Reread {
    match event {
        ReplayedEvent::Add(now) | ReplayedEvent::Replace { now, .. } => now,
    }
}

fn write_webhook(
    writing: &mut Writing,
    slice: &ReplayedSlice,
    webhook: &ReplayedWebhook,
    since: &Grants,
    written: &mut ReplayWritten,
) -> rusqlite::Result<()> {
    let transaction = writing.transaction;
    let id = column(webhook.webhook);
    let kept: Option<(i64, String)> = transaction
        .prepare_cached("SELECT received_at, connector FROM webhooks WHERE id = ?1 AND connection = ?2")?
        .query_row(params![id, slice.connection], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((received_at, connector)) = kept else {
        written.passed_over += webhook.events.len() as u64;
        return Ok(());
    };
    let before = written.events.len();
    let statements = &mut Statements::new(transaction, writing.followed);
    for event in &webhook.events {
        let record = &reread(event).record;
        let message = record.effect.message(transaction, &slice.connection)?;
        let about = message.as_ref().map(|(_, id)| id.as_str());
        let (seq, added, bytes) = match event {
            ReplayedEvent::Add(_) => (claim(statements, writing, record)?, true, 0),
            ReplayedEvent::Replace { seq, was, .. } => {
                (replace(transaction, column(*seq), was, record, about)?, false, was.len())
            }
        };
        let Some(seq) = seq else {
            written.passed_over += 1;
            continue;
        };
        let stored =
            Stored { seq, webhook: id, connection: &slice.connection, connector: &connector, received_at };
        if added {
            insert_event(statements, &stored, record, about)?;
            transaction
                .prepare_cached("INSERT INTO replayed (webhook, seq) VALUES (?1, ?2)")?
                .execute([id, seq])?;
        }
        let released = blobs::release(transaction, Owner::Event(seq), &record.blobs, false)?;
        let bytes = column(record.json.len() as u64) - column(bytes as u64) - released.bytes;
        writing.tally.holdings.add(&slice.connection, i64::from(added), bytes);
        keep_blobs(transaction, seq, &slice.connection, record, writing.tally)?;
        let (connection, at) = (slice.connection.as_str(), stored.at(record));
        let place = Place { connection, conversation: &record.conversation, seq, at };
        let later = |contact: &str, at| slice.grants.later(contact, at) || since.later(contact, at);
        late::act(statements, &place, record, message.map(|(number, _)| number), later)?;
        let (id, kind) = (id_of_key(&record.key), record.kind);
        written.events.push(WrittenEvent { seq: seq.unsigned_abs(), id, kind, added });
    }
    if written.events.len() > before {
        transaction
            .prepare_cached("UPDATE webhooks SET component = ?2 WHERE id = ?1")?
            .execute(params![id, slice.component])?;
    }
    Ok(())
}

/// A number for an event that nobody knows. None: it is known.
fn claim(
    statements: &mut Statements,
    writing: &mut Writing,
    record: &EventRecord,
) -> rusqlite::Result<Option<i64>> {
    let key = params![record.key, writing.tally.seq() + 1, writing.now];
    let claimed = statements.of(Statement::Claim)?.execute(key)?;
    Ok((claimed > 0).then(|| writing.tally.next_seq()))
}

/// Puts an event in the place of another. None: that is not what it was compared with.
fn replace(
    transaction: &Transaction,
    seq: i64,
    was: &str,
    record: &EventRecord,
    message: Option<&str>,
) -> rusqlite::Result<Option<i64>> {
    let replaced = transaction
        .prepare_cached(
            "UPDATE events SET conversation = ?4, kind = ?5, occurred_at = ?6, event = ?7, message = ?8
             WHERE seq = ?1 AND key = ?2 AND event = ?3",
        )?
        .execute(params![
            seq,
            record.key,
            was,
            record.conversation,
            record.kind,
            record.occurred_at,
            record.json,
            message
        ])?;
    Ok((replaced > 0).then_some(seq))
}
