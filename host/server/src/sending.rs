//! The road back: messages are composed, queued and sent, one worker for each connection that can send.

pub mod compose;
mod files;
mod host_sender;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use trunkline_core::outbound::answers::{OPEN_MS, Offer};
use trunkline_core::outbound::{MessageState, OutboundObserver, OutboundOptions, Parts, Waiting, run};
use trunkline_policy::ROUNDS_SEND_MAX;

pub use files::Files;
pub use host_sender::HostSender;

use crate::config::OutboundConfig;
use crate::connections::Connection;
use crate::failure::Failure;
use crate::host::Host;
use crate::metrics::Metrics;

/// The interface that a connector exports which can send.
pub const ABILITY: &str = "outbound";

/// What attempts and calls may take to end, however much time there is.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// The queues of the connections that can send.
#[derive(Default)]
pub struct Queues {
    queues: HashMap<String, Queue>,
    waiting_max: usize,
}

struct Queue {
    sender: mpsc::UnboundedSender<Waiting>,
    receiver: std::sync::Mutex<Option<mpsc::UnboundedReceiver<Waiting>>>,
    waiting: Arc<AtomicUsize>,
}

impl Queues {
    /// One queue for each connection that can send.
    pub fn new<'a>(connections: impl Iterator<Item = &'a Arc<Connection>>, waiting_max: usize) -> Self {
        let able = connections.filter(|connection| connection.connector.has(ABILITY));
        let queues = able.map(|connection| {
            let (sender, receiver) = mpsc::unbounded_channel();
            let receiver = std::sync::Mutex::new(Some(receiver));
            (connection.name.clone(), Queue { sender, receiver, waiting: Arc::default() })
        });
        Self { queues: queues.collect(), waiting_max }
    }

    /// Whether another message may be queued. Bounds what a restart has to read.
    pub fn has_room(&self, connection: &str) -> bool {
        self.queues
            .get(connection)
            .is_some_and(|queue| queue.waiting.load(Ordering::Relaxed) < self.waiting_max)
    }

    /// Tells the worker of a message that is in the journal already.
    pub fn tell(&self, connection: &str, waiting: Waiting) {
        if let Some(queue) = self.queues.get(connection) {
            // The worker has ended: the host stops, and the next start finds the message in the journal.
            let _ = queue.sender.send(waiting);
        }
    }
}

/// What may be drained where all must have ended within a time: less, so that what came of it is still written down.
pub fn drain(within: Duration) -> Duration {
    (within * 3 / 4).min(DRAIN_MAX)
}

/// The workers that run.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts one for each connection that can send.
    pub async fn start(host: &Arc<Host>, config: &OutboundConfig, within: Duration) -> Result<Self, Failure> {
        load_answers(host).await?;
        for (connection, count) in host.journal.waiting_by_connection().await? {
            if !host.queues.queues.contains_key(&connection) {
                tracing::warn!(
                    connection,
                    count,
                    "messages wait for a connection that is not configured any more"
                );
            }
        }
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Vec::new();
        for (name, queue) in &host.queues.queues {
            let receiver = queue.receiver.lock().ok().and_then(|mut receiver| receiver.take());
            let (Some(connection), Some(receiver)) = (host.connections.get(name), receiver) else { continue };
            let parts = Parts {
                journal: host.journal.clone(),
                connection: name.clone(),
                sender: host.sender.clone(),
                clock: host.clock.clone(),
                options: OutboundOptions { drain: drain(within), ..options(&connection, config) },
                answers: host.answers.clone(),
                observer: Arc::new(Observer {
                    metrics: host.metrics.clone(),
                    waiting: queue.waiting.clone(),
                }),
            };
            tasks.push(tokio::spawn(run(parts, receiver, stopped.clone())));
        }
        Ok(Self { stop, tasks })
    }

    /// Lets calls that run end.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a worker that sends ended with a panic");
            }
        }
    }
}

fn options(connection: &Connection, config: &OutboundConfig) -> OutboundOptions {
    let declared = connection.connector.manifest().outbound.rate_per_second;
    OutboundOptions {
        rate_per_second: connection.rate_per_second.map_or(declared, |rate| rate.min(declared)),
        in_flight_max: config.in_flight_max,
        give_up_ms: config.give_up_ms,
        unconfirmed: config.unconfirmed,
        rounds_max: ROUNDS_SEND_MAX,
        ..OutboundOptions::default()
    }
}

/// The numbered lists that were open when the host ended.
async fn load_answers(host: &Host) -> Result<(), Failure> {
    let since = host.clock.now_ms().saturating_sub(OPEN_MS);
    for (conversation, answers, offered_at) in host.journal.offers(since).await? {
        host.answers.set(&conversation, Offer::parse(&answers, offered_at));
    }
    Ok(())
}

struct Observer {
    metrics: Arc<Metrics>,
    waiting: Arc<AtomicUsize>,
}

impl OutboundObserver for Observer {
    fn called(&self, connection: &str, outcome: &'static str, latency_ms: u64) {
        self.metrics.called(connection, outcome, latency_ms);
    }

    fn reached(&self, connection: &str, state: MessageState) {
        self.metrics.message_ended(connection, state.name());
    }

    fn waiting(&self, connection: &str, count: usize) {
        self.waiting.store(count, Ordering::Relaxed);
        self.metrics.messages_waiting(connection, count);
    }
}
