//! Removes a person: everything that is kept of them, and nothing that is kept of others.
//!
//! First it is looked up who else the person is, and that is written down, so that a crash in the middle loses nothing:
//! a repetition finds what is left. Then rows go in small transactions, between those of webhooks. At the end the
//! log of the database is emptied, since it holds what stood in the pages before.

mod apply;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::json;
use trunkline_model::Identifier;

use super::audit::{Actor, AuditEntry};
use super::person::{Known, Person, Survey, survey};
use super::remove::Removed;
use super::{Journal, JournalError};

/// Rows of one transaction: a few milliseconds.
const SLICE_ROWS: usize = 64;
/// Readers hold the log for milliseconds; so often it is tried to empty it ...
const EMPTY_TRIES: u32 = 50;
/// ... that far apart.
const EMPTY_WAIT: Duration = Duration::from_millis(100);

/// What is to be erased.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// The person, by any identifier.
    pub identifier: Identifier,
    /// Only what is kept of this connection. None: of all.
    pub connection: Option<String>,
    /// Also that they do not want to be written to. Kept else, so that nobody writes to them again.
    pub opt_outs: bool,
    /// Nothing is removed, only counted.
    pub dry_run: bool,
    /// Who asks.
    pub actor: Actor,
}

/// What was erased, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Who the person is: what was asked for first, then what the journal knew.
    pub identifiers: Vec<Known>,
    /// Rows.
    pub removed: Removed,
    /// Media items in their events.
    pub media: u64,
    /// Names that were looked up.
    pub profiles: u64,
    /// Opt-outs, where they were to go.
    pub opt_outs: u64,
    /// Opt-outs that are kept.
    pub opt_outs_kept: u64,
    /// Events, messages and conversations of others in which an identifier of the person was made unreadable.
    pub blotted: u64,
    /// Conversations that were removed, by their keys.
    pub conversations: Vec<String>,
    /// False: the log of the database could not be emptied, because somebody reads; it is overwritten before long.
    pub log_emptied: bool,
}

/// Forgets files that are kept outside of the journal.
pub trait MediaFiles: Send + Sync {
    /// Forgets the files of these media items.
    fn forget(&self, media_ids: Vec<String>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// There are none.
impl MediaFiles for () {
    fn forget(&self, _: Vec<String>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// The identifier is that of an account of ours, so that it stands in everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnAccount;

impl Journal {
    /// Erases a person. What comes in while this runs may be left: ask again.
    pub async fn erase(
        &self,
        erasure: Erasure,
        files: &dyn MediaFiles,
    ) -> Result<Result<Erased, OwnAccount>, JournalError> {
        let Some((mut person, unfinished)) =
            self.person(&erasure.identifier, erasure.connection.clone()).await?
        else {
            return Ok(Err(OwnAccount));
        };
        let survey = survey(self, &mut person).await?;
        let mut erased = counted(&person, &survey, erasure.opt_outs);
        if erasure.dry_run {
            return Ok(Ok(erased));
        }
        let number = self.write_down(&person).await?;
        self.remove(&person, &survey, &erasure, files, &mut erased).await?;
        self.finish(&erasure, &erased, number, unfinished).await?;
        erased.log_emptied = self.empty_log().await?;
        Ok(Ok(erased))
    }

    /// The person with that identifier, as far as an erasure of them that did not end knew them. None: it is an account
    /// of ours.
    pub(super) async fn person(
        &self,
        identifier: &Identifier,
        connection: Option<String>,
    ) -> Result<Option<(Person, Vec<i64>)>, JournalError> {
        let asked = Person::new(identifier.clone(), connection);
        self.inner
            .readers
            .run(move |connection| {
                let mut accounts = connection.prepare_cached("SELECT account FROM accounts")?;
                let ours =
                    accounts.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
                let mut person = Person { ours, ..asked };
                if person.is_ours(&person.identifiers[0].identifier) {
                    return Ok(None);
                }
                let mut begun =
                    connection.prepare_cached("SELECT number, person FROM erasures ORDER BY number")?;
                let begun = begun.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let mut unfinished = Vec::new();
                for row in begun {
                    let (number, json): (i64, String) = row?;
                    let Ok(other) = serde_json::from_str::<Person>(&json) else { continue };
                    if person.continues(&other) {
                        unfinished.push(number);
                    }
                }
                Ok(Some((person, unfinished)))
            })
            .await
    }

    async fn write_down(&self, person: &Person) -> Result<i64, JournalError> {
        let json = serde_json::to_string(person).map_err(JournalError::encoding)?;
        self.write(move |writing| {
            writing.transaction.prepare_cached("INSERT INTO erasures (person) VALUES (?1)")?.insert([&json])
        })
        .await
    }

    async fn finish(
        &self,
        erasure: &Erasure,
        erased: &Erased,
        number: i64,
        mut done: Vec<i64>,
    ) -> Result<(), JournalError> {
        done.push(number);
        let entry = AuditEntry {
            actor: erasure.actor.clone(),
            action: "contact.erase",
            subject: erasure.connection.clone().unwrap_or_else(|| "all connections".to_owned()),
            detail: json!({
                "events": erased.removed.events,
                "webhooks": erased.removed.webhooks,
                "messages": erased.removed.messages,
                "media": erased.media,
                "opt_outs": erased.opt_outs,
            }),
        };
        self.write(move |writing| {
            for number in &done {
                writing.transaction.execute("DELETE FROM erasures WHERE number = ?1", [number])?;
            }
            entry.write(writing.transaction, writing.now)
        })
        .await
    }

    /// Copies the log of the database back and empties it. False: somebody reads from it all the time.
    pub(super) async fn empty_log(&self) -> Result<bool, JournalError> {
        for _ in 0..EMPTY_TRIES {
            if self.ask(|reply| super::writer::Command::EmptyLog { reply }).await? {
                return Ok(true);
            }
            tokio::time::sleep(EMPTY_WAIT).await;
        }
        Ok(false)
    }
}

fn counted(person: &Person, survey: &Survey, opt_outs: bool) -> Erased {
    let count = |length: usize| length as u64;
    let (removed, kept) = if opt_outs { (survey.opt_outs.len(), 0) } else { (0, survey.opt_outs.len()) };
    Erased {
        identifiers: person.identifiers.clone(),
        removed: Removed {
            events: count(survey.events.len()),
            webhooks: count(survey.webhooks.len()),
            messages: count(survey.messages.len()),
            conversations: count(survey.conversations.len()),
            ..Removed::default()
        },
        media: count(survey.events.iter().map(|event| event.media).sum()),
        profiles: count(survey.profiles.len()),
        opt_outs: count(removed),
        opt_outs_kept: count(kept),
        blotted: count(
            survey.mentions.len() + survey.message_mentions.len() + survey.conversation_mentions.len(),
        ),
        conversations: survey.conversations.clone(),
        log_emptied: false,
    }
}
