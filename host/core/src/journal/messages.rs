//! Messages to contacts, as the writer keeps them.

mod ending;
mod status;

use rusqlite::{OptionalExtension, Transaction, params};
use trunkline_model::{Failure, Outgoing, Receipt, Response};

use super::blobs;
use super::outbox::SendContext;
use super::record::column;
use crate::outbound::MessageState;
use ending::end;
pub(super) use ending::{ORIGIN_PROVIDER, OwnEvent};
pub(super) use status::write_status;

/// A message to be queued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// A UUID.
    pub id: String,
    /// The connection that sends it.
    pub connection: String,
    /// Id of its connector.
    pub connector: String,
    /// Its conversation: [`crate::conversation`].
    pub conversation: String,
    /// What is sent.
    pub outgoing: Outgoing,
    /// Milliseconds since the Unix epoch.
    pub queued_at: u64,
    /// Makes a repeated request one message.
    pub key: Option<RequestKey>,
}

/// An idempotency key, and what was asked for under it; both hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// SHA-256 of the key.
    pub key: [u8; 32],
    /// SHA-256 of the request.
    pub request: [u8; 32],
}

/// What became of a message that was to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queued {
    /// It is in the queue, under that number.
    New(u64),
    /// The same request came before: the id of its message.
    Known(String),
    /// Another request came before with that key.
    Conflict,
}

/// A step in the life of a message. Several are written in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageStep {
    /// A call is about to be made.
    CallBegun {
        /// The message.
        number: u64,
        /// Counts the calls of the message, from 0.
        call: u32,
        /// The attempt that it belongs to, from 1.
        attempt: u32,
        /// When the attempt began: the connector's `now`.
        began_at: u64,
        /// Milliseconds since the Unix epoch.
        at: u64,
        /// Of the request.
        method: String,
        /// Without credentials.
        url: String,
        /// SHA-256 over method, URL, headers and body.
        request: [u8; 32],
        /// Whether it may be made again without harm.
        repeatable: bool,
        /// What the attempt knows of the conversation. None: as before.
        context: Option<SendContext>,
    },
    /// A call has ended.
    CallEnded {
        /// The message.
        number: u64,
        /// The call.
        call: u32,
        /// Milliseconds since the Unix epoch.
        at: u64,
        /// The answer, or why there is none.
        result: Result<Response, String>,
        /// Whether the answer is handed to the connector from now on.
        kept: bool,
    },
    /// The attempt failed, and there will be another one.
    Postponed {
        /// The message.
        number: u64,
        /// Attempts made.
        attempt: u32,
        /// Milliseconds since the Unix epoch.
        due_at: u64,
        /// Milliseconds since the Unix epoch.
        at: u64,
        /// Why.
        failure: Failure,
        /// The call whose answer is forgotten.
        forget: Option<u32>,
    },
    /// Nothing more is done for it by itself.
    Ended {
        /// The message.
        number: u64,
        /// Attempts made.
        attempt: u32,
        /// Milliseconds since the Unix epoch.
        at: u64,
        /// `accepted`, `failed` or `unconfirmed`.
        state: MessageState,
        /// What the provider gave.
        receipts: Vec<Receipt>,
        /// Why not.
        failure: Option<Failure>,
    },
    /// It is to be tried again, although nobody knows whether the provider has it.
    Resumed {
        /// The message.
        number: u64,
        /// Milliseconds since the Unix epoch.
        at: u64,
    },
}

