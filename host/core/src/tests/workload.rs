//! Traffic for a journal, and what its answers promise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use trunkline_model::{
    Event, EventKind, Media, MediaKind, MediaSource, Part as MessagePart, Receipt, Response,
};

use super::disk::Disk;
use crate::journal::{
    DeliveryQuery, EventQuery, Journal, MessageStep, NewMessage, Parked, ParkedState, Progress, Queued,
    RequestKey, Webhook, event_id,
};
use crate::outbound::MessageState;
use crate::samples::{message, new_message, webhook};

/// The destination whose progress is stored.
pub const DESTINATION: &str = "crm";
/// Contacts, each a conversation.
const CONTACTS: usize = 8;

/// Something that the journal has answered, and must keep.
#[derive(Debug, Clone)]
pub enum Promise {
    /// The event has that number, came with that webhook, and brought these files.
    Stored { id: String, seq: u64, webhook: usize, files: Vec<Vec<u8>> },
    /// The event was there before.
    Known { id: String },
    /// A reader has seen the event under that number.
    Seen { id: String, seq: u64 },
    /// The destination's progress is about to be stored, for the so-manieth time.
    Offered(usize),
    /// It was stored.
    Progress(usize),
    /// The message is queued under that number.
    Queued { id: String, number: u64 },
    /// The message is that far.
    Reached { id: String, state: MessageState, calls: usize },
}

/// A destination's progress.
pub type Reached = (u64, Vec<Parked>);

/// What was done, and what was promised after how many steps of the disk.
#[derive(Default)]
pub struct Workload {
    /// In order; the number is that of the disk's steps by then.
    pub promises: Vec<(usize, Promise)>,
    /// Progress by its number, from 1; 0 is none.
    pub progress: Vec<Reached>,
    /// Bodies of the webhooks by number.
    pub bodies: Vec<Vec<u8>>,
}

/// Many callers at a journal.
#[derive(Clone)]
pub struct Callers {
    pub journal: Journal,
    pub disk: Arc<Disk>,
    pub workload: Arc<Mutex<Workload>>,
    pub seed: u64,
}

impl Callers {
    /// All of it: so many webhooks, by so many callers at once.
    pub async fn run(&self, webhooks: usize, callers: usize) {
        let first = self.workload.lock().unwrap().bodies.len();
        let bodies = (first..first + webhooks).map(|number| body(self.seed, number));
        self.workload.lock().unwrap().bodies.extend(bodies);
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..callers {
            let this = self.clone();
            tasks.spawn(async move {
                let mut random = this.random(1_000 + (first + caller) as u64);
                for number in (first..first + webhooks).skip(caller).step_by(callers) {
                    this.append(number, &mut random).await;
                    for _ in 0..random.u8(..3) {
                        tokio::task::yield_now().await;
                    }
                }
            });
        }
        let reading = self.clone();
        let reader = tokio::spawn(async move { reading.follow().await });
        let sending = self.clone();
        tasks.spawn(async move { sending.send(first, webhooks / 8).await });
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        reader.abort();
        let _ = reader.await;
    }

