//! How destinations stand, and a way to tell their deliveries what to do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use trunkline_core::delivery::{Control, Controls, DeliveryObserver, Pause, control};
use trunkline_core::journal::DeliveryCount;

use crate::metrics::Metrics;

/// What is known of every destination that the host delivers to. Streams are none: they are read.
pub struct Standings {
    destinations: BTreeMap<String, Standing>,
    metrics: Arc<Metrics>,
}

struct Standing {
    control: Control,
    controls: Mutex<Option<Controls>>,
    pause: Mutex<Option<Pause>>,
}

impl Standings {
    /// Nothing is paused yet.
    pub fn new(names: impl Iterator<Item = String>, metrics: Arc<Metrics>) -> Self {
        let standing = |name| {
            let (control, controls) = control();
            (name, Standing { control, controls: Mutex::new(Some(controls)), pause: Mutex::default() })
        };
        Self { destinations: names.map(standing).collect(), metrics }
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.destinations.keys()
    }

    /// Tells a delivery what to do. None: there is no such destination.
    pub fn control(&self, name: &str) -> Option<&Control> {
        self.destinations.get(name).map(|standing| &standing.control)
    }

    /// For the delivery itself, once.
    pub fn take_controls(&self, name: &str) -> Option<Controls> {
        let standing = self.destinations.get(name)?;
        standing.controls.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Why and since when a destination is paused.
    pub fn pause(&self, name: &str) -> Option<Pause> {
        let standing = self.destinations.get(name)?;
        standing.pause.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows how many dead letters there are, as the journal counts them.
    pub fn count_dead(&self, counts: &[DeliveryCount]) {
        for name in self.destinations.keys() {
            let found = counts.iter().find(|count| count.destination == *name);
            self.metrics.dead_letters(name, found.map_or(0, |count| count.dead));
        }
    }
}

impl DeliveryObserver for Standings {
    fn attempted(&self, destination: &str, delivered: bool, _latency_ms: u64) {
        self.metrics.attempted(destination, delivered);
    }

    fn state(&self, destination: &str, cursor: u64, parked: usize) {
        self.metrics.destination(destination, cursor, parked);
    }

    fn pause(&self, destination: &str, pause: Option<&Pause>) {
        self.metrics.paused(destination, pause.is_some());
        if let Some(standing) = self.destinations.get(destination) {
            *standing.pause.lock().unwrap_or_else(PoisonError::into_inner) = pause.cloned();
        }
    }

    fn died(&self, destination: &str) {
        self.metrics.died(destination);
    }
}
