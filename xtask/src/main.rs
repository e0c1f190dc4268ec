//! Developer commands. `cargo xtask` lists them; CI runs `cargo xtask test` and nothing else.
//!
//! Scripts of this project are Rust, so that they run wherever it builds. One command, one file.

mod author;
mod bench;
mod browser;
mod build;
mod coverage;
mod demo;
mod dictionary;
mod edge;
mod faults;
mod fuzz;
mod generated;
mod languages;
mod licenses;
mod lint;
mod python;
mod schema;
mod spin;
mod step;
mod store_sample;
mod test;
mod tidy;
mod workspace;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Developer commands of Trunkline")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start Trunkline with invented connections, and show webhooks come in and events go out
    Demo(demo::Arguments),
    /// Build every connector as a component, into `target/connectors`
    Build(build::Arguments),
    /// Run everything that CI runs, cheap first, and stop at the first failure
    Test(test::Arguments),
    /// Let everything go wrong on purpose, many times, and print what became of it
    Faults(faults::Arguments),
    /// Measure what a webhook costs
    Bench(bench::Arguments),
    /// Look for input for which something does not hold
    Fuzz(fuzz::Arguments),
    /// Check formatting and warnings
    Lint(lint::Arguments),
    /// Check the rules of the house that no compiler checks
    Tidy,
    /// Write `docs/coverage.md` and `docs/outbound.md`: what the case files show
    Coverage(generated::Arguments),
    /// Write the JSON Schemas and the OpenAPI document in `schema/`
    Schema(generated::Arguments),
    /// Write `spin.toml`: the edge with every connector
    Spin(generated::Arguments),
    /// Train another dictionary for what journals keep of requests
    Dictionary,
    /// Keep a small journal as the host of now writes it, for the tests of later ones
    StoreSample,
}

fn main() -> std::process::ExitCode {
    let result = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Faults(arguments) => faults::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Tidy => tidy::run(),
        Command::Coverage(arguments) => generated::run("coverage", &coverage::PAGES, &arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Spin(arguments) => generated::run("spin", &spin::PAGES, &arguments),
        Command::Dictionary => dictionary::run(),
        Command::StoreSample => store_sample::run(),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  caused by: {cause}");
            }
            std::process::ExitCode::FAILURE
        }
    }
}
