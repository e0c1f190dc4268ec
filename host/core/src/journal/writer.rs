//! The one thread that writes: takes what is waiting, commits it once, answers everybody.
//!
//! While one commit waits for the disk, the next group gathers in the queue; where many come at once, the writer waits for a
//! moment as well (`gathering`). Nobody is answered, and no number is published, before the commit has returned.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot, watch};

use super::access::Access;
use super::effect::{Effect, Place};
use super::error::is_of_disk;
use super::followed::{self, Followed};
use super::gathering::Gathering;
use super::messages::{self, MessageStep, NewMessage, OwnEvent, Queued, Written};
use super::progress::Progress;
use super::record::{Appended, AppendedEvent, Blob, EventRecord, Record, column, id_of_key};
use super::statements::{Statement, Statements};
use super::storage::{Execution, Storage};
use super::write::{Write, Writing};
use super::{JournalError, blobs, holdings, prune};
use crate::clock::Clock;

/// How a caller gets its answer.
pub(super) type Reply<T> = oneshot::Sender<Result<T, JournalError>>;

/// What the writer can be asked for. `Wake`: nothing is to be written, but the database opened where it is not.
pub(super) enum Command {
    Append { record: Box<Record>, room: Room, reply: Reply<Appended> },
    Progress { progress: Progress, reply: Reply<()> },
    Queue { message: Box<NewMessage>, reply: Reply<Queued> },
    Steps { steps: Vec<MessageStep>, reply: Reply<bool> },
    Write(Box<dyn Write>),
    Wake,
    EmptyLog { reply: Reply<bool> },
    Close { reply: Reply<()> },
}

/// The share of the queue's memory that a waiting webhook takes; given back when it is answered.
pub(super) struct Room {
    bytes: usize,
    taken: Arc<AtomicUsize>,
}

