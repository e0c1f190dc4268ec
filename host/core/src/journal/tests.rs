//! The journal as its callers see it. A second connection stands in for a slow or broken disk: while it holds
//! the write lock, no commit ends.

use std::time::Duration;

use rusqlite::Connection;
use trunkline_model::{Event, MediaSource};

use super::*;
use crate::clock::FakeClock;
use crate::samples::{crashed_copy, media_message, message, webhook};

struct Fixture {
    folder: tempfile::TempDir,
    journal: Journal,
}

fn open(options: JournalOptions) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), options).unwrap();
    Fixture { folder, journal }
}

/// No commit ends before this is dropped.
struct Lock(Connection);

impl Lock {
    fn take(fixture: &Fixture) -> Self {
        let connection = other_connection(fixture);
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self(connection)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

fn other_connection(fixture: &Fixture) -> Connection {
    Connection::open(fixture.folder.path().join(FILE_NAME)).unwrap()
}

/// Appends `count` webhooks of one event each, and comes back when all of them wait for the writer.
async fn append_many(
    journal: &Journal,
    count: usize,
) -> Vec<tokio::task::JoinHandle<Result<Appended, JournalError>>> {
    let waiting = journal.inner.queued_bytes.load(Ordering::SeqCst);
    let size = size_of(&webhook(Vec::new()));
    let tasks = (0..count)
        .map(|number| {
            let journal = journal.clone();
            let event = message(&format!("many-{waiting}-{number}"), "alice");
            tokio::spawn(async move { journal.append(webhook(vec![event])).await })
        })
        .collect();
    while journal.inner.queued_bytes.load(Ordering::SeqCst) < waiting + count * size {
        tokio::task::yield_now().await;
    }
    tasks
}

async fn all(journal: &Journal) -> Vec<StoredEvent> {
    journal.events(EventQuery::default()).await.unwrap()
}

#[tokio::test]
async fn what_is_appended_can_be_read_back() {
    let fixture = open(JournalOptions::default());
    let journal = &fixture.journal;
    let sent = webhook(vec![message("1", "alice"), message("2", "bob/%")]);
    let appended = journal.append(sent.clone()).await.unwrap();
    assert_eq!(appended.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(appended.events[0].kind, "message");
    assert_eq!(*journal.committed().borrow(), 2);

    let events = all(journal).await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].id, appended.events[0].id);
    assert_eq!(events[0].id, event_id("shop", "account", "1"));
    assert_eq!(events[1].conversation, "shop/account/bob%2F%25");
    assert_eq!(events[0].occurred_at, Some(1_700_000_000_123));
    assert_eq!(events[0].received_at, sent.received_at);
    assert_eq!(serde_json::from_str::<Event>(events[0].event.get()).unwrap(), sent.events[0]);

    let by_id = journal.event(&events[1].id).await.unwrap().unwrap();
    assert_eq!(by_id.seq, 2);
    assert_eq!(journal.event_at(2).await.unwrap().unwrap().id, by_id.id);
    assert!(journal.event("evt_00000000000000000000000000000000").await.unwrap().is_none());
    assert!(journal.event("nonsense").await.unwrap().is_none());

    let raw = journal.webhook(events[0].webhook).await.unwrap().unwrap();
    assert_eq!(
        (raw.method, raw.url, raw.headers, raw.body),
        (sent.method, sent.url, sent.headers, sent.body)
    );
    assert_eq!((raw.connector, raw.component), (sent.connector, sent.component));
    assert!(journal.webhook(99).await.unwrap().is_none());
}

#[tokio::test]
async fn a_duplicate_is_counted_and_not_stored_again() {
    let fixture = open(JournalOptions::default());
    let journal = &fixture.journal;
    let first = journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
    let again = journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
    assert_eq!(again.events[0].id, first.events[0].id);
    assert_eq!(again.events[0].seq, None);
    let mixed = journal.append(webhook(vec![message("1", "alice"), message("2", "alice")])).await.unwrap();
    assert_eq!(mixed.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [None, Some(2)]);

    let events = all(journal).await;
    assert_eq!(events.iter().map(|event| event.duplicates).collect::<Vec<_>>(), [2, 0]);
    let statistics = journal.statistics().await.unwrap();
    assert_eq!((statistics.events, statistics.webhooks, statistics.duplicates), (2, 2, 2));
    assert!(statistics.file_bytes > 0);
}

#[tokio::test]
async fn the_same_event_twice_in_one_webhook_is_one_event() {
    let fixture = open(JournalOptions::default());
    let events = vec![message("1", "alice"), message("1", "alice"), message("2", "alice")];
    let appended = fixture.journal.append(webhook(events)).await.unwrap();
    let numbers: Vec<_> = appended.events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, [Some(1), None, Some(2)]);
    assert_eq!(all(&fixture.journal).await[0].duplicates, 1);
}

