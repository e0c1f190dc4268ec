//! What the programs of the bench share: clocks, latencies, a schedule, webhooks made of case files, HTTP as bytes.
//!
//! The load generator runs on the cores of what it measures: one thread, requests made and signed beforehand, nothing
//! allocated for each.

pub mod answer;
pub mod client;
pub mod cpu;
pub mod latency;
pub mod options;
pub mod responder;
pub mod schedule;
mod timer;
pub mod webhook;

use std::process::ExitCode;

/// Runs a program of the bench on this thread. It says whether all went well; its error is told, and ends with 2.
pub fn run(program: impl Future<Output = Result<bool, String>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime
        .map_err(|error| error.to_string())
        .and_then(|runtime| tokio::task::LocalSet::new().block_on(&runtime, program));
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
