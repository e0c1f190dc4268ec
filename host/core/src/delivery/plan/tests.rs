//! The plan under random failures, restarts and lost writes: one seed is one history.

use std::collections::HashMap;

use super::*;
use crate::samples::stored;

const EVENTS: u64 = 120;

fn conversation(seq: u64) -> String {
    // Uneven on purpose: some conversations are busy, some have one event.
    format!("c{}", seq * seq % 11)
}

/// What a crash leaves.
#[derive(Default, Clone)]
struct Disk {
    cursor: u64,
    rows: BTreeMap<u64, Parked>,
}

struct History {
    random: fastrand::Rng,
    options: DeliveryOptions,
    disk: Disk,
    plan: Plan,
    flights: Vec<Flight>,
    now_ms: u64,
    /// First deliveries by conversation.
    delivered: HashMap<String, Vec<u64>>,
    down: bool,
    /// Numbers that the destination does not take as long as it is not repaired.
    poison: bool,
    /// Was a dead letter at some time: comes out of order when it is retried.
    dead: BTreeSet<u64>,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let options = DeliveryOptions {
            in_flight_max: random.usize(1..6),
            window_max: random.usize(1..30),
            parked_max: random.usize(1..30),
            // Three attempts.
            give_up_ms: 4_000,
            ..DeliveryOptions::default()
        };
        let plan = Plan::new(&options, 0, Vec::new());
        let disk = Disk::default();
        Self {
            random,
            options,
            disk,
            plan,
            flights: Vec::new(),
            now_ms: 1,
            delivered: HashMap::new(),
            down: false,
            poison: true,
            dead: BTreeSet::new(),
        }
    }

    fn step(&mut self) {
        match self.random.u32(0..100) {
            0..25 => self.read(),
            25..55 => self.start(),
            55..85 => self.finish(),
            85..92 => self.store(),
            92..94 => self.crash(),
            94..96 => self.down = !self.down,
            96 => self.plan.hurry(self.now_ms),
            97 => self.revive(),
            _ => self.now_ms += self.random.u64(0..20_000),
        }
    }

    fn read(&mut self) {
        let held = |plan: &Plan| plan.parked() + plan.outstanding.len();
        // Dead letters that are revived do not ask for room.
        let held_max = held(&self.plan).max(self.options.parked_max);
        for _ in 0..self.plan.room().min(5) {
            let seq = self.plan.position() + 1;
            if seq <= EVENTS {
                self.plan.read(stored(seq, &conversation(seq)));
            }
        }
        let held = held(&self.plan);
        assert!(held <= held_max, "{held} events are held");
    }

    fn start(&mut self) {
        while let Some(flight) = self.plan.next(self.now_ms) {
            let same = self.flights.iter().find(|other| other.conversation == flight.conversation);
            assert!(same.is_none(), "{flight:?} beside {same:?}");
            self.flights.push(flight);
        }
        assert!(self.flights.len() <= self.options.in_flight_max);
    }

    fn finish(&mut self) {
        if self.flights.is_empty() {
            return;
        }
        let flight = self.flights.swap_remove(self.random.usize(0..self.flights.len()));
        let outcome = if self.down || self.random.u32(0..4) == 0 {
            Outcome::retry("down")
        } else if self.poison && flight.seq.is_multiple_of(13) {
            Outcome::not_taken("poison")
        } else {
            let delivered = self.delivered.entry(flight.conversation.clone()).or_default();
            if !delivered.contains(&flight.seq) {
                delivered.push(flight.seq);
            }
            Outcome::Delivered
        };
        self.plan.finish(&flight, outcome, self.now_ms);
    }

    /// Somebody retries the dead letters that are on disk.
    fn revive(&mut self) {
        let mut revived = Vec::new();
        for row in self.disk.rows.values_mut().filter(|row| row.state == ParkedState::Dead) {
            (row.state, row.attempt, row.due_at) = (ParkedState::Waiting, 0, self.now_ms);
            revived.push(row.clone());
        }
        self.plan.revive(revived);
    }

    fn store(&mut self) {
        let progress = self.plan.take_progress("crm");
        if self.random.u32(0..4) == 0 {
            self.plan.put_back(progress);
            return;
        }
        self.disk.cursor = progress.cursor;
        for (&seq, row) in &progress.parked {
            match row {
                Some(row) => self.disk.rows.insert(seq, row.clone()),
                None => self.disk.rows.remove(&seq),
            };
        }
        // Only now: after a crash before, it would have been attempted again, in its order.
        let dead = self.disk.rows.values().filter(|row| row.state == ParkedState::Dead);
        self.dead.extend(dead.map(|row| row.seq));
        self.plan.stored(&progress);
        for seq in 1..=self.disk.cursor {
            let delivered =
                self.delivered.get(&conversation(seq)).is_some_and(|numbers| numbers.contains(&seq));
            assert!(delivered || self.disk.rows.contains_key(&seq), "{seq} was passed");
        }
    }

    fn crash(&mut self) {
        self.flights.clear();
        let rows = self.disk.rows.values().cloned().collect();
        self.plan = Plan::new(&self.options, self.disk.cursor, rows);
    }

    /// With everything up again, all that is left goes out.
    fn settle(&mut self) {
        self.down = false;
        self.poison = false;
        for round in 0..4_000 {
            self.now_ms += 10_000;
            self.read();
            self.start();
            self.finish();
            if round % 100 == 0 {
                self.store();
                self.revive();
            }
        }
        while self.disk.cursor < EVENTS || !self.disk.rows.is_empty() {
            self.store();
            self.revive();
            self.start();
            self.finish();
            self.now_ms += 10_000;
        }
    }
}

