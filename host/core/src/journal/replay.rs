//! Kept webhooks in slices, each with the events that the journal has of it: what a replay compares with.
//!
//! Events have no index by webhook. Webhooks and events were written in the same order, so both are read forward side by
//! side; what an earlier replay added stands apart from that order, in the table `replayed`. So do webhooks that waited at
//! an edge from the order of times: the table `late_webhooks` says when they came here.

#[cfg(test)]
mod tests;
mod write;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use trunkline_model::Event;

use super::effect::late::Grants;
use super::raw::Raw;
use super::read_only::JournalReader;
use super::reader::number;
use super::record::{EventRecord, StoredWebhook, column, id_of_key, key_of_id};
use super::writer::last_seq;
use super::{Journal, JournalError};

pub use write::{ReplayRecord, ReplayWritten, ReplayedEvent, ReplayedSlice, ReplayedWebhook, WrittenEvent};

/// Webhooks of a slice.
const SLICE_WEBHOOKS_MAX: usize = 64;
/// Bytes of their bodies. One alone may be larger.
const SLICE_BYTES_MAX: usize = 4 << 20;
/// By so much the times of webhooks may be out of order, those apart that came late: times are taken when a request
/// arrives, numbers are given when it is written, and a clock may have been set back in between.
const DISORDER_MS: i64 = 60 * 60 * 1_000;

/// Which webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayQuery {
    /// Of this connection.
    pub connection: String,
    /// Read by this connector.
    pub connector: String,
    /// Received at that time or later. Milliseconds since the Unix epoch.
    pub since: u64,
    /// Received before that time.
    pub until: u64,
}

/// How far webhooks and events were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayCursor {
    webhook: i64,
    event: i64,
}

/// Some webhooks, in the order in which they came.
#[derive(Debug)]
pub struct ReplaySlice {
    /// Those that were asked for.
    pub webhooks: Vec<KeptWebhook>,
    /// How many of the connection another connector has read.
    pub others: u64,
    /// Where the next slice begins. None: there is none.
    pub next: Option<ReplayCursor>,
}

/// A webhook with the events that it brought first.
#[derive(Debug)]
pub struct KeptWebhook {
    /// The request.
    pub webhook: StoredWebhook,
    /// Why the request cannot be read any more.
    pub damage: Option<String>,
    /// Its events.
    pub events: Vec<KeptEvent>,
}

/// An event as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its place.
    pub seq: u64,
    /// The public id.
    pub id: String,
    /// [`trunkline_model::EventKind::name`].
    pub kind: String,
    /// [`Event`] as JSON.
    pub event: String,
}

/// What the journal knows of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptPlace {
    /// Nothing.
    Unknown,
    /// It is that webhook's.
    Here(KeptEvent),
    /// Another webhook brought it first, or it was removed.
    Elsewhere,
}

/// An event as it is read now, and as it would be kept.
#[derive(Debug)]
pub struct Reread {
    record: EventRecord,
}

impl Reread {
    /// Encodes it. Files inside of it are kept beside it.
    pub fn new(connection: &str, event: Event) -> Result<Self, JournalError> {
        let record = EventRecord::of_webhook(connection, event).map_err(JournalError::encoding)?;
        Ok(Self { record })
    }

    /// The public id.
    pub fn id(&self) -> String {
        id_of_key(&self.record.key)
    }

    /// [`trunkline_model::EventKind::name`].
    pub fn kind(&self) -> &'static str {
        self.record.kind
    }

    /// [`Event`] as JSON.
    pub fn event(&self) -> &str {
        &self.record.json
    }

    /// Whether the contact does not want to be written to: then a later consent must be known before it is written.
    pub fn revokes(&self) -> bool {
        self.record.consent.as_ref().is_some_and(|change| !change.granted)
    }
}

impl JournalReader {
    /// Where the first slice begins.
    pub async fn replay_start(&self, query: ReplayQuery) -> Result<ReplayCursor, JournalError> {
        self.readers.run(move |journal| Ok(start(journal, &query)?)).await
    }

    /// The webhooks from there on.
    pub async fn replay_slice(
        &self,
        query: ReplayQuery,
        from: ReplayCursor,
    ) -> Result<ReplaySlice, JournalError> {
        self.readers.run(move |journal| slice(journal, &query, from)).await
    }

