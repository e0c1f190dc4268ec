//! Deliveries and destinations, as the API gives them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_core::delivery::Pause;
use trunkline_core::journal::{Delivery, ParkedState};

use crate::instant;

/// Whether there will be another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "FailedDeliveryState")]
#[serde(rename_all = "snake_case")]
pub enum StateView {
    /// It is attempted again.
    Waiting,
    /// It was attempted often enough, and waits for somebody to decide.
    Dead,
}

/// Deliveries that failed, and those behind them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryList {
    /// By destination and place in the journal.
    pub deliveries: Vec<DeliveryView>,
    /// `after` of the next page. Null: this is the last.
    pub next_after: Option<String>,
}

/// An event that failed at a destination, or waits there behind one that did.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub struct DeliveryView {
    /// Where it goes.
    pub destination: String,
    /// Id of the event. Null: it is no longer stored.
    pub event: Option<String>,
    /// Place in the journal.
    pub sequence: u64,
    /// Connection that the event came in on.
    pub connection: Option<String>,
    /// Kind of the event.
    pub kind: Option<String>,
    /// Whether there will be another attempt.
    pub state: StateView,
    /// Attempts made. 0: it waits behind another event of its conversation.
    pub attempts: u32,
    /// When the last attempt failed.
    #[schemars(extend("format" = "date-time"))]
    pub failed_at: Option<String>,
    /// When the next attempt is due. Null: there is none, or it is due as soon as what is before it is done.
    #[schemars(extend("format" = "date-time"))]
    pub next_attempt_at: Option<String>,
    /// Why the last attempt failed.
    pub reason: String,
}

/// Destinations.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DestinationList {
    /// By name.
    pub destinations: Vec<DestinationView>,
}

/// How a destination stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Destination")]
pub struct DestinationView {
    /// As in the configuration.
    pub name: String,
    /// False: the journal knows it from an earlier configuration; nothing is delivered to it.
    pub configured: bool,
    /// Every event up to this one is delivered, not wanted, waiting or dead.
    pub cursor: u64,
    /// Events after that, wanted or not.
    pub behind: u64,
    /// Deliveries that are attempted again.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
    /// Set while it takes nothing and is only probed.
    pub paused: Option<PauseView>,
}

/// Why and since when a destination is paused.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pause")]
pub struct PauseView {
    /// When it began.
    #[schemars(extend("format" = "date-time"))]
    pub since: Option<String>,
    /// When it is tried next.
    #[schemars(extend("format" = "date-time"))]
    pub next_probe_at: Option<String>,
    /// Probes that failed.
    pub probes: u32,
    /// Why the last attempt failed.
    pub reason: String,
}

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decided {
    /// Dead letters that this was done with, 1,000 at most: ask again until it is 0.
    pub deliveries: usize,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { destination, parked, event } = delivery;
        let waits = parked.state == ParkedState::Waiting && parked.due_at > 0;
        Self {
            destination: destination.clone(),
            event: event.as_ref().map(|event| event.id.clone()),
            sequence: parked.seq,
            connection: event.as_ref().map(|event| event.connection.clone()),
            kind: event.as_ref().map(|event| event.kind.clone()),
            state: if parked.state == ParkedState::Waiting { StateView::Waiting } else { StateView::Dead },
            attempts: parked.attempt,
            failed_at: parked.failed_at.and_then(instant::text),
            next_attempt_at: waits.then(|| instant::text(parked.due_at)).flatten(),
            reason: parked.reason.clone(),
        }
    }
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        let Pause { since, probe_at, probes, reason } = pause;
        Self { since: instant::text(since), next_probe_at: instant::text(probe_at), probes, reason }
    }
}
