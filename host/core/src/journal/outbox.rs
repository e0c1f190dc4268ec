//! Messages to contacts, as they are read: for the worker, for the API, and for what is known before sending.

use rusqlite::{Connection, OptionalExtension, Row, params};
use trunkline_model::{Attributes, Exchange, Failure, Identifier, Outgoing, Receipt, Request, Response};

use super::JournalError;
use super::effect::{Address, Inbound, contact_column};
use super::record::column;
use crate::outbound::{MessageState, Waiting};

/// No answer holds more messages than this.
pub const MESSAGES_MAX: usize = 1_000;

const MESSAGE_COLUMNS: &str = "number, id, connection, connector, conversation, state, queued_at, updated_at, \
                               attempt, due_at, began_at, outgoing, receipts, failure, context";

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// Its place in the queue.
    pub number: u64,
    /// Its id, a UUID.
    pub id: String,
    /// The connection that sends it.
    pub connection: String,
    /// Id of its connector.
    pub connector: String,
    /// Its conversation.
    pub conversation: String,
    /// How far it has come.
    pub state: MessageState,
    /// Milliseconds since the Unix epoch.
    pub queued_at: u64,
    /// Milliseconds since the Unix epoch.
    pub updated_at: u64,
    /// Attempts made.
    pub attempt: u32,
    /// Milliseconds since the Unix epoch before which it is not tried again.
    pub due_at: u64,
    /// When the last attempt began, milliseconds since the Unix epoch.
    pub began_at: Option<u64>,
    /// What is sent.
    pub outgoing: Outgoing,
    /// What the provider gave.
    pub receipts: Vec<Receipt>,
    /// Why the last attempt failed.
    pub failure: Option<Failure>,
    /// What the last attempt knew of the conversation.
    pub context: Option<SendContext>,
}

/// What an attempt knows of the conversation: the same in all its rounds, and after a crash.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SendContext {
    /// When the contact last wrote, milliseconds since the Unix epoch.
    pub last_inbound_at: Option<u64>,
    /// The attributes of the contact's last message that are not used up.
    pub attributes: Attributes,
}

/// The attribute that tells whose attributes the others are.
const LAST_MESSAGE_ID: &str = "last_message_id";

impl SendContext {
    /// What is known now.
    pub fn of(conversation: Option<StoredConversation>) -> Self {
        let Some(conversation) = conversation else { return Self::default() };
        let mut attributes = conversation.attributes;
        attributes.extend(conversation.inbound_message_id.map(|id| (LAST_MESSAGE_ID.to_owned(), id)));
        Self { last_inbound_at: conversation.inbound_at, attributes }
    }

    /// The message as the connector gets it: what the sender gave along comes first.
    pub fn complete(&self, mut outgoing: Outgoing) -> Outgoing {
        outgoing.last_inbound_at = self.last_inbound_at;
        outgoing.attributes.extend(self.attributes.iter().cloned());
        outgoing
    }
}

/// A call that was made for a message.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCall {
    /// Counts the calls of the message, from 0.
    pub call: u32,
    /// The attempt that it belongs to.
    pub attempt: u32,
    /// Milliseconds since the Unix epoch.
    pub begun_at: u64,
    /// None: it runs, or the host ended before its answer.
    pub ended_at: Option<u64>,
    /// Of the request.
    pub method: String,
    /// Without credentials.
    pub url: String,
    /// SHA-256 over method, URL, headers and body.
    pub request: [u8; 32],
    /// Whether it may be made again without harm.
    pub repeatable: bool,
    /// Whether its answer is handed to the connector.
    pub kept: bool,
    /// The answer.
    pub response: Option<Response>,
    /// Why there is none.
    pub problem: Option<String>,
}

/// What a provider said of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStatus {
    /// The event that said so.
    pub seq: u64,
    /// Of which piece. Empty: of all messages up to a time.
    pub provider_id: String,
    /// What it said.
    pub state: MessageState,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

/// Everything that is known of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageLife {
    /// The message.
    pub message: StoredMessage,
    /// Its calls, oldest first.
    pub calls: Vec<StoredCall>,
    /// What the provider said, oldest first.
    pub statuses: Vec<StoredStatus>,
}

impl MessageLife {
    /// The exchanges with which the message is resumed.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let kept = self.calls.iter().filter(|call| call.kept);
        kept.filter_map(|call| {
            let request =
                Request { method: call.method.clone(), url: call.url.clone(), ..Request::default() };
            Some(Exchange { request, response: call.response.clone()? })
        })
        .collect()
    }
}

