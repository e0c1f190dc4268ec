//! The removal itself, slice by slice. Each row may be gone already: an erasure is repeated after a crash.

use std::sync::Arc;

use rusqlite::{OptionalExtension, Transaction, params};
use trunkline_model::{Identifier, Outgoing};

use super::super::effect::Address;
use super::super::person::{FoundEvent, Marks, Person, Survey, is_group};
use super::super::record::{column, id_of_key, media_id};
use super::super::remove::{self, Reach, Removed};
use super::super::write::Writing;
use super::super::{Journal, JournalError};
use super::{Erased, Erasure, MediaFiles, SLICE_ROWS};

impl Journal {
    /// Messages first: nobody is to be written to who is being removed.
    pub(super) async fn remove(
        &self,
        person: &Person,
        survey: &Survey,
        erasure: &Erasure,
        files: &dyn MediaFiles,
        erased: &mut Erased,
    ) -> Result<(), JournalError> {
        let mut removed = Removed::default();
        self.in_slices(&survey.messages, &mut removed, |writing, numbers, removed| {
            let mut ids = Vec::new();
            for &number in numbers {
                ids.extend(remove::message(writing, column(number), Reach::Person, removed)?);
            }
            remove::message_keys(writing.transaction, &ids)
        })
        .await?;
        for slice in survey.events.chunks(SLICE_ROWS) {
            // Twice: somebody may have asked for one of them between.
            files.forget(media_ids(slice)).await;
            self.in_slices(slice, &mut removed, |writing, events, removed| {
                events.iter().try_for_each(|event| remove_event(writing, event, removed))
            })
            .await?;
            files.forget(media_ids(slice)).await;
        }
        self.in_slices(&survey.webhooks, &mut removed, |writing, ids, removed| {
            ids.iter().try_for_each(|&id| remove::webhook(writing, column(id), removed))
        })
        .await?;
        self.in_slices(&survey.conversations, &mut removed, |writing, keys, removed| {
            for key in keys {
                let mut delete =
                    writing.transaction.prepare_cached("DELETE FROM conversations WHERE key = ?1")?;
                removed.conversations += delete.execute([key])? as u64;
            }
            Ok(())
        })
        .await?;
        self.in_slices(&survey.profiles, &mut removed, |writing, rows, _| {
            let sql = "DELETE FROM profiles WHERE connection = ?1 AND contact = ?2";
            rows.iter()
                .try_for_each(|(of, contact)| writing.transaction.execute(sql, [of, contact]).map(drop))
        })
        .await?;
        if erasure.opt_outs {
            self.in_slices(&survey.opt_outs, &mut removed, |writing, rows, _| {
                let sql = "DELETE FROM opt_outs WHERE connection = ?1 AND contact = ?2";
                rows.iter()
                    .try_for_each(|(of, contact)| writing.transaction.execute(sql, [of, contact]).map(drop))
            })
            .await?;
        }
        self.blot(person, survey, &mut removed).await?;
        erased.removed = removed;
        Ok(())
    }

    /// Makes the person unreadable in what stays, since it is of others.
    async fn blot(
        &self,
        person: &Person,
        survey: &Survey,
        removed: &mut Removed,
    ) -> Result<(), JournalError> {
        let of = Arc::new((person.clone(), Marks::of(person)));
        let with = Arc::clone(&of);
        self.in_slices(&survey.mentions, removed, move |writing, events, _| {
            events.iter().try_for_each(|&seq| blot_event(writing, column(seq), &with.1))
        })
        .await?;
        let with = Arc::clone(&of);
        self.in_slices(&survey.message_mentions, removed, move |writing, numbers, _| {
            numbers.iter().try_for_each(|&number| blot_message(writing.transaction, column(number), &with))
        })
        .await?;
        self.in_slices(&survey.conversation_mentions, removed, move |writing, keys, _| {
            keys.iter().try_for_each(|key| blot_conversation(writing.transaction, key, &of))
        })
        .await
    }

    /// Works through rows, so many a transaction, and lets webhooks go between.
    async fn in_slices<T: Clone + Send + Sync + 'static>(
        &self,
        rows: &[T],
        removed: &mut Removed,
        work: impl Fn(&mut Writing, &[T], &mut Removed) -> rusqlite::Result<()> + Send + Sync + 'static,
    ) -> Result<(), JournalError> {
        let work = Arc::new(work);
        for slice in rows.chunks(SLICE_ROWS) {
            let (slice, work) = (slice.to_vec(), Arc::clone(&work));
            let of_slice = self
                .write(move |writing| {
                    let mut removed = Removed::default();
                    work(writing, &slice, &mut removed)?;
                    Ok(removed)
                })
                .await?;
            removed.add(&of_slice);
        }
        Ok(())
    }
}

