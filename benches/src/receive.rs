//! What a call of `inbound.receive` costs as a component: in a fresh instance, as at the host, and in one that is
//! reused, as at the edge.
//!
//! For each connector in a folder of components: some of its case files that are answered with events, each
//! called for a while. Prints one JSON object a case: microseconds of wall time a call, the median of rounds. The native
//! figures of the same cases come from the connectors' own tests (`TRUNKLINE_BENCH=1`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use trunkline_cases::{Case, case_files};
use trunkline_model::ReceiveStep;
use trunkline_runtime::{Connector, Engine, EngineOptions, Kept, Registry};

/// Rounds of which the median is taken.
const ROUNDS: usize = 5;
/// Sizes of bodies that are measured, as near as there are cases: the last is the largest.
const BYTES: [usize; 4] = [512, 1_536, 11_264, usize::MAX];
/// Milliseconds of a round.
const ROUND_MS: u128 = 60;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(components), Some(connectors)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: receive FOLDER-OF-COMPONENTS FOLDER-OF-CONNECTORS");
        std::process::exit(2);
    };
    let engine = Engine::new(&EngineOptions::default()).expect("the engine starts");
    let registry = Registry::load(&engine, &components).await.expect("the folder can be read");
    for (id, connector) in &registry.connectors {
        let instantiate = median(async || drop(connector.keep().await.expect("an instance"))).await;
        println!(
            "{}",
            json!({ "connector": id, "case": "instantiate", "bytes": 0, "microseconds": instantiate })
        );
        for (name, case) in chosen(connector, &connectors.join(id)).await {
            let fresh = median(async || {
                let step = connector.receive_step(case.request.clone(), case.context.clone()).await;
                std::hint::black_box(step.expect("an answer"));
            })
            .await;
            let figure = json!({
                "connector": id,
                "case": name,
                "bytes": case.request.body.len(),
                "microseconds": fresh,
                "microseconds_reused": reused(connector, &case).await,
            });
            println!("{figure}");
        }
    }
}

/// Microseconds a call where another instance is made after so many calls: its making is in them.
async fn reused(connector: &Connector, case: &Case) -> f64 {
    let mut kept = None;
    let mut calls_left = 0;
    median(async || {
        if calls_left == 0 {
            // The one before gives its place back first.
            drop(kept.take());
            calls_left = Kept::CALLS_MAX;
        }
        calls_left -= 1;
        let instance = match &mut kept {
            Some(instance) => instance,
            None => kept.insert(connector.keep().await.expect("an instance")),
        };
        let step = instance.receive_step(case.request.clone(), case.context.clone()).await;
        std::hint::black_box(step.expect("an answer"));
    })
    .await
}

/// The cases with events whose bodies are nearest to [`BYTES`], each once.
async fn chosen(connector: &Connector, folder: &Path) -> BTreeMap<String, Case> {
    let mut cases = Vec::new();
    for file in case_files(folder) {
        let case = Case::read(&file).expect("a case file");
        if has_events(connector, &case).await {
            cases.push((file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), case));
        }
    }
    let nearest = |bytes: usize| cases.iter().min_by_key(|(_, case)| case.request.body.len().abs_diff(bytes));
    BYTES.into_iter().filter_map(nearest).cloned().collect()
}

async fn has_events(connector: &Connector, case: &Case) -> bool {
    let step = connector.receive_step(case.request.clone(), case.context.clone()).await;
    matches!(step, Ok(ReceiveStep::Answer(answer)) if !answer.events.is_empty())
}

/// Microseconds a call: the median of rounds, each as many calls as fit into its time.
async fn median(mut call: impl AsyncFnMut()) -> f64 {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut calls = 0_u32;
        while start.elapsed().as_millis() < ROUND_MS {
            call().await;
            calls += 1;
        }
        rounds.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(calls));
    }
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}