/// What is known of a conversation before something is sent to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredConversation {
    /// Its key.
    pub key: String,
    /// The connection that it is on.
    pub connection: String,
    /// Where a message goes.
    pub address: Address,
    /// When the contact last wrote, milliseconds since the Unix epoch.
    pub inbound_at: Option<u64>,
    /// The provider's id of the contact's last message.
    pub inbound_message_id: Option<String>,
    /// The attributes of the contact's last message that are not used up.
    pub attributes: Attributes,
}

/// A contact who does not want to be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// How it came about.
    pub origin: String,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

/// Which messages, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageQuery {
    /// Only messages with a lower number. None: from the newest.
    pub before: Option<u64>,
    /// At most this many, and never more than [`MESSAGES_MAX`].
    pub limit: usize,
    /// Only of this connection.
    pub connection: Option<String>,
    /// Only of this conversation.
    pub conversation: Option<String>,
    /// Only in this state.
    pub state: Option<MessageState>,
}

/// Which message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageKey {
    /// By its place in the queue.
    Number(u64),
    /// By its id.
    Id(String),
}

pub(super) fn message(
    connection: &Connection,
    key: &MessageKey,
) -> Result<Option<MessageLife>, JournalError> {
    let message = match key {
        MessageKey::Number(number) => {
            let sql = format!("SELECT {MESSAGE_COLUMNS} FROM messages WHERE number = ?1");
            connection.prepare_cached(&sql)?.query_row([column(*number)], |row| Ok(stored(row))).optional()?
        }
        MessageKey::Id(id) => {
            let sql = format!("SELECT {MESSAGE_COLUMNS} FROM messages WHERE id = ?1");
            connection.prepare_cached(&sql)?.query_row([id], |row| Ok(stored(row))).optional()?
        }
    };
    let Some(message) = message.transpose()? else { return Ok(None) };
    Ok(Some(MessageLife {
        calls: calls(connection, message.number)?,
        statuses: statuses(connection, message.number)?,
        message,
    }))
}

pub(super) fn messages(
    connection: &Connection,
    query: &MessageQuery,
) -> Result<Vec<StoredMessage>, JournalError> {
    let sql = format!(
        "SELECT {MESSAGE_COLUMNS} FROM messages WHERE (?1 IS NULL OR number < ?1)
         AND (?2 IS NULL OR connection = ?2) AND (?3 IS NULL OR conversation = ?3) AND (?4 IS NULL OR state = ?4)
         ORDER BY number DESC LIMIT ?5"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let limit = column(query.limit.min(MESSAGES_MAX) as u64);
    let parameters = params![
        query.before.map(column),
        query.connection,
        query.conversation,
        query.state.map(MessageState::name),
        limit
    ];
    let mut rows = statement.query(parameters)?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(stored(row)?);
    }
    Ok(messages)
}

