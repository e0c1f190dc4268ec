//! `wasmtime serve`, from its own crate: so that the tests run what an operator would, without an installation.

use std::process::ExitCode;

use clap::Parser as _;
use wasmtime_cli::commands::ServeCommand;

fn main() -> ExitCode {
    match ServeCommand::parse().execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
