//! What a call of `inbound.receive` costs: natively, in an instance that is reused as at the edge, and in a fresh one as at
//! the host; how much of that is making an instance, and how much is handing the webhook over.
//!
//! For each connector in a folder of components, and each size of body: one case that is answered with events. Rounds are
//! interleaved: each round measures everything for a moment. Prints a JSON object for each, with microseconds of
//! wall time and of computing a call. One thread computes, so that its clock is that of the call.

#[path = "micro/cases.rs"]
mod cases;
#[path = "micro/measure.rs"]
mod measure;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use serde_json::json;
use trunkline_cases::Case;
use trunkline_fuzz::{Subject, subjects};
use trunkline_model::{Context, Request};
use trunkline_runtime::{Connector, Engine, EngineOptions, Kept, Registry};

use cases::{BYTES, chosen};
use measure::{Cost, cost};

/// Measures calls of connectors.
#[derive(Parser)]
struct Arguments {
    /// A folder of components
    #[arg(long)]
    components: PathBuf,
    /// A component that does nothing but answer, whatever comes: what is left is handing over
    #[arg(long)]
    idle: PathBuf,
    /// The folder of the connectors' folders, for their cases
    #[arg(long)]
    connectors: PathBuf,
    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Milliseconds of each measurement of a round
    #[arg(long, default_value_t = 60)]
    round_ms: u64,
}

/// One case of one connector.
struct Work {
    connector: Connector,
    native: Option<&'static Subject>,
    case: String,
    request: Request,
    context: Context,
    /// The size that it stands for.
    size: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = Arguments::parse();
    let engine = Engine::new(&EngineOptions::default()).expect("the engine starts");
    let registry = Registry::load(&engine, &arguments.components).await.expect("the folder can be read");
    let mut work = Vec::new();
    for (id, connector) in &registry.connectors {
        let native = subjects().iter().find(|subject| subject.id == id);
        for (size, name, Case { request, context, .. }) in
            chosen(connector, &arguments.connectors.join(id)).await
        {
            work.push(Work { connector: connector.clone(), native, case: name, request, context, size });
        }
    }
    let idle = Connector::load_unnamed(&engine, &arguments.idle).await.expect("a component");
    // No JSON: the guest refuses it at its first byte.
    let idle = BYTES.map(|size| Work {
        connector: idle.clone(),
        native: None,
        case: "idle".to_owned(),
        request: Request { body: vec![b'x'; size], ..work[0].request.clone() },
        context: work[0].context.clone(),
        size,
    });
    work.extend(idle);
    let time = Duration::from_millis(arguments.round_ms);
    for round in 0..arguments.rounds {
        eprintln!("  round {} of {}", round + 1, arguments.rounds);
        for it in &work {
            it.measure(time).await;
        }
    }
}

impl Work {
    async fn measure(&self, time: Duration) {
        let (request, context) = (&self.request, &self.context);
        if let Some(subject) = self.native {
            let natively = async || drop(std::hint::black_box((subject.receive)(request, context)));
            self.print("native", &cost(time, natively).await);
        }
        self.print("reused", &self.reused(time).await);
        let fresh = async || {
            let step = self.connector.receive_step(request.clone(), context.clone()).await;
            std::hint::black_box(step.expect("an answer"));
        };
        self.print("fresh", &cost(time, fresh).await);
        let instance = async || drop(self.connector.keep().await.expect("an instance"));
        self.print("instance", &cost(time, instance).await);
    }

    /// Another instance is made after so many calls: its making is in them.
    async fn reused(&self, time: Duration) -> Cost {
        let mut kept = None;
        let mut calls_left = 0;
        cost(time, async || {
            if calls_left == 0 {
                // The one before gives its place back first.
                drop(kept.take());
                calls_left = Kept::CALLS_MAX;
            }
            calls_left -= 1;
            let instance = match &mut kept {
                Some(instance) => instance,
                None => kept.insert(self.connector.keep().await.expect("an instance")),
            };
            let step = instance.receive_step(self.request.clone(), self.context.clone()).await;
            std::hint::black_box(step.expect("an answer"));
        })
        .await
    }

    fn print(&self, way: &str, cost: &Cost) {
        let connector = if self.case == "idle" { "idle" } else { self.connector.manifest().id.as_str() };
        println!(
            "{}",
            json!({
                "connector": connector,
                "case": self.case,
                "size": self.size,
                "bytes": self.request.body.len(),
                "way": way,
                "us": cost.wall_us,
                "cpu_us": cost.cpu_us,
            })
        );
    }
}
