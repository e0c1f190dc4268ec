//! Events that failed at a destination: what waits, what is dead, and what somebody decides about the dead.
//!
//! A running delivery writes its own rows ([`super::Progress`]). Of dead letters it knows nothing any more, so that they
//! can be retried and dropped here beside it: only a row that is dead changes, and only its state.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::audit::{Actor, AuditEntry};
use super::progress::{Parked, ParkedState};
use super::reader::number;
use super::record::{StoredEvent, column};
use super::{Journal, JournalError, reader};

/// Deliveries of one answer, and of one decision, at most.
pub const DELIVERIES_MAX: usize = 1_000;
/// Events that a record of a decision names; of the others it has the number.
const NAMED_MAX: usize = 20;

/// Which deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// Only to this destination.
    pub destination: Option<String>,
    /// Only in this state; None: waiting and dead.
    pub state: Option<ParkedState>,
    /// Only what comes after this one: destination and number.
    pub after: Option<(String, u64)>,
    /// At most so many, and never more than [`DELIVERIES_MAX`].
    pub limit: usize,
}

/// An event that failed at a destination, or waits behind one that did.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The destination.
    pub destination: String,
    /// How far it is with it.
    pub parked: Parked,
    /// The event. None: it is no longer stored.
    pub event: Option<StoredEvent>,
}

/// Which dead letters of a destination somebody decides about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetters {
    /// The event with that public id.
    One(String),
    /// All of them, oldest first, [`DELIVERIES_MAX`] at once: ask again until none is left.
    All,
}

/// How many deliveries a destination has in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryCount {
    /// The destination.
    pub destination: String,
    /// Every event up to this one is delivered, not wanted, waiting, or dead.
    pub cursor: u64,
    /// Attempted again.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
}

impl Journal {
    /// What a destination has to attempt again, oldest first; and whatever else is beyond its cursor and must not be.
    pub async fn parked(&self, destination: &str) -> Result<Vec<Parked>, JournalError> {
        let destination = destination.to_owned();
        self.inner.readers.run(move |connection| parked(connection, &destination)).await
    }

    /// Deliveries that failed, by destination and number.
    pub async fn deliveries(&self, query: DeliveryQuery) -> Result<Vec<Delivery>, JournalError> {
        self.inner.readers.run(move |connection| deliveries(connection, &query)).await
    }

    /// The delivery of the event with that public id. None: it is delivered, not wanted, or still to come.
    pub async fn delivery(&self, destination: &str, event: &str) -> Result<Option<Delivery>, JournalError> {
        let Some(key) = super::record::key_of_id(event) else { return Ok(None) };
        let destination = destination.to_owned();
        self.inner.readers.run(move |connection| delivery(connection, &destination, &key)).await
    }

    /// What every destination has, whether it is configured or not.
    pub async fn delivery_counts(&self) -> Result<Vec<DeliveryCount>, JournalError> {
        self.inner.readers.run(counts).await
    }

    /// Lets dead letters wait for an attempt again, from the first one on, and keeps a record of it.
    ///
    /// Gives the rows for [`crate::delivery::Control::revive`]: a running delivery learns of them no other way.
    pub async fn retry_dead(
        &self,
        destination: &str,
        letters: DeadLetters,
        actor: Actor,
    ) -> Result<Vec<Parked>, JournalError> {
        self.decide(destination, letters, Decision { state: ParkedState::Waiting, actor, reason: None }).await
    }

    /// Gives dead letters up, and keeps a record of it. The events stay in the journal. Gives how many there were.
    pub async fn drop_dead(
        &self,
        destination: &str,
        letters: DeadLetters,
        actor: Actor,
        reason: Option<String>,
    ) -> Result<usize, JournalError> {
        let decision = Decision { state: ParkedState::Dropped, actor, reason };
        self.decide(destination, letters, decision).await.map(|rows| rows.len())
    }

    async fn decide(
        &self,
        destination: &str,
        letters: DeadLetters,
        decision: Decision,
    ) -> Result<Vec<Parked>, JournalError> {
        let destination = destination.to_owned();
        self.write(move |writing| decision.write(writing.transaction, &destination, &letters, writing.now))
            .await
    }
}

/// What becomes of dead letters.
struct Decision {
    state: ParkedState,
    actor: Actor,
    reason: Option<String>,
}

