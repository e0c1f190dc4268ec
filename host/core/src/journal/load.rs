//! How much waits to be written, for whoever decides what is still taken in.

use std::sync::atomic::Ordering;

use super::{Journal, QUEUE_BYTES_MAX};

/// What waits, and how much may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalLoad {
    /// Webhooks and other writes.
    pub queued: usize,
    /// More get [`super::JournalError::Full`].
    pub queued_max: usize,
    /// Bytes of the webhooks, until they are answered.
    pub bytes: usize,
    /// More get [`super::JournalError::Full`].
    pub bytes_max: usize,
}

impl Journal {
    /// How much waits right now. Costs next to nothing.
    pub fn load(&self) -> JournalLoad {
        let queued_max = self.inner.queue.max_capacity();
        JournalLoad {
            queued: queued_max - self.inner.queue.capacity(),
            queued_max,
            bytes: self.inner.queued_bytes.load(Ordering::SeqCst),
            bytes_max: QUEUE_BYTES_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FILE_NAME, JournalOptions};
    use super::*;
    use crate::samples::{message, webhook};

    #[tokio::test]
    async fn what_waits_is_told_until_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let options = JournalOptions { queue_max: 8, group_max: 1, ..JournalOptions::default() };
        let journal = Journal::open(folder.path(), options).unwrap();
        let idle = journal.load();
        assert_eq!((idle.queued, idle.queued_max, idle.bytes), (0, 8, 0));
        let slow = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
        slow.execute_batch("BEGIN IMMEDIATE").unwrap();
        let tasks: Vec<_> = (0..5)
            .map(|number| {
                let journal = journal.clone();
                tokio::spawn(async move {
                    journal.append(webhook(vec![message(&format!("{number}"), "a")])).await
                })
            })
            .collect();
        // One of them is with the writer, which waits for the lock.
        while journal.load().queued < 4 {
            tokio::task::yield_now().await;
        }
        assert!(journal.load().bytes > 0);
        slow.execute_batch("ROLLBACK").unwrap();
        for task in tasks {
            assert!(task.await.unwrap().is_ok());
        }
        assert_eq!(journal.load(), idle);
    }
}