#[tokio::test]
async fn the_same_id_on_another_connection_is_another_event() {
    let fixture = open(JournalOptions::default());
    fixture.journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
    let other = Webhook { connection: "desk".into(), ..webhook(vec![message("1", "alice")]) };
    assert_eq!(fixture.journal.append(other).await.unwrap().events[0].seq, Some(2));
}

#[tokio::test]
async fn a_webhook_without_events_leaves_no_trace() {
    let fixture = open(JournalOptions::default());
    assert_eq!(fixture.journal.append(webhook(Vec::new())).await.unwrap(), Appended::default());
    let statistics = fixture.journal.statistics().await.unwrap();
    assert_eq!((statistics.webhooks, statistics.commits), (0, 0));
}

#[tokio::test]
async fn queries_filter_and_page_in_both_directions() {
    let fixture = open(JournalOptions::default());
    let journal = &fixture.journal;
    let events =
        (1..=6).map(|number| message(&number.to_string(), if number % 2 == 0 { "bob" } else { "alice" }));
    journal.append(webhook(events.collect())).await.unwrap();
    let desk = Webhook { connection: "desk".into(), ..webhook(vec![message("7", "bob")]) };
    journal.append(desk).await.unwrap();
    let query = EventQuery::default;
    let table = [
        (query(), vec![1, 2, 3, 4, 5, 6, 7]),
        (EventQuery { after: 3, limit: 2, ..query() }, vec![4, 5]),
        (EventQuery { newest_first: true, limit: 3, ..query() }, vec![7, 6, 5]),
        (EventQuery { newest_first: true, after: 5, limit: 2, ..query() }, vec![4, 3]),
        (EventQuery { connection: Some("desk".into()), ..query() }, vec![7]),
        (EventQuery { conversation: Some("shop/account/bob".into()), ..query() }, vec![2, 4, 6]),
        (EventQuery { kind: Some("message".into()), after: 5, ..query() }, vec![6, 7]),
        (EventQuery { kind: Some("status".into()), ..query() }, vec![]),
        (EventQuery { limit: 0, ..query() }, vec![]),
    ];
    for (query, expected) in table {
        let found: Vec<u64> =
            journal.events(query.clone()).await.unwrap().iter().map(|event| event.seq).collect();
        assert_eq!(found, expected, "{query:?}");
    }
}