impl Decision {
    fn write(
        &self,
        transaction: &rusqlite::Transaction,
        destination: &str,
        letters: &DeadLetters,
        now: i64,
    ) -> rusqlite::Result<Vec<Parked>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM parked WHERE destination = ?1 AND state = 'dead' AND (?2 IS NULL OR seq = ?2)
             ORDER BY seq LIMIT ?3"
        );
        let seq = match letters {
            DeadLetters::All => None,
            DeadLetters::One(id) => {
                let key = super::record::key_of_id(id).unwrap_or_default();
                let Some(seq) = reader::seq_of_key(transaction, &key)? else { return Ok(Vec::new()) };
                Some(column(seq))
            }
        };
        let limit = column(DELIVERIES_MAX as u64);
        let mut rows: Vec<Parked> = transaction
            .prepare_cached(&sql)?
            .query_map(params![destination, seq, limit], parked_row)?
            .collect::<rusqlite::Result<_>>()?;
        let mut update = transaction.prepare_cached(
            "UPDATE parked SET state = ?3, attempt = ?4, due_at = ?5 WHERE destination = ?1 AND seq = ?2",
        )?;
        for row in &mut rows {
            row.state = self.state;
            if self.state == ParkedState::Waiting {
                (row.attempt, row.due_at) = (0, 0);
            }
            let (seq, due_at) = (column(row.seq), column(row.due_at));
            update.execute(params![destination, seq, self.state.name(), row.attempt, due_at])?;
        }
        if !rows.is_empty() {
            self.record(transaction, destination, &rows, now)?;
        }
        // Behind the cursor nothing needs to know of them any more.
        transaction
            .prepare_cached(
                "DELETE FROM parked WHERE destination = ?1 AND state = 'dropped'
                 AND seq <= (SELECT cursor FROM destinations WHERE name = ?1)",
            )?
            .execute([destination])?;
        Ok(rows)
    }

    fn record(
        &self,
        transaction: &rusqlite::Transaction,
        destination: &str,
        rows: &[Parked],
        now: i64,
    ) -> rusqlite::Result<()> {
        let mut ids = Vec::new();
        for row in rows.iter().take(NAMED_MAX) {
            ids.extend(reader::event_at(transaction, row.seq).ok().flatten().map(|event| event.id));
        }
        let mut detail = json!({ "deliveries": rows.len(), "events": ids });
        if let Some(reason) = &self.reason {
            detail["reason"] = reason.as_str().into();
        }
        let action = if self.state == ParkedState::Waiting { "delivery.retry" } else { "delivery.drop" };
        AuditEntry { actor: self.actor.clone(), action, subject: destination.to_owned(), detail }
            .write(transaction, now)
    }
}

const COLUMNS: &str = "seq, conversation, state, attempt, due_at, failed_at, reason";

fn parked_row(row: &Row) -> rusqlite::Result<Parked> {
    let state: String = row.get(2)?;
    Ok(Parked {
        seq: number(row, 0)?,
        conversation: row.get(1)?,
        // A state that this host does not know is not one to attempt.
        state: ParkedState::parse(&state).unwrap_or(ParkedState::Dead),
        attempt: row.get(3)?,
        due_at: number(row, 4)?,
        failed_at: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
        reason: row.get(6)?,
    })
}

