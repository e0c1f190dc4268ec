//! The host: takes webhooks, keeps them, delivers their events, sends messages; and its command line.
//!
//! A library so that the binary `trunkline` is not the only thing that can be made of it: benches start the same host with
//! connectors that are compiled in ([`serve_natively`]).

mod cli;
mod connections;
mod contact;
mod delivery;
mod desk;
mod doctor;
mod edges;
mod egress;
mod erasing;
mod failure;
mod host;
mod http;
mod instant;
mod live;
mod media;
mod metrics;
mod outboxes;
mod pages;
mod profiles;
mod provenance;
mod receiving;
mod reloading;
mod replay;
mod retaining;
mod sending;
mod signals;
mod sink;
mod steps;
mod table;
mod text;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use trunkline_config as config;
use trunkline_runtime::Natives;

/// What a webhook is made of is taken on one thread and given back on another: with the allocator of the C library both wait for
/// the same lock.
#[cfg(all(unix, target_pointer_width = "64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What `trunkline` does: carries out the command of the process's arguments.
pub fn main() -> ExitCode {
    ended(cli::run(cli::Arguments::parse()))
}

/// Serves as `trunkline serve` does, where connectors that are named answer by functions of this program: no sandbox is
/// between them and the host. For benches.
pub fn serve_natively(config: &Path, natives: &Natives) -> ExitCode {
    ended(cli::serve_natively(config, natives))
}

fn ended(result: Result<(), failure::Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
