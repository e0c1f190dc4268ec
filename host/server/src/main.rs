//! `trunkline`: receives customer messages from every channel and hands them on as one stream.

mod cli;
mod connections;
mod contact;
mod delivery;
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

use std::process::ExitCode;

use clap::Parser as _;
use trunkline_config as config;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
