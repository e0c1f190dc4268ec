//! A write that is not part of a webhook's way in: it runs in the transaction of its group, and is answered after the
//! commit like all the others.

use rusqlite::Transaction;
use tokio::sync::oneshot;

use super::followed::Followed;
use super::writer::{Command, Reply, Tally};
use super::{Journal, JournalError};

/// What a write works with.
pub(super) struct Writing<'a, 'connection> {
    /// Of the whole group.
    pub transaction: &'a Transaction<'connection>,
    /// Which conversations pages follow.
    pub followed: &'a Followed,
    /// Milliseconds since the Unix epoch.
    pub now: i64,
    /// What the transaction adds to the totals.
    pub tally: &'a mut Tally,
}

/// Something to be written.
///
/// May run twice: where a group fails for one of its members, the others are tried again, each alone.
pub(super) trait Write: Send {
    /// Writes.
    fn run(&mut self, writing: &mut Writing) -> rusqlite::Result<()>;
    /// It is on disk, or nothing of it is.
    fn answer(self: Box<Self>, result: Result<(), JournalError>);
}

/// A closure as a [`Write`], with what it gave.
struct Work<F, T> {
    work: F,
    done: Option<T>,
    reply: Reply<T>,
}

impl<F, T> Write for Work<F, T>
where
    F: FnMut(&mut Writing) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, writing: &mut Writing) -> rusqlite::Result<()> {
        self.done = Some((self.work)(writing)?);
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<(), JournalError>) {
        let Self { done, reply, .. } = *self;
        // Who no longer listens has it written all the same.
        let _ = reply.send(result.and_then(|()| done.ok_or(JournalError::Closed)));
    }
}

impl Journal {
    /// Writes in a transaction; answers when the commit is on disk.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, JournalError>
    where
        F: FnMut(&mut Writing) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write = Command::Write(Box::new(Work { work, done: None, reply }));
        self.inner.queue.send(write).await.map_err(|_| JournalError::Closed)?;
        answer.await.unwrap_or(Err(JournalError::Closed))
    }
}
