//! `trunkline edge`

mod artefact;
mod compose;
mod manifest;
mod selection;
mod spin;

use std::path::Path;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join the adapter and a connector to one component, for whatever runs `wasi:http`.
    ///
    /// Settings come from environment variables there: `TRUNKLINE_<CONNECTION>_<SETTING>`. Spin joins the two itself: see
    /// `trunkline edge spin`.
    Compose(compose::Arguments),
    /// Print the manifest of a Spin application: a component for each connector, a route for each connection.
    ///
    /// It holds the names of variables and none of their values.
    Spin(spin::Arguments),
    /// Print the manifest of a SpinApp, for Kubernetes with SpinKube.
    ///
    /// Secrets are references to a Secret, named like the variables; its first lines show how to make one. Settings that are
    /// no secrets and stand in the configuration as they are stand in the manifest.
    Manifest(manifest::Arguments),
}

/// Carries out a command.
pub async fn run(config: &Path, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Compose(arguments) => compose::run(config, arguments).await,
        Command::Spin(arguments) => spin::run(config, arguments).await,
        Command::Manifest(arguments) => manifest::run(config, arguments).await,
    }
}