#[tokio::test]
async fn waiting_webhooks_share_a_commit_and_are_not_seen_before_it() {
    let fixture = open(JournalOptions::default());
    let journal = &fixture.journal;
    let lock = Lock::take(&fixture);
    let tasks = append_many(journal, 50).await;
    assert_eq!(all(journal).await.len(), 0);
    assert_eq!(*journal.committed().borrow(), 0);
    assert!(tasks.iter().all(|task| !task.is_finished()));
    drop(lock);
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.extend(task.await.unwrap().unwrap().events[0].seq);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=50).collect::<Vec<u64>>());
    let commits = journal.statistics().await.unwrap().commits;
    assert!(commits <= 2, "{commits} commits: what was there first, and all that came meanwhile");
    let mut committed = journal.committed();
    assert_eq!(*committed.wait_for(|&seq| seq == 50).await.unwrap(), 50);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_recovers() {
    let fixture = open(JournalOptions { queue_max: 2, group_max: 1, ..JournalOptions::default() });
    let journal = &fixture.journal;
    let lock = Lock::take(&fixture);
    let mut tasks = append_many(journal, 1).await;
    while journal.inner.queue.capacity() < 2 {
        tokio::task::yield_now().await;
    }
    tasks.extend(append_many(journal, 2).await);
    let refused = journal.append(webhook(vec![message("late", "alice")])).await;
    assert!(matches!(refused, Err(JournalError::Full)), "{refused:?}");
    drop(lock);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(journal.append(webhook(vec![message("late", "alice")])).await.is_ok());
    assert_eq!(journal.inner.queued_bytes.load(Ordering::SeqCst), 0);
}

#[test]
fn the_queue_is_bounded_in_bytes_but_takes_any_single_webhook() {
    let taken = Arc::default();
    let huge = Room::take(&taken, 1_000, 100).unwrap();
    assert!(Room::take(&taken, 1, 100).is_none());
    drop(huge);
    let half = Room::take(&taken, 50, 100).unwrap();
    let other_half = Room::take(&taken, 50, 100).unwrap();
    assert!(Room::take(&taken, 1, 100).is_none());
    drop((half, other_half));
    assert_eq!(taken.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_failing_webhook_fails_alone() {
    let fixture = open(JournalOptions::default());
    let journal = &fixture.journal;
    other_connection(&fixture)
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.conversation LIKE '%/poison'
             BEGIN SELECT RAISE(ABORT, 'refused'); END",
        )
        .unwrap();
    let lock = Lock::take(&fixture);
    let before = append_many(journal, 3).await;
    let poison = tokio::spawn({
        let journal = journal.clone();
        async move { journal.append(webhook(vec![message("fine", "alice"), message("bad", "poison")])).await }
    });
    tokio::task::yield_now().await;
    let after = append_many(journal, 3).await;
    drop(lock);
    assert!(matches!(poison.await.unwrap(), Err(JournalError::Disk { .. })));
    for task in before.into_iter().chain(after) {
        assert!(task.await.unwrap().is_ok());
    }
    assert_eq!(all(journal).await.len(), 6, "nothing of the refused webhook remains");
    let again = journal.append(webhook(vec![message("fine", "alice")])).await.unwrap();
    assert_eq!(again.events[0].seq, Some(7), "nor is it known");
}

#[tokio::test]
async fn a_disk_error_is_answered_and_the_writer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage { busy_wait: Duration::ZERO, ..Storage::at(&folder.path().join(FILE_NAME)) };
    let journal = Journal::start(storage, &JournalOptions::default(), Arc::new(SystemClock)).unwrap();
    let fixture = Fixture { folder, journal };
    let lock = Lock::take(&fixture);
    let failed = fixture.journal.append(webhook(vec![message("1", "alice")])).await;
    assert!(matches!(failed, Err(JournalError::Disk { .. })), "{failed:?}");
    assert!(fixture.journal.ping().await.is_err());
    drop(lock);
    assert!(fixture.journal.ping().await.is_ok());
    let appended = fixture.journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
    assert_eq!(appended.events[0].seq, Some(1));
}

#[tokio::test]
async fn inline_media_become_blobs() {
    let fixture = open(JournalOptions::default());
    let journal = &fixture.journal;
    let event = media_message("1", &[b"picture", b"picture", b""]);
    journal.append(webhook(vec![event])).await.unwrap();
    let stored = all(journal).await.remove(0);
    assert!(!stored.event.get().contains("bytes"), "{}", stored.event);
    let mut event: Event = serde_json::from_str(stored.event.get()).unwrap();
    let media: Vec<_> = event.media_mut().map(|media| media.clone()).collect();
    let sha256 = media[0].sha256.clone().unwrap();
    assert_eq!(media[0].size, Some(7));
    assert_eq!(media[2].attributes, [(MEDIA_ID.to_owned(), format!("{}.2", stored.id))]);
    assert_eq!(media[0].source, MediaSource::Reference(format!("{BLOB_PREFIX}{sha256}")));
    assert_eq!(journal.blob(&sha256).await.unwrap().unwrap(), b"picture");
    assert_eq!(journal.blob(media[2].sha256.as_deref().unwrap()).await.unwrap().unwrap(), b"");
    assert_eq!(journal.statistics().await.unwrap().blobs, 2);
    assert!(journal.blob("00").await.unwrap().is_none());
    assert!(journal.blob("no hex").await.unwrap().is_none());
}

