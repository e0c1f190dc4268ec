//! Delivery against a real journal, under paused time: waits pass at once, and the clock moves along.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::*;
use crate::clock::FakeClock;
use crate::destination::{DeliveryFuture, Fault, Outcome};
use crate::journal::{Actor, DeadLetters, JournalOptions, StoredEvent, Webhook, event_id};
use crate::route::Route;
use crate::samples::{crashed_copy, message, webhook};

const NAME: &str = "crm";

/// One attempt as the destination saw it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    contact: String,
    seq: u64,
    attempt: u32,
    at_ms: u64,
    delivered: bool,
}

type Rule = dyn Fn(&StoredEvent, u32) -> Outcome + Send + Sync;

/// Answers as its rule says, and checks what no destination may ever see.
struct Script {
    rule: Box<Rule>,
    clock: Arc<FakeClock>,
    seen: watch::Sender<Vec<Seen>>,
    busy: Mutex<HashSet<String>>,
    busy_most: AtomicUsize,
}

impl Sink for Script {
    fn deliver(&self, stored: Arc<StoredEvent>, attempt: u32) -> DeliveryFuture<'_> {
        Box::pin(async move {
            {
                let mut busy = self.busy.lock().unwrap();
                assert!(busy.insert(stored.conversation.clone()), "two of a conversation in flight");
                self.busy_most.fetch_max(busy.len(), Ordering::SeqCst);
            }
            tokio::time::sleep(Duration::from_millis(stored.seq % 7)).await;
            self.busy.lock().unwrap().remove(&stored.conversation);
            let outcome = (self.rule)(&stored, attempt);
            self.seen.send_modify(|seen| {
                seen.push(Seen {
                    contact: stored.conversation.rsplit('/').next().unwrap().to_owned(),
                    seq: stored.seq,
                    attempt,
                    at_ms: self.clock.now_ms(),
                    delivered: outcome == Outcome::Delivered,
                });
            });
            outcome
        })
    }
}

#[derive(Default)]
struct Watcher {
    delivered: AtomicU64,
    failed: AtomicU64,
    parked_most: AtomicUsize,
    cursor: watch::Sender<u64>,
    paused: watch::Sender<Option<Pause>>,
    died: AtomicUsize,
}

impl DeliveryObserver for Watcher {
    fn attempted(&self, destination: &str, delivered: bool, latency_ms: u64) {
        assert_eq!(destination, NAME);
        assert!(latency_ms < 1_000);
        if delivered { &self.delivered } else { &self.failed }.fetch_add(1, Ordering::SeqCst);
    }

    fn state(&self, _destination: &str, cursor: u64, parked: usize) {
        self.parked_most.fetch_max(parked, Ordering::SeqCst);
        self.cursor.send_replace(cursor);
    }

    fn pause(&self, _destination: &str, pause: Option<&Pause>) {
        self.paused.send_replace(pause.cloned());
    }

    fn died(&self, _destination: &str) {
        self.died.fetch_add(1, Ordering::SeqCst);
    }
}

struct House {
    folder: tempfile::TempDir,
    journal: Journal,
    clock: Arc<FakeClock>,
    watcher: Arc<Watcher>,
    routes: Arc<Routes>,
}

