//! `trunkline edge spin`

use std::path::{Path, PathBuf};

use trunkline_deploy::spin;

use super::artefact::{Output, seen_from};
use super::selection::Selection;
use crate::failure::Failure;

/// For example: trunkline edge spin --output spin.toml
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// The adapter for Spin. Default: `edge/spin.wasm` beside the folder of the connectors.
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub async fn run(config: &Path, arguments: Arguments) -> Result<(), Failure> {
    let selected = arguments.selection.load(config).await?;
    let adapter = arguments.adapter.unwrap_or_else(|| beside(&selected.folder, "spin.wasm"));
    let folder = arguments.output.folder();
    let text = spin::manifest(
        &selected.edge,
        &spin::Layout {
            command: &format!("trunkline edge spin{}", arguments.selection.words()),
            adapter: &seen_from(&folder, &adapter),
            connectors: &seen_from(&folder, &selected.folder),
            build: None,
        },
    );
    arguments.output.write(&text)?;
    if !adapter.is_file() {
        anstream::eprintln!(
            "note: `{}` is not there yet: `cargo xtask build --edge` builds it",
            adapter.display()
        );
    }
    Ok(())
}

/// An adapter where the build puts it: `edge/<name>` beside the folder of the connectors.
pub fn beside(connectors: &Path, name: &str) -> PathBuf {
    let folder = connectors.canonicalize().unwrap_or_else(|_| connectors.to_owned());
    // Shown as the folder was named, as far as that can be.
    let parent = match connectors.parent() {
        Some(parent) if connectors.file_name().is_some() => parent,
        _ => folder.parent().unwrap_or(Path::new("")),
    };
    parent.join("edge").join(name)
}
