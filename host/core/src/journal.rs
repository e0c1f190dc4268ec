//! The durable record of everything that came in: raw webhooks, their events, and how far each destination is.
//!
//! One SQLite file, written by one thread (`writer`) with one commit for many webhooks, read by a few
//! connections beside it (`reader`). What [`Journal::append`] has answered is on disk. A known event is
//! counted, not stored again: the table `seen`, inside the transaction, is the only authority on that.

mod access;
mod audit;
mod backup;
mod blobs;
mod checkpoint;
mod deliveries;
mod effect;
mod erase;
mod error;
mod export;
mod followed;
mod gathering;
mod holdings;
mod inspect;
mod load;
mod lock;
mod messages;
mod outbox;
mod person;
mod profiles;
mod progress;
mod prune;
mod raw;
mod read_only;
mod reader;
mod record;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod released;
mod remove;
mod replay;
mod restore;
mod retention;
mod schema;
mod statements;
mod storage;
#[cfg(test)]
mod tests;
mod write;
mod writer;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use trunkline_model::Identifier;

pub use audit::{AUDIT_MAX, Actor, AuditEntry, AuditRecord};
pub use backup::{Backup, BackupError, backup};
pub use deliveries::{DELIVERIES_MAX, DeadLetters, Delivery, DeliveryCount, DeliveryQuery};
pub use effect::Address;
pub use effect::late::Grants;
pub use erase::{Erased, Erasure, MediaFiles, OwnAccount};
pub use error::JournalError;
pub use export::{Export, Exported};
pub use followed::FollowedQuery;
pub use holdings::Holding;
pub use inspect::{Inspection, OpenMessages, inspect};
pub use load::JournalLoad;
pub use lock::{HostLock, LOCK_FILE_NAME};
pub use messages::{MessageStep, NewMessage, Queued, RequestKey};
pub use outbox::{
    MESSAGES_MAX, MessageKey, MessageLife, MessageQuery, OptOut, SendContext, StoredCall, StoredConversation,
    StoredMessage, StoredStatus,
};
pub use person::{Known, Person};
pub use profiles::StoredProfile;
pub use progress::{Parked, ParkedState, Progress};
pub use read_only::JournalReader;
pub use reader::{EVENTS_MAX, EventQuery};
pub use record::{
    Appended, AppendedEvent, BLOB_PREFIX, EVENT_ID_PREFIX, MEDIA_ID, StoredEvent, StoredWebhook, Webhook,
    event_id, media_id,
};
pub use remove::Removed;
pub use replay::{
    KeptEvent, KeptPlace, KeptWebhook, ReplayCursor, ReplayQuery, ReplayRecord, ReplaySlice, ReplayWritten,
    ReplayedEvent, ReplayedSlice, ReplayedWebhook, Reread, WrittenEvent,
};
pub use retention::{Keep, Retention, Swept};

pub use restore::restore;

use crate::clock::{Clock, SystemClock};
use crate::outbound::Waiting;
use access::Access;
use followed::Followed;
use reader::Readers;
use record::Record;
pub(crate) use storage::{Execution, Storage};
use writer::{Command, Reply, Room, Writer};

/// Name of the database inside the journal's folder.
pub const FILE_NAME: &str = "journal.sqlite";
/// The shortest time that event keys are kept.
pub const DEDUPE_DAYS_MIN: u32 = 30;

/// From this size on a webhook is encoded where blocking is allowed: compressing it takes a millisecond.
const INLINE_SIZE_MAX: usize = 256 * 1_024;
/// What may wait in the queue at once, whatever the number of webhooks: large e-mails come together.
const QUEUE_BYTES_MAX: usize = 256 * 1_024 * 1_024;

/// Limits of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalOptions {
    /// Webhooks waiting to be written.
    pub queue_max: usize,
    /// Webhooks in one commit.
    pub group_max: usize,
    /// How long the key of an event is kept after it was last seen; at least [`DEDUPE_DAYS_MIN`].
    pub dedupe_days: u32,
    /// Connections whose conversations pages follow.
    pub followed: HashSet<String>,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { queue_max: 1_024, group_max: 512, dedupe_days: DEDUPE_DAYS_MIN, followed: HashSet::new() }
    }
}

