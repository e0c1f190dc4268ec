//! What a test found, for all connectors, before it fails.

use std::collections::BTreeMap;

use trunkline_model::ReceiveStep;

/// Failures, and what was counted.
#[derive(Default)]
pub struct Findings {
    failures: Vec<String>,
    tried: usize,
}

/// The most failures that are shown of each connector: the first ones tell enough.
const SHOWN_MAX: usize = 15;

impl Findings {
    /// Counts one thing that was tried, and keeps why it failed. A failure starts with the connector's id.
    pub fn check(&mut self, holds: bool, failure: impl FnOnce() -> String) {
        self.tried += 1;
        if !holds {
            self.failures.push(failure());
        }
    }

    /// Counts a forged request: it must be refused. `what` says which one it was.
    pub fn refused(&mut self, step: &Result<ReceiveStep, String>, what: impl FnOnce() -> String) {
        self.check(matches!(step, Ok(ReceiveStep::Refuse(_))), || format!("{}: {}", what(), told(step)));
    }

    /// Counts a request of which only the absence of a trap is asked.
    pub fn survived(&mut self, step: &Result<ReceiveStep, String>, what: impl FnOnce() -> String) {
        self.check(step.is_ok(), || format!("{}: {}", what(), told(step)));
    }

    /// What did not hold so far.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// How many things were tried so far.
    pub fn tried(&self) -> usize {
        self.tried
    }

    /// Fails where something did not hold, or where nothing was tried.
    #[track_caller]
    pub fn assert(self) {
        assert!(self.tried > 0, "nothing was tried");
        let mut shown = String::new();
        let mut counts = BTreeMap::<&str, usize>::new();
        for failure in &self.failures {
            let count = counts.entry(failure.split([' ', ':']).next().unwrap_or_default()).or_default();
            *count += 1;
            if *count <= SHOWN_MAX {
                shown += failure;
                shown.push('\n');
            }
        }
        assert!(
            self.failures.is_empty(),
            "{} of {} failed {counts:?}:\n\n{shown}",
            self.failures.len(),
            self.tried
        );
    }
}

/// An outcome in a few words.
pub fn told(step: &Result<ReceiveStep, String>) -> String {
    match step {
        Ok(ReceiveStep::Answer(answer)) => {
            format!("answered {} with {} events", answer.response.status, answer.events.len())
        }
        Ok(ReceiveStep::Refuse(refusal)) => {
            format!("refused {} `{}`: {}", refusal.status, refusal.reason.as_str(), refusal.detail)
        }
        Ok(ReceiveStep::Call(call)) => format!("asked for a call of {}", call.request.url),
        Err(error) => error.clone(),
    }
}
