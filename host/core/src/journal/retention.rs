//! Removes what is older than it is to be kept, or more than is to be kept; never what is still to be delivered or sent.
//!
//! Readers look for it, from the oldest on and each row once: the table `holdings` says how far every connection has
//! been swept. The writer removes it in slices of a few milliseconds, after it has looked again, and rests as long.

mod sweep;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::audit::{Actor, AuditEntry};
use super::record::column;
use super::remove::{self, Reach, Removed};
use super::write::Writing;
use super::{Journal, JournalError, MediaFiles, blobs};
use crate::route::Routes;
use sweep::{Found, Owed};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Rows of one transaction.
const SLICE_ROWS: usize = 64;
/// Bytes after which a transaction ends early: what is deleted is overwritten.
const SLICE_BYTES: u64 = 1 << 20;

/// How much is kept. None: without limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Days since it came in.
    pub days: Option<u32>,
    /// Bytes of events, raw webhooks and the files inside of them.
    pub bytes: Option<u64>,
}

/// What is kept of whom.
#[derive(Debug, Clone, Default)]
pub struct Retention {
    /// Of every connection that is not named.
    pub default: Keep,
    /// By connection.
    pub connections: BTreeMap<String, Keep>,
    /// The destinations that events are delivered to.
    pub destinations: Vec<String>,
    /// What they want.
    pub routes: Arc<Routes>,
}

/// What a sweep works with.
#[derive(Clone, Copy)]
struct Sweep<'a> {
    retention: &'a Retention,
    files: &'a dyn MediaFiles,
}

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// What was removed.
    pub removed: Removed,
    /// Events that would have been removed, by the destination that has not got them.
    pub held_back: BTreeMap<String, u64>,
}

impl Retention {
    fn keep(&self, connection: &str) -> Keep {
        self.connections.get(connection).copied().unwrap_or(self.default)
    }

    /// Whether anything is ever removed.
    pub fn is_limited(&self) -> bool {
        let mut all = self.connections.values().chain([&self.default]);
        all.any(|keep| keep.days.is_some() || keep.bytes.is_some())
    }

    /// What came in before is over.
    fn before(&self, connection: &str, now: u64) -> Option<u64> {
        self.keep(connection).days.map(|days| now.saturating_sub(u64::from(days) * DAY_MS))
    }
}

impl Journal {
    /// Removes what is over by that time. Takes as long as it takes: the writer serves others between.
    pub async fn sweep(
        &self,
        retention: &Retention,
        files: &dyn MediaFiles,
        now: u64,
    ) -> Result<Swept, JournalError> {
        let sweep = Sweep { retention, files };
        let mut swept = Swept::default();
        for (connection, from) in self.swept().await? {
            let before = retention.before(&connection, now);
            let held_before = swept.held_back.clone();
            if let Some(before) = before {
                self.sweep_events(sweep, &connection, from, Over::Before(before), &mut swept).await?;
            }
            if let Some(bytes_max) = retention.keep(&connection).bytes {
                self.sweep_size(sweep, &connection, bytes_max, &mut swept).await?;
            }
            if let Some(before) = before {
                self.sweep_messages(&connection, before, &mut swept.removed).await?;
                // Whoever gets an event late may still want to answer it.
                if swept.held_back == held_before {
                    self.sweep_conversations(&connection, before, &mut swept.removed).await?;
                }
            }
        }
        if let Some(days) = retention.default.days {
            let before = column(now.saturating_sub(u64::from(days) * DAY_MS));
            // One at a time: it may be a large one.
            while let removed @ 1.. =
                self.rested(move |writing| blobs::forget_uploads(writing.transaction, before, 1)).await?
            {
                swept.removed.blobs += removed;
            }
        }
        self.note(&swept).await?;
        Ok(swept)
    }