impl Room {
    /// Takes it, unless that exceeds the limit. One webhook alone always fits.
    pub(super) fn take(taken: &Arc<AtomicUsize>, bytes: usize, bytes_max: usize) -> Option<Self> {
        let before = taken.fetch_add(bytes, Ordering::SeqCst);
        // Made before the check, so that dropping it gives the bytes back either way.
        let room = Self { bytes, taken: Arc::clone(taken) };
        (before == 0 || before.saturating_add(bytes) <= bytes_max).then_some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

/// What the thread owns.
pub(super) struct Writer {
    pub storage: Storage,
    pub access: Access,
    pub queue: mpsc::Receiver<Command>,
    pub group_max: usize,
    pub committed: watch::Sender<u64>,
    pub commits: Arc<AtomicU64>,
    pub clock: Arc<dyn Clock>,
    pub pruning: prune::Schedule,
    pub gathering: Gathering,
    pub followed: Followed,
}

/// What a committed command is answered with.
enum Done {
    Appended(Vec<Option<u64>>),
    Queued(Queued),
    /// Whether the messages are there.
    Steps(bool),
    Nothing,
}

/// What one transaction adds to the table `totals`, and the last number that it has given.
#[derive(Default)]
pub(super) struct Tally {
    seq: i64,
    webhooks: u64,
    events: u64,
    duplicates: u64,
    blobs: u64,
    pub holdings: holdings::Change,
}

impl Writer {
    /// Runs until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut closers = Vec::new();
        let mut emptying = Vec::new();
        while let Some(command) = self.queue.blocking_recv() {
            self.turn(command, &mut closers, &mut emptying);
        }
        self.end(closers);
    }

    /// The same as a task: the seed of a simulation decides when it runs.
    #[cfg(test)]
    pub(super) async fn run_inline(mut self) {
        let mut closers = Vec::new();
        let mut emptying = Vec::new();
        while let Some(command) = self.queue.recv().await {
            self.turn(command, &mut closers, &mut emptying);
        }
        self.end(closers);
    }

    /// One group, and what is to be done between groups.
    fn turn(&mut self, command: Command, closers: &mut Vec<Reply<()>>, emptying: &mut Vec<Reply<bool>>) {
        let group = self.gather(command, closers, emptying);
        self.commit_group(group);
        self.access.tend_log();
        self.empty_log(emptying);
        let Some(connection) = self.access.idle() else { return };
        if let Err(error) = self.pruning.step(connection, self.clock.now_ms()) {
            tracing::warn!(%error, "old event keys were not pruned, the next step tries again");
        }
    }

    fn end(mut self, closers: Vec<Reply<()>>) {
        self.access.end_log();
        // So that the next start, and a copy of the file alone, has everything in one place.
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let checkpoint =
            self.access.idle().map(|connection| connection.query_row(checkpoint, [], |_| Ok(())));
        if let Some(Err(error)) = checkpoint {
            tracing::warn!(%error, "journal is closed without a checkpoint, the next start makes one");
        }
        drop(self.access);
        for closer in closers {
            let _ = closer.send(Ok(()));
        }
    }

    fn gather(
        &mut self,
        first: Command,
        closers: &mut Vec<Reply<()>>,
        emptying: &mut Vec<Reply<bool>>,
    ) -> Vec<Command> {
        let mut group = Vec::new();
        let mut sort = |command, group: &mut Vec<Command>, queue: &mut mpsc::Receiver<Command>| match command
        {
            Command::Close { reply } => {
                queue.close();
                closers.push(reply);
            }
            Command::EmptyLog { reply } => emptying.push(reply),
            command => group.push(command),
        };
        let (queue, group_max) = (&mut self.queue, self.group_max);
        sort(first, &mut group, queue);
        let mut drain = || {
            let before = group.len();
            while group.len() < group_max {
                let Ok(command) = queue.try_recv() else { break };
                sort(command, &mut group, queue);
            }
            group.len() > before && group.len() < group_max && !queue.is_closed()
        };
        drain();
        if self.storage.execution == Execution::Threads {
            self.gathering.wait(drain);
        }
        group
    }

    /// Copies the log back and empties it, without waiting for readers: whoever asked comes again.
    fn empty_log(&mut self, emptying: &mut Vec<Reply<bool>>) {
        if emptying.is_empty() {
            return;
        }
        let busy_wait = self.storage.busy_wait;
        let emptied = self.access.idle().is_some_and(|connection| {
            let emptied = connection.busy_timeout(std::time::Duration::ZERO).and_then(|()| {
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
            });
            connection.busy_timeout(busy_wait).is_ok() && matches!(emptied, Ok(0))
        });
        for reply in emptying.drain(..) {
            let _ = reply.send(Ok(emptied));
        }
    }

    fn commit_group(&mut self, mut group: Vec<Command>) {
        if group.is_empty() {
            return;
        }
        let committed = *self.committed.borrow();
        let (begun, members) = (Instant::now(), group.len());
        let now = column(self.clock.now_ms());
        let result = match self.access.connection(committed) {
            Ok(connection) => commit(connection, &mut group, now, &self.followed),
            Err(trouble) => {
                tracing::error!(?trouble, "journal has no database, its callers are told to come back");
                for command in group {
                    answer(command, Err(trouble.to_error(&self.storage)));
                }
                return;
            }
        };
        match result {
            Ok((done, seq)) => {
                self.commits.fetch_add(1, Ordering::SeqCst);
                self.access.succeeded();
                self.gathering.committed(members, begun);
                self.answer_all(group.into_iter().zip(done), seq);
            }
            // The fault of one: its neighbours must not suffer for it.
            Err(error) if group.len() > 1 && !is_of_disk(&error) => {
                for command in group {
                    self.commit_group(vec![command]);
                }
            }
            Err(error) => {
                tracing::error!(%error, "journal did not commit, its callers are told to come back");
                self.access.failed(&error);
                let source = Arc::new(error);
                for command in group {
                    answer(command, Err(JournalError::Disk { source: Arc::clone(&source) }));
                }
            }
        }
    }

    fn answer_all(&mut self, answers: impl Iterator<Item = (Command, Done)>, seq: u64) {
        // Published before it is answered: who was answered must find its event among what is committed.
        self.committed.send_if_modified(|committed| {
            let higher = seq > *committed;
            *committed = seq.max(*committed);
            higher
        });
        self.followed.tell();
        for (command, done) in answers {
            answer(command, Ok(done));
        }
    }
}

/// One transaction. On an error nothing of it remains.
fn commit(
    connection: &mut Connection,
    group: &mut [Command],
    now: i64,
    followed: &Followed,
) -> rusqlite::Result<(Vec<Done>, u64)> {
    followed.begin();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut tally = Tally { seq: last_seq(&transaction)?, ..Tally::default() };
    let mut done = Vec::with_capacity(group.len());
    let mut statements = Statements::new(&transaction, followed);
    for command in group {
        done.push(match command {
            Command::Append { record, .. } => Done::Appended(append(&mut statements, record, &mut tally)?),
            Command::Progress { progress, .. } => {
                progress.write(&transaction)?;
                Done::Nothing
            }
            Command::Queue { message, .. } => Done::Queued(messages::queue(&transaction, message)?),
            Command::Steps { steps, .. } => {
                let mut all_there = true;
                for step in steps {
                    match messages::write(&transaction, step)? {
                        Written::Told(own) => append_own(&mut statements, &own, now, &mut tally)?,
                        Written::Kept => {}
                        Written::Gone => all_there = false,
                    }
                }
                Done::Steps(all_there)
            }
            Command::Write(write) => {
                write.run(&mut Writing { transaction: &transaction, followed, now, tally: &mut tally })?;
                Done::Nothing
            }
            Command::Wake | Command::Close { .. } | Command::EmptyLog { .. } => Done::Nothing,
        });
    }
    drop(statements);
    tally.write(&transaction)?;
    transaction.commit()?;
    Ok((done, tally.seq.unsigned_abs()))
}

/// The highest number given so far, including those of deleted events.
pub(super) fn last_seq(connection: &Connection) -> rusqlite::Result<i64> {
    let seq = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'events'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(seq.unwrap_or(0))
}

impl Tally {
    /// The number of one more event.
    pub(super) fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.events += 1;
        self.seq
    }

