//! What is outside of the host, and outlives it: the clock, and the truth about what was sent, taken and promised.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use tokio::time::Instant;
use trunkline_model::Event;

use super::Report;
use crate::clock::Clock;
use crate::outbound::MessageState;

/// Connections, each with its provider.
pub const CONNECTIONS: [&str; 2] = ["shop", "desk"];
/// Destinations, each with its consumer.
pub const DESTINATIONS: [&str; 3] = ["archive", "bot", "crm"];
/// Contacts of each connection.
pub const CONTACTS: u64 = 3;

/// The clock of the host: it moves along with the simulation's time, and jumps.
pub struct WorldClock {
    now_ms: AtomicU64,
    started: Instant,
}

impl Clock for WorldClock {
    fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::SeqCst) + self.started.elapsed().as_millis() as u64
    }
}

/// An event at its provider, which sends it until it is acknowledged, and sometimes again.
pub struct Sent {
    pub connection: &'static str,
    pub event: Event,
    /// The public id.
    pub id: String,
    /// In milliseconds of the simulation, before which there is nothing of it.
    pub at: u64,
    pub acknowledged: bool,
}

/// What a consumer has.
#[derive(Default)]
pub struct Consumed {
    /// Ids of events, as the consumer knows them.
    pub taken: BTreeSet<String>,
    /// Ids of events, as the host was told.
    pub delivered: BTreeSet<String>,
    /// The highest number taken for the first time, by conversation.
    pub last: BTreeMap<String, u64>,
    /// Conversations with an attempt in flight, and in which life.
    pub busy: BTreeSet<(u32, String)>,
    /// Dead letters that somebody retried: they come when they come.
    pub revived: BTreeSet<String>,
    /// Dead letters that somebody dropped, or tried to.
    pub dropped: BTreeSet<String>,
    /// In milliseconds of the simulation: nobody answers before.
    pub down_until: u64,
}

/// A piece of a message at the provider.
#[derive(Default)]
pub struct Piece {
    pub calls: u32,
    /// How often the contact gets it.
    pub accepted: u32,
    pub refused: bool,
}

/// A message that somebody sends.
pub struct Message {
    pub id: String,
    pub connection: &'static str,
    pub contact: String,
    pub texts: Vec<String>,
    /// Its calls may be repeated.
    pub repeatable: bool,
    /// It has an idempotency key: whoever sends it tries until it is taken.
    pub keyed: bool,
    pub at: u64,
    /// The host said that it has it.
    pub queued: bool,
    /// Nobody tries to queue it any more.
    pub settled: bool,
    /// The highest state seen.
    pub seen: Option<MessageState>,
}

/// How much happened.
#[derive(Debug, Default, Clone)]
pub struct Count {
    pub power_cuts: u64,
    pub stops: u64,
    pub faults: u64,
    pub webhooks: u64,
    pub refused: u64,
    pub duplicates: u64,
    pub attempts: u64,
    pub taken: u64,
    pub taken_again: u64,
    pub dead: u64,
    pub retried: u64,
    pub dropped: u64,
    pub messages: u64,
    pub calls: u64,
    pub unconfirmed: u64,
}

impl Count {
    pub fn add(&mut self, other: &Self) {
        for (mine, others) in [
            (&mut self.power_cuts, other.power_cuts),
            (&mut self.stops, other.stops),
            (&mut self.faults, other.faults),
            (&mut self.webhooks, other.webhooks),
            (&mut self.refused, other.refused),
            (&mut self.duplicates, other.duplicates),
            (&mut self.attempts, other.attempts),
            (&mut self.taken, other.taken),
            (&mut self.taken_again, other.taken_again),
            (&mut self.dead, other.dead),
            (&mut self.retried, other.retried),
            (&mut self.dropped, other.dropped),
            (&mut self.messages, other.messages),
            (&mut self.calls, other.calls),
            (&mut self.unconfirmed, other.unconfirmed),
        ] {
            *mine += others;
        }
    }
}