/// Puts a message into the queue, unless its key is known.
pub(super) fn queue(transaction: &Transaction, message: &NewMessage) -> rusqlite::Result<Queued> {
    if let Some(key) = &message.key {
        let known: Option<([u8; 32], String)> = transaction
            .prepare_cached("SELECT request, message FROM message_keys WHERE key = ?1")?
            .query_row([key.key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((request, id)) = known {
            return Ok(if request == key.request { Queued::Known(id) } else { Queued::Conflict });
        }
        transaction
            .prepare_cached("INSERT INTO message_keys (key, request, message, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![key.key, key.request, message.id, column(message.queued_at)])?;
    }
    let outgoing = json(&message.outgoing)?;
    let number = transaction
        .prepare_cached(
            "INSERT INTO messages (id, connection, connector, conversation, state, queued_at, updated_at, outgoing)
             VALUES (?1, ?2, ?3, ?4, 'queued', ?5, ?5, ?6)",
        )?
        .insert(params![
            message.id,
            message.connection,
            message.connector,
            message.conversation,
            column(message.queued_at),
            outgoing
        ])?;
    for sha256 in blobs::referred(&outgoing) {
        blobs::refer(transaction, &sha256, blobs::Owner::Message(number))?;
    }
    Ok(Queued::New(number.unsigned_abs()))
}

/// What became of a step.
pub(super) enum Written {
    /// It is kept.
    Kept,
    /// It is kept, and the consumers are to know of it.
    Told(Box<OwnEvent>),
    /// The message is not there any more: nothing may be sent for it.
    Gone,
}

/// Writes a step.
pub(super) fn write(transaction: &Transaction, step: &MessageStep) -> rusqlite::Result<Written> {
    match step {
        MessageStep::CallBegun {
            number,
            call,
            attempt,
            began_at,
            at,
            method,
            url,
            request,
            repeatable,
            context,
        } => {
            let known = transaction
                .prepare_cached(
                    "UPDATE messages SET state = CASE state WHEN 'queued' THEN 'sending' ELSE state END,
                     attempt = ?2, began_at = ?3, updated_at = ?4, context = coalesce(?5, context)
                     WHERE number = ?1",
                )?
                .execute(params![
                    column(*number),
                    attempt,
                    column(*began_at),
                    column(*at),
                    context.as_ref().map(json).transpose()?
                ])?;
            if known == 0 {
                return Ok(Written::Gone);
            }
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO calls (message, call, attempt, begun_at, method, url, request, repeatable)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![column(*number), call, attempt, column(*at), method, url, request, repeatable])?;
            Ok(Written::Kept)
        }
        MessageStep::CallEnded { number, call, at, result, kept } => {
            write_answer(transaction, *number, *call, *at, result, *kept)?;
            Ok(Written::Kept)
        }
        MessageStep::Postponed { number, attempt, due_at, at, failure, forget } => {
            if let Some(call) = forget {
                transaction
                    .prepare_cached("UPDATE calls SET kept = 0 WHERE message = ?1 AND call = ?2")?
                    .execute(params![column(*number), call])?;
            }
            transaction
                .prepare_cached(
                    "UPDATE messages SET state = CASE state WHEN 'queued' THEN 'sending' ELSE state END,
                     attempt = ?2, due_at = ?3, updated_at = ?4, failure = ?5 WHERE number = ?1",
                )?
                .execute(params![column(*number), attempt, column(*due_at), column(*at), json(failure)?])?;
            Ok(Written::Kept)
        }
        MessageStep::Ended { number, attempt, at, state, receipts, failure } => {
            let own = end(transaction, *number, *attempt, *at, *state, receipts, failure.as_ref())?;
            Ok(own.map_or(Written::Kept, |own| Written::Told(Box::new(own))))
        }
        MessageStep::Resumed { number, at } => {
            transaction
                .prepare_cached(
                    "UPDATE messages SET state = 'sending', due_at = 0, updated_at = ?2
                     WHERE number = ?1 AND state = 'unconfirmed'",
                )?
                .execute(params![column(*number), column(*at)])?;
            transaction
                .prepare_cached(
                    "UPDATE calls SET kept = 0, ended_at = coalesce(ended_at, ?2) WHERE message = ?1 AND status IS NULL",
                )?
                .execute(params![column(*number), column(*at)])?;
            Ok(Written::Kept)
        }
    }
}

fn write_answer(
    transaction: &Transaction,
    number: u64,
    call: u32,
    at: u64,
    result: &Result<Response, String>,
    kept: bool,
) -> rusqlite::Result<()> {
    let mut update = transaction.prepare_cached(
        "UPDATE calls SET ended_at = ?3, status = ?4, headers = ?5, body = ?6, problem = ?7, kept = ?8
         WHERE message = ?1 AND call = ?2",
    )?;
    match result {
        Ok(response) => update.execute(params![
            column(number),
            call,
            column(at),
            response.status,
            json(&response.headers)?,
            response.body,
            None::<String>,
            kept
        ])?,
        Err(problem) => update.execute(params![
            column(number),
            call,
            column(at),
            None::<u16>,
            None::<String>,
            None::<Vec<u8>>,
            problem,
            false
        ])?,
    };
    Ok(())
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(damaged)
}

/// As the database's own error: the writer isolates it from its neighbours.
fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
