//! Messages to contacts, as the writer keeps them.

use rusqlite::{OptionalExtension, Transaction, params};
use trunkline_model::{Contact, DeliveryState, FailureReason, OutgoingPart, Response};
use trunkline_model::{Event, EventKind, Failure, Outgoing, Receipt, Status};

use super::effect::{Address, contact_column};
use super::outbox::SendContext;
use super::record::{EventRecord, column};
use crate::outbound::MessageState;
use crate::outbound::answers::ATTRIBUTE as ANSWERS;

/// The receipt's attribute with the names of what a message has used up.
const SPENT: &str = "spent";
/// The state of events about messages of which nobody knows whether the provider has them.
const UNCONFIRMED: &str = "unconfirmed";
/// Where an opt-out comes from that a provider told when we tried to send.
pub(super) const ORIGIN_PROVIDER: &str = "provider";

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
            json(&message.outgoing)?
        ])?;
    Ok(Queued::New(number.unsigned_abs()))
}

/// Writes a step. An event for the consumers comes back where they should know of it.
pub(super) fn write(transaction: &Transaction, step: &MessageStep) -> rusqlite::Result<Option<OwnEvent>> {
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
            transaction
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
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO calls (message, call, attempt, begun_at, method, url, request, repeatable)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![column(*number), call, attempt, column(*at), method, url, request, repeatable])?;
            Ok(None)
        }
        MessageStep::CallEnded { number, call, at, result, kept } => {
            write_answer(transaction, *number, *call, *at, result, *kept)?;
            Ok(None)
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
            Ok(None)
        }
        MessageStep::Ended { number, attempt, at, state, receipts, failure } => {
            end(transaction, *number, *attempt, *at, *state, receipts, failure.as_ref())
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
            Ok(None)
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

/// An event that the host itself makes: what became of a message on this side.
pub(super) struct OwnEvent {
    pub connection: String,
    pub connector: String,
    pub message: String,
    pub record: EventRecord,
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

fn end(
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
            "INSERT INTO conversations (key, connection, address, answers, answers_at, spent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (key) DO UPDATE SET answers = excluded.answers,
             answers_at = excluded.answers_at, spent = trim(spent || ' ' || excluded.spent)",
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

/// Writes what a provider said of a message, and moves it on.
pub(super) fn write_status(
    transaction: &Transaction,
    message: i64,
    provider_id: &str,
    state: MessageState,
    seq: i64,
    at: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO statuses (message, seq, provider_id, state, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![message, seq, provider_id, state.name(), at])?;
    let (known, receipts): (String, String) = transaction
        .prepare_cached("SELECT state, receipts FROM messages WHERE number = ?1")?
        .query_row([message], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let statuses: Vec<(String, String)> = transaction
        .prepare_cached("SELECT provider_id, state FROM statuses WHERE message = ?1")?
        .query_map([message], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let receipts: Vec<Receipt> = serde_json::from_str(&receipts).map_err(damaged)?;
    let known = MessageState::parse(&known).unwrap_or(MessageState::Queued);
    let reached = reached(&receipts, &statuses).map_or(known, |reached| reached.max(known));
    if reached != known {
        transaction
            .prepare_cached(
                "UPDATE messages SET state = ?2, updated_at = max(updated_at, ?3) WHERE number = ?1",
            )?
            .execute(params![message, reached.name(), at])?;
    }
    Ok(())
}

/// How far a message has come by what was said of its pieces.
fn reached(receipts: &[Receipt], statuses: &[(String, String)]) -> Option<MessageState> {
    let highest = |id: &str| {
        let of_piece = statuses.iter().filter(|(of, _)| of.is_empty() || of == id);
        of_piece.filter_map(|(_, state)| MessageState::parse(state)).max()
    };
    if receipts.is_empty() {
        return statuses.iter().filter_map(|(_, state)| MessageState::parse(state)).max();
    }
    let pieces = receipts.iter().map(|receipt| {
        highest(&receipt.message_id).map_or(MessageState::Accepted, |state| state.max(MessageState::Accepted))
    });
    MessageState::of_pieces(pieces)
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(damaged)
}

/// As the database's own error: the writer isolates it from its neighbours.
fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(id: &str) -> Receipt {
        Receipt { message_id: id.into(), ..Receipt::default() }
    }

    #[test]
    fn the_order_in_which_statuses_come_does_not_matter() {
        let all = ["sent", "failed", "delivered", "read", "accepted"];
        let receipts = [receipt("a"), receipt("b")];
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..500 {
            let mut statuses: Vec<(String, String)> = (0..random.usize(1..8))
                .map(|_| {
                    let id = ["a", "b", ""][random.usize(..3)];
                    (id.to_owned(), all[random.usize(..all.len())].to_owned())
                })
                .collect();
            // What is reached rises with every status, in any order, and ends at the same state.
            let mut ends = Vec::new();
            for _ in 0..4 {
                random.shuffle(&mut statuses);
                let mut state = MessageState::Accepted;
                for count in 1..=statuses.len() {
                    let next = reached(&receipts, &statuses[..count]).unwrap_or(state).max(state);
                    assert!(next >= state);
                    state = next;
                }
                ends.push(reached(&receipts, &statuses));
            }
            assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{statuses:?}: {ends:?}");
        }
    }

    #[test]
    fn a_message_in_two_pieces_is_delivered_when_both_are() {
        let receipts = [receipt("a"), receipt("b")];
        let status = |id: &str, state: &str| (id.to_owned(), state.to_owned());
        let mut statuses = vec![status("a", "delivered")];
        assert_eq!(reached(&receipts, &statuses), Some(MessageState::Accepted));
        statuses.push(status("b", "delivered"));
        assert_eq!(reached(&receipts, &statuses), Some(MessageState::Delivered));
        statuses.push(status("", "read"));
        assert_eq!(reached(&receipts, &statuses), Some(MessageState::Read), "up to a time");
    }
}