    /// The last number that was given.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }

    fn count_event(&mut self, connection: &str, event: &EventRecord) {
        self.events += 1;
        self.holdings.add(connection, 1, bytes(event.json.as_bytes()));
    }

    fn write(&self, transaction: &Transaction) -> rusqlite::Result<()> {
        self.holdings.write(transaction)?;
        if self.events + self.duplicates + self.blobs == 0 {
            return Ok(());
        }
        transaction
            .prepare_cached(
                "UPDATE totals SET webhooks = webhooks + ?1, events = events + ?2,
                 duplicates = duplicates + ?3, blobs = blobs + ?4",
            )?
            .execute(params![
                column(self.webhooks),
                column(self.events),
                column(self.duplicates),
                column(self.blobs)
            ])?;
        Ok(())
    }
}

/// Writes what is new in a webhook, counts what is not.
fn append(
    statements: &mut Statements,
    record: &Record,
    tally: &mut Tally,
) -> rusqlite::Result<Vec<Option<u64>>> {
    let mut webhook = None;
    let mut numbers = Vec::with_capacity(record.events.len());
    let transaction = statements.transaction;
    // What waited at an edge for long is remembered for as long as what came today.
    let seen_at = record.handed_in_late_at.unwrap_or(record.received_at);
    for event in &record.events {
        let seq = tally.seq + 1;
        if statements.of(Statement::Claim)?.execute(params![event.key, seq, seen_at])? == 0 {
            count_duplicate(transaction, event, seen_at)?;
            tally.duplicates += 1;
            numbers.push(None);
            continue;
        }
        let webhook = match webhook {
            Some(id) => id,
            None => {
                tally.webhooks += 1;
                tally.holdings.add(&record.connection, 0, bytes(&record.raw.bytes));
                *webhook.insert(insert_webhook(statements, record)?)
            }
        };
        let stored = Stored {
            seq,
            webhook,
            connection: &record.connection,
            connector: &record.connector,
            received_at: record.received_at,
        };
        let message = event.effect.message(transaction, &record.connection)?;
        insert_event(statements, &stored, event, message.as_ref().map(|(_, id)| id.as_str()))?;
        act(statements, &stored, event, message.map(|(number, _)| number))?;
        keep_blobs(transaction, seq, &record.connection, event, tally)?;
        tally.seq = seq;
        tally.count_event(&record.connection, event);
        numbers.push(Some(seq.unsigned_abs()));
    }
    Ok(numbers)
}

fn count_duplicate(transaction: &Transaction, event: &EventRecord, seen_at: i64) -> rusqlite::Result<()> {
    let seq: i64 = transaction
        .prepare_cached("UPDATE seen SET seen_at = max(seen_at, ?2) WHERE key = ?1 RETURNING seq")?
        .query_row(params![event.key, seen_at], |row| row.get(0))?;
    transaction
        .prepare_cached("UPDATE events SET duplicates = duplicates + 1 WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

fn insert_webhook(statements: &mut Statements, record: &Record) -> rusqlite::Result<i64> {
    let id = statements.of(Statement::Webhook)?.insert(params![
        record.connection,
        record.connector,
        record.component,
        record.received_at,
        column(record.raw.head_size as u64),
        column(record.raw.raw_size as u64),
        record.raw.bytes
    ])?;
    if let Some(handed_in_at) = record.handed_in_late_at {
        statements
            .transaction
            .prepare_cached("INSERT INTO late_webhooks (webhook, handed_in_at) VALUES (?1, ?2)")?
            .execute([id, handed_in_at])?;
    }
    Ok(id)
}

/// Where an event is stored, and whose it is.
pub(super) struct Stored<'a> {
    pub seq: i64,
    /// 0: made by the host.
    pub webhook: i64,
    pub connection: &'a str,
    pub connector: &'a str,
    pub received_at: i64,
}

impl Stored<'_> {
    /// When the event happened: a provider's clock that runs ahead must not hold a window open.
    pub(super) fn at(&self, event: &EventRecord) -> i64 {
        event.occurred_at.map_or(self.received_at, |at| at.min(self.received_at))
    }
}