/// All that is true.
pub struct Truth {
    pub random: Rng,
    pub life: u32,
    pub healthy: bool,
    pub sent: Vec<Sent>,
    /// Ids by number: no number is given twice.
    pub numbers: BTreeMap<u64, String>,
    pub consumers: BTreeMap<&'static str, Consumed>,
    pub pieces: BTreeMap<String, Piece>,
    pub messages: Vec<Message>,
    pub count: Count,
    pub wrong: Vec<String>,
    hash: u64,
    print: bool,
}

pub struct World {
    pub clock: Arc<WorldClock>,
    pub options: Options,
    truth: Mutex<Truth>,
    started: Instant,
}

/// What a seed decides once.
#[derive(Debug, Clone)]
pub struct Options {
    pub queue_max: usize,
    pub group_max: usize,
    pub in_flight_max: usize,
    pub window_max: usize,
    pub parked_max: usize,
    pub give_up_ms: u64,
    pub checkpoint_pages: u32,
    /// Of a hundred attempts, so many do not simply succeed.
    pub trouble: u8,
}

impl World {
    pub fn new(seed: u64, print: bool) -> Arc<Self> {
        let mut random = Rng::with_seed(seed);
        let options = Options {
            queue_max: random.usize(2..40),
            group_max: random.usize(1..20),
            in_flight_max: random.usize(1..8),
            window_max: random.usize(1..24),
            parked_max: random.usize(2..30),
            give_up_ms: [5_000, 60_000, 600_000, 86_400_000][random.usize(..4)],
            checkpoint_pages: [20, 60, 4_000][random.usize(..3)],
            trouble: random.u8(..70),
        };
        let truth = Truth {
            random,
            life: 0,
            healthy: false,
            sent: Vec::new(),
            numbers: BTreeMap::new(),
            consumers: DESTINATIONS.into_iter().map(|name| (name, Consumed::default())).collect(),
            pieces: BTreeMap::new(),
            messages: Vec::new(),
            count: Count::default(),
            wrong: Vec::new(),
            hash: 0xcbf2_9ce4_8422_2325,
            print,
        };
        let started = Instant::now();
        let clock = Arc::new(WorldClock { now_ms: AtomicU64::new(1_700_000_000_000), started });
        let world = Arc::new(Self { clock, options, truth: Mutex::new(truth), started });
        super::provider::populate(&world);
        world
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut Truth) -> T) -> T {
        work(&mut self.truth.lock().unwrap())
    }

    pub fn random<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        self.with(|truth| draw(&mut truth.random))
    }

    /// Milliseconds since the simulation began; no clock of the host.
    pub fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Something happened.
    pub fn note(&self, what: std::fmt::Arguments) {
        let line = format!("{:>9} {what}", self.now());
        self.with(|truth| {
            for byte in line.bytes() {
                truth.hash = (truth.hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
            if truth.print {
                println!("{line}");
            }
        });
    }

    /// Something happened that must not.
    pub fn wrong(&self, what: std::fmt::Arguments) {
        self.note(format_args!("WRONG: {what}"));
        let at = self.now();
        self.with(|truth| truth.wrong.push(format!("{what} (at {at} ms)")));
    }

    pub fn is_wrong(&self) -> bool {
        self.with(|truth| !truth.wrong.is_empty())
    }

    /// Moves the clock of the host, and nothing else.
    pub fn jump(&self, millis: i64) {
        self.note(format_args!("clock jumps by {millis} ms"));
        let now = self.clock.now_ms.load(Ordering::SeqCst);
        self.clock.now_ms.store(now.saturating_add_signed(millis), Ordering::SeqCst);
    }

    /// From now on nothing fails any more.
    pub fn heal(&self) {
        self.note(format_args!("all is healthy"));
        self.with(|truth| {
            truth.healthy = true;
            truth.consumers.values_mut().for_each(|consumer| consumer.down_until = 0);
        });
    }

    pub fn report(&self) -> Report {
        self.with(|truth| Report {
            hash: truth.hash,
            count: truth.count.clone(),
            wrong: std::mem::take(&mut truth.wrong),
        })
    }
}
