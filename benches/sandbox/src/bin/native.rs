//! The host with connectors that are compiled in: what sandboxing costs is the difference to the host as it is shipped.
//!
//! Everything else is the same, the loading of the components included. Connectors that are not written in Rust run in
//! their components.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use trunkline_runtime::{Native, Natives};

/// Serves without sandboxes, for a bench.
#[derive(Parser)]
struct Arguments {
    /// The configuration
    #[arg(long)]
    config: PathBuf,
}

fn main() -> ExitCode {
    let subjects = trunkline_fuzz::subjects().iter();
    let natives: Natives =
        subjects.map(|it| (it.id.to_owned(), Native { receive: it.receive, send: it.send })).collect();
    trunkline::serve_natively(&Arguments::parse().config, &natives)
}