#[tokio::test]
async fn a_large_webhook_and_absurd_times_come_through() {
    let fixture = open(JournalOptions::default());
    let mut random = fastrand::Rng::with_seed(1);
    let body: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(2 * INLINE_SIZE_MAX).collect();
    let event = Event { occurred_at: Some(u64::MAX), ..message("1", "alice") };
    let sent = Webhook { body: body.clone(), ..webhook(vec![event]) };
    fixture.journal.append(sent).await.unwrap();
    assert_eq!(fixture.journal.webhook(1).await.unwrap().unwrap().body, body);
    let stored = all(&fixture.journal).await.remove(0);
    assert_eq!(stored.occurred_at, Some(i64::MAX as u64));
    assert!(stored.event.get().contains(&u64::MAX.to_string()), "the exact value is kept");
}

#[tokio::test]
async fn what_was_answered_survives_a_crash() {
    let fixture = open(JournalOptions::default());
    fixture.journal.append(webhook(vec![message("1", "alice"), message("2", "alice")])).await.unwrap();
    let copy = crashed_copy(fixture.folder.path());
    let journal = Journal::open(copy.path(), JournalOptions::default()).unwrap();
    assert_eq!(*journal.committed().borrow(), 2);
    assert_eq!(all(&journal).await.len(), 2);
    let again = journal.append(webhook(vec![message("2", "alice"), message("3", "alice")])).await.unwrap();
    assert_eq!(again.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [None, Some(3)]);
}

#[tokio::test]
async fn a_torn_commit_vanishes_whole() {
    let fixture = open(JournalOptions::default());
    fixture.journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
    let wal = fixture.folder.path().join(format!("{FILE_NAME}-wal"));
    let size_before = std::fs::metadata(&wal).unwrap().len();
    fixture.journal.append(webhook(vec![message("2", "alice"), message("3", "alice")])).await.unwrap();
    let size_after = std::fs::metadata(&wal).unwrap().len();
    for cut in [size_before + 1, size_after - 1] {
        let copy = crashed_copy(fixture.folder.path());
        let wal = std::fs::OpenOptions::new()
            .write(true)
            .open(copy.path().join(format!("{FILE_NAME}-wal")))
            .unwrap();
        wal.set_len(cut).unwrap();
        let journal = Journal::open(copy.path(), JournalOptions::default()).unwrap();
        assert_eq!(all(&journal).await.len(), 1, "cut at {cut} of {size_after}");
        assert!(journal.event(&event_id("shop", "account", "2")).await.unwrap().is_none());
        assert_eq!(journal.statistics().await.unwrap().webhooks, 1);
        let again = journal.append(webhook(vec![message("2", "alice")])).await.unwrap();
        assert_eq!(again.events[0].seq, Some(2));
    }
}

#[tokio::test]
async fn closing_writes_what_is_queued_and_ends_everything() {
    let fixture = open(JournalOptions::default());
    let lock = Lock::take(&fixture);
    let tasks = append_many(&fixture.journal, 20).await;
    let closing = tokio::spawn(fixture.journal.clone().close());
    tokio::task::yield_now().await;
    drop(lock);
    closing.await.unwrap().unwrap();
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
    let refused = fixture.journal.append(webhook(vec![message("late", "alice")])).await;
    assert!(matches!(refused, Err(JournalError::Closed)), "{refused:?}");
    assert!(matches!(fixture.journal.ping().await, Err(JournalError::Closed)));
    assert!(matches!(fixture.journal.statistics().await, Err(JournalError::Closed)));
    assert!(fixture.journal.committed().changed().await.is_ok(), "the last number was published");
    let journal = Journal::open(fixture.folder.path(), JournalOptions::default()).unwrap();
    assert_eq!(all(&journal).await.len(), 20);
    assert_eq!(*journal.committed().borrow(), 20);
}

