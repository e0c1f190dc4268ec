//! Starts one delivery a destination, and ends them.

mod standing;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use trunkline_core::clock::Clock;
use trunkline_core::delivery::{DeliveryOptions, Start, run};
use trunkline_core::destination::Sink;
use trunkline_core::journal::Journal;
use trunkline_core::route::Routes;

use crate::config::{Config, DestinationConfig, Start as ConfiguredStart, Target};
use crate::failure::Failure;
use crate::profiles::Profiles;
use crate::sending::drain;
use crate::sink::{NamedSink, StdoutSink, WebhookSink};

pub use standing::Standings;

/// Before a delivery that panicked is started anew.
const RESTART_WAIT: Duration = Duration::from_secs(1);

/// The deliveries that run.
pub struct Deliveries {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Deliveries {
    /// Starts one for every destination but streams, which read the journal by themselves.
    pub fn start(
        config: &Config,
        journal: &Journal,
        routes: &Arc<Routes>,
        clock: &Arc<dyn Clock>,
        standings: &Arc<Standings>,
        profiles: &Arc<Profiles>,
    ) -> Result<Self, Failure> {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Vec::new();
        for destination in &config.destinations {
            let Some((sink, options)) = sink(destination, clock)? else { continue };
            let within = Duration::from_millis(config.limits.shutdown_ms_max);
            let options = DeliveryOptions { drain: drain(within), ..options };
            let Some(controls) = standings.take_controls(&destination.name) else { continue };
            let sink: Arc<dyn Sink> = Arc::new(NamedSink { sink, profiles: profiles.clone() });
            let name = destination.name.clone();
            let (journal, routes, clock) = (journal.clone(), routes.clone(), clock.clone());
            let (standings, stopped) = (standings.clone(), stopped.clone());
            tasks.push(tokio::spawn(keep_up(name.clone(), move || {
                run(
                    journal.clone(),
                    name.clone(),
                    routes.clone(),
                    sink.clone(),
                    clock.clone(),
                    options.clone(),
                    standings.clone(),
                    controls.clone(),
                    stopped.clone(),
                )
            })));
        }
        Ok(Self { stop, tasks })
    }

    /// Lets what runs end, and stores how far each has come.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a delivery ended with a panic");
            }
        }
    }
}

/// Starts a delivery anew where it panics: it goes on from what the journal has of it, and its destination does not wait
/// until somebody looks into the log.
async fn keep_up<F: Future<Output = ()> + Send + 'static>(destination: String, start: impl Fn() -> F) {
    // Ended with this one, also where this one is cut off.
    let mut running = JoinSet::new();
    running.spawn(start());
    while let Some(Err(error)) = running.join_next().await {
        if error.is_cancelled() {
            return;
        }
        tracing::error!(destination, %error, "delivery ended with a panic, it is started anew");
        tokio::time::sleep(RESTART_WAIT).await;
        running.spawn(start());
    }
}

/// A sink with the limits of its delivery.
type Outlet = (Box<dyn Sink>, DeliveryOptions);

fn sink(destination: &DestinationConfig, clock: &Arc<dyn Clock>) -> Result<Option<Outlet>, Failure> {
    let starting = |start: ConfiguredStart| match start {
        ConfiguredStart::Beginning => Start::Beginning,
        ConfiguredStart::Now => Start::Now,
    };
    Ok(match &destination.target {
        Target::Webhook { url, secrets, timeout, in_flight_max, start, retry } => {
            let sink = WebhookSink::new(url.clone(), secrets.clone(), *timeout, clock.clone())
                .map_err(|error| Failure::new("HTTP client cannot start").because(&error))?;
            let options = DeliveryOptions {
                in_flight_max: *in_flight_max,
                start: starting(*start),
                policy: retry.policy,
                give_up_ms: retry.give_up_ms,
                ..DeliveryOptions::default()
            };
            Some((Box::new(sink), options))
        }
        Target::Stdout { format, start } => {
            // One at a time: lines come in the order of the journal.
            let options =
                DeliveryOptions { in_flight_max: 1, start: starting(*start), ..DeliveryOptions::default() };
            Some((Box::new(StdoutSink { format: *format }), options))
        }
        Target::Stream { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_delivery_that_panics_is_started_anew() {
        let starts = Arc::new(AtomicU32::new(0));
        let counted = starts.clone();
        let kept_up = keep_up("crm".to_owned(), move || {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(number > 0, "on purpose") }
        });
        tokio::time::timeout(Duration::from_secs(20), kept_up).await.expect("it ends");
        assert_eq!(starts.load(Ordering::SeqCst), 2);
    }
}