/// A destination at work.
struct Running {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    control: Control,
    script: Arc<Script>,
    seen: watch::Receiver<Vec<Seen>>,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        Self {
            folder,
            journal,
            clock: Arc::new(FakeClock::with_tokio(1_000_000)),
            watcher: Arc::default(),
            routes: Arc::new(Routes::new(Vec::new(), vec![NAME.into()])),
        }
    }

    /// The machine loses power and starts again; what was not on disk is gone.
    async fn crash(self, running: Running) -> Self {
        running.task.abort();
        let _ = running.task.await;
        let folder = crashed_copy(self.folder.path());
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        Self { folder, journal, ..self }
    }

    /// One event for each contact named, in that order.
    async fn append(&self, contacts: &[&str]) {
        let first = *self.journal.committed().borrow();
        let number = (first + 1..).zip(contacts);
        let events = number.map(|(number, contact)| message(&number.to_string(), contact)).collect();
        self.journal.append(webhook(events)).await.unwrap();
    }

    fn run(
        &self,
        options: DeliveryOptions,
        rule: impl Fn(&StoredEvent, u32) -> Outcome + Send + Sync + 'static,
    ) -> Running {
        let (sender, seen) = watch::channel(Vec::new());
        let script = Arc::new(Script {
            rule: Box::new(rule),
            clock: Arc::clone(&self.clock),
            seen: sender,
            busy: Mutex::default(),
            busy_most: AtomicUsize::new(0),
        });
        let (stop, shutdown) = watch::channel(false);
        let (control, controls) = control();
        let task = tokio::spawn(run(
            self.journal.clone(),
            NAME.to_owned(),
            Arc::clone(&self.routes),
            Arc::clone(&script),
            self.clock.clone(),
            options,
            self.watcher.clone(),
            controls,
            shutdown,
        ));
        Running { task, stop, control, script, seen }
    }

    async fn cursor(&self) -> Option<u64> {
        self.journal.cursor(NAME).await.unwrap()
    }

    async fn parked(&self) -> Vec<u64> {
        self.journal.parked(NAME).await.unwrap().iter().map(|row| row.seq).collect()
    }
}

impl Running {
    /// Waits until that many attempts have succeeded, and gives all attempts.
    async fn delivered(&mut self, count: usize) -> Vec<Seen> {
        let enough = |seen: &Vec<Seen>| seen.iter().filter(|one| one.delivered).count() >= count;
        self.seen.wait_for(enough).await.unwrap().clone()
    }