#[test]
fn nothing_is_skipped_or_overtaken_whatever_happens() {
    let mut dead = 0;
    for seed in 0..200 {
        println!("seed {seed}");
        let mut history = History::new(seed);
        for _ in 0..1_500 {
            history.step();
        }
        history.settle();
        let mut count = 0;
        for (conversation, numbers) in &history.delivered {
            let in_order = numbers.iter().filter(|seq| !history.dead.contains(seq));
            assert!(
                in_order.is_sorted(),
                "seed {seed}: {conversation} came as {numbers:?}, {:?} dead",
                history.dead
            );
            count += numbers.len() as u64;
        }
        assert_eq!(count, EVENTS, "seed {seed}");
        let plan = &history.plan;
        assert!(plan.lanes.is_empty() && plan.due.is_empty() && plan.ready.is_empty(), "seed {seed}");
        assert_eq!((plan.parked, plan.flights, plan.flights_parked), (0, 0, 0), "seed {seed}");
        dead += history.dead.len();
    }
    assert!(dead > 100, "{dead} dead letters");
}

#[test]
fn failures_leave_places_for_other_conversations() {
    let options = DeliveryOptions { in_flight_max: 4, ..DeliveryOptions::default() };
    let row = |seq: u64| Parked {
        seq,
        conversation: format!("old{seq}"),
        state: ParkedState::Waiting,
        attempt: 3,
        due_at: 0,
        failed_at: Some(0),
        reason: String::new(),
    };
    let mut plan = Plan::new(&options, 10, (1..=10).map(row).collect());
    for _ in 0..3 {
        assert!(plan.next(1).unwrap().event.is_none());
    }
    assert!(plan.next(1).is_none(), "the last place stays free");
    assert_eq!(plan.due_at(), None, "so there is nothing to wait for");
    plan.read(stored(11, "new"));
    assert_eq!(plan.next(1).unwrap().seq, 11);
}

#[test]
fn a_long_reason_is_shortened() {
    let mut plan = Plan::new(&DeliveryOptions::default(), 0, Vec::new());
    plan.read(stored(1, "c"));
    let flight = plan.next(0).unwrap();
    plan.finish(&flight, Outcome::retry("ü".repeat(5_000)), 0);
    let row = plan.take_progress("crm").parked.remove(&1).flatten().unwrap();
    assert_eq!(row.reason.chars().count(), REASON_CHARS_MAX + 1);
}

/// Attempts the first event until it is dead.
fn dead(plan: &mut Plan, attempts_max: u32) {
    let mut now = 0;
    for attempt in 1..=attempts_max {
        now = plan.due_at().unwrap_or(now);
        let flight = plan.next(now).expect("an attempt");
        assert_eq!((flight.seq, flight.attempt), (1, attempt));
        assert_eq!(plan.finish(&flight, Outcome::not_taken("answered 422"), now), attempt == attempts_max);
    }
}

#[test]
fn after_the_last_attempt_the_conversation_goes_on_without_the_dead_letter() {
    let options = DeliveryOptions { give_up_ms: 4_000, ..DeliveryOptions::default() };
    let mut plan = Plan::new(&options, 0, Vec::new());
    for seq in 1..=3 {
        plan.read(stored(seq, "c"));
    }
    dead(&mut plan, 3);
    let progress = plan.take_progress("crm");
    let states = progress.parked.values().flatten().map(|row| (row.seq, row.state, row.attempt));
    let expected = [(1, ParkedState::Dead, 3), (2, ParkedState::Waiting, 0), (3, ParkedState::Waiting, 0)];
    assert_eq!(states.collect::<Vec<_>>(), expected);
    assert_eq!(plan.parked(), 2, "a dead letter takes no place");
    assert!(plan.next(u64::MAX).is_none(), "the journal does not have it yet");
    plan.stored(&progress);
    assert_eq!(plan.next(0).expect("the next of the conversation").seq, 2);

    // Retried while the conversation is busy: it is attempted next.
    let row = Parked { state: ParkedState::Waiting, attempt: 0, ..progress.parked[&1].clone().unwrap() };
    plan.revive(vec![row]);
    assert!(plan.next(u64::MAX).is_none(), "one of a conversation at a time");
    let flight = Flight { seq: 2, conversation: "c".into(), attempt: 1, probe: false, event: None };
    plan.finish(&flight, Outcome::Delivered, 0);
    assert_eq!(plan.next(u64::MAX).expect("the letter").seq, 1);
}

#[test]
fn an_outage_pauses_the_destination_and_kills_nothing() {
    let options = DeliveryOptions { give_up_ms: 1, ..DeliveryOptions::default() };
    let mut plan = Plan::new(&options, 0, Vec::new());
    for seq in 1..=20 {
        plan.read(stored(seq, &format!("c{seq}")));
    }
    let flights: Vec<_> = (0..5).map(|_| plan.next(0).expect("an attempt")).collect();
    for flight in &flights {
        assert!(!plan.finish(flight, Outcome::retry("down"), 0));
    }
    assert!(plan.pause().is_some());
    // Two weeks.
    let (mut now, mut probes) = (0, 0);
    while now < 14 * 24 * 3_600_000 {
        now = plan.due_at().expect("a probe");
        let flight = plan.next(now).expect("the probe");
        assert!(flight.probe && plan.next(now).is_none(), "alone");
        assert!(!plan.finish(&flight, Outcome::retry("down"), now), "{flight:?} died");
        probes += 1;
    }
    assert!((3_000..5_000).contains(&probes), "{probes} probes");
    let flight = plan.next(plan.due_at().expect("a probe")).expect("the probe");
    plan.finish(&flight, Outcome::Delivered, now);
    assert_eq!(plan.pause(), None);
    let left = std::iter::from_fn(|| plan.next(u64::MAX)).count();
    assert_eq!(left, 19, "all at once");
}
