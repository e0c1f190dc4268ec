//! What a run prints: a line a check as it ends, what failed with diffs, a summary.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use trunkline_conformance::{Finding, Outcome, Report, Status};
use trunkline_runtime::Connector;

use super::place::Place;
use crate::text;

const PASS: Style = AnsiColor::Green.on_default().bold();
const FAIL: Style = AnsiColor::Red.on_default().bold();
const SKIP: Style = AnsiColor::Yellow.on_default();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const FAINT: Style = Style::new().dimmed();
const NAME: Style = Style::new().bold();

/// Findings of a check that are shown: the first ones tell enough.
const SHOWN_MAX: usize = 3;
/// Case files that are shown: each is one of its own.
const FILES_SHOWN_MAX: usize = 20;
/// Lines of a diff that are shown.
const DIFF_LINES_MAX: usize = 40;

/// What is tried.
pub fn head(place: &Place, connector: &Connector, seed: u64) {
    let manifest = connector.manifest();
    let size = std::fs::metadata(&place.component).map_or(0, |file| file.len().div_ceil(1024));
    anstream::println!(
        "{NAME}{}{NAME:#} {}, `{}` ({size} KiB), seed {seed}\n",
        manifest.id,
        manifest.version,
        place.component.display()
    );
}

/// A check that ended. Names are as wide as `width`.
pub fn line(outcome: &Outcome, width: usize) {
    let (style, word) = match outcome.status {
        Status::Passed => (PASS, "PASS"),
        Status::Failed => (FAIL, "FAIL"),
        Status::Skipped(_) => (SKIP, "SKIP"),
    };
    let time = seconds(outcome.elapsed);
    let told = match &outcome.status {
        Status::Skipped(reason) => format!("{FAINT}{reason}{FAINT:#}"),
        _ => format!("{}{}", tried(outcome), noted(outcome)),
    };
    anstream::println!("{style}{word}{style:#} [{time:>8}] {:width$}  {told}", outcome.name);
}

/// How many were tried, of how many, and how many failed.
fn tried(outcome: &Outcome) -> String {
    let of = match outcome.left {
        0 => String::new(),
        left => format!(" of {}", outcome.tried + left),
    };
    let failed = match outcome.failed {
        0 => String::new(),
        failed => format!(", {FAIL}{failed} failed{FAIL:#}"),
    };
    format!("{}{of} tried{failed}", outcome.tried)
}

/// Notes, where they are short enough for a line.
fn noted(outcome: &Outcome) -> String {
    outcome.notes.iter().map(|note| format!("{FAINT}; {note}{FAINT:#}")).collect()
}

/// What failed, check by check, with what to do about it.
pub fn findings(report: &Report) {
    for outcome in report.checks.iter().filter(|outcome| outcome.status == Status::Failed) {
        anstream::println!("\n{FAIL}FAIL{FAIL:#} {NAME}{}{NAME:#}: {}", outcome.name, outcome.demand);
        let most = if outcome.files.is_empty() { SHOWN_MAX } else { FILES_SHOWN_MAX };
        for finding in outcome.findings.iter().take(most) {
            self::finding(finding);
        }
        if outcome.findings.len() > most {
            anstream::println!("\n  {FAINT}… and {} more{FAINT:#}", outcome.findings.len() - most);
        }
        // One that says its own cure stands for itself.
        if outcome.findings.iter().any(|finding| finding.hint.is_none()) {
            anstream::println!("\n{HINT}hint:{HINT:#} {}", outcome.hint);
        }
    }
}

fn finding(finding: &Finding) {
    let (what, found) = (text::plain(&finding.what), text::plain(&finding.found));
    anstream::println!("\n  {NAME}{what}{NAME:#}\n    {found}");
    if let Some(changed) = &finding.changed {
        anstream::println!("    {FAINT}what was changed:{FAINT:#}");
        diff(changed);
    }
    if let Some(difference) = &finding.difference {
        diff(difference);
    }
    if let Some(hint) = &finding.hint {
        anstream::println!("    {HINT}hint:{HINT:#} {hint}");
    }
}

fn diff(text: &str) {
    for line in text.lines().take(DIFF_LINES_MAX) {
        let style = match line.as_bytes().first() {
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            Some(b'@') => FAINT,
            _ => Style::new(),
        };
        anstream::println!("    {style}{line}{style:#}");
    }
    let lines = text.lines().count();
    if lines > DIFF_LINES_MAX {
        anstream::println!("    {FAINT}… and {} lines more{FAINT:#}", lines - DIFF_LINES_MAX);
    }
}

/// The last line, and what was written.
pub fn summary(report: &Report) {
    if !report.blessed.is_empty() {
        anstream::println!();
    }
    for file in &report.blessed {
        anstream::println!("wrote {}", file.display());
    }
    let (passed, failed, skipped) = report.counts();
    let (tried, left) = report.tried();
    let files: usize = report.checks.iter().map(|outcome| outcome.files.len()).sum();
    let of = match left {
        0 => String::new(),
        left => format!(" of {}", tried + left),
    };
    let style = if failed > 0 { FAIL } else { PASS };
    anstream::println!(
        "\n{style}{passed} passed, {failed} failed{style:#}, {skipped} skipped: {tried}{of} tried, {files} case files, in {}",
        seconds(report.elapsed)
    );
    if left > 0 {
        anstream::println!(
            "{HINT}hint:{HINT:#} calls are slow, so samples were drawn: `--exhaustive` tries all"
        );
    }
    if failed > 0 {
        anstream::println!(
            "{HINT}hint:{HINT:#} `--seed {}` draws the same random numbers again",
            report.seed
        );
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