fn media_ids(events: &[FoundEvent]) -> Vec<String> {
    let ids = events.iter().flat_map(|event| {
        let id = id_of_key(&event.key);
        (0..event.media).map(move |number| media_id(&id, number))
    });
    ids.collect()
}

fn remove_event(writing: &mut Writing, event: &FoundEvent, removed: &mut Removed) -> rusqlite::Result<()> {
    if let Some((connection, provider_id)) = &event.status {
        writing
            .transaction
            .prepare_cached("DELETE FROM unmatched_statuses WHERE connection = ?1 AND provider_id = ?2")?
            .execute([connection, provider_id])?;
    }
    remove::event(writing, column(event.seq), Reach::Person, removed)
}

fn blot_event(writing: &mut Writing, seq: i64, marks: &Marks) -> rusqlite::Result<()> {
    let row: Option<(String, String)> = writing
        .transaction
        .prepare_cached("SELECT connection, event FROM events WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((connection, json)) = row else { return Ok(()) };
    let Some(blotted) = marks.blot(&json) else { return Ok(()) };
    writing.tally.holdings.add(&connection, 0, column(blotted.len() as u64) - column(json.len() as u64));
    writing
        .transaction
        .prepare_cached("UPDATE events SET event = ?2 WHERE seq = ?1")?
        .execute(params![seq, blotted])?;
    Ok(())
}

/// The person is no recipient of a group, only somebody who spoke there.
fn without(person: &Person, connection: &str, to: &mut Vec<Identifier>) {
    to.retain(|identifier| !person.is(connection, identifier));
}

/// One that is still to be sent needs what stands in it: a repetition of the erasure finds it.
fn blot_message(transaction: &Transaction, number: i64, of: &(Person, Marks)) -> rusqlite::Result<()> {
    let (person, marks) = of;
    let row: Option<(String, [Option<String>; 4])> = transaction
        .prepare_cached(
            "SELECT connection, outgoing, receipts, failure, context FROM messages WHERE number = ?1
             AND state NOT IN ('queued', 'sending')",
        )?
        .query_row([number], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])))
        .optional()?;
    let Some((connection, mut columns)) = row else { return Ok(()) };
    if let Some(Ok(mut outgoing)) = columns[0].as_deref().map(serde_json::from_str::<Outgoing>)
        && is_group(outgoing.thread.as_ref())
    {
        without(person, &connection, &mut outgoing.to);
        columns[0] = serde_json::to_string(&outgoing).ok();
    }
    for column in &mut columns {
        *column = column.take().map(|json| marks.blot(&json).unwrap_or(json));
    }
    transaction
        .prepare_cached(
            "UPDATE messages SET outgoing = ?2, receipts = ?3, failure = ?4, context = ?5 WHERE number = ?1",
        )?
        .execute(params![number, columns[0], columns[1], columns[2], columns[3]])?;
    // What a provider answered may quote the message.
    transaction
        .prepare_cached("UPDATE calls SET url = '', headers = NULL, body = NULL WHERE message = ?1")?
        .execute([number])?;
    Ok(())
}

fn blot_conversation(transaction: &Transaction, key: &str, of: &(Person, Marks)) -> rusqlite::Result<()> {
    let (person, marks) = of;
    let row: Option<(String, String, Option<String>, Option<String>)> = transaction
        .prepare_cached("SELECT connection, address, inbound, answers FROM conversations WHERE key = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((connection, address, mut inbound, answers)) = row else { return Ok(()) };
    let mut blotted = address.clone();
    if let Ok(mut address) = serde_json::from_str::<Address>(&address)
        && is_group(address.thread.as_ref())
    {
        let before = address.to.len();
        without(person, &connection, &mut address.to);
        if address.to.len() != before {
            // They spoke last: what came along with that is theirs.
            inbound = None;
        }
        blotted = serde_json::to_string(&address).unwrap_or(blotted);
    }
    let blot = |json: String| marks.blot(&json).unwrap_or(json);
    transaction
        .prepare_cached("UPDATE conversations SET address = ?2, inbound = ?3, answers = ?4 WHERE key = ?1")?
        .execute(params![key, blot(blotted), inbound.map(blot), answers.map(blot)])?;
    Ok(())
}
