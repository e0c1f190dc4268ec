//! Files of the repository that a command writes: written, or held against what it would write.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// Where a file is, below the root, and what makes it.
pub type Page = (&'static str, fn() -> Result<String>);

/// Write or compare.
#[derive(clap::Args)]
pub struct Arguments {
    /// Write nothing: fail where a file is stale
    #[arg(long)]
    pub check: bool,
}

/// Writes the pages of `cargo xtask <command>`, or fails where one is stale.
pub fn run(command: &str, pages: &[Page], arguments: &Arguments) -> Result<()> {
    if arguments.check { check(command, pages) } else { write(pages) }
}

fn write(pages: &[Page]) -> Result<()> {
    for (page, make) in pages {
        let path = workspace::root().join(page);
        let folder = path.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        std::fs::write(&path, make()?).with_context(|| format!("cannot write `{page}`"))?;
        println!("wrote {page}");
    }
    Ok(())
}

/// Fails where one is stale.
pub fn check(command: &str, pages: &[Page]) -> Result<()> {
    for (page, make) in pages {
        let found = std::fs::read_to_string(workspace::root().join(page)).unwrap_or_default();
        if found != make()? {
            bail!("`{page}` is stale\n\nhint: run `cargo xtask {command}`");
        }
        println!("{page} is fresh");
    }
    Ok(())
}