/// How many messages wait, by connection.
pub(super) fn waiting_by_connection(connection: &Connection) -> Result<Vec<(String, u64)>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT connection, count(*) FROM messages WHERE state IN ('queued', 'sending') GROUP BY connection",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What a worker has to do after a start, in the order in which it was queued.
pub(super) fn waiting(connection: &Connection, of: &str) -> Result<Vec<Waiting>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, conversation, due_at, attempt FROM messages
         WHERE connection = ?1 AND state IN ('queued', 'sending') ORDER BY number",
    )?;
    let rows = statement.query_map([of], |row| {
        Ok(Waiting {
            number: row.get::<_, i64>(0)?.unsigned_abs(),
            conversation: row.get(1)?,
            due_at: row.get::<_, i64>(2)?.unsigned_abs(),
            attempt: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn conversation(
    connection: &Connection,
    key: &str,
) -> Result<Option<StoredConversation>, JournalError> {
    let row = connection
        .prepare_cached(
            "SELECT connection, address, inbound_at, inbound, spent FROM conversations WHERE key = ?1",
        )?
        .query_row([key], |row| Ok(stored_conversation(key, row)))
        .optional()?;
    row.transpose()
}

fn stored_conversation(key: &str, row: &Row) -> Result<StoredConversation, JournalError> {
    let damaged = |error: serde_json::Error| JournalError::Damaged {
        row: format!("conversations/{key}"),
        problem: error.to_string(),
    };
    let address: String = row.get(1)?;
    let inbound: Option<String> = row.get(3)?;
    let spent: String = row.get(4)?;
    let inbound: Inbound = match inbound {
        Some(json) => serde_json::from_str(&json).map_err(damaged)?,
        None => Inbound::default(),
    };
    let is_spent = |name: &str| spent.split(' ').any(|spent| spent == name);
    Ok(StoredConversation {
        key: key.to_owned(),
        connection: row.get(0)?,
        address: serde_json::from_str(&address).map_err(damaged)?,
        inbound_at: row.get::<_, Option<i64>>(2)?.map(i64::unsigned_abs),
        inbound_message_id: inbound.message_id,
        attributes: inbound.attributes.into_iter().filter(|(name, _)| !is_spent(name)).collect(),
    })
}

/// The account that a connection was last written to.
pub(super) fn account(connection: &Connection, of: &str) -> Result<Option<String>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT account FROM accounts WHERE connection = ?1")?;
    Ok(statement.query_row([of], |row| row.get(0)).optional()?)
}

pub(super) fn opt_out(
    connection: &Connection,
    of: &str,
    contact: &[Identifier],
) -> Result<Option<OptOut>, JournalError> {
    let mut statement = connection
        .prepare_cached("SELECT origin, at FROM opt_outs WHERE connection = ?1 AND contact = ?2")?;
    for identifier in contact {
        let found = statement.query_row(params![of, contact_column(identifier)], |row| {
            Ok(OptOut { origin: row.get(0)?, at: row.get::<_, i64>(1)?.unsigned_abs() })
        });
        if let Some(found) = found.optional()? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Conversations with an open numbered list: key, answers, and when it was offered.
pub(super) fn offers(
    connection: &Connection,
    since: u64,
) -> Result<Vec<(String, String, u64)>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT key, answers, answers_at FROM conversations WHERE answers IS NOT NULL AND answers_at >= ?1",
    )?;
    let rows = statement.query_map([column(since)], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?.unsigned_abs()))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The id of the message that was queued under a key, and the hash of what was asked for.
pub(super) fn of_key(
    connection: &Connection,
    key: &[u8; 32],
) -> Result<Option<(String, [u8; 32])>, JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT message, request FROM message_keys WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

fn stored(row: &Row) -> Result<StoredMessage, JournalError> {
    let number: i64 = row.get(0)?;
    let damaged = |problem: String| JournalError::damaged("messages", number.unsigned_abs(), problem);
    let json = |index: usize| row.get::<_, String>(index);
    let state = json(5)?;
    let failure: Option<String> = row.get(13)?;
    let context: Option<String> = row.get(14)?;
    Ok(StoredMessage {
        number: number.unsigned_abs(),
        id: row.get(1)?,
        connection: row.get(2)?,
        connector: row.get(3)?,
        conversation: row.get(4)?,
        state: MessageState::parse(&state).ok_or_else(|| damaged(format!("unknown state `{state}`")))?,
        queued_at: row.get::<_, i64>(6)?.unsigned_abs(),
        updated_at: row.get::<_, i64>(7)?.unsigned_abs(),
        attempt: row.get(8)?,
        due_at: row.get::<_, i64>(9)?.unsigned_abs(),
        began_at: row.get::<_, Option<i64>>(10)?.map(i64::unsigned_abs),
        outgoing: serde_json::from_str(&json(11)?).map_err(|error| damaged(error.to_string()))?,
        receipts: serde_json::from_str(&json(12)?).map_err(|error| damaged(error.to_string()))?,
        failure: failure
            .map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|error| damaged(error.to_string()))?,
        context: context
            .map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|error| damaged(error.to_string()))?,
    })
}

fn calls(connection: &Connection, message: u64) -> Result<Vec<StoredCall>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT call, attempt, begun_at, ended_at, method, url, request, repeatable, kept, status, headers, body,
         problem FROM calls WHERE message = ?1 ORDER BY call",
    )?;
    let rows = statement.query_map([column(message)], |row| {
        let status: Option<u16> = row.get(9)?;
        let headers: Option<String> = row.get(10)?;
        let response = status.map(|status| {
            let headers = headers.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
            row.get::<_, Option<Vec<u8>>>(11).map(|body| Response {
                status,
                headers,
                body: body.unwrap_or_default(),
            })
        });
        Ok(StoredCall {
            call: row.get(0)?,
            attempt: row.get(1)?,
            begun_at: row.get::<_, i64>(2)?.unsigned_abs(),
            ended_at: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
            method: row.get(4)?,
            url: row.get(5)?,
            request: row.get(6)?,
            repeatable: row.get(7)?,
            kept: row.get(8)?,
            response: response.transpose()?,
            problem: row.get(12)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn statuses(connection: &Connection, message: u64) -> Result<Vec<StoredStatus>, JournalError> {
    let mut statement = connection
        .prepare_cached("SELECT seq, provider_id, state, at FROM statuses WHERE message = ?1 ORDER BY seq")?;
    let rows = statement.query_map([column(message)], |row| {
        let state: String = row.get(2)?;
        Ok(StoredStatus {
            seq: row.get::<_, i64>(0)?.unsigned_abs(),
            provider_id: row.get(1)?,
            state: MessageState::parse(&state).unwrap_or(MessageState::Queued),
            at: row.get::<_, i64>(3)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
