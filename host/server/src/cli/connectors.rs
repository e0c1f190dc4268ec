//! `trunkline connectors`

mod add;
mod facts;
mod list;
mod place;
mod push;
mod remove;
mod running;
mod show;
mod verify;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use self::place::Place;
pub use self::place::{ids, load};
use crate::config::nearest;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Look in this folder, without a configuration.
    #[arg(long, global = true, value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the connectors. What happens without a command.
    List,
    /// Show a connector: what it can do, what it may call, where it comes from, its settings.
    Show(show::Arguments),
    /// Fetch a component, show what it is, put it in place and pin it.
    ///
    /// For example: trunkline connectors add ghcr.io/acme/post:1.2.0
    ///
    /// From a file, a URL or an OCI registry. What comes from another machine needs a signature by one of `connectors.keys`, unless
    /// `connectors.unsigned` says otherwise. Registries are asked as the user of `docker login`.
    Add(add::Arguments),
    /// Remove a connector that no connection uses.
    Remove(remove::Arguments),
    /// Hold each component against the lock file, and verify its signature again. Needs no network.
    ///
    /// Ends with 1 where something is wrong.
    Verify(verify::Arguments),
    /// Publish a component in an OCI registry, as authors do.
    ///
    /// Prints the digest to pin and to sign: cosign sign --key cosign.key REFERENCE@DIGEST
    Push(push::Arguments),
}

/// Carries out a command.
pub async fn run(config: &Path, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { command, path, json } = arguments;
    let command = command.unwrap_or(Command::List);
    // Authors have no host.
    if let Command::Push(arguments) = &command {
        return push::run(arguments, json).await;
    }
    let place = Place::find(config, path)?;
    match command {
        Command::List => list::run(&place, json).await,
        Command::Show(arguments) => show::run(config, &place, &arguments, json).await,
        Command::Add(arguments) => add::run(&place, arguments, json).await,
        Command::Remove(arguments) => remove::run(&place, &arguments, json),
        Command::Verify(arguments) => verify::run(&place, &arguments, json),
        Command::Push(arguments) => push::run(&arguments, json).await,
    }
}

/// There is no such connector, but these.
pub fn unknown(id: &str, known: &[&str]) -> Failure {
    let hint = match nearest(id, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "build the connectors with `cargo xtask build`, or name their folder".to_owned()
        }
        None => format!("there are: {}", known.join(", ")),
    };
    Failure::new(format!("there is no connector `{id}`")).hint(hint)
}
