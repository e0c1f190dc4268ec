//! `cargo xtask coverage`: pages about what the case files show.
//!
//! Generated from the case files alone, so that they say what is tested, not what is planned.

mod inbound;
mod outbound;
mod outcomes;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// A generated page: where it is, below the root, and what makes it.
type Page = (&'static str, fn() -> Result<String>);

const PAGES: [Page; 2] = [("docs/coverage.md", inbound::page), ("docs/outbound.md", outbound::page)];

/// Write or compare.
#[derive(clap::Args)]
pub struct Arguments {
    /// Write nothing: fail where a page is stale
    #[arg(long)]
    check: bool,
}

/// Writes the pages, or fails where one is stale.
pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.check {
        return check();
    }
    for (page, make) in PAGES {
        let path = workspace::root().join(page);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        }
        std::fs::write(&path, make()?).with_context(|| format!("cannot write `{page}`"))?;
        println!("wrote {page}");
    }
    Ok(())
}

/// Fails where a page is stale.
pub fn check() -> Result<()> {
    for (page, make) in PAGES {
        let found = std::fs::read_to_string(workspace::root().join(page)).unwrap_or_default();
        if found != make()? {
            bail!("`{page}` is stale\n\nhint: run `cargo xtask coverage`");
        }
        println!("{page} is fresh");
    }
    Ok(())
}

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
