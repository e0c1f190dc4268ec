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
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let options = DeliveryOptions {
            in_flight_max: random.usize(1..6),
            window_max: random.usize(1..30),
            parked_max: random.usize(1..30),
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
        }
    }

    fn step(&mut self) {
        match self.random.u32(0..100) {
            0..25 => self.read(),
            25..55 => self.start(),
            55..85 => self.finish(),
            85..92 => self.store(),
            92..94 => self.crash(),
            94..97 => self.down = !self.down,
            _ => self.now_ms += self.random.u64(0..20_000),
        }
    }

    fn read(&mut self) {
        for _ in 0..self.plan.room().min(5) {
            let seq = self.plan.position() + 1;
            if seq <= EVENTS {
                self.plan.read(stored(seq, &conversation(seq)));
            }
        }
        let held = self.plan.parked() + self.plan.outstanding.len();
        assert!(held <= self.options.parked_max, "{held} events are held");
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
        } else {
            let delivered = self.delivered.entry(flight.conversation.clone()).or_default();
            if !delivered.contains(&flight.seq) {
                delivered.push(flight.seq);
            }
            Outcome::Delivered
        };
        self.plan.finish(&flight, outcome, self.now_ms);
    }

    fn store(&mut self) {
        let progress = self.plan.take_progress("crm");
        if self.random.u32(0..4) == 0 {
            self.plan.put_back(progress);
            return;
        }
        self.disk.cursor = progress.cursor;
        for (seq, row) in progress.parked {
            match row {
                Some(row) => self.disk.rows.insert(seq, row),
                None => self.disk.rows.remove(&seq),
            };
        }
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
        for _ in 0..20_000 {
            self.now_ms += 10_000;
            self.read();
            self.start();
            self.finish();
        }
        while self.disk.cursor < EVENTS || !self.disk.rows.is_empty() {
            self.store();
        }
    }
}

#[test]
fn nothing_is_skipped_or_overtaken_whatever_happens() {
    for seed in 0..60 {
        println!("seed {seed}");
        let mut history = History::new(seed);
        for _ in 0..1_500 {
            history.step();
        }
        history.settle();
        let mut count = 0;
        for (conversation, numbers) in &history.delivered {
            assert!(numbers.is_sorted(), "seed {seed}: {conversation} came as {numbers:?}");
            count += numbers.len() as u64;
        }
        assert_eq!(count, EVENTS, "seed {seed}");
        let plan = &history.plan;
        assert!(plan.lanes.is_empty() && plan.due.is_empty() && plan.ready.is_empty(), "seed {seed}");
        assert_eq!((plan.parked, plan.flights, plan.flights_parked), (0, 0, 0), "seed {seed}");
    }
}

#[test]
fn failures_leave_places_for_other_conversations() {
    let options = DeliveryOptions { in_flight_max: 4, ..DeliveryOptions::default() };
    let row = |seq: u64| Parked {
        seq,
        conversation: format!("old{seq}"),
        attempt: 3,
        due_at: 0,
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
