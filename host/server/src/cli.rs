//! The command line. What is said here in doc comments is what `--help` says.

mod audit;
mod backup;
mod build;
mod capture;
mod check;
mod client;
mod connectors;
mod deliveries;
mod destinations;
mod dev;
mod doctor;
mod edge;
mod erase;
mod events;
mod explain;
mod export;
mod lines;
mod messages;
mod new;
mod progress;
mod replay;
mod restore;
mod send;
mod serve;
mod simulate;
mod tail;
mod test;
mod upgrade_check;

use std::path::PathBuf;

pub use backup::size;
pub use client::{base_url, get};

use clap::{CommandFactory as _, Parser, Subcommand};

use trunkline_runtime::Natives;

use crate::failure::Failure;

/// Receives customer messages from every channel and hands them on as one stream.
///
/// Each channel is a connector, a sandboxed WebAssembly component; each account at a provider is a connection in
/// `trunkline.toml`. `trunkline serve` takes the providers' webhooks at `<public_url>/hooks/<connection>`.
#[derive(Debug, Parser)]
#[command(name = "trunkline", version, max_term_width = 100)]
pub struct Arguments {
    /// The configuration.
    #[arg(
        long,
        short,
        global = true,
        env = "TRUNKLINE_CONFIG",
        default_value = "trunkline.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take webhooks, keep them, deliver their events; until SIGTERM or Ctrl-C.
    Serve(serve::Arguments),
    /// Say what is wrong with the configuration and the connectors. Starts nothing.
    Check(check::Arguments),
    /// List, show, add, remove and verify connectors; publish one.
    Connectors(connectors::Arguments),
    /// Test a connector: its case files, and what every connector must do. Ends with 1 where something fails.
    ///
    /// Signatures are tampered with, garbage is sent, instances are reused, and what is demanded is in connectors/README.md.
    Test(test::Arguments),
    /// Send a running host a webhook as the provider would: signed, in the provider's own form.
    Simulate(Box<simulate::Arguments>),
    /// Send a message to a contact through a running host.
    Send(Box<send::Arguments>),
    /// List the messages that were sent through a running host, or show one with its whole life.
    Messages(messages::Arguments),
    /// Follow the events of a running host as they arrive.
    Tail(tail::Arguments),
    /// List the events that a running host has kept, or show one with the webhook that brought it.
    Events(events::Arguments),
    /// Make a case file of the webhook that brought an event: signed again, with invented people and texts.
    ///
    /// For example: trunkline capture evt_… > connectors/shop/testdata/inbound/coupon.case
    ///
    /// Ends with 3 where the case needs a hand: it cannot be signed again, or does not come out as the original did.
    Capture(capture::Arguments),
    /// Look at events that failed at a destination, retry or drop them.
    Deliveries(deliveries::Arguments),
    /// List destinations: how far each is, what waits, what is dead, whether it is paused.
    Destinations(destinations::Arguments),
    /// Have kept webhooks read by their connector as it is now; show what differs, and write it.
    ///
    /// Shows first and asks. Events that were overlooked are added and delivered, those that are read otherwise now are
    /// replaced in their place, those that are not read any more stay.
    Replay(replay::Arguments),
    /// Try a component on the webhooks that were kept, before it takes over. Writes nothing.
    ///
    /// Reads the store beside a host that runs. Ends with 0 where nothing would change, with 3 where something would.
    UpgradeCheck(upgrade_check::Arguments),
    /// List what was dropped, repeated, replayed or erased on a running host, when, and by whom.
    Audit(audit::Arguments),
    /// Look at store, journal, clock, connectors, host and destinations, and say what to do.
    ///
    /// Works with the host running and without, whatever is broken. Sends no event. Ends with 1 where something is broken.
    Doctor(doctor::Arguments),
    /// Copy the journal into one file, beside the host that writes it: consistent, checked, and on disk.
    ///
    /// It holds what people wrote: keep it as you keep the journal. docs/operations.md says how to restore it.
    Backup(backup::Arguments),
    /// Put a backup in the place of a journal that is gone. No host may run.
    ///
    /// Messages that waited when it was taken are held, since they may have been sent: see docs/operations.md.
    Restore(restore::Arguments),
    /// Remove a person from everything that a running host keeps.
    Erase(erase::Arguments),
    /// Say why an event, a ticket or a contact of a running host went where it went.
    ///
    /// For example: trunkline explain evt_…
    Explain(explain::Arguments),
    /// Hand out everything that a running host keeps of a person: one JSON object a line.
    Export(export::Arguments),
    /// Write what an edge is deployed as: a component, a Spin application, a SpinApp for Kubernetes.
    ///
    /// An edge takes webhooks where the providers are, verifies and reads them, and hands them to this host.
    Edge(edge::Arguments),
    /// Make a new connector: a folder that builds, passes and receives.
    ///
    /// At the root of a checkout of Trunkline it becomes `connectors/<name>`. Anywhere else it is a folder that needs nothing
    /// but its language's own tools.
    New(new::Arguments),
    /// Build a connector's folder to one component.
    ///
    /// The language is known by the file that is there: `Cargo.toml`, `package.json` or `requirements.txt`.
    Build(build::Arguments),
    /// Build a connector after each change, have a host on this machine take it at once, and watch webhooks come in.
    ///
    /// Each is shown with what was verified: which header, which bytes, which secret, and why it was refused.
    Dev(dev::Arguments),
    /// Print the completions of a shell.
    ///
    /// For example: trunkline completions bash > /etc/bash_completion.d/trunkline
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Carries out a command.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    choose_tls();
    let config = arguments.config.as_path();
    match arguments.command {
        Command::Serve(arguments) => block_on(serve::run(config, arguments)),
        Command::Check(arguments) => block_on(check::run(config, arguments)),
        Command::Connectors(arguments) => block_on(connectors::run(config, arguments)),
        Command::Test(arguments) => block_on(test::run(arguments)),
        Command::Dev(arguments) => block_on(dev::run(arguments)),
        Command::Simulate(arguments) => block_on(simulate::run(config, *arguments)),
        Command::Send(arguments) => block_on(send::run(config, *arguments)),
        Command::Messages(arguments) => block_on(messages::run(config, arguments)),
        Command::Tail(arguments) => block_on(tail::run(config, arguments)),
        Command::Events(arguments) => block_on(events::run(config, arguments)),
        Command::Capture(arguments) => block_on(capture::run(config, arguments)),
        Command::Deliveries(arguments) => block_on(deliveries::run(config, arguments)),
        Command::Destinations(arguments) => block_on(destinations::run(config, arguments)),
        Command::Replay(arguments) => block_on(replay::run(config, arguments)),
        Command::UpgradeCheck(arguments) => block_on(upgrade_check::run(config, arguments)),
        Command::Audit(arguments) => block_on(audit::run(config, arguments)),
        Command::Backup(arguments) => block_on(backup::run(config, arguments)),
        Command::Doctor(arguments) => block_on(doctor::run(config, arguments)),
        Command::Restore(arguments) => block_on(restore::run(config, arguments)),
        Command::Erase(arguments) => block_on(erase::run(config, arguments)),
        Command::Explain(arguments) => block_on(explain::run(config, arguments)),
        Command::Export(arguments) => block_on(export::run(config, arguments)),
        Command::Edge(arguments) => block_on(edge::run(config, arguments)),
        Command::New(arguments) => new::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "trunkline", &mut std::io::stdout());
            Ok(())
        }
    }
}

/// `trunkline serve` with connectors of this program.
pub fn serve_natively(config: &std::path::Path, natives: &Natives) -> Result<(), Failure> {
    choose_tls();
    serve::start_log("warn", false)?;
    block_on(serve::serve(config, None, natives))
}

/// Only the clients of TLS need it, but it must be chosen before the first of them.
fn choose_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // By default, sockets are looked at after 61 tasks. A connector that computes takes a tick of the engine's clock
        // each time, and everybody else would wait for as many of those.
        .event_interval(4)
        .enable_all()
        .build()
        .map_err(|error| Failure::new("threads cannot be started").because(&error))?;
    let result = runtime.block_on(command);
    // A reader of standard input or a resolver that hangs must not hold up the end.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
