//! The table of channels in `README.md`: from the manifests, and from which abilities have case files.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::case_files;
use crate::workspace::{self, ConnectorFolder};

const BEGIN: &str = "<!-- channels: written by `cargo xtask coverage` -->\n";
const END: &str = "<!-- /channels -->\n";

/// `README.md` with a fresh table.
pub fn page() -> Result<String> {
    let text =
        std::fs::read_to_string(workspace::root().join("README.md")).context("cannot read `README.md`")?;
    let (before, rest) =
        text.split_once(BEGIN).with_context(|| format!("`README.md` lacks `{}`", BEGIN.trim()))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("`README.md` lacks `{}`", END.trim()))?;
    Ok(format!("{before}{BEGIN}{}{END}{after}", table()?))
}

fn table() -> Result<String> {
    let headings = [
        "connector",
        "channel",
        "written in",
        "sends",
        "fetches files",
        "looks up names",
        "simulates",
        "verified by a library of others",
    ];
    let mut table = format!("| {} |\n|{}\n", headings.join(" | "), "---|".repeat(headings.len()));
    for connector in workspace::connectors()? {
        table += &row(&connector)?;
    }
    Ok(table)
}

fn row(connector: &ConnectorFolder) -> Result<String> {
    let ConnectorFolder { id, path, language } = connector;
    let manifest = connector.manifest()?;
    let has = |kind: &str| Ok::<_, anyhow::Error>(!case_files(path, kind)?.is_empty());
    let cells = [
        format!("[`{id}`](connectors/{id}/README.md)"),
        manifest.title.clone(),
        language.name().to_owned(),
        mark(has("outbound")?),
        mark(has("media")?),
        mark(has("profiles")?),
        mark(manifest.sample.is_some()),
        verifier(path),
    ];
    Ok(format!("| {} |\n", cells.join(" | ")))
}

fn mark(has: bool) -> String {
    if has { "yes" } else { "" }.to_owned()
}

/// The libraries that judge its webhooks, by their names.
fn verifier(folder: &Path) -> String {
    let requirements = std::fs::read_to_string(folder.join("interop/requirements.txt")).unwrap_or_default();
    let lines = requirements.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let names = lines.filter_map(|line| line.split(['=', '[', '>']).next());
    names.collect::<Vec<_>>().join(", ")
}
