//! What is over: looked for by readers, so that the writer only removes.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use trunkline_model::Event;

use super::super::reader::number;
use super::super::record::{MEDIA_ID, column, id_of_key, media_id};
use super::super::remove::{self, Reach, Removed};
use super::super::{Journal, JournalError};
use super::{Over, Retention, SLICE_ROWS};
use crate::route::Routes;

/// Rows that a query looks at before it lets others have its connection.
const LOOK_ROWS: usize = 4_096;

/// Events that may go.
pub(super) struct Found {
    pub events: Vec<u64>,
    /// Ids of the media items in them.
    pub media: Vec<String>,
    pub held_back: BTreeMap<String, u64>,
    /// The last row that was looked at.
    pub next: u64,
    pub more: bool,
}

/// To whom events are owed.
#[derive(Clone)]
pub(super) struct Owed {
    destinations: Vec<String>,
    routes: Arc<Routes>,
}

impl Owed {
    pub(super) fn of(retention: &Retention) -> Self {
        Self { destinations: retention.destinations.clone(), routes: Arc::clone(&retention.routes) }
    }

    /// How far each destination is.
    pub(super) fn cursors(&self, connection: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
        let mut statement = connection.prepare_cached("SELECT cursor FROM destinations WHERE name = ?1")?;
        let cursor = |name: &String| {
            // One that has not begun yet has got nothing.
            let cursor = statement.query_row([name], |row| number(row, 0)).optional()?;
            Ok((name.clone(), cursor.unwrap_or(0)))
        };
        self.destinations.iter().map(cursor).collect()
    }

