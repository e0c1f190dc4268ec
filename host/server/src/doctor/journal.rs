//! The journal: whether it is whole, how far destinations are, what waits.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use trunkline_core::journal::{FILE_NAME, Inspection};

use super::{Finding, Level};
use crate::cli::size;
use crate::config::{Config, Target};

/// The log is copied into the database at 16 MiB; this much more means that something keeps it from that.
const LOG_BYTES_MAX: u64 = 256 << 20;
/// Events that a destination may be behind without a word.
const LAG_MAX: u64 = 1_000;
/// Milliseconds that a provider's message may seem to come from the future: clocks are set while a host runs.
const AHEAD_MS_MAX: u64 = 2_000;
/// Hours after which a message that waits is worth a look.
const WAITING_HOURS_MAX: u64 = 1;

/// The file itself.
pub fn examine(inspection: Option<&Inspection>, folder: &Path) -> Vec<Finding> {
    let Some(found) = inspection else {
        if !folder.is_dir() {
            return Vec::new();
        }
        let none = Finding::broken("journal", format!("there is no `{FILE_NAME}` in `{}`", folder.display()));
        return vec![
            none.hint("a host makes it at its first start; to restore a backup see docs/operations.md"),
        ];
    };
    let mut findings = vec![integrity(found)];
    findings.extend(schema(found));
    findings.push(sizes(found));
    findings.extend(found.newest_at.map(|newest_at| clock(newest_at, now_ms())));
    findings
}

fn integrity(found: &Inspection) -> Finding {
    if found.problems.is_empty() {
        let written = found.written_at.and_then(|at| SystemTime::now().duration_since(at).ok());
        let written =
            written.map(|ago| format!(", last written {} ago", duration(ago.as_secs()))).unwrap_or_default();
        return Finding::ok("journal", format!("whole, {} events so far{written}", found.newest));
    }
    let broken = Finding::broken(
        "journal",
        format!("{} is damaged: {}", found.path.display(), found.problems.join("; ")),
    );
    broken.hint(
        "end the host, keep a copy of the store, and restore the newest backup: docs/operations.md says how",
    )
}

fn schema(found: &Inspection) -> Option<Finding> {
    let (version, known) = (found.schema?, found.schema_known);
    if version > known {
        let newer = Finding::broken("schema", format!("version {version}, this program knows up to {known}"));
        return Some(newer.hint("a newer host wrote it: use that one"));
    }
    if version < known {
        let older =
            Finding::note("schema", format!("version {version}, the next start brings it to {known}"));
        return Some(older.hint("take a backup first: an older host cannot read it afterwards"));
    }
    Some(Finding::ok("schema", format!("version {version}")))
}

fn sizes(found: &Inspection) -> Finding {
    let sizes = format!("{}, and {} of log", size(found.file_bytes), size(found.log_bytes));
    if found.log_bytes <= LOG_BYTES_MAX {
        return Finding::ok("size", sizes);
    }
    let large = Finding::warning("size", sizes);
    large.hint("something reads the journal for very long, such as a shell or a backup: end it, and the log shrinks by itself")
}

fn clock(newest_at: u64, now: u64) -> Finding {
    let ahead = newest_at.saturating_sub(now);
    if ahead <= AHEAD_MS_MAX {
        return Finding::ok("clock", "not before the newest event");
    }
    let behind = Finding::broken("clock", format!("{} before the newest event", duration(ahead / 1_000)));
    behind.hint("let this machine ask a time server: signatures, retries and retention go by its clock")
}

/// Reach, lag, what waits and what is dead; also of destinations that are configured no more.
pub fn destinations(
    inspection: Option<&Inspection>,
    config: &Config,
    mut reached: BTreeMap<String, Finding>,
) -> Vec<Finding> {
    let empty = Inspection::default();
    let found = inspection.unwrap_or(&empty);
    let mut findings = Vec::new();
    for destination in &config.destinations {
        findings.extend(reached.remove(&destination.name));
        if matches!(destination.target, Target::Stream { .. }) {
            continue;
        }
        findings.extend(progress(found, &destination.name));
    }
    let configured = |name: &str| config.destinations.iter().any(|destination| destination.name == name);
    for (name, _) in found.cursors.iter().filter(|(name, _)| !configured(name)) {
        let waiting = parked(found, name, "waiting") + parked(found, name, "dead");
        if waiting > 0 {
            let left = Finding::warning(
                format!("destination {name}"),
                format!("is not configured, and {waiting} events wait for it"),
            );
            findings.push(left.hint("configure it again and they are delivered"));
        }
    }
    findings
}

fn parked(found: &Inspection, name: &str, state: &str) -> u64 {
    let of = found.parked.iter().filter(|(destination, of, _)| destination == name && of == state);
    of.map(|(_, _, count)| count).sum()
}

