//! The one thread that changes the desk: takes what waits, applies it, writes it down once, answers everybody.
//!
//! Nobody is answered, and nobody sees a state, before its entries are on disk.

use std::ops::Deref;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::log::{Folded, Log, LogError, Logged, Record, SNAPSHOT_ENTRIES, Waiting};
use crate::machine::Machine;

/// Entries that may wait.
const QUEUE_MAX: usize = 4_096;
/// Entries of one commit.
const GROUP_MAX: usize = 512;
/// How long the thread sleeps at most: a clock that was set must not hold up a timer for long.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// Milliseconds since the Unix epoch.
pub type Now = Box<dyn Fn() -> u64 + Send>;

/// Why an entry was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Untaken<R: std::error::Error> {
    /// The desk says no.
    #[error(transparent)]
    Refused(R),
    /// Too much waits.
    #[error("too many changes of the desk wait")]
    Full,
    /// It could not be written.
    #[error("the desk cannot be written: {0}")]
    Unwritten(String),
    /// The host ends.
    #[error("the desk is closed")]
    Closed,
}

type Reply<M> = oneshot::Sender<Result<u64, Untaken<<M as Machine>::Refusal>>>;

enum Request<M: Machine> {
    Take { entry: M::Entry, reply: Reply<M> },
    Done { effects: Vec<(u64, u32)> },
    Forget { subjects: Vec<String>, reply: oneshot::Sender<Result<(), Untaken<M::Refusal>>> },
    Close { reply: oneshot::Sender<()> },
}

/// A handle on the desk; clones share it.
pub struct Worker<M: Machine> {
    shared: Arc<Shared<M>>,
}

impl<M: Machine> Clone for Worker<M> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

struct Shared<M: Machine> {
    queue: SyncSender<Request<M>>,
    state: RwLock<Folded<M>>,
    reader: Mutex<Log>,
    taken: watch::Sender<u64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The state as it is now. While it is held nothing changes.
pub struct State<'a, M>(RwLockReadGuard<'a, Folded<M>>);

impl<M> Deref for State<'_, M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.0.state
    }
}

