//! `trunkline doctor`

use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::doctor::{self, Finding, Level};
use crate::failure::Failure;
use crate::{table, text};

const HINT: Style = AnsiColor::Cyan.on_default().bold();

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Hold every index of the journal against its table: takes several times as long.
    #[arg(long)]
    deep: bool,
    /// Bytes free on the disk of the store below which it counts as full.
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20)]
    free_bytes_min: u64,
    /// The folder of the store. Default: what the configuration says.
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { deep, free_bytes_min, store, json } = arguments;
    let request = doctor::Request { config: path.to_owned(), store, deep, free_bytes_min };
    let findings = doctor::examine(request).await;
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (broken, warnings) = (count(Level::Broken), count(Level::Warning));
    if json {
        println!("{}", json!({ "broken": broken, "warnings": warnings, "findings": findings }));
    } else {
        show(&findings);
        anstream::println!("\n{broken} broken, {warnings} to look at");
    }
    if broken > 0 { Err(Failure::told()) } else { Ok(()) }
}

/// All findings, then what to do about each that is more than a note.
fn show(findings: &[Finding]) {
    let row = |finding: &Finding| {
        vec![finding.level.name().to_owned(), text::plain(&finding.check), text::plain(&finding.found)]
    };
    table::print(&["", "looked at", "found"], &findings.iter().map(row).collect::<Vec<_>>());
    let mut hints: Vec<&Finding> = findings.iter().filter(|finding| finding.hint.is_some()).collect();
    hints.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in hints {
        let hint = text::plain(finding.hint.as_deref().unwrap_or_default());
        anstream::println!(
            "\n{}: {}\n{HINT}hint:{HINT:#} {hint}",
            text::plain(&finding.check),
            text::plain(&finding.found)
        );
    }
}
