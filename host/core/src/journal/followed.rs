//! Conversations that pages follow: which events they have, and who is told that there is one more.
//!
//! Events have no index by conversation, which would cost every webhook a page write. Those of the connections that were
//! named when the journal was opened have one, in a table of its own.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Connection, params};
use tokio::sync::broadcast;

use super::reader::{EVENT_COLUMNS, stored_event};
use super::record::column;
use super::statements::{Statement, Statements};
use super::writer::Stored;
use super::{EVENTS_MAX, Journal, JournalError, StoredEvent};

/// Changes that a reader may be behind. One that is further behind reads its conversation anew.
const BEHIND_MAX: usize = 1_024;

/// The writer's side.
pub(super) struct Followed {
    connections: HashSet<String>,
    /// Of the transaction that is under way.
    changed: RefCell<Vec<Arc<str>>>,
    told: broadcast::Sender<Arc<str>>,
}

impl Followed {
    pub(super) fn new(connections: HashSet<String>) -> Self {
        Self { connections, changed: RefCell::default(), told: broadcast::channel(BEHIND_MAX).0 }
    }

    pub(super) fn sender(&self) -> broadcast::Sender<Arc<str>> {
        self.told.clone()
    }

    /// A transaction begins. What one before it noted, and did not commit, never happened.
    pub(super) fn begin(&self) {
        self.changed.borrow_mut().clear();
    }

    /// Tells the conversations of the transaction, which is on disk.
    pub(super) fn tell(&self) {
        for conversation in self.changed.borrow_mut().drain(..) {
            // Nobody follows: nobody has to know.
            let _ = self.told.send(conversation);
        }
    }
}

/// Notes an event of a conversation that pages follow.
pub(super) fn note(statements: &mut Statements, stored: &Stored, conversation: &str) -> rusqlite::Result<()> {
    let followed = statements.followed;
    if followed.connections.is_empty() || !followed.connections.contains(stored.connection) {
        return Ok(());
    }
    statements.of(Statement::Follow)?.execute(params![conversation, stored.seq])?;
    followed.changed.borrow_mut().push(conversation.into());
    Ok(())
}

/// Which of a conversation's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedQuery {
    /// [`conversation_key`](crate::conversation::conversation_key).
    pub conversation: String,
    /// Only events after the one with that number. Zero: all of them.
    pub after: u64,
    /// At most this many of them, the newest ones, and never more than [`EVENTS_MAX`].
    pub newest: usize,
}

impl Journal {
    /// Conversations of the connections named in [`JournalOptions::followed`](super::JournalOptions::followed), whenever one
    /// of them has one more event on disk.
    pub fn followed(&self) -> broadcast::Receiver<Arc<str>> {
        self.inner.followed.subscribe()
    }

    /// Events of a conversation of such a connection, oldest first. Those from before the connection was named are not there.
    pub async fn followed_events(&self, query: FollowedQuery) -> Result<Vec<StoredEvent>, JournalError> {
        self.inner.readers.run(move |connection| events(connection, &query)).await
    }
}

fn events(connection: &Connection, query: &FollowedQuery) -> Result<Vec<StoredEvent>, JournalError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {EVENT_COLUMNS} FROM events WHERE seq IN (SELECT seq FROM followed WHERE conversation = ?1
         AND seq > ?2 ORDER BY seq DESC LIMIT ?3) ORDER BY seq"
    ))?;
    let newest = column(query.newest.min(EVENTS_MAX) as u64);
    let mut rows = statement.query(params![query.conversation, column(query.after), newest])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(stored_event(row)?);
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::journal::JournalOptions;
    use crate::samples::{message, webhook};

    fn query(conversation: &str, after: u64, newest: usize) -> FollowedQuery {
        FollowedQuery { conversation: conversation.to_owned(), after, newest }
    }

    #[tokio::test]
    async fn what_is_followed_is_told_and_found_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let connection = webhook(vec![]).connection;
        let options =
            JournalOptions { followed: HashSet::from([connection.clone()]), ..JournalOptions::default() };
        let journal = Journal::open_with_clock(folder.path(), options, Arc::new(SystemClock)).unwrap();
        let mut followed = journal.followed();
        let texts = ["a1", "b1", "a2", "a2", "a3"];
        for text in texts {
            let contact = if text.starts_with('a') { "+491701" } else { "+491702" };
            journal.append(webhook(vec![message(text, contact)])).await.unwrap();
        }
        let mut other = webhook(vec![message("o1", "+491701")]);
        other.connection = "other".to_owned();
        journal.append(other).await.unwrap();

        let all = journal.events(super::super::EventQuery::default()).await.unwrap();
        assert_eq!(all.len(), 5, "one came twice");
        let (mine, theirs) = (all[0].conversation.clone(), all[1].conversation.clone());
        let mut told = Vec::new();
        while let Ok(conversation) = followed.try_recv() {
            told.push(conversation.to_string());
        }
        assert_eq!(told, [&mine, &theirs, &mine, &mine].map(Clone::clone), "not what came twice");

        let numbers = async |query| {
            let events: Vec<StoredEvent> = journal.followed_events(query).await.unwrap();
            events.iter().map(|event| event.seq).collect::<Vec<_>>()
        };
        assert_eq!(numbers(query(&mine, 0, 10)).await, [1, 3, 4]);
        assert_eq!(numbers(query(&mine, 0, 2)).await, [3, 4], "the newest");
        assert_eq!(numbers(query(&mine, 3, 10)).await, [4]);
        assert_eq!(numbers(query(&theirs, 0, 10)).await, [2]);
        assert_eq!(
            numbers(query(&all[4].conversation, 0, 10)).await,
            [] as [u64; 0],
            "of another connection"
        );

        // What is deleted is no longer listed, and what was read anew in another conversation is listed there.
        let path = folder.path().join(super::super::FILE_NAME);
        let database = Connection::open(path).unwrap();
        database.execute("DELETE FROM events WHERE seq = 3", []).unwrap();
        database.execute("UPDATE events SET conversation = ?1 WHERE seq = 4", [&theirs]).unwrap();
        assert_eq!(numbers(query(&mine, 0, 10)).await, [1]);
        assert_eq!(numbers(query(&theirs, 0, 10)).await, [2, 4]);
        journal.close().await.unwrap();
    }
}
