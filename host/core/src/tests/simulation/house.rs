//! One life of the host: the journal, its workers, and whoever talks to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::consumers::{self, Consumer, Watcher};
use super::provider::{self, Post};
use super::world::{CONNECTIONS, DESTINATIONS, World};
use crate::delivery::{self, Control, DeliveryOptions};
use crate::journal::{
    Actor, DeadLetters, DeliveryQuery, Execution, Journal, JournalError, JournalOptions, NewMessage,
    ParkedState, Queued, RequestKey, Storage,
};
use crate::outbound::{self, OutboundOptions, Parts, Waiting};
use crate::retry::RetryPolicy;
use crate::samples::new_message;
use crate::tests::disk::Disk;

/// Long waits cost no time, but find no other mistakes than shorter ones.
const DELAY_MS_MAX: u64 = 120_000;

type Queues = BTreeMap<&'static str, mpsc::UnboundedSender<Waiting>>;

pub struct House {
    pub journal: Journal,
    /// One for each worker: a channel with several receivers wakes them in an order that no seed decides.
    stops: Vec<watch::Sender<bool>>,
    /// The host.
    workers: JoinSet<()>,
    /// Everybody else.
    others: JoinSet<()>,
}

impl House {
    pub async fn start(world: &Arc<World>, disk: &Disk) -> Result<Self, JournalError> {
        let options = &world.options;
        let storage =
            Storage { checkpoint_pages: options.checkpoint_pages, ..disk.storage(Execution::Inline) };
        let limits = JournalOptions {
            queue_max: options.queue_max,
            group_max: options.group_max,
            ..JournalOptions::default()
        };
        let journal = Journal::start(storage, &limits, world.clock.clone())?;
        let mut stops = Vec::new();
        let mut stopped = || {
            let (stop, stopped) = watch::channel(false);
            stops.push(stop);
            stopped
        };
        let (mut workers, mut others) = (JoinSet::new(), JoinSet::new());
        let mut controls = BTreeMap::new();
        for name in DESTINATIONS {
            let (control, heard) = delivery::control();
            controls.insert(name, control);
            let life = world.with(|truth| truth.life);
            workers.spawn(delivery::run(
                journal.clone(),
                name.to_owned(),
                Arc::new(consumers::routes()),
                Consumer { world: Arc::clone(world), name, life },
                world.clock.clone(),
                delivery_options(world),
                Arc::new(Watcher(Arc::clone(world))),
                heard,
                stopped(),
            ));
        }
        let mut queues = Queues::new();
        for connection in CONNECTIONS {
            let (queue, queued) = mpsc::unbounded_channel();
            queues.insert(connection, queue);
            let parts = Parts {
                journal: journal.clone(),
                connection: connection.to_owned(),
                sender: Arc::new(Post { world: Arc::clone(world) }),
                clock: world.clock.clone(),
                options: outbound_options(world),
                answers: Arc::default(),
                observer: Arc::new(()),
            };
            workers.spawn(outbound::run(parts, queued, stopped()));
            others.spawn(provider::send(Arc::clone(world), journal.clone(), connection));
        }
        others.spawn(write(Arc::clone(world), journal.clone(), queues));
        others.spawn(operate(Arc::clone(world), journal.clone(), controls));
        Ok(Self { journal, stops, workers, others })
    }

    /// In order.
    pub async fn stop(mut self) {
        self.others.shutdown().await;
        for stop in &self.stops {
            stop.send_replace(true);
        }
        while self.workers.join_next().await.is_some() {}
        let _ = self.journal.close().await;
        settle().await;
    }

    /// The power is gone.
    pub async fn kill(mut self, world: &World) {
        world.with(|truth| truth.count.power_cuts += 1);
        self.others.shutdown().await;
        self.workers.shutdown().await;
        drop(self.journal);
        settle().await;
    }
}

/// Whatever ends with the host has its chance to.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

fn delivery_options(world: &World) -> DeliveryOptions {
    let options = &world.options;
    DeliveryOptions {
        in_flight_max: options.in_flight_max,
        window_max: options.window_max,
        parked_max: options.parked_max,
        policy: RetryPolicy {
            delay_ms_max: DELAY_MS_MAX,
            hint_ms_max: DELAY_MS_MAX,
            ..RetryPolicy::default()
        },
        give_up_ms: options.give_up_ms,
        ..DeliveryOptions::default()
    }
}