fn progress(found: &Inspection, name: &str) -> Vec<Finding> {
    let check = format!("destination {name}");
    let Some((_, cursor)) = found.cursors.iter().find(|(of, _)| of == name) else {
        return vec![Finding::note(check, "has not begun")];
    };
    let lag = found.newest.saturating_sub(*cursor);
    let (waiting, dead) = (parked(found, name, "waiting"), parked(found, name, "dead"));
    let state = format!("{lag} events behind, {waiting} wait for another attempt");
    let behind = lag > LAG_MAX || waiting > LAG_MAX;
    let mut findings = vec![if behind {
        Finding::warning(check.clone(), state)
            .hint("it is slow, down, or refuses: its answers are in the host's log and in /metrics")
    } else {
        Finding::ok(check.clone(), state)
    }];
    if dead > 0 {
        let letters = Finding::warning(check, format!("{dead} dead letters"));
        findings.push(letters.hint(format!(
            "`trunkline deliveries list --destination {name}` shows them; retry or drop each"
        )));
    }
    findings
}

/// What waits to be sent, and what nobody knows of.
pub fn messages(inspection: Option<&Inspection>, config: &Config) -> Vec<Finding> {
    let Some(found) = inspection else { return Vec::new() };
    if found.messages.is_empty() {
        return vec![Finding::ok("messages", "none wait, none are unconfirmed")];
    }
    found.messages.iter().map(|open| {
        let waits = duration(now_ms().saturating_sub(open.oldest_at) / 1_000);
        let check = format!("messages {}", open.connection);
        let what = format!("{} {}, the oldest for {waits}", open.count, open.state);
        if !config.connections.iter().any(|connection| connection.name == open.connection) {
            return Finding::warning(check, format!("{what}; the connection is not configured"))
                .hint("configure it again, and they are sent or given up");
        }
        if open.state == "unconfirmed" {
            return Finding::warning(check, what).hint(
                "the provider may have them or not: `trunkline messages --state unconfirmed`, then decide about each",
            );
        }
        let late = now_ms().saturating_sub(open.oldest_at) > WAITING_HOURS_MAX * 3_600_000;
        let level = if late { Level::Warning } else { Level::Ok };
        let waiting = Finding::new(level, check, what);
        if late { waiting.hint("`trunkline messages --state queued` says why the last attempt failed") } else { waiting }
    }).collect()
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// For people: the largest unit alone.
fn duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use trunkline_core::journal::OpenMessages;

    use super::*;

    #[test]
    fn damage_an_old_schema_and_a_large_log_are_told() {
        let whole = Inspection { schema: Some(3), schema_known: 3, newest: 7, ..Inspection::default() };
        let levels = |found: &Inspection| {
            examine(Some(found), Path::new(".")).iter().map(|finding| finding.level).max()
        };
        assert_eq!(levels(&whole), Some(Level::Ok));
        assert_eq!(levels(&Inspection { schema: Some(2), ..whole.clone() }), Some(Level::Note));
        assert_eq!(levels(&Inspection { schema: Some(4), ..whole.clone() }), Some(Level::Broken));
        assert_eq!(levels(&Inspection { log_bytes: 1 << 30, ..whole.clone() }), Some(Level::Warning));
        assert_eq!(
            levels(&Inspection { problems: vec!["row 3".into()], ..whole.clone() }),
            Some(Level::Broken)
        );
        assert_eq!(levels(&Inspection { newest_at: Some(u64::MAX), ..whole }), Some(Level::Broken));
        assert_eq!(examine(None, Path::new(".")).len(), 1);
        assert_eq!(examine(None, Path::new("./nowhere")), [], "the store says so already");
    }

    #[test]
    fn a_clock_may_be_set_back_a_little() {
        assert_eq!(clock(10_000, 9_000).level, Level::Ok);
        let behind = clock(70_000_000, 1_000);
        assert_eq!(
            (behind.level, behind.found.as_str()),
            (Level::Broken, "19 hours before the newest event")
        );
    }

    #[test]
    fn lag_and_dead_letters_are_told() {
        let parked = |state: &str, count| ("crm".to_owned(), state.to_owned(), count);
        let found = Inspection {
            newest: 5_000,
            cursors: vec![("crm".into(), 100)],
            parked: vec![parked("dead", 2), parked("waiting", 5)],
            ..Inspection::default()
        };
        let told = progress(&found, "crm");
        assert_eq!(told.iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Warning; 2]);
        assert_eq!(told[0].found, "4900 events behind, 5 wait for another attempt");
        assert_eq!(told[1].found, "2 dead letters");
        assert_eq!(progress(&found, "other")[0].level, Level::Note);
    }

    #[test]
    fn messages_that_nobody_sends_are_told() {
        let source = crate::config::Source::new("trunkline.toml", "config_version = 1");
        let config = source.resolve().expect("valid");
        let open = OpenMessages { connection: "gone".into(), state: "queued".into(), count: 3, oldest_at: 0 };
        let found = Inspection { messages: vec![open], ..Inspection::default() };
        let told = messages(Some(&found), &config);
        assert_eq!(told[0].level, Level::Warning);
        assert!(told[0].found.ends_with("the connection is not configured"), "{told:?}");
        assert_eq!(messages(Some(&Inspection::default()), &config)[0].level, Level::Ok);
    }
}