pub(super) fn insert_event(
    statements: &mut Statements,
    stored: &Stored,
    event: &EventRecord,
    message: Option<&str>,
) -> rusqlite::Result<()> {
    statements.of(Statement::Event)?.execute(params![
        stored.seq,
        event.key,
        stored.webhook,
        stored.connection,
        stored.connector,
        event.conversation,
        event.kind,
        event.occurred_at,
        stored.received_at,
        event.json,
        message
    ])?;
    followed::note(statements, stored, &event.conversation)
}

/// What the event means for sending.
fn act(
    statements: &mut Statements,
    stored: &Stored,
    event: &EventRecord,
    message: Option<i64>,
) -> rusqlite::Result<()> {
    let place = Place {
        connection: stored.connection,
        conversation: &event.conversation,
        seq: stored.seq,
        at: stored.at(event),
    };
    if matches!(event.effect, Effect::Inbound { .. }) {
        statements.note_account(stored.connection, &event.account)?;
    }
    event.effect.write(statements, &place, message)?;
    match &event.consent {
        Some(change) => change.write(statements.transaction, stored.connection, place.at),
        None => Ok(()),
    }
}

/// Stores an event that the host made, so that consumers get it like any other.
fn append_own(
    statements: &mut Statements,
    own: &OwnEvent,
    now: i64,
    tally: &mut Tally,
) -> rusqlite::Result<()> {
    let seq = tally.seq + 1;
    let claimed = statements.of(Statement::Claim)?.execute(params![own.record.key, seq, now])?;
    if claimed == 0 {
        return Ok(());
    }
    let stored =
        Stored { seq, webhook: 0, connection: &own.connection, connector: &own.connector, received_at: now };
    insert_event(statements, &stored, &own.record, Some(&own.message))?;
    tally.seq = seq;
    tally.count_event(&own.connection, &own.record);
    Ok(())
}

/// Keeps the bytes that came inside of an event.
pub(super) fn keep_blobs(
    transaction: &Transaction,
    seq: i64,
    connection: &str,
    event: &EventRecord,
    tally: &mut Tally,
) -> rusqlite::Result<()> {
    for blob in &event.blobs {
        tally.blobs += blobs::keep(transaction, blob, blobs::Owner::Event(seq))?;
        tally.holdings.add(connection, 0, bytes(&blob.bytes));
    }
    Ok(())
}

/// Keeps bytes that did not come with a webhook.
pub(super) fn store_blob(writing: &mut Writing, blob: &Blob) -> rusqlite::Result<()> {
    writing.tally.blobs += blobs::keep(writing.transaction, blob, blobs::Owner::Upload(writing.now))?;
    Ok(())
}

fn bytes(of: &[u8]) -> i64 {
    column(of.len() as u64)
}

/// A caller that no longer listens is no error: what it asked for is done all the same.
fn answer(command: Command, result: Result<Done, JournalError>) {
    match (command, result) {
        (Command::Append { record, room, reply }, result) => {
            drop(room);
            let _ = reply.send(result.map(|done| appended(&record, done)));
        }
        (Command::Queue { reply, .. }, result) => {
            let _ = reply.send(result.map(|done| match done {
                Done::Queued(queued) => queued,
                Done::Appended(_) | Done::Steps(_) | Done::Nothing => Queued::Conflict,
            }));
        }
        (Command::Steps { reply, .. }, result) => {
            let _ = reply.send(result.map(|done| matches!(done, Done::Steps(true))));
        }
        (Command::Wake, _) => {}
        (Command::Write(write), result) => write.answer(result.map(|_| ())),
        (Command::EmptyLog { reply }, result) => {
            let _ = reply.send(result.map(|_| false));
        }
        (Command::Progress { reply, .. } | Command::Close { reply }, result) => {
            let _ = reply.send(result.map(|_| ()));
        }
    }
}

fn appended(record: &Record, done: Done) -> Appended {
    let Done::Appended(numbers) = done else { return Appended::default() };
    let events = record.events.iter().zip(numbers);
    Appended {
        events: events
            .map(|(event, seq)| AppendedEvent { id: id_of_key(&event.key), seq, kind: event.kind })
            .collect(),
    }
}