fn outbound_options(world: &World) -> OutboundOptions {
    OutboundOptions {
        in_flight_max: world.options.in_flight_max,
        rate_per_second: 20.0,
        policy: RetryPolicy { delay_ms_max: DELAY_MS_MAX, ..RetryPolicy::default() },
        // Clocks jump by hours.
        give_up_ms: 30 * 24 * 60 * 60 * 1_000,
        ..OutboundOptions::default()
    }
}

/// Queues messages: those with a key until the host says that it has them, others once.
async fn write(world: Arc<World>, journal: Journal, queues: Queues) {
    loop {
        let wait = world.random(|random| random.u64(1..3_000));
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let now = world.now();
        let next = world.with(|truth| truth.messages.iter().position(|one| !one.settled && one.at <= now));
        let Some(index) = next else { continue };
        let (new, keyed) = world.with(|truth| {
            let one = &mut truth.messages[index];
            one.settled = !one.keyed;
            let texts: Vec<&str> = one.texts.iter().map(String::as_str).collect();
            let new = new_message(&one.id, &one.contact, &texts, crate::clock::Clock::now_ms(&world.clock));
            let key = one.keyed.then_some(RequestKey { key: [index as u8; 32], request: [7; 32] });
            let conversation = format!("{}/account/{}", one.connection, one.contact);
            (NewMessage { connection: one.connection.to_owned(), conversation, key, ..new }, one.keyed)
        });
        let (id, connection, conversation) =
            (new.id.clone(), new.connection.clone(), new.conversation.clone());
        let queued = journal.queue_message(new).await;
        world.note(format_args!("{id} queued: {:?}", queued.as_ref().ok()));
        match queued {
            Ok(Queued::New(number)) => {
                if let Some(queue) = queues.get(connection.as_str()) {
                    let _ = queue.send(Waiting { number, conversation, due_at: 0, attempt: 0 });
                }
            }
            Ok(Queued::Known(known)) if keyed && known == id => {}
            Ok(other) => world.wrong(format_args!("{id} was queued once: {other:?}")),
            Err(_) => continue,
        }
        world.with(|truth| {
            truth.count.messages += 1;
            let one = &mut truth.messages[index];
            (one.queued, one.settled) = (true, true);
        });
    }
}

/// Somebody decides about dead letters: most are tried again, some are dropped.
async fn operate(world: Arc<World>, journal: Journal, controls: BTreeMap<&'static str, Control>) {
    loop {
        let wait = world.random(|random| random.u64(1_000..30_000));
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let name = DESTINATIONS[world.random(|random| random.usize(..DESTINATIONS.len()))];
        if world.random(|random| random.u8(..4)) == 0 {
            controls[name].hurry().await;
        }
        let query = DeliveryQuery {
            destination: Some(name.to_owned()),
            state: Some(ParkedState::Dead),
            limit: 100,
            ..DeliveryQuery::default()
        };
        let Ok(dead) = journal.deliveries(query).await else { continue };
        let ids: Vec<String> = dead.into_iter().filter_map(|one| one.event.map(|event| event.id)).collect();
        let Some(id) = ids.first().cloned() else { continue };
        let actor = Actor::new("somebody");
        if world.random(|random| random.u8(..5)) == 0 {
            // Written down before: the answer may be lost.
            world.with(|truth| truth.consumers.entry(name).or_default().dropped.insert(id.clone()));
            let dropped = journal.drop_dead(name, DeadLetters::One(id.clone()), actor, None).await;
            world.note(format_args!("{id} dropped at {name}: {:?}", dropped.as_ref().ok()));
            world.with(|truth| truth.count.dropped += u64::from(dropped.is_ok()));
            continue;
        }
        let (letters, ids) = if world.random(|random| random.bool()) {
            (DeadLetters::All, ids)
        } else {
            (DeadLetters::One(id.clone()), vec![id])
        };
        world.with(|truth| truth.consumers.entry(name).or_default().revived.extend(ids));
        if let Ok(rows) = journal.retry_dead(name, letters, actor).await {
            world.note(format_args!("{} retried at {name}", rows.len()));
            world.with(|truth| truth.count.retried += rows.len() as u64);
            controls[name].revive(rows).await;
        }
    }
}