    async fn attempts(&mut self, count: usize) -> Vec<Seen> {
        self.seen.wait_for(|seen| seen.len() >= count).await.unwrap().clone()
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

/// Numbers delivered, by contact.
fn order(seen: &[Seen]) -> BTreeMap<&str, Vec<u64>> {
    let mut order: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for one in seen.iter().filter(|one| one.delivered) {
        order.entry(&one.contact).or_default().push(one.seq);
    }
    order
}

fn down() -> Outcome {
    Outcome::retry("status 503, expected 2xx")
}

#[tokio::test(start_paused = true)]
async fn everything_arrives_in_order_and_only_the_cursor_is_written() {
    let house = House::new();
    house.append(&["alice", "bob", "alice", "alice", "bob", "carol"]).await;
    let mut running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
    running.delivered(6).await;
    house.append(&["alice"]).await;
    let seen = running.delivered(7).await;
    assert_eq!(order(&seen), [("alice", vec![1, 3, 4, 7]), ("bob", vec![2, 5]), ("carol", vec![6])].into());
    running.stop().await;
    assert_eq!(house.cursor().await, Some(7));
    assert_eq!(house.parked().await, [] as [u64; 0]);
    assert_eq!(house.watcher.delivered.load(Ordering::SeqCst), 7);
    assert_eq!(house.watcher.parked_most.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failing_conversation_keeps_its_order_and_delays_no_other() {
    let house = House::new();
    house.append(&["alice", "bob", "alice", "bob", "alice"]).await;
    let mut running = house.run(DeliveryOptions::default(), |event, attempt| {
        if event.seq == 1 && attempt < 4 { down() } else { Outcome::Delivered }
    });
    let seen = running.delivered(5).await;
    assert_eq!(order(&seen), [("alice", vec![1, 3, 5]), ("bob", vec![2, 4])].into());
    let of_alice: Vec<_> = seen.iter().filter(|one| one.contact == "alice").collect();
    let attempts: Vec<_> = of_alice.iter().map(|one| (one.seq, one.attempt)).collect();
    assert_eq!(attempts, [(1, 1), (1, 2), (1, 3), (1, 4), (3, 1), (5, 1)]);
    let last_of_bob = seen.iter().filter(|one| one.contact == "bob").map(|one| one.at_ms).max().unwrap();
    assert!(last_of_bob < of_alice[1].at_ms, "bob waits for nobody");
    let waits: Vec<u64> = of_alice.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).collect();
    assert!((800..=1_300).contains(&waits[0]), "{waits:?}");
    assert!((2_400..=3_700).contains(&waits[1]), "{waits:?}");
    assert!((7_200..=10_900).contains(&waits[2]), "{waits:?}");
    assert!(waits[3] < 100 && waits[4] < 100, "the rest follows at once: {waits:?}");
    running.stop().await;
    assert_eq!(house.cursor().await, Some(5));
    assert_eq!(house.parked().await, [] as [u64; 0]);
    assert_eq!(house.watcher.failed.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn the_destination_can_ask_for_a_longer_wait() {
    let house = House::new();
    house.append(&["alice"]).await;
    let mut running = house.run(DeliveryOptions::default(), |_, attempt| match attempt {
        1 => {
            Outcome::Retry { reason: "status 429".into(), after_ms: Some(60_000), fault: Fault::Destination }
        }
        _ => Outcome::Delivered,
    });
    let seen = running.delivered(1).await;
    let wait = seen[1].at_ms - seen[0].at_ms;
    assert!((60_000..=73_000).contains(&wait), "{wait}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_resumes_what_was_parked() {
    let house = House::new();
    house.append(&["alice", "bob", "alice"]).await;
    let mut running = house
        .run(DeliveryOptions::default(), |event, _| if event.seq == 2 { Outcome::Delivered } else { down() });
    running.attempts(4).await;
    running.stop().await;
    assert_eq!(house.cursor().await, Some(3), "past what is parked");
    let rows = house.journal.parked(NAME).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 3]);
    let attempts = rows[0].attempt;
    assert!(attempts >= 2, "{rows:?}");
    assert_eq!((rows[1].attempt, rows[0].reason.as_str()), (0, "status 503, expected 2xx"));

    house.append(&["alice", "bob"]).await;
    let mut running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
    let seen = running.delivered(4).await;
    assert_eq!(order(&seen), [("alice", vec![1, 3, 4]), ("bob", vec![5])].into());
    let first = seen.iter().find(|one| one.seq == 1).unwrap();
    assert_eq!(first.attempt, attempts + 1, "attempts are counted on");
    running.stop().await;
    assert_eq!((house.cursor().await, house.parked().await), (Some(5), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_crash_skips_nothing() {
    for crash_after in [1, 5, 17, 40] {
        let house = House::new();
        let contacts: Vec<&str> = ["alice", "bob", "carol", "dave"].into_iter().cycle().take(60).collect();
        house.append(&contacts).await;
        let mut running = house.run(DeliveryOptions::default(), |event, attempt| {
            if event.seq % 5 == 0 && attempt == 1 { down() } else { Outcome::Delivered }
        });
        let mut delivered: HashSet<u64> = HashSet::new();
        let before = running.attempts(crash_after).await;
        let house = house.crash(running).await;
        delivered.extend(before.iter().filter(|one| one.delivered).map(|one| one.seq));

        let cursor = house.cursor().await.unwrap_or(0);
        let parked = house.parked().await;
        for seq in 1..=cursor {
            assert!(delivered.contains(&seq) || parked.contains(&seq), "{seq} was passed");
        }
        let mut running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
        let left = (cursor + 1..=60).chain(parked).collect::<HashSet<_>>().len();
        let seen = running.delivered(left).await;
        delivered.extend(seen.iter().map(|one| one.seq));
        assert_eq!(delivered.len(), 60, "crash after {crash_after}");
        for numbers in order(&seen).values() {
            assert!(numbers.is_sorted(), "{numbers:?}");
        }
        running.stop().await;
        assert_eq!((house.cursor().await, house.parked().await), (Some(60), vec![]));
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_stalls_the_cursor_and_recovery_drains_it() {
    let house = House::new();
    let contacts: Vec<String> = (0..40).map(|number| format!("contact-{number}")).collect();
    house.append(&contacts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let up = Arc::new(AtomicBool::new(false));
    let options = DeliveryOptions { parked_max: 7, in_flight_max: 4, ..DeliveryOptions::default() };
    let mut running = house.run(options, {
        let up = Arc::clone(&up);
        move |_, _| if up.load(Ordering::SeqCst) { Outcome::Delivered } else { down() }
    });
    let seen = running.attempts(60).await;
    assert!(seen.iter().all(|one| one.seq <= 7), "nothing beyond the limit is attempted");
    house.watcher.cursor.subscribe().wait_for(|&cursor| cursor == 7).await.unwrap();
    assert_eq!(house.cursor().await, Some(7));
    assert_eq!(house.parked().await, [1, 2, 3, 4, 5, 6, 7]);
    up.store(true, Ordering::SeqCst);
    let seen = running.delivered(40).await;
    assert_eq!(order(&seen).len(), 40);
    assert!(running.script.busy_most.load(Ordering::SeqCst) <= 4);
    running.stop().await;
    assert_eq!((house.cursor().await, house.parked().await), (Some(40), vec![]));
    assert!(house.watcher.parked_most.load(Ordering::SeqCst) <= 7);
}

#[tokio::test(start_paused = true)]
async fn what_no_route_wants_is_passed_by() {
    let mut house = House::new();
    let route =
        Route { connections: vec!["desk".into()], destinations: vec![NAME.into()], ..Route::default() };
    house.routes = Arc::new(Routes::new(vec![route], vec![NAME.into()]));
    house.append(&["alice"; 300]).await;
    let wanted = Webhook { connection: "desk".into(), ..webhook(vec![message("wanted", "alice")]) };
    house.journal.append(wanted).await.unwrap();
    house.append(&["alice"]).await;
    let mut running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
    let seen = running.delivered(1).await;
    assert_eq!(seen[0].seq, 301);
    running.stop().await;
    assert_eq!(house.cursor().await, Some(302));
}

#[tokio::test(start_paused = true)]
async fn the_cursor_is_stored_in_batches() {
    let house = House::new();
    let contacts: Vec<String> = (0..2_000).map(|number| format!("contact-{}", number % 100)).collect();
    house.append(&contacts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let before = house.journal.statistics().await.unwrap().commits;
    let mut running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
    running.delivered(2_000).await;
    running.stop().await;
    let commits = house.journal.statistics().await.unwrap().commits - before;
    assert!(commits <= 20, "{commits} commits for 2000 events");
    assert_eq!(house.cursor().await, Some(2_000));
}

#[tokio::test(start_paused = true)]
async fn the_cursor_is_stored_soon_after_the_last_event() {
    let house = House::new();
    house.append(&["alice", "bob"]).await;
    let mut running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
    running.delivered(2).await;
    house.watcher.cursor.subscribe().wait_for(|&cursor| cursor == 2).await.unwrap();
    assert!(!running.task.is_finished(), "no shutdown was needed for it");
    assert_eq!(house.cursor().await, Some(2));
    let commits = house.journal.statistics().await.unwrap().commits;
    tokio::time::advance(Duration::from_secs(60)).await;
    running.stop().await;
    assert_eq!(house.journal.statistics().await.unwrap().commits, commits, "at rest nothing is written");
}

#[tokio::test(start_paused = true)]
async fn a_new_destination_can_begin_with_what_is_to_come() {
    let house = House::new();
    house.append(&["alice", "bob"]).await;
    let options = DeliveryOptions { start: Start::Now, ..DeliveryOptions::default() };
    let running = house.run(options.clone(), |_, _| Outcome::Delivered);
    while house.cursor().await.is_none() {
        tokio::task::yield_now().await;
    }
    running.stop().await;
    house.append(&["carol"]).await;
    let mut running = house.run(options, |_, _| Outcome::Delivered);
    assert_eq!(running.delivered(1).await[0].seq, 3, "now was when it first began");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_panics_is_one_that_failed() {
    let house = House::new();
    house.append(&["alice", "bob"]).await;
    let mut running = house.run(DeliveryOptions::default(), |event, attempt| {
        assert!(event.seq != 1 || attempt > 1, "on purpose");
        Outcome::Delivered
    });
    let seen = running.delivered(2).await;
    assert_eq!(order(&seen), [("alice", vec![1]), ("bob", vec![2])].into());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_never_ends_does_not_hold_up_the_shutdown() {
    struct Stuck(watch::Sender<bool>);
    impl Sink for Stuck {
        fn deliver(&self, _: Arc<StoredEvent>, _: u32) -> DeliveryFuture<'_> {
            self.0.send_replace(true);
            Box::pin(std::future::pending())
        }
    }
    let house = House::new();
    house.append(&["alice"]).await;
    let (called, mut calls) = watch::channel(false);
    let (stop, shutdown) = watch::channel(false);
    let sink: Box<dyn Sink> = Box::new(Stuck(called));
    let task = tokio::spawn(run(
        house.journal.clone(),
        NAME.into(),
        Arc::clone(&house.routes),
        sink,
        house.clock.clone(),
        DeliveryOptions::default(),
        Arc::new(()),
        control().1,
        shutdown,
    ));
    calls.wait_for(|&called| called).await.unwrap();
    stop.send(true).unwrap();
    task.await.unwrap();
    assert_eq!(house.cursor().await, Some(0), "not delivered, so not passed");
}

#[tokio::test(start_paused = true)]
async fn closing_the_journal_ends_delivery() {
    let house = House::new();
    let running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
    while house.cursor().await.is_none() {
        tokio::task::yield_now().await;
    }
    house.journal.clone().close().await.unwrap();
    assert!(running.task.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_waits_for_somebody_and_is_delivered_when_it_is_retried() {
    let house = House::new();
    house.append(&["alice", "bob", "alice"]).await;
    let repaired = Arc::new(AtomicBool::new(false));
    let mut running = house.run(DeliveryOptions::default(), {
        let repaired = Arc::clone(&repaired);
        move |event, _| match event.seq {
            1 if !repaired.load(Ordering::SeqCst) => Outcome::not_taken("answered 422"),
            _ => Outcome::Delivered,
        }
    });
    let seen = running.delivered(2).await;
    assert_eq!(order(&seen), [("alice", vec![3]), ("bob", vec![2])].into());
    let tried: Vec<_> = seen.iter().filter(|one| one.seq == 1).collect();
    assert_eq!(tried.len(), 37);
    let hours = (tried[36].at_ms - tried[0].at_ms) / 3_600_000;
    assert!((20..29).contains(&hours), "{hours} hours");
    assert_eq!(house.watcher.died.load(Ordering::SeqCst), 1);
    running.stop().await;
    assert_eq!((house.cursor().await, house.parked().await), (Some(3), vec![]));

    // Not by a restart.
    repaired.store(true, Ordering::SeqCst);
    let mut running = house.run(DeliveryOptions::default(), |_, _| Outcome::Delivered);
    house.append(&["carol"]).await;
    assert_eq!(running.delivered(1).await[0].seq, 4);
    let letter = DeadLetters::One(event_id("shop", "account", "1"));
    let revived = house.journal.retry_dead(NAME, letter, Actor::new("ada")).await.unwrap();
    running.control.revive(revived).await;
    let seen = running.delivered(2).await;
    assert_eq!((seen[1].seq, seen[1].attempt), (1, 1));
    running.stop().await;
    assert_eq!((house.cursor().await, house.parked().await), (Some(4), vec![]));
    assert_eq!(house.journal.delivery_counts().await.unwrap()[0].dead, 0);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_is_down_is_probed_and_then_gets_everything_in_order() {
    let house = House::new();
    let contacts: Vec<String> = (0..200).map(|number| format!("contact-{}", number % 20)).collect();
    house.append(&contacts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let up = Arc::new(AtomicBool::new(false));
    let mut running = house.run(DeliveryOptions::default(), {
        let up = Arc::clone(&up);
        move |_, _| if up.load(Ordering::SeqCst) { Outcome::Delivered } else { down() }
    });
    let mut paused = house.watcher.paused.subscribe();
    let probed = |pause: &Option<Pause>| pause.as_ref().is_some_and(|pause| pause.probes >= 500);
    let pause = paused.wait_for(probed).await.unwrap().clone().unwrap();
    assert_eq!(pause.reason, "status 503, expected 2xx");
    let before = running.seen.borrow().clone();
    assert!(before.len() < 560, "{} attempts", before.len());
    let days = (before.last().unwrap().at_ms - before[0].at_ms) / 86_400_000;
    assert!(days >= 1, "{days} days");
    up.store(true, Ordering::SeqCst);
    let begun = house.clock.now_ms();
    running.control.hurry().await;
    let seen = running.delivered(200).await;
    assert!(seen.last().unwrap().at_ms - begun < 10_000, "at once, where somebody asks for it");
    for numbers in order(&seen).values() {
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
    assert_eq!(house.watcher.died.load(Ordering::SeqCst), 0);
    running.stop().await;
    assert_eq!((house.cursor().await, house.parked().await), (Some(200), vec![]));
}
