//! `cargo xtask lint`: formatting and warnings.

use anyhow::Result;

use crate::step::Steps;
use crate::workspace;

/// How to look.
#[derive(clap::Args)]
pub struct Arguments {
    /// Format, and apply what clippy can mend by itself
    #[arg(long)]
    fix: bool,
}

/// Formatting first: it takes a second.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut steps = Steps::new(2);
    if arguments.fix {
        steps.run("format", || workspace::run(&mut workspace::cargo(["fmt", "--all"])))?;
        let words = ["clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"];
        return steps.run("clippy", || workspace::run(&mut workspace::cargo(words)));
    }
    steps.run("format", format)?;
    steps.run("clippy", clippy)
}

/// Whether everything is formatted.
pub fn format() -> Result<()> {
    workspace::run(&mut workspace::cargo(["fmt", "--all", "--check"]))
}

/// Whether nothing warns.
pub fn clippy() -> Result<()> {
    let words = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    workspace::run(&mut workspace::cargo(words))
}
