//! `cargo xtask lint`: formatting and warnings.

use std::process::Command;

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
        steps.run("format", || {
            workspace::run(&mut workspace::cargo(["fmt", "--all"]))?;
            workspace::run(&mut templates(&[])?)
        })?;
        let words = ["clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"];
        return steps.run("clippy", || workspace::run(&mut workspace::cargo(words)));
    }
    steps.run("format", format)?;
    steps.run("clippy", clippy)
}

/// Whether everything is formatted.
pub fn format() -> Result<()> {
    workspace::run(&mut workspace::cargo(["fmt", "--all", "--check"]))?;
    workspace::run(&mut templates(&["--check"])?)
}

/// What new connectors start from belongs to no crate.
fn templates(arguments: &[&str]) -> Result<Command> {
    let root = workspace::root();
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--config-path"]).arg(root.join("rustfmt.toml")).args(arguments);
    command.args(workspace::files(&root.join("connectors/sdk/templates"), ".rs")?).current_dir(root);
    Ok(command)
}

/// Whether nothing warns.
pub fn clippy() -> Result<()> {
    let words = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    workspace::run(&mut workspace::cargo(words))
}
