//! Shows people what a replay says: field by field, in colours where there is a terminal.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices};

use super::line::{
    EventChange, EventDifference, ReplayLine, ReplayProgress, ReplaySummary, Unread, UnreadWebhook,
};
use super::manifest::{Identity, ManifestChange};
use crate::{table, text};

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const NAME: Style = Style::new().bold();

/// Characters of a value that are shown.
const VALUE_CHARACTERS_MAX: usize = 160;
/// Characters before the first difference of a long value.
const BEFORE_CHARACTERS: usize = 40;

/// Prints lines as they come.
pub struct Printer {
    as_json: bool,
    /// Progress is shown on a line of its own, which the next one overwrites.
    on_terminal: bool,
}

impl Printer {
    /// For people, or as JSON.
    pub fn new(as_json: bool) -> Self {
        Self { as_json, on_terminal: std::io::stderr().is_terminal() }
    }

    /// Prints one line.
    pub fn print(&self, line: &ReplayLine) {
        if self.as_json {
            if let Ok(line) = serde_json::to_string(line) {
                println!("{line}");
            }
            return;
        }
        self.clear();
        match line {
            ReplayLine::Progress(progress) => self.progress(progress),
            ReplayLine::Event(event) => anstream::println!("{}", self::event(event)),
            ReplayLine::Webhook(webhook) => anstream::println!("{}", unread(webhook)),
            ReplayLine::Summary(summary) => print_summary(summary),
            // It is how the command ends.
            ReplayLine::Error(_) => {}
        }
    }

    fn progress(&self, progress: &ReplayProgress) {
        if self.on_terminal {
            let until = progress.received_at.as_deref().unwrap_or_default();
            anstream::eprint!("{FAINT}{} webhooks, up to {}{FAINT:#}", progress.webhooks, text::plain(until));
        }
    }

    fn clear(&self) {
        if self.on_terminal {
            anstream::eprint!("\r\x1b[K");
        }
    }
}

/// An event with its fields that differ, one a line.
fn event(event: &EventDifference) -> String {
    let (style, mark, name) = match event.change {
        EventChange::Added => (ADDED, '+', "added"),
        EventChange::Changed => (CHANGED, '~', "changed"),
        EventChange::Gone => (REMOVED, '-', "gone"),
    };
    let when = event.received_at.as_deref().unwrap_or_default();
    let (kind, id) = (text::plain(&event.kind), text::plain(&event.id));
    let mut shown = format!(
        "{style}{mark} {name:<8}{style:#} {NAME}{kind}{NAME:#} {id} {FAINT}webhook {}, {}{FAINT:#}",
        event.webhook,
        text::plain(when)
    );
    for (added, field) in fields(event.before.as_ref(), event.after.as_ref()) {
        let (style, mark) = if added { (ADDED, '+') } else { (REMOVED, '-') };
        let _ = write!(shown, "\n    {style}{mark} {}{style:#}", text::plain(&field));
    }
    shown
}

/// The fields that differ: whether it is that of now, and the field.
fn fields(before: Option<&Value>, after: Option<&Value>) -> Vec<(bool, String)> {
    let flat = |value: Option<&Value>| {
        let mut flat = Vec::new();
        if let Some(value) = value {
            flatten(String::new(), value, &mut flat);
        }
        flat
    };
    let (before, after) = (flat(before), flat(after));
    let mut differing = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        // Two values of one field are cut where they begin to differ.
        let pair = |path: &str| match &op {
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                let of = |fields: &[Field]| {
                    fields.iter().find(|field| field.path == path).map(|field| field.value.clone())
                };
                let old = of(&before[*old_index..old_index + old_len]);
                old.zip(of(&after[*new_index..new_index + new_len]))
            }
            _ => None,
        };
        for change in op.iter_changes(&before, &after).filter(|change| change.tag() != ChangeTag::Equal) {
            let field = change.value();
            let from = pair(&field.path).map_or(0, |(old, new)| common_start(&old, &new));
            let shown = format!("{} = {}", field.path, cut(&field.value, from));
            differing.push((change.tag() == ChangeTag::Insert, shown));
        }
    }
    differing
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Field {
    path: String,
    value: String,
}

/// Every value with the path to it, in the order in which they stand.
fn flatten(path: String, value: &Value, flat: &mut Vec<Field>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(path, value, flat);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (number, item) in items.iter().enumerate() {
                flatten(format!("{path}[{number}]"), item, flat);
            }
        }
        leaf => flat.push(Field { path, value: leaf.to_string() }),
    }
}