    fn random(&self, of: u64) -> Rng {
        Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(of))
    }

    fn promise(&self, promises: impl IntoIterator<Item = Promise>) {
        // Under the lock of the record: nothing is written between the answer's place in it and its entry.
        self.disk.with_record(|record| {
            let mut workload = self.workload.lock().unwrap();
            workload.promises.extend(promises.into_iter().map(|promise| (record.len(), promise)));
        });
    }

    async fn append(&self, number: usize, random: &mut Rng) {
        let events: Vec<Event> =
            (0..random.usize(1..5)).map(|index| event(self.seed, number, index, random)).collect();
        let files: Vec<Vec<Vec<u8>>> = events.iter().map(files_of).collect();
        let sent = Webhook { body: body(self.seed, number), ..webhook(events) };
        let ids: Vec<String> =
            sent.events.iter().map(|event| event_id(&sent.connection, &event.account, &event.id)).collect();
        let appended = self.journal.append(sent).await.unwrap();
        let promises = appended.events.into_iter().zip(ids).zip(files).map(|((event, id), files)| {
            assert_eq!(event.id, id);
            match event.seq {
                Some(seq) => Promise::Stored { id, seq, webhook: number, files },
                None => Promise::Known { id },
            }
        });
        self.promise(promises);
    }

    /// Reads like a destination: every fifth event is parked for a while.
    async fn follow(&self) {
        let mut committed = self.journal.committed();
        let (mut cursor, mut parked): (u64, BTreeMap<u64, Parked>) =
            match self.journal.cursor(DESTINATION).await.unwrap() {
                Some(cursor) => {
                    let query = DeliveryQuery { limit: 1_000, ..DeliveryQuery::default() };
                    let rows = self.journal.deliveries(query).await.unwrap();
                    (cursor, rows.into_iter().map(|row| (row.parked.seq, row.parked)).collect())
                }
                None => (0, BTreeMap::new()),
            };
        loop {
            let query = EventQuery { after: cursor, limit: 16, ..EventQuery::default() };
            let events = self.journal.events(query).await.unwrap();
            self.promise(events.iter().map(|event| Promise::Seen { id: event.id.clone(), seq: event.seq }));
            let Some(last) = events.last() else {
                if committed.changed().await.is_err() {
                    return;
                }
                continue;
            };
            cursor = last.seq;
            let mut rows = BTreeMap::new();
            if parked.len() > 12 {
                let gone: Vec<u64> = parked.keys().copied().take(6).collect();
                rows.extend(gone.iter().map(|&seq| (seq, None)));
                gone.iter().for_each(|seq| drop(parked.remove(seq)));
            }
            for event in events.iter().filter(|event| event.seq % 5 == 0) {
                let row = Parked {
                    seq: event.seq,
                    conversation: event.conversation.clone(),
                    state: [ParkedState::Waiting, ParkedState::Dead][usize::from(event.seq % 10 == 0)],
                    attempt: 1,
                    due_at: event.seq,
                    failed_at: Some(7),
                    reason: "status 503, expected 2xx".to_owned(),
                };
                parked.insert(event.seq, row.clone());
                rows.insert(event.seq, Some(row));
            }
            let number = {
                let mut workload = self.workload.lock().unwrap();
                workload.progress.push((cursor, parked.values().cloned().collect()));
                workload.progress.len()
            };
            self.promise([Promise::Offered(number)]);
            let progress = Progress { destination: DESTINATION.to_owned(), cursor, parked: rows };
            self.journal.progress(progress).await.unwrap();
            self.promise([Promise::Progress(number)]);
        }
    }

    /// Queues messages and brings each to its end.
    async fn send(&self, first: usize, count: usize) {
        for message in first..first + count {
            let id = format!("m{message}");
            let key = Some(RequestKey { key: [message as u8; 32], request: [1; 32] });
            let new =
                NewMessage { key, ..new_message(&id, &format!("+49{}", message % CONTACTS), &["a"], 5) };
            let Queued::New(number) = self.journal.queue_message(new).await.unwrap() else { continue };
            self.promise([Promise::Queued { id: id.clone(), number }]);
            self.journal.message_steps(vec![begun(number)]).await.unwrap();
            let state = MessageState::Sending;
            self.promise([Promise::Reached { id: id.clone(), state, calls: 1 }]);
            let answer = Response::with_body(200, "text/plain", format!("p-{id}"));
            let ended = MessageStep::CallEnded { number, call: 0, at: 7, result: Ok(answer), kept: true };
            let receipt = Receipt { message_id: format!("p-{id}"), ..Receipt::default() };
            let state = MessageState::Accepted;
            let end = MessageStep::Ended {
                number,
                attempt: 1,
                at: 8,
                state,
                receipts: vec![receipt],
                failure: None,
            };
            self.journal.message_steps(vec![ended, end]).await.unwrap();
            self.promise([Promise::Reached { id, state, calls: 1 }]);
        }
    }
}

fn begun(number: u64) -> MessageStep {
    MessageStep::CallBegun {
        number,
        call: 0,
        attempt: 1,
        began_at: 6,
        at: 6,
        method: "POST".to_owned(),
        url: "https://a.example/a".to_owned(),
        request: [7; 32],
        repeatable: false,
        context: None,
    }
}

/// The raw bytes of a webhook: some small, some of many pages.
fn body(seed: u64, number: usize) -> Vec<u8> {
    let mut random = Rng::with_seed(seed ^ (number as u64).rotate_left(24));
    let size = [40, 300, 2_000, 2_000, 30_000][random.usize(..5)];
    std::iter::repeat_with(|| random.u8(..)).take(size).collect()
}

/// One in five came before, or comes again later. One in eight brings files.
fn event(seed: u64, number: usize, index: usize, random: &mut Rng) -> Event {
    let number = if random.u8(..5) == 0 { number.saturating_sub(random.usize(..20)) } else { number };
    // What an event is depends on its id alone: when it comes again, it is the same.
    let mut random = Rng::with_seed(seed ^ ((number * 8 + index) as u64).rotate_left(16));
    let mut event = message(&format!("e{number}-{index}"), &format!("+49{}", random.usize(..CONTACTS)));
    if random.u8(..8) == 0 {
        let size = random.usize(..12_000);
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(size).collect();
        let media = Media::new(MediaKind::Image, MediaSource::Bytes(bytes));
        if let EventKind::Message(message) = &mut event.kind {
            message.parts.push(MessagePart::Media(media));
        }
    }
    event
}

fn files_of(event: &Event) -> Vec<Vec<u8>> {
    let mut event = event.clone();
    event
        .media_mut()
        .filter_map(|media| match &media.source {
            MediaSource::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        })
        .collect()
}