    /// What is known of ids that were read in that webhook now.
    pub async fn replay_places(
        &self,
        webhook: u64,
        ids: Vec<String>,
    ) -> Result<Vec<KeptPlace>, JournalError> {
        self.readers.run(move |journal| ids.iter().map(|id| place(journal, webhook, id)).collect()).await
    }

    /// When contacts of a connection last agreed to be written to; `known` is what was answered before.
    pub async fn grants(&self, connection: &str, known: Grants) -> Result<Grants, JournalError> {
        let of = connection.to_owned();
        let mut grants = Some(known);
        self.readers
            .run(move |journal| {
                let mut grants = grants.take().unwrap_or_default();
                grants.extend(journal, &of)?;
                Ok(grants)
            })
            .await
    }
}

fn start(journal: &Connection, query: &ReplayQuery) -> rusqlite::Result<ReplayCursor> {
    let since = column(query.since).saturating_sub(DISORDER_MS);
    let newest: i64 = journal.query_row("SELECT coalesce(max(id), 0) FROM webhooks", [], |row| row.get(0))?;
    // One that came late is found by when it came, which is after it was received.
    let mut received = journal.prepare_cached(
        "SELECT id, coalesce((SELECT handed_in_at FROM late_webhooks WHERE webhook = id), received_at)
         FROM webhooks WHERE id >= ?1 LIMIT 1",
    )?;
    let webhook = first(newest, |id| {
        let found = received.query_row([id], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)));
        Ok(found.optional()?.map(|(id, at)| (id, at >= since)))
    })?;
    let mut brought = journal.prepare_cached(
        "SELECT seq, webhook FROM events WHERE seq >= ?1 AND webhook > 0 AND NOT EXISTS
         (SELECT 1 FROM replayed WHERE replayed.webhook = events.webhook AND replayed.seq = events.seq)
         ORDER BY seq LIMIT 1",
    )?;
    let event = first(last_seq(journal)?, |seq| {
        let found = brought.query_row([seq], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)));
        Ok(found.optional()?.map(|(seq, of)| (seq, of >= webhook)))
    })?;
    Ok(ReplayCursor { webhook: webhook - 1, event: event - 1 })
}

/// The first number of a rising row that is wanted, found by halving. `look` gives the next one from a number on, and
/// whether it is wanted. One more than `last`: none is.
fn first(
    last: i64,
    mut look: impl FnMut(i64) -> rusqlite::Result<Option<(i64, bool)>>,
) -> rusqlite::Result<i64> {
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match look(middle)? {
            Some((number, false)) => low = number + 1,
            Some((_, true)) | None => high = middle,
        }
    }
    Ok(low)
}

