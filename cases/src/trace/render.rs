//! A trace as lines for people.

use std::fmt;

use super::{Check, Outcome, Trace};

/// Columns of the names.
const WIDTH: usize = 10;

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, events: 1 } => write!(formatter, "taken ({status}): 1 event"),
            Self::Answered { status, events } => write!(formatter, "taken ({status}): {events} events"),
            Self::Refused { reason, status, detail } => {
                write!(formatter, "refused ({status} {reason}): {detail}")
            }
            Self::Called => formatter.write_str("a call is needed first"),
        }
    }
}

impl Trace {
    /// Line by line, without colours. The first says how it ended.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.outcome.iter().map(ToString::to_string).collect();
        for (shown, check) in self.checks.iter().enumerate() {
            // Where one explains it, others at the same place only repeat that they do not.
            let known = self.checks[..shown].iter().any(|other| other.place == check.place);
            if known && (!check.fits() || self.checks[..shown].iter().any(Check::fits)) {
                lines.push(row(
                    "also",
                    &format!("{} with `{}`: does not fit either", check.method, check.setting),
                ));
            } else {
                lines.extend(check.lines());
            }
        }
        if self.checks.is_empty() {
            lines.push(row("signature", "none that is known or usual"));
            let hint = "a case file with `{{hmac …}}` in `testdata/inbound` says how the channel signs";
            lines.push(row("do", hint));
        }
        lines
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

impl Check {
    fn lines(&self) -> Vec<String> {
        let found = match self.found {
            0 => "not there".to_owned(),
            1 => "there".to_owned(),
            times => format!("there {times} times"),
        };
        let guessed = if self.guessed { " (found by trying)" } else { "" };
        let mut lines =
            vec![row("signature", &format!("{}: {found}{guessed}", self.place)), row("method", &self.method)];
        if !self.covers.is_empty() {
            let covers = self.covers.iter().map(|covered| match covered.bytes {
                Some(bytes) => format!("{} ({bytes} bytes)", covered.piece),
                None => format!("{} (not there)", covered.piece),
            });
            lines.push(row("over", &covers.collect::<Vec<_>>().join(" + ")));
        }
        let secret = match (self.values, self.fitting) {
            (1, Some(_)) => format!("`{}`", self.setting),
            (many, Some(which)) => format!("`{}`: value {which} of {many} fits", self.setting),
            (0, None) => format!("`{}`: has no value", self.setting),
            (1, None) => format!("`{}`: its value does not fit", self.setting),
            (many, None) => format!("`{}`: none of {many} values fits", self.setting),
        };
        lines.push(row("secret", &secret));
        if let (Some(expected), false) = (&self.expected, self.fits()) {
            lines.push(row("expected", expected));
            lines.push(row("received", self.received.as_deref().unwrap_or("nothing")));
        }
        lines.push(row("fits", if self.fits() { "yes" } else { "no" }));
        for cause in &self.causes {
            lines.push(row("cause", &cause.text));
            lines.push(row("do", &cause.hint));
        }
        lines
    }
}

fn row(name: &str, value: &str) -> String {
    format!("  {name:<WIDTH$} {value}")
}