/// What the journal holds, for metrics and for whoever looks after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Statistics {
    /// Events stored.
    pub events: u64,
    /// Raw webhooks stored.
    pub webhooks: u64,
    /// Events that came again.
    pub duplicates: u64,
    /// Media stored, each content once.
    pub blobs: u64,
    /// Size of the database with its log.
    pub file_bytes: u64,
    /// Webhooks and other writes that wait right now.
    pub queued: usize,
    /// Commits since the journal was opened.
    pub commits: u64,
}

/// A handle on the journal; clones share it.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    queue: mpsc::Sender<Command>,
    queued_bytes: Arc<AtomicUsize>,
    committed: watch::Receiver<u64>,
    #[cfg(test)]
    relay: Option<relay::Relay>,
    followed: broadcast::Sender<Arc<str>>,
    commits: Arc<AtomicU64>,
    readers: Arc<Readers>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Journal").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Journal {
    /// Opens the journal in that folder, and makes both where they are missing.
    pub fn open(folder: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        Self::open_with_clock(folder, options, Arc::new(SystemClock))
    }

    /// The same, with another clock to prune by.
    pub fn open_with_clock(
        folder: &Path,
        options: JournalOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let folder_error = |source| JournalError::Folder { path: folder.to_owned(), source };
        storage::make_folder(folder).map_err(folder_error)?;
        Self::start(Storage::at(&folder.join(FILE_NAME)), &options, clock)
    }

    /// The folder is there.
    pub(crate) fn start(
        storage: Storage,
        options: &JournalOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let (queue_sender, queue) = mpsc::channel(options.queue_max.max(1));
        let readers = Arc::new(Readers::beside(storage.clone(), queue_sender.downgrade()));
        let mut access = Access::open(storage.clone(), Arc::clone(&readers))?;
        let last_seq = access.idle().map_or(Ok(0), |connection| writer::last_seq(connection))?;
        let (committed_sender, committed) = watch::channel(last_seq.unsigned_abs());
        let commits = Arc::new(AtomicU64::new(0));
        let followed = Followed::new(options.followed.clone());
        let told = followed.sender();
        let dedupe_days = options.dedupe_days.max(DEDUPE_DAYS_MIN);
        let writer = Writer {
            storage: storage.clone(),
            access,
            queue,
            group_max: options.group_max.max(1),
            committed: committed_sender,
            commits: Arc::clone(&commits),
            // A random slice first: a host that restarts often would otherwise only ever prune the same ones.
            pruning: prune::Schedule::new(dedupe_days, clock.now_ms(), fastrand::u8(..)),
            clock,
            gathering: gathering::Gathering::default(),
            followed,
        };
        let execution = storage.execution;
        let thread = match execution {
            Execution::Threads => {
                let thread = std::thread::Builder::new().name("journal-writer".to_owned());
                let thread = thread.spawn(move || writer.run());
                Some(thread.map_err(|source| JournalError::Folder { path: storage.path.clone(), source })?)
            }
            #[cfg(test)]
            Execution::Inline => {
                tokio::spawn(writer.run_inline());
                None
            }
        };
        Ok(Self {
            inner: Arc::new(Inner {
                path: storage.path.clone(),
                readers,
                queue: queue_sender,
                queued_bytes: Arc::default(),
                #[cfg(test)]
                relay: (execution == Execution::Inline).then(|| relay::Relay::start(committed.clone())),
                committed,
                followed: told,
                commits,
                thread: Mutex::new(thread),
            }),
        })
    }

    /// Stores a webhook and its events; answers when the commit is on disk.
    ///
    /// [`JournalError::Full`] comes at once, before any work is done for the webhook. A webhook without events
    /// leaves no trace. Dropping the future does not undo what was queued.
    pub async fn append(&self, webhook: Webhook) -> Result<Appended, JournalError> {
        if webhook.events.is_empty() {
            return Ok(Appended::default());
        }
        let permit = self.inner.queue.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => JournalError::Full,
            mpsc::error::TrySendError::Closed(()) => JournalError::Closed,
        })?;
        let size = size_of(&webhook);
        let room = Room::take(&self.inner.queued_bytes, size, QUEUE_BYTES_MAX).ok_or(JournalError::Full)?;
        let record = if size <= INLINE_SIZE_MAX {
            Record::new(webhook)?
        } else {
            let encoding = tokio::task::spawn_blocking(move || Record::new(webhook));
            encoding.await.map_err(JournalError::encoding)??
        };
        let (reply, answer) = oneshot::channel();
        permit.send(Command::Append { record: Box::new(record), room, reply });
        answer.await.unwrap_or(Err(JournalError::Closed))
    }

    /// The number of the newest committed event. Its sender is gone when the journal is closed.
    pub fn committed(&self) -> watch::Receiver<u64> {
        #[cfg(test)]
        if let Some(relay) = &self.inner.relay {
            return relay.subscribe();
        }
        self.inner.committed.clone()
    }

    /// Events in the order of their numbers.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<StoredEvent>, JournalError> {
        self.inner.readers.run(move |connection| reader::events(connection, &query)).await
    }

    /// The event with that public id.
    pub async fn event(&self, id: &str) -> Result<Option<StoredEvent>, JournalError> {
        let Some(key) = record::key_of_id(id) else { return Ok(None) };
        self.inner
            .readers
            .run(move |connection| match reader::seq_of_key(connection, &key)? {
                Some(seq) => reader::event_at(connection, seq),
                None => Ok(None),
            })
            .await
    }

    /// The event with that number.
    pub async fn event_at(&self, seq: u64) -> Result<Option<StoredEvent>, JournalError> {
        self.inner.readers.run(move |connection| reader::event_at(connection, seq)).await
    }

    /// The raw request with that number.
    pub async fn webhook(&self, id: u64) -> Result<Option<StoredWebhook>, JournalError> {
        self.inner.readers.run(move |connection| reader::webhook(connection, id)).await
    }

    /// The media with that SHA-256 in hex, as it stands behind [`BLOB_PREFIX`].
    pub async fn blob(&self, sha256_hex: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let Ok(sha256) = hex::decode(sha256_hex) else { return Ok(None) };
        self.inner.readers.run(move |connection| reader::blob(connection, &sha256)).await
    }

    /// What the journal holds. Cheap: nothing is counted for it.
    pub async fn statistics(&self) -> Result<Statistics, JournalError> {
        let [webhooks, events, duplicates, blobs] = self.inner.readers.run(reader::totals).await?;
        let size = |suffix: &str| {
            let mut path = self.inner.path.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |metadata| metadata.len())
        };
        Ok(Statistics {
            events,
            webhooks,
            duplicates,
            blobs,
            file_bytes: size("") + size("-wal"),
            queued: self.inner.queue.max_capacity() - self.inner.queue.capacity(),
            commits: self.inner.commits.load(Ordering::SeqCst),
        })
    }

    /// Writes and commits next to nothing: proves that the journal can.
    pub async fn ping(&self) -> Result<(), JournalError> {
        self.write(|writing| {
            let mut ping = writing.transaction.prepare_cached("UPDATE totals SET pinged_at = ?1")?;
            ping.execute([writing.now]).map(|_| ())
        })
        .await
    }

    /// Stores how far a destination has come.
    pub async fn progress(&self, progress: Progress) -> Result<(), JournalError> {
        self.ask(|reply| Command::Progress { progress, reply }).await
    }

    /// How far a destination has come. None: it was never started.
    pub async fn cursor(&self, destination: &str) -> Result<Option<u64>, JournalError> {
        let destination = destination.to_owned();
        self.inner.readers.run(move |connection| reader::cursor(connection, &destination)).await
    }

    /// Writes what is queued, copies the log into the database and ends the writer.
    ///
    /// Every other clone answers [`JournalError::Closed`] from then on.
    pub async fn close(self) -> Result<(), JournalError> {
        let answer = self.ask(|reply| Command::Close { reply }).await;
        self.inner.readers.close();
        let thread = self.inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The answer is the last thing that the thread does, so this does not wait.
            thread.join().map_err(|_| JournalError::Closed)?;
        }
        answer
    }

    /// Puts a message into the queue of its connection; answers when the commit is on disk.
    pub async fn queue_message(&self, message: NewMessage) -> Result<Queued, JournalError> {
        self.ask(|reply| Command::Queue { message: Box::new(message), reply }).await
    }

    /// Writes steps in the life of messages, in one transaction. False: a message of which a call was to begin is not
    /// there any more.
    pub async fn message_steps(&self, steps: Vec<MessageStep>) -> Result<bool, JournalError> {
        self.ask(|reply| Command::Steps { steps, reply }).await
    }

    /// Everything that is known of a message.
    pub async fn message(&self, key: MessageKey) -> Result<Option<MessageLife>, JournalError> {
        self.inner.readers.run(move |connection| outbox::message(connection, &key)).await
    }

    /// Messages, newest first.
    pub async fn messages(&self, query: MessageQuery) -> Result<Vec<StoredMessage>, JournalError> {
        self.inner.readers.run(move |connection| outbox::messages(connection, &query)).await
    }

    /// What waits to be sent on a connection, in the order in which it was queued.
    pub async fn waiting(&self, connection: &str) -> Result<Vec<Waiting>, JournalError> {
        let of = connection.to_owned();
        self.inner.readers.run(move |connection| outbox::waiting(connection, &of)).await
    }

    /// How many messages wait, by connection.
    pub async fn waiting_by_connection(&self) -> Result<Vec<(String, u64)>, JournalError> {
        self.inner.readers.run(outbox::waiting_by_connection).await
    }

    /// What is known of a conversation.
    pub async fn conversation(&self, key: &str) -> Result<Option<StoredConversation>, JournalError> {
        let key = key.to_owned();
        self.inner.readers.run(move |connection| outbox::conversation(connection, &key)).await
    }

    /// The account that a connection was last written to.
    pub async fn account(&self, connection: &str) -> Result<Option<String>, JournalError> {
        let of = connection.to_owned();
        self.inner.readers.run(move |connection| outbox::account(connection, &of)).await
    }

    /// Whether a contact does not want to be written to on that connection.
    pub async fn opt_out(
        &self,
        connection: &str,
        contact: Vec<Identifier>,
    ) -> Result<Option<OptOut>, JournalError> {
        let of = connection.to_owned();
        self.inner.readers.run(move |connection| outbox::opt_out(connection, &of, &contact)).await
    }

    /// Conversations with a numbered list that was offered since then: key, answers, time.
    pub async fn offers(&self, since: u64) -> Result<Vec<(String, String, u64)>, JournalError> {
        self.inner.readers.run(move |connection| outbox::offers(connection, since)).await
    }

    /// The id of the message that was queued under an idempotency key, and what was asked for.
    pub async fn message_of_key(&self, key: [u8; 32]) -> Result<Option<(String, [u8; 32])>, JournalError> {
        self.inner.readers.run(move |connection| outbox::of_key(connection, &key)).await
    }

    /// Keeps bytes by their content; answers their SHA-256 in hex.
    pub async fn store_blob(&self, bytes: Vec<u8>) -> Result<String, JournalError> {
        let blob = record::Blob::new(bytes);
        let name = hex::encode(blob.sha256);
        self.write(move |writing| writer::store_blob(writing, &blob)).await?;
        Ok(name)
    }

    /// Keeps what a look-up found.
    pub async fn store_profile(&self, profile: StoredProfile) -> Result<(), JournalError> {
        self.write(move |writing| profile.write(writing.transaction)).await
    }

    /// What a look-up found. `contact` is what it was stored under.
    pub async fn profile(
        &self,
        connection: &str,
        contact: &str,
    ) -> Result<Option<StoredProfile>, JournalError> {
        let (of, contact) = (connection.to_owned(), contact.to_owned());
        self.inner.readers.run(move |connection| profiles::profile(connection, &of, &contact)).await
    }

    /// Waits for a place in the queue: what the host itself writes is never refused.
    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.inner.queue.send(command(reply)).await.map_err(|_| JournalError::Closed)?;
        answer.await.unwrap_or(Err(JournalError::Closed))
    }
}

/// About what a webhook takes in memory while it waits: the body, and once more for its events.
fn size_of(webhook: &Webhook) -> usize {
    let headers: usize = webhook.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    2 * webhook.body.len() + headers + webhook.url.len()
}