fn parked(connection: &Connection, destination: &str) -> Result<Vec<Parked>, JournalError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM parked WHERE destination = ?1 AND (state = 'waiting'
         OR seq > coalesce((SELECT cursor FROM destinations WHERE name = ?1), 0)) ORDER BY seq"
    ))?;
    let rows = statement.query_map([destination], parked_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn deliveries(connection: &Connection, query: &DeliveryQuery) -> Result<Vec<Delivery>, JournalError> {
    // The state stands in the text, so that the index of the dead is used for them.
    let states = match query.state {
        Some(state) => format!("state = '{}'", state.name()),
        None => "state <> 'dropped'".to_owned(),
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, destination FROM parked WHERE {states} AND (?1 IS NULL OR destination = ?1)
         AND (?2 IS NULL OR (destination, seq) > (?2, ?3)) ORDER BY destination, seq LIMIT ?4"
    ))?;
    let (after_destination, after_seq) =
        query.after.clone().map_or((None, 0), |(name, seq)| (Some(name), seq));
    let limit = column(query.limit.min(DELIVERIES_MAX) as u64);
    let rows = statement
        .query_map(params![query.destination, after_destination, column(after_seq), limit], |row| {
            Ok((row.get::<_, String>(7)?, parked_row(row)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter()
        .map(|(destination, parked)| {
            let event = reader::event_at(connection, parked.seq)?;
            Ok(Delivery { destination, parked, event })
        })
        .collect()
}

fn delivery(
    connection: &Connection,
    destination: &str,
    key: &[u8],
) -> Result<Option<Delivery>, JournalError> {
    let Some(seq) = reader::seq_of_key(connection, key)? else { return Ok(None) };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM parked WHERE destination = ?1 AND seq = ?2 AND state <> 'dropped'"
    ))?;
    let Some(parked) = statement.query_row(params![destination, column(seq)], parked_row).optional()? else {
        return Ok(None);
    };
    let event = reader::event_at(connection, seq)?;
    Ok(Some(Delivery { destination: destination.to_owned(), parked, event }))
}

fn counts(connection: &Connection) -> Result<Vec<DeliveryCount>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, cursor,
         (SELECT count(*) FROM parked WHERE destination = name AND state = 'waiting'),
         (SELECT count(*) FROM parked WHERE destination = name AND state = 'dead')
         FROM destinations ORDER BY name",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(DeliveryCount {
            destination: row.get(0)?,
            cursor: number(row, 1)?,
            waiting: number(row, 2)?,
            dead: number(row, 3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::journal::{JournalOptions, Progress};
    use crate::samples::{message, webhook};

    async fn journal() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        let events = (1..=4).map(|number| message(&number.to_string(), "alice")).collect();
        journal.append(webhook(events)).await.unwrap();
        let row = |seq, state| Parked {
            seq,
            conversation: "shop/account/alice".into(),
            state,
            attempt: 37,
            due_at: 9,
            failed_at: Some(8),
            reason: "answered 400".into(),
        };
        let parked: BTreeMap<_, _> = [
            (1, Some(row(1, ParkedState::Dead))),
            (2, Some(row(2, ParkedState::Waiting))),
            (4, Some(row(4, ParkedState::Dead))),
        ]
        .into();
        journal.progress(Progress { destination: "crm".into(), cursor: 2, parked }).await.unwrap();
        (folder, journal)
    }

    fn id(number: u64) -> String {
        crate::journal::event_id("shop", "account", &number.to_string())
    }

    async fn dead(journal: &Journal) -> Vec<u64> {
        let query = DeliveryQuery { state: Some(ParkedState::Dead), limit: 10, ..DeliveryQuery::default() };
        journal.deliveries(query).await.unwrap().into_iter().map(|delivery| delivery.parked.seq).collect()
    }

    #[tokio::test]
    async fn dead_letters_are_listed_counted_and_shown() {
        let (_folder, journal) = journal().await;
        assert_eq!(dead(&journal).await, [1, 4]);
        let all = journal.deliveries(DeliveryQuery { limit: 2, ..DeliveryQuery::default() }).await.unwrap();
        assert_eq!(all.iter().map(|one| one.parked.seq).collect::<Vec<_>>(), [1, 2]);
        let after = Some(("crm".to_owned(), 2));
        let rest =
            journal.deliveries(DeliveryQuery { after, limit: 2, ..DeliveryQuery::default() }).await.unwrap();
        assert_eq!(rest.iter().map(|one| one.parked.seq).collect::<Vec<_>>(), [4]);
        let counted = DeliveryCount { destination: "crm".into(), cursor: 2, waiting: 1, dead: 2 };
        assert_eq!(journal.delivery_counts().await.unwrap(), [counted]);
        let shown = journal.delivery("crm", &id(4)).await.unwrap().expect("a dead letter");
        assert_eq!((shown.parked.failed_at, shown.event.map(|event| event.id)), (Some(8), Some(id(4))));
        assert!(journal.delivery("crm", &id(3)).await.unwrap().is_none(), "still to come");
        assert!(journal.delivery("crm", "evt_").await.unwrap().is_none());
        // What waits, and what must not be read as if it were new.
        let resumed = journal.parked("crm").await.unwrap();
        assert_eq!(
            resumed.iter().map(|row| (row.seq, row.state)).collect::<Vec<_>>(),
            [(2, ParkedState::Waiting), (4, ParkedState::Dead)]
        );
    }

    #[tokio::test]
    async fn a_retried_letter_begins_anew_and_only_once() {
        let (_folder, journal) = journal().await;
        let ada = Actor::new("ada");
        let retried = journal.retry_dead("crm", DeadLetters::One(id(1)), ada.clone()).await.unwrap();
        let row = retried.first().expect("one");
        assert_eq!((row.seq, row.state, row.attempt), (1, ParkedState::Waiting, 0));
        assert_eq!(row.reason, "answered 400", "known until the next attempt");
        assert_eq!(journal.retry_dead("crm", DeadLetters::One(id(1)), ada.clone()).await.unwrap(), []);
        assert_eq!(journal.retry_dead("crm", DeadLetters::One(id(2)), ada).await.unwrap(), [], "it waits");
        assert_eq!(dead(&journal).await, [4]);
        let records = journal.audit(0, 10).await.unwrap();
        assert_eq!(records.len(), 1, "only what was done is written down");
        assert_eq!((records[0].actor.as_str(), records[0].action.as_str()), ("ada", "delivery.retry"));
        assert_eq!(records[0].detail, json!({ "deliveries": 1, "events": [id(1)] }));
    }

    #[tokio::test]
    async fn what_is_dropped_is_recorded_and_known_until_the_cursor_has_passed() {
        let (_folder, journal) = journal().await;
        let dropped = journal.drop_dead("crm", DeadLetters::All, Actor::new("ada"), Some("spam".into()));
        assert_eq!(dropped.await.unwrap(), 2);
        assert_eq!(dead(&journal).await, [] as [u64; 0]);
        let resumed = journal.parked("crm").await.unwrap();
        assert_eq!(
            resumed.iter().map(|row| (row.seq, row.state)).collect::<Vec<_>>(),
            [(2, ParkedState::Waiting), (4, ParkedState::Dropped)]
        );
        let progress = Progress { destination: "crm".into(), cursor: 4, ..Progress::default() };
        journal.progress(progress).await.unwrap();
        assert_eq!(journal.parked("crm").await.unwrap().len(), 1);
        let records = journal.audit(0, 10).await.unwrap();
        assert_eq!(records[0].action, "delivery.drop");
        assert_eq!(records[0].detail, json!({ "deliveries": 2, "events": [id(1), id(4)], "reason": "spam" }));
        assert!(journal.event(&id(1)).await.unwrap().is_some(), "the event itself stays");
    }
}
