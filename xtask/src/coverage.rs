//! `cargo xtask coverage`: pages about what the case files show.
//!
//! Generated from the case files alone, so that they say what is tested, not what is planned.

mod channels;
mod inbound;
mod outbound;
mod outcomes;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::generated::Page;
use crate::workspace;

/// The pages.
pub const PAGES: [Page; 3] = [
    ("docs/coverage.md", inbound::page),
    ("docs/outbound.md", outbound::page),
    ("README.md", channels::page),
];

/// The case files of one kind in a connector's folder, in order.
fn case_files(connector: &Path, kind: &str) -> Result<Vec<PathBuf>> {
    let folder = connector.join("testdata").join(kind);
    if folder.is_dir() { workspace::files(&folder, ".case") } else { Ok(Vec::new()) }
}

/// The name of a case: that of its file, without the ending.
fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A link from a page to a case file.
fn link(text: &str, connector: &str, kind: &str, case: &str) -> String {
    format!("[{text}](../connectors/{connector}/testdata/{kind}/{case}.case)")
}
