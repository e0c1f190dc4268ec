use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::machine::Applied;
use crate::worker::{Untaken, Worker};

/// Adds numbers, refuses odd ones, and wants to be told the time a second after each.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Adder {
    sum: u64,
    times: u64,
    due: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Change {
    Add(u64),
    Time,
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is odd")]
struct Odd(u64);

impl Machine for Adder {
    type Entry = Change;
    type Effect = u64;
    type Refusal = Odd;

    fn apply(&mut self, _number: u64, at: u64, entry: &Change) -> Result<Applied<u64>, Odd> {
        let mut applied = Applied::default();
        match entry {
            Change::Add(number) if number % 2 == 1 => return Err(Odd(*number)),
            Change::Add(number) => {
                self.sum += number;
                self.due = Some(at + 1_000);
                applied.effects.push(self.sum);
                applied.subjects.push(format!("number {number}"));
                applied.trace = json!({ "sum": self.sum });
            }
            Change::Time => match self.due.filter(|due| *due <= at) {
                Some(_) => (self.times, self.due) = (self.times + 1, None),
                None => applied.changed = false,
            },
        }
        Ok(applied)
    }

    fn due(&self) -> Option<u64> {
        self.due
    }

    fn time() -> Change {
        Change::Time
    }
}

struct Clock(Arc<AtomicU64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_000_000)))
    }

    fn now(&self) -> crate::worker::Now {
        let time = self.0.clone();
        Box::new(move || time.load(Ordering::SeqCst))
    }
}

fn start(folder: &Path, clock: &Clock) -> Worker<Adder> {
    Worker::start(folder, clock.now()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_after_a_restart_with_or_without_an_orderly_end() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::new();
    for orderly in [true, false] {
        let worker = start(folder.path(), &clock);
        let before = worker.state().sum;
        let mut numbers = Vec::new();
        for number in [2, 4, 6] {
            numbers.push(worker.take(Change::Add(number)).await.unwrap());
        }
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        assert!(matches!(worker.take(Change::Add(3)).await, Err(Untaken::Refused(Odd(3)))));
        assert_eq!(worker.state().sum, before + 12);
        if orderly {
            worker.close().await;
            assert!(matches!(worker.take(Change::Add(2)).await, Err(Untaken::Closed)));
        } else {
            // The process ends: nobody keeps the state.
            std::mem::forget(worker);
        }
    }
    let log = Log::open(folder.path()).unwrap();
    let folded = log.fold::<Adder>().unwrap();
    assert_eq!(folded.state.sum, 24);
    let anew = {
        log.connection.execute("DELETE FROM snapshots", []).unwrap();
        log.fold::<Adder>().unwrap()
    };
    assert_eq!(anew, folded, "folded from the start it is the same");
    let effects = log.waiting::<u64>(100).unwrap();
    assert_eq!(effects.iter().map(|waiting| waiting.effect).collect::<Vec<_>>(), [2, 6, 12, 14, 18, 24]);
    let about = log.about("number 4", 0, 100).unwrap();
    assert_eq!(about.iter().map(|logged| logged.trace["sum"].clone()).collect::<Vec<_>>(), [6, 18]);
    assert_eq!(log.about("number 4", about[0].number, 100).unwrap().len(), 1);
    assert_eq!(log.entries(0, 2).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_is_told_when_it_is_due_and_kept_only_where_it_changed_something() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::new();
    let worker = start(folder.path(), &clock);
    worker.take(Change::Add(2)).await.unwrap();
    assert_eq!(worker.state().times, 0);
    clock.0.fetch_add(1_000, Ordering::SeqCst);
    // Whatever comes next finds that it is due; without anything the thread wakes by itself.
    let mut taken = worker.taken();
    taken.wait_for(|number| *number == 2).await.unwrap();
    assert_eq!((worker.state().times, worker.state().due), (1, None));
    let before = worker.take(Change::Time).await.unwrap();
    assert_eq!(before, 2, "nothing was due: the entry is not kept");
    worker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effects_wait_until_they_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let worker = start(folder.path(), &Clock::new());
    for number in [2, 4] {
        worker.take(Change::Add(number)).await.unwrap();
    }
    let first = &worker.waiting(1).unwrap()[0];
    worker.done(vec![(first.number, first.place)]);
    worker.take(Change::Add(6)).await.unwrap();
    let left: Vec<u64> = worker.waiting(10).unwrap().iter().map(|waiting| waiting.effect).collect();
    assert_eq!(left, [6, 12]);
    worker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_on_disk_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let worker = start(folder.path(), &Clock::new());
    worker.take(Change::Add(2)).await.unwrap();
    let other = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    other.execute_batch("ALTER TABLE log RENAME TO away").unwrap();
    assert!(matches!(worker.take(Change::Add(4)).await, Err(Untaken::Unwritten(_))));
    assert!(matches!(worker.take(Change::Add(6)).await, Err(Untaken::Unwritten(_))));
    other.execute_batch("ALTER TABLE away RENAME TO log").unwrap();
    assert_eq!(worker.take(Change::Add(8)).await.unwrap(), 2);
    assert_eq!(worker.state().sum, 10);
    worker.close().await;
}

#[test]
fn a_newer_file_and_a_damaged_entry_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path()).unwrap();
    let entry = serde_json::to_string(&Change::Add(3)).unwrap();
    let record = Record { number: 1, at: 5, entry, trace: None, subjects: Vec::new(), effects: Vec::new() };
    log.append(&[record]).unwrap();
    let error = log.fold::<Adder>().unwrap_err().to_string();
    assert!(error.starts_with("entry 1 of desk `") && error.contains("3 is odd\nhint: "), "{error}");
    log.connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
    let error = Log::open(folder.path()).err().unwrap().to_string();
    assert!(error.contains("has schema `2`, this host knows `1`\nhint: "), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forgotten_cannot_be_read_and_is_not_missed() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::new();
    let worker = start(folder.path(), &clock);
    for number in [2, 4, 2] {
        worker.take(Change::Add(number)).await.unwrap();
    }
    worker.forget(vec!["number 2".to_owned()]).await.unwrap();
    assert!(worker.about("number 2", 0, 10).unwrap().is_empty());
    let kinds = worker.entries(0, 10).unwrap();
    let kinds: Vec<_> = kinds.iter().map(|logged| logged.entry["entry"].as_str() == Some("erased")).collect();
    assert_eq!(kinds, [true, false, true]);
    assert_eq!(worker.waiting(10).unwrap().len(), 1, "nor is anything done for it");
    worker.take(Change::Add(8)).await.unwrap();
    // The process ends without keeping the state: it is folded from where it was when that was forgotten.
    std::mem::forget(worker);
    assert_eq!(Log::open(folder.path()).unwrap().fold::<Adder>().unwrap().state.sum, 16);
}