#[tokio::test]
async fn a_newer_journal_is_refused() {
    let fixture = open(JournalOptions::default());
    let folder = fixture.folder.path().to_owned();
    other_connection(&fixture).pragma_update(None, "user_version", 7).unwrap();
    let error = Journal::open(&folder, JournalOptions::default()).unwrap_err();
    assert!(matches!(error, JournalError::Newer { found: 7, known: schema::VERSION, .. }), "{error}");
}

#[tokio::test]
async fn keys_of_deleted_events_are_forgotten_after_their_time() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::new(1_700_000_001_000));
    let journal = Journal::open_with_clock(folder.path(), JournalOptions::default(), clock.clone()).unwrap();
    let fixture = Fixture { folder, journal };
    let journal = &fixture.journal;
    journal.append(webhook(vec![message("1", "alice"), message("2", "alice")])).await.unwrap();
    other_connection(&fixture).execute("DELETE FROM events WHERE seq = 1", []).unwrap();

    clock.advance(29 * 24 * HOUR);
    let early = journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
    assert_eq!(early.events[0].seq, None, "however short events are kept, their keys stay");
    clock.advance(2 * 24 * HOUR);
    // Twice around: where the writer looks at the clock only after the next advance, it skips a step.
    for _ in 0..512 {
        clock.advance(HOUR);
        journal.ping().await.unwrap();
    }
    let late = journal.append(webhook(vec![message("1", "alice"), message("2", "alice")])).await.unwrap();
    assert_eq!(late.events[0].seq, Some(3), "forgotten, and no number is given twice");
    assert_eq!(late.events[1].seq, None, "still stored, so still known");
}

#[tokio::test]
async fn progress_is_kept_by_destination() {
    let fixture = open(JournalOptions::default());
    let journal = &fixture.journal;
    journal.append(webhook(vec![message("1", "alice"), message("2", "alice")])).await.unwrap();
    assert_eq!(journal.cursor("crm").await.unwrap(), None);
    let row = |seq| Parked {
        seq,
        conversation: "c".into(),
        state: ParkedState::Waiting,
        attempt: 1,
        due_at: 5,
        failed_at: Some(4),
        reason: "why".into(),
    };
    let rows = [(1, Some(row(1))), (2, Some(row(2))), (3, None)].into();
    journal.progress(Progress { destination: "crm".into(), cursor: 4, parked: rows }).await.unwrap();
    assert_eq!(journal.cursor("crm").await.unwrap(), Some(4));
    assert_eq!(journal.parked("crm").await.unwrap(), [row(1), row(2)]);
    assert_eq!(journal.parked("other").await.unwrap(), []);
    let changed = Parked { attempt: 2, ..row(2) };
    let rows = [(1, None), (2, Some(changed.clone()))].into();
    journal.progress(Progress { destination: "crm".into(), cursor: 9, parked: rows }).await.unwrap();
    assert_eq!(journal.parked("crm").await.unwrap(), [changed]);
    assert_eq!(journal.cursor("crm").await.unwrap(), Some(9));
}

#[tokio::test]
async fn a_query_that_panics_is_told_from_a_journal_that_is_closed() {
    let fixture = open(JournalOptions::default());
    let query = |_: &Connection| -> Result<(), JournalError> { panic!("on purpose") };
    let answer = fixture.journal.inner.readers.run(query).await;
    assert!(matches!(answer, Err(JournalError::Damaged { .. })), "{answer:?}");
    assert!(fixture.journal.statistics().await.is_ok(), "the next query is answered");
}