    /// The first destination that has not got an event of that connection yet: it has not come so far, or it failed
    /// there and somebody is to decide.
    pub(super) fn to<'a>(
        &self,
        connection: &Connection,
        cursors: &'a [(String, u64)],
        seq: u64,
        of: &str,
    ) -> rusqlite::Result<Option<&'a str>> {
        let kind: Option<String> = connection
            .prepare_cached("SELECT kind FROM events WHERE seq = ?1")?
            .query_row([column(seq)], |row| row.get(0))
            .optional()?;
        let Some(kind) = kind else { return Ok(None) };
        for (name, cursor) in cursors {
            if seq > *cursor && self.routes.wants(name, of, &kind) {
                return Ok(Some(name));
            }
            let parked: bool = connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM parked WHERE destination = ?1 AND seq = ?2 AND state <> 'dropped')",
                )?
                .query_row(params![name, column(seq)], |row| row.get(0))?;
            if parked {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

impl Journal {
    /// How far each connection has been swept.
    pub(super) async fn swept(&self) -> Result<Vec<(String, u64)>, JournalError> {
        self.inner
            .readers
            .run(|connection| {
                let mut statement = connection
                    .prepare_cached("SELECT connection, swept FROM holdings ORDER BY connection")?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, number(row, 1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .await
    }

    pub(super) async fn find_events(
        &self,
        retention: &Retention,
        of: &str,
        after: u64,
        over: Over,
    ) -> Result<Found, JournalError> {
        let (of, owed) = (of.to_owned(), Owed::of(retention));
        self.inner.readers.run(move |connection| Ok(find(connection, &of, &owed, after, over)?)).await
    }

    pub(super) async fn sweep_messages(
        &self,
        of: &str,
        before: u64,
        removed: &mut Removed,
    ) -> Result<(), JournalError> {
        let mut after = 0;
        loop {
            let of = of.to_owned();
            let numbers: Vec<i64> = self
                .inner
                .readers
                .run(move |connection| {
                    let mut statement = connection.prepare_cached(
                        "SELECT number FROM messages WHERE number > ?1 AND connection = ?2 AND queued_at < ?3
                         AND updated_at < ?3 AND state NOT IN ('queued', 'sending', 'unconfirmed')
                         ORDER BY number LIMIT ?4",
                    )?;
                    let limit = column(SLICE_ROWS as u64);
                    let rows =
                        statement.query_map(params![after, of, column(before), limit], |row| row.get(0))?;
                    Ok(rows.collect::<rusqlite::Result<_>>()?)
                })
                .await?;
            let Some(&last) = numbers.last() else { return Ok(()) };
            after = last;
            let of_slice = self
                .rested(move |writing| {
                    let mut removed = Removed::default();
                    let mut ids = Vec::new();
                    for &number in &numbers {
                        let over: bool = writing
                            .transaction
                            .prepare_cached(
                                "SELECT EXISTS (SELECT 1 FROM messages WHERE number = ?1
                                 AND state NOT IN ('queued', 'sending', 'unconfirmed'))",
                            )?
                            .query_row([number], |row| row.get(0))?;
                        if over {
                            ids.extend(remove::message(writing, number, Reach::Unneeded, &mut removed)?);
                        }
                    }
                    remove::message_keys(writing.transaction, &ids)?;
                    Ok(removed)
                })
                .await?;
            removed.add(&of_slice);
        }
    }

    /// Conversations in which nothing has happened since, and to which no message is left.
    pub(super) async fn sweep_conversations(
        &self,
        of: &str,
        before: u64,
        removed: &mut Removed,
    ) -> Result<(), JournalError> {
        let of = of.to_owned();
        let keys: Vec<String> = self
            .inner
            .readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT key FROM conversations WHERE connection = ?1 AND touched_at < ?2",
                )?;
                let rows = statement.query_map(params![of, column(before)], |row| row.get(0))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .await?;
        for slice in keys.chunks(SLICE_ROWS) {
            let slice = slice.to_vec();
            removed.conversations += self
                .rested(move |writing| {
                    let mut delete = writing.transaction.prepare_cached(
                        "DELETE FROM conversations WHERE key = ?1 AND touched_at < ?2
                         AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = ?1)",
                    )?;
                    let mut deleted = 0;
                    for key in &slice {
                        deleted += delete.execute(params![key, column(before)])? as u64;
                    }
                    Ok(deleted)
                })
                .await?;
        }
        Ok(())
    }
}

/// Only a message may have media; most have none.
fn media(connection: &Connection, seq: u64, ids: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT key, event FROM events WHERE seq = ?1 AND kind IN ('message', 'echo', 'edited')",
    )?;
    let mut rows = statement.query([column(seq)])?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let json = row.get_ref(1)?.as_str()?;
    if !json.contains(MEDIA_ID) {
        return Ok(());
    }
    if let Ok(mut event) = serde_json::from_str::<Event>(json) {
        let id = id_of_key(row.get_ref(0)?.as_blob()?);
        ids.extend((0..event.media_mut().count()).map(|number| media_id(&id, number)));
    }
    Ok(())
}

/// Events are in the order in which they came in, so that the first one that is young enough is the end.
fn find(connection: &Connection, of: &str, owed: &Owed, after: u64, over: Over) -> rusqlite::Result<Found> {
    let cursors = owed.cursors(connection)?;
    let mut found =
        Found { events: Vec::new(), media: Vec::new(), held_back: BTreeMap::new(), next: after, more: false };
    let mut statement = connection.prepare_cached(
        "SELECT seq, connection, received_at FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = statement.query(params![column(after), column(LOOK_ROWS as u64)])?;
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        let (seq, received_at) = (number(row, 0)?, number(row, 2)?);
        if matches!(over, Over::Before(before) if received_at >= before) {
            return Ok(found);
        }
        looked_at += 1;
        found.next = seq;
        if row.get_ref(1)?.as_str()? != of {
            continue;
        }
        match owed.to(connection, &cursors, seq, of)? {
            Some(destination) => *found.held_back.entry(destination.to_owned()).or_default() += 1,
            None => {
                found.events.push(seq);
                media(connection, seq, &mut found.media)?;
            }
        }
    }
    found.more = looked_at == LOOK_ROWS;
    Ok(found)
}