impl<M: Machine> Worker<M> {
    /// Opens the log in that folder, folds it, and goes on from there.
    pub fn start(folder: &Path, now: Now) -> Result<Self, LogError> {
        let log = Log::open(folder)?;
        let folded = log.fold::<M>()?;
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let (taken, _) = watch::channel(folded.number);
        let shared = Arc::new(Shared {
            queue,
            state: RwLock::new(folded),
            reader: Mutex::new(Log::open(folder)?),
            taken,
            thread: Mutex::new(None),
        });
        let mut writer = Writer { shared: shared.clone(), log, now, kept_at: 0, broken: false, stuck: false };
        writer.kept_at = writer.shared.read().number;
        let thread = std::thread::Builder::new().name("desk".to_owned());
        let thread = thread.spawn(move || writer.run(&waiting));
        match thread {
            Ok(thread) => *shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread),
            Err(error) => tracing::error!(%error, "the desk has no thread: nothing is taken"),
        }
        Ok(Self { shared })
    }

    /// Has an entry taken; answers with its number when it is on disk.
    pub async fn take(&self, entry: M::Entry) -> Result<u64, Untaken<M::Refusal>> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.try_send(Request::Take { entry, reply }).map_err(|error| match error {
            TrySendError::Full(_) => Untaken::Full,
            TrySendError::Disconnected(_) => Untaken::Closed,
        })?;
        answer.await.unwrap_or(Err(Untaken::Closed))
    }

    /// Says which effects are done. Where that is forgotten they are done again after the next start.
    pub fn done(&self, effects: Vec<(u64, u32)>) {
        let _ = self.shared.queue.try_send(Request::Done { effects });
    }

    /// Makes everything that was taken about these subjects unreadable for good. What is to be left of them must be in the
    /// state already: from here on it is folded from now, and not from the start.
    pub async fn forget(&self, subjects: Vec<String>) -> Result<(), Untaken<M::Refusal>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.shared.queue.try_send(Request::Forget { subjects, reply });
        sent.map_err(|error| match error {
            TrySendError::Full(_) => Untaken::Full,
            TrySendError::Disconnected(_) => Untaken::Closed,
        })?;
        answer.await.unwrap_or(Err(Untaken::Closed))
    }

    /// The state as it is now.
    pub fn state(&self) -> State<'_, M> {
        State(self.shared.read())
    }

    /// The number of the newest entry on disk.
    pub fn taken(&self) -> watch::Receiver<u64> {
        self.shared.taken.subscribe()
    }

    /// Effects that wait, oldest first.
    pub fn waiting(&self, limit: usize) -> Result<Vec<Waiting<M::Effect>>, LogError> {
        self.shared.log().waiting(limit)
    }

    /// Entries about a subject, oldest first.
    pub fn about(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Logged>, LogError> {
        self.shared.log().about(subject, after, limit)
    }

    /// All entries, oldest first.
    pub fn entries(&self, after: u64, limit: usize) -> Result<Vec<Logged>, LogError> {
        self.shared.log().entries(after, limit)
    }

    /// Ends it: what waits is taken first. Keeps the state, so that the next start folds nothing.
    pub async fn close(&self) {
        let (reply, ended) = oneshot::channel();
        let queue = self.shared.queue.clone();
        // The queue may be full: then it is waited for where that is allowed.
        let sent = tokio::task::spawn_blocking(move || queue.send(Request::Close { reply }));
        if matches!(sent.await, Ok(Ok(()))) {
            let _ = ended.await;
        }
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl<M: Machine> Shared<M> {
    fn read(&self) -> RwLockReadGuard<'_, Folded<M>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Writer<M: Machine> {
    shared: Arc<Shared<M>>,
    log: Log,
    now: Now,
    /// The entry of the newest snapshot.
    kept_at: u64,
    /// The state holds what is not on disk.
    broken: bool,
    /// The time was told, and something is due all the same.
    stuck: bool,
}

impl<M: Machine> Writer<M> {
    fn run(mut self, waiting: &Receiver<Request<M>>) {
        loop {
            let first = match waiting.recv_timeout(self.sleep()) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut group: Vec<Request<M>> = first.into_iter().collect();
            group.extend(waiting.try_iter().take(GROUP_MAX));
            let closing = self.turn(group);
            if let Some(reply) = closing {
                let number = self.shared.read().number;
                self.snapshot(number);
                let _ = reply.send(());
                return;
            }
        }
    }

    fn sleep(&self) -> Duration {
        let due = self.shared.read().state.due();
        let wait = due.map_or(SLEEP_MAX, |due| Duration::from_millis(due.saturating_sub((self.now)())));
        // What would be due for ever must not fill the log.
        if self.stuck { SLEEP_MAX } else { wait.min(SLEEP_MAX) }
    }

    /// Everything of a group in one commit. Some: it was asked to end.
    fn turn(&mut self, group: Vec<Request<M>>) -> Option<oneshot::Sender<()>> {
        let mut closing = None;
        let mut done = Vec::new();
        let mut entries = Vec::new();
        let mut forgetting = Vec::new();
        for request in group {
            match request {
                Request::Take { entry, reply } => entries.push((entry, Some(reply))),
                Request::Done { effects } => done.extend(effects),
                Request::Forget { subjects, reply } => forgetting.push((subjects, reply)),
                Request::Close { reply } => closing = Some(reply),
            }
        }
        if !done.is_empty()
            && let Err(error) = self.log.done(&done)
        {
            tracing::error!(%error, "effects of the desk are done again after the next start");
        }
        self.take(entries);
        for (subjects, reply) in forgetting {
            let forgotten = self.forget(&subjects);
            let _ = reply.send(forgotten.map_err(|error| Untaken::Unwritten(error.to_string())));
        }
        closing
    }

    /// The state is kept at once: without it the log would be folded with holes in it.
    fn forget(&mut self, subjects: &[String]) -> Result<(), LogError> {
        self.log.forget(subjects)?;
        let held = self.shared.clone();
        let held = held.read();
        self.log.keep(&held.state, held.number)?;
        self.kept_at = held.number;
        Ok(())
    }

    fn take(&mut self, entries: Vec<(M::Entry, Option<Reply<M>>)>) {
        if self.broken && !self.mend() {
            let told = || Err(Untaken::Unwritten("it could not be read again yet".to_owned()));
            entries.into_iter().for_each(|(_, reply)| answer::<M>(reply, told()));
            return;
        }
        let shared = self.shared.clone();
        let mut held = shared.state.write().unwrap_or_else(PoisonError::into_inner);
        let now = (self.now)();
        let (mut records, mut answers) = (Vec::new(), Vec::new());
        let due = held.state.due().is_some_and(|due| due <= now);
        let time = due.then(|| (M::time(), None));
        for (entry, reply) in time.into_iter().chain(entries) {
            match apply(&mut held, now, &entry) {
                Ok(Some(record)) => {
                    answers.push((record.number, reply));
                    records.push(record);
                }
                Ok(None) => answers.push((held.number, reply)),
                Err(refusal) => answer::<M>(reply, Err(Untaken::Refused(refusal))),
            }
        }
        self.stuck = due && held.state.due().is_some_and(|due| due <= now);
        let number = held.number;
        let written = if records.is_empty() { Ok(()) } else { self.log.append(&records) };
        if let Err(error) = written {
            tracing::error!(%error, "the desk was not written, its callers are told to come back");
            self.broken = true;
            drop(held);
            self.mend();
            for (_, reply) in answers {
                answer::<M>(reply, Err(Untaken::Unwritten(error.to_string())));
            }
            return;
        }
        drop(held);
        if !records.is_empty() {
            shared.taken.send_replace(number);
        }
        answers.into_iter().for_each(|(number, reply)| answer::<M>(reply, Ok(number)));
        if number - self.kept_at >= SNAPSHOT_ENTRIES {
            self.snapshot(number);
        }
    }

    /// Goes back to what is on disk, after entries were applied that are not. False: it cannot be read now.
    fn mend(&mut self) -> bool {
        match self.log.fold::<M>() {
            Ok(folded) => {
                *self.shared.state.write().unwrap_or_else(PoisonError::into_inner) = folded;
                self.broken = false;
            }
            Err(error) => tracing::error!(%error, "the desk cannot be read, it takes nothing until it can"),
        }
        !self.broken
    }

    fn snapshot(&mut self, number: u64) {
        if number == self.kept_at {
            return;
        }
        let state = self.shared.read();
        match self.log.keep(&state.state, number) {
            Ok(()) => self.kept_at = number,
            Err(error) => {
                tracing::warn!(%error, "state of the desk was not kept, the next start takes longer")
            }
        }
    }
}

/// None: it changed nothing, and is not kept.
fn apply<M: Machine>(held: &mut Folded<M>, now: u64, entry: &M::Entry) -> Result<Option<Record>, M::Refusal> {
    let (number, at) = (held.number + 1, now.max(held.at));
    let applied = held.state.apply(number, at, entry)?;
    if !applied.changed {
        return Ok(None);
    }
    (held.number, held.at) = (number, at);
    let json = |value: serde_json::Result<String>| value.expect("entries and effects are plain data");
    Ok(Some(Record {
        number,
        at,
        entry: json(serde_json::to_string(entry)),
        trace: (!applied.trace.is_null()).then(|| applied.trace.to_string()),
        subjects: applied.subjects,
        effects: applied.effects.iter().map(|effect| json(serde_json::to_string(effect))).collect(),
    }))
}

fn answer<M: Machine>(reply: Option<Reply<M>>, result: Result<u64, Untaken<M::Refusal>>) {
    if let Some(reply) = reply {
        // Who no longer listens has it taken all the same.
        let _ = reply.send(result);
    }
}