    /// What exceeds the bytes is removed from the oldest on.
    async fn sweep_size(
        &self,
        sweep: Sweep<'_>,
        connection: &str,
        bytes_max: u64,
        swept: &mut Swept,
    ) -> Result<(), JournalError> {
        let held = self.holdings().await?;
        let held = held.iter().find(|holding| holding.connection == connection);
        let excess = held.map_or(0, |holding| holding.bytes.saturating_sub(bytes_max));
        if excess == 0 {
            return Ok(());
        }
        let from = self.swept().await?.into_iter().find(|(name, _)| name == connection);
        let from = from.map_or(0, |(_, from)| from);
        self.sweep_events(sweep, connection, from, Over::Bytes(excess), swept).await
    }

    async fn sweep_events(
        &self,
        sweep: Sweep<'_>,
        connection: &str,
        from: u64,
        over: Over,
        swept: &mut Swept,
    ) -> Result<(), JournalError> {
        let (mut position, mut over) = (from, over);
        // Rows before an event that is held back are looked at again the next time.
        let mut all_gone = true;
        loop {
            let found = self.find_events(sweep.retention, connection, position, over).await?;
            let Found { events, media, held_back, next, more } = found;
            all_gone &= held_back.is_empty();
            for (destination, count) in held_back {
                *swept.held_back.entry(destination).or_default() += count;
            }
            let mut left = events.as_slice();
            while !left.is_empty() {
                let (slice, of) = (left.to_vec(), connection.to_owned());
                let owed = Owed::of(sweep.retention);
                let (done, removed) =
                    self.rested(move |writing| remove_events(writing, &slice, &of, &owed, over)).await?;
                over = over.less(removed.bytes);
                swept.removed.add(&removed);
                left = &left[done..];
                if over == Over::Bytes(0) {
                    // Those that stay are fetched again when they are asked for.
                    sweep.files.forget(media).await;
                    return Ok(());
                }
            }
            if !media.is_empty() {
                sweep.files.forget(media).await;
            }
            position = next;
            if all_gone {
                let (of, to) = (connection.to_owned(), column(position));
                self.write(move |writing| {
                    writing
                        .transaction
                        .prepare_cached("UPDATE holdings SET swept = max(swept, ?2) WHERE connection = ?1")?
                        .execute(rusqlite::params![of, to])
                })
                .await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Writes, and lets others write for as long.
    async fn rested<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Writing) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        let begun = Instant::now();
        let done = self.write(work).await?;
        tokio::time::sleep(begun.elapsed()).await;
        Ok(done)
    }

    async fn note(&self, swept: &Swept) -> Result<(), JournalError> {
        if swept.removed.is_nothing() {
            return Ok(());
        }
        let entry = AuditEntry {
            actor: Actor::host(),
            action: "retention.sweep",
            subject: "all connections".to_owned(),
            detail: json!(swept.removed),
        };
        self.write(move |writing| entry.write(writing.transaction, writing.now)).await
    }
}

/// Why events are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// They came in before that time.
    Before(u64),
    /// There are so many bytes too much.
    Bytes(u64),
}

impl Over {
    fn less(self, bytes: u64) -> Self {
        match self {
            Self::Before(_) => self,
            Self::Bytes(left) => Self::Bytes(left.saturating_sub(bytes)),
        }
    }
}

/// Gives how many of them it has come past.
fn remove_events(
    writing: &mut Writing,
    seqs: &[u64],
    connection: &str,
    owed: &Owed,
    over: Over,
) -> rusqlite::Result<(usize, Removed)> {
    let mut removed = Removed::default();
    let cursors = owed.cursors(writing.transaction)?;
    for (number, &seq) in seqs.iter().enumerate() {
        let enough = over.less(removed.bytes) == Over::Bytes(0);
        if enough || number >= SLICE_ROWS || removed.bytes > SLICE_BYTES {
            return Ok((number.max(1), removed));
        }
        // Looked at again: somebody may have been told to deliver it once more.
        if owed.to(writing.transaction, &cursors, seq, connection)?.is_none() {
            remove::event(writing, column(seq), Reach::Unneeded, &mut removed)?;
        }
    }
    Ok((seqs.len(), removed))
}