fn slice(journal: &Connection, query: &ReplayQuery, from: ReplayCursor) -> Result<ReplaySlice, JournalError> {
    let mut webhooks: Vec<KeptWebhook> = Vec::new();
    let (mut others, mut bytes, mut next) = (0, 0, None);
    let (since, until) = (column(query.since), column(query.until));
    let mut last_late = None;
    let mut statement = journal.prepare_cached(
        "SELECT id, received_at, connector, component, head_size, raw_size, raw FROM webhooks
         WHERE id > ?1 AND connection = ?2 ORDER BY id",
    )?;
    let mut rows = statement.query(params![from.webhook, query.connection])?;
    while let Some(row) = rows.next()? {
        let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        if at > until.saturating_add(DISORDER_MS) {
            let last = match last_late {
                Some(last) => last,
                None => *last_late.insert(find_last_late(journal, query)?),
            };
            if id > last {
                break;
            }
        }
        if !(since..until).contains(&at) {
            continue;
        }
        let connector: String = row.get(2)?;
        if connector != query.connector {
            others += 1;
            continue;
        }
        let raw_size: usize = row.get(5)?;
        if !webhooks.is_empty()
            && (webhooks.len() == SLICE_WEBHOOKS_MAX || bytes + raw_size > SLICE_BYTES_MAX)
        {
            next = webhooks.last().map(|last| column(last.webhook.id));
            break;
        }
        bytes += raw_size;
        let mut webhook = StoredWebhook {
            id: number(row, 0)?,
            connection: query.connection.clone(),
            connector,
            component: row.get(3)?,
            received_at: number(row, 1)?,
            method: String::new(),
            url: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let raw = Raw { head_size: row.get(4)?, raw_size, bytes: row.get(6)? };
        let damage = raw.unpack(&mut webhook).err();
        webhooks.push(KeptWebhook { webhook, damage, events: Vec::new() });
    }
    let event = add_events(journal, query, from.event, &mut webhooks)?;
    Ok(ReplaySlice { webhooks, others, next: next.map(|webhook| ReplayCursor { webhook, event }) })
}

/// The last of the webhooks asked for that came late, behind others that were not asked for. 0: there is none.
fn find_last_late(journal: &Connection, query: &ReplayQuery) -> rusqlite::Result<i64> {
    let last = journal
        .prepare_cached(
            "SELECT webhook FROM late_webhooks JOIN webhooks ON id = webhook
             WHERE connection = ?1 AND received_at >= ?2 AND received_at < ?3 ORDER BY webhook DESC LIMIT 1",
        )?
        .query_row(params![query.connection, column(query.since), column(query.until)], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Gives each webhook its events; answers how far they were read.
fn add_events(
    journal: &Connection,
    query: &ReplayQuery,
    after: i64,
    webhooks: &mut [KeptWebhook],
) -> Result<i64, JournalError> {
    let Some(last) = webhooks.last().map(|last| last.webhook.id) else { return Ok(after) };
    let places: HashMap<u64, usize> =
        webhooks.iter().enumerate().map(|(place, kept)| (kept.webhook.id, place)).collect();
    let mut read = after;
    let mut statement = journal.prepare_cached(
        "SELECT seq, key, kind, event, webhook, received_at FROM events
         WHERE seq > ?1 AND connection = ?2 AND webhook > 0 AND NOT EXISTS
         (SELECT 1 FROM replayed WHERE replayed.webhook = events.webhook AND replayed.seq = events.seq) ORDER BY seq",
    )?;
    let mut rows = statement.query(params![after, query.connection])?;
    while let Some(row) = rows.next()? {
        let webhook = number(row, 4)?;
        if webhook > last {
            break;
        }
        read = row.get(0)?;
        let Some(kept) = places.get(&webhook).map(|place| &mut webhooks[*place]) else { continue };
        // The number of a webhook that was removed may be given again.
        if number(row, 5)? == kept.webhook.received_at {
            kept.events.push(kept_event(row)?);
        }
    }
    let mut added = journal.prepare_cached(
        "SELECT events.seq, key, kind, event FROM replayed JOIN events USING (seq) WHERE replayed.webhook = ?1
         ORDER BY events.seq",
    )?;
    for kept in webhooks {
        let mut rows = added.query([column(kept.webhook.id)])?;
        while let Some(row) = rows.next()? {
            kept.events.push(kept_event(row)?);
        }
    }
    Ok(read)
}

fn kept_event(row: &rusqlite::Row) -> Result<KeptEvent, JournalError> {
    let seq = number(row, 0)?;
    let key = row.get_ref(1)?.as_blob().map_err(|error| JournalError::damaged("events", seq, error))?;
    Ok(KeptEvent { seq, id: id_of_key(key), kind: row.get(2)?, event: row.get(3)? })
}

fn place(journal: &Connection, webhook: u64, id: &str) -> Result<KeptPlace, JournalError> {
    let Some(key) = key_of_id(id) else { return Ok(KeptPlace::Unknown) };
    let mut seen = journal.prepare_cached("SELECT seq FROM seen WHERE key = ?1")?;
    let seq: Option<i64> = seen.query_row([key], |row| row.get(0)).optional()?;
    let Some(seq) = seq else { return Ok(KeptPlace::Unknown) };
    let mut event = journal.prepare_cached(
        "SELECT seq, key, kind, event FROM events WHERE seq = ?1 AND key = ?2 AND webhook = ?3",
    )?;
    let mut rows = event.query(params![seq, key, column(webhook)])?;
    Ok(match rows.next()? {
        Some(row) => KeptPlace::Here(kept_event(row)?),
        None => KeptPlace::Elsewhere,
    })
}