/// Characters that two texts have in common at their beginning.
fn common_start(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

/// A long text around that character.
fn cut(value: &str, around: usize) -> String {
    if value.chars().count() <= VALUE_CHARACTERS_MAX {
        return value.to_owned();
    }
    let from = around.saturating_sub(BEFORE_CHARACTERS);
    let shown: String = value.chars().skip(from).take(VALUE_CHARACTERS_MAX).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if from + VALUE_CHARACTERS_MAX < value.chars().count() { "…" } else { "" };
    format!("{before}{shown}{after}")
}

fn unread(webhook: &UnreadWebhook) -> String {
    let name = match webhook.outcome {
        Unread::Refused => "refused",
        Unread::Failed => "failed",
    };
    let stay = match webhook.events {
        0 => String::new(),
        1 => "; its event stays".to_owned(),
        count => format!("; its {count} events stay"),
    };
    let when = webhook.received_at.as_deref().unwrap_or_default();
    let detail = Some(&webhook.detail).filter(|detail| !detail.is_empty());
    let detail = detail.map(|detail| format!(" ({})", text::plain(detail))).unwrap_or_default();
    format!(
        "{REMOVED}! {name:<8}{REMOVED:#} {NAME}{}{NAME:#}{detail}{stay} {FAINT}webhook {}, {}{FAINT:#}",
        text::plain(&webhook.reason),
        webhook.webhook,
        text::plain(when)
    )
}

/// Prints what changes by what two connectors say about themselves.
pub fn print_manifest(change: &ManifestChange) {
    let named = |identity: &Identity| {
        format!("{} ({})", text::plain(&identity.version), identity.component.get(..12).unwrap_or_default())
    };
    match &change.installed {
        Some(installed) if *installed == change.tried => {
            anstream::println!("the component that is installed: {}", named(installed));
        }
        Some(installed) => anstream::println!("{} in place of {}", named(&change.tried), named(installed)),
        None => anstream::println!("{}", named(&change.tried)),
    }
    for (style, mark, facts) in [(REMOVED, '-', &change.lost), (ADDED, '+', &change.gained)] {
        for fact in facts {
            anstream::println!("    {style}{mark} {}{style:#}", text::plain(fact));
        }
    }
    for problem in &change.problems {
        anstream::println!("{REMOVED}! {}{REMOVED:#}", text::plain(&problem.to_string()));
        if let Some(hint) = &problem.hint {
            anstream::println!("  hint: {}", text::plain(hint));
        }
    }
}

fn print_summary(summary: &ReplaySummary) {
    let counts = [
        ("webhooks", summary.webhooks),
        ("refused", summary.refused),
        ("failed", summary.failed),
        ("same", summary.same),
        ("added", summary.added),
        ("changed", summary.changed),
        ("gone", summary.gone),
    ];
    let row: Vec<String> = counts.iter().map(|(_, count)| count.to_string()).collect();
    table::print(&counts.map(|(name, _)| name), &[row]);
    for (count, what) in [
        (summary.repeated, "events not compared: another webhook brought them first, or they were removed"),
        (
            summary.already,
            "webhooks differ in the same way with the component that is in use: `trunkline replay` shows them",
        ),
        (summary.others, "webhooks left out: another connector has read them"),
    ] {
        if count > 0 {
            anstream::println!("{count} {what}");
        }
    }
    if !summary.dry_run {
        anstream::println!("{} of {} events written", summary.written, summary.to_write());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(before: Option<Value>, after: Option<Value>) -> String {
        let change = match (&before, &after) {
            (None, _) => EventChange::Added,
            (_, None) => EventChange::Gone,
            _ => EventChange::Changed,
        };
        let received_at = Some("2026-11-22T17:00:00.000Z".to_owned());
        let (id, kind) = ("evt_1".to_owned(), "message".to_owned());
        let difference =
            EventDifference { change, webhook: 7, received_at, id, kind, before, after, written: false };
        anstream::adapter::strip_str(&event(&difference)).to_string()
    }

    #[test]
    fn an_event_shows_the_fields_that_differ() {
        let was = json!({ "id": "1", "kind": { "message": { "parts": [{ "text": "a" }, { "text": "b" }] } }, "x": {} });
        let now = json!({ "id": "1", "kind": { "message": { "parts": [{ "text": "A" }, { "text": "b" }], "n": 1 } }, "x": {} });
        assert_eq!(
            difference(Some(was.clone()), Some(now)),
            "~ changed  message evt_1 webhook 7, 2026-11-22T17:00:00.000Z\n    \
             - kind.message.parts[0].text = \"a\"\n    + kind.message.parts[0].text = \"A\"\n    \
             + kind.message.n = 1"
        );
        assert_eq!(
            difference(Some(json!({ "id": "1" })), None),
            "- gone     message evt_1 webhook 7, 2026-11-22T17:00:00.000Z\n    - id = \"1\""
        );
        assert!(
            difference(None, Some(was)).contains("\n    + kind.message.parts[1].text = \"b\"\n    + x = {}")
        );
    }

    #[test]
    fn a_long_text_is_shown_where_it_differs() {
        let text =
            |letter: &str| json!({ "text": format!("{}{letter}{}", "a".repeat(500), "z".repeat(500)) });
        let shown = difference(Some(text("1")), Some(text("2")));
        let lines: Vec<&str> = shown.lines().skip(1).collect();
        for (line, letter) in lines.iter().zip(["1", "2"]) {
            assert!(line.contains(&format!("aaa{letter}zzz")), "{line}");
            assert!(line.contains(" = …a") && line.ends_with("z…") && line.chars().count() < 200, "{line}");
        }
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_message_does_not_steer_the_terminal() {
        let now = json!({ "text": "\u{1b}[2J\u{9b}2J\u{7f}" });
        let shown = difference(None, Some(now));
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{7f}']), "{shown:?}");
    }

    #[test]
    fn a_webhook_that_is_not_read_says_why() {
        let webhook = UnreadWebhook {
            outcome: Unread::Refused,
            webhook: 3,
            received_at: None,
            reason: "mismatch".into(),
            detail: "no secret fits".into(),
            events: 2,
        };
        let shown = anstream::adapter::strip_str(&unread(&webhook)).to_string();
        assert_eq!(shown, "! refused  mismatch (no secret fits); its 2 events stay webhook 3, ");
    }
}
