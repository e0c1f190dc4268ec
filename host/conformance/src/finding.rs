//! What a check found: what was tried, what came of it, and how much of it was tried.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;
use trunkline_cases::difference;
use trunkline_model::{ReceiveStep, Request};

use crate::change;
use crate::run::Options;

/// One thing that does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was tried: the case file, and what was done with it.
    pub what: String,
    /// What came of it, and what was expected, in a sentence.
    pub found: String,
    /// What was changed in the request that the case file has, as a diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
    /// What was expected and what was found, as a diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What to do about this one, where that is another thing than the check says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// Something that does not hold.
    pub fn new(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), found: found.into(), ..Self::default() }
    }

    /// With the request that was sent, held against the one that it was made of.
    pub fn changed(mut self, original: &Request, sent: &Request) -> Self {
        self.changed = Some(change::request(original, sent)).filter(|changed| !changed.is_empty());
        self
    }

    /// The same for a request that was signed anew: its signature is another one, and that is not what matters.
    pub fn changed_and_signed(mut self, original: &Request, sent: &Request) -> Self {
        self.what.push_str(", signed anew");
        self.changed(&Request { headers: sent.headers.clone(), ..original.clone() }, sent)
    }

    /// With two texts that should be the same.
    pub fn difference(mut self, expected: &str, found: &str) -> Self {
        self.difference = Some(difference(expected, found));
        self
    }

    /// With what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A case file that a check ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileResult {
    /// Its name without the folder.
    pub name: String,
    /// Whether it came out as it says.
    pub passed: bool,
    /// How long its calls took.
    #[serde(rename = "milliseconds", serialize_with = "crate::report::milliseconds")]
    pub elapsed: Duration,
}

/// What a check found so far, and what it may use.
pub struct Findings<'a> {
    /// What it was asked for.
    pub options: &'a Options,
    /// Numbers of the seed and the check's name: the same ones whatever else is run.
    pub random: fastrand::Rng,
    pub(crate) failures: Vec<Finding>,
    pub(crate) failed: usize,
    pub(crate) tried: usize,
    pub(crate) left: usize,
    pub(crate) notes: Vec<String>,
    pub(crate) files: Vec<FileResult>,
    pub(crate) blessed: Vec<PathBuf>,
    pub(crate) skipped: Option<String>,
    begun: Instant,
}

impl<'a> Findings<'a> {
    /// Nothing was tried yet. `name` is the check's.
    pub fn new(options: &'a Options, name: &str) -> Self {
        Self {
            options,
            random: fastrand::Rng::with_seed(options.seed ^ hash(name)),
            failures: Vec::new(),
            failed: 0,
            tried: 0,
            left: 0,
            notes: Vec::new(),
            files: Vec::new(),
            blessed: Vec::new(),
            skipped: None,
            begun: Instant::now(),
        }
    }

    /// Counts one thing that was tried, and keeps why it failed.
    pub fn check(&mut self, holds: bool, failure: impl FnOnce() -> Finding) {
        self.tried += 1;
        if !holds {
            self.fail(failure());
        }
    }

    /// Something failed that is not counted as a trial.
    pub fn fail(&mut self, failure: Finding) {
        self.failed += 1;
        self.failures.push(failure);
    }

    /// Counts a forged request: it must be refused.
    pub fn refused(&mut self, step: &Result<ReceiveStep, String>, failure: impl FnOnce(String) -> Finding) {
        let refused = matches!(step, Ok(ReceiveStep::Refuse(_)));
        self.check(refused, || failure(format!("{}, expected a refusal", told(step))));
    }

    /// Counts a request of which only the absence of a trap is asked.
    pub fn survived(&mut self, step: &Result<ReceiveStep, String>, failure: impl FnOnce(String) -> Finding) {
        self.check(step.is_ok(), || failure(told(step)));
    }

    /// The check has nothing to try here, and why.
    pub fn skip(&mut self, reason: impl Into<String>) {
        self.skipped = Some(reason.into());
    }

    /// Something worth knowing that is no finding.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Counts what was not tried, since the time was over.
    pub fn leave(&mut self, count: usize) {
        self.left += count;
    }

    /// Whether this part of the time for a check is over: 1.0 is all of it.
    pub fn is_over(&self, part: f64) -> bool {
        self.options.time_max.is_some_and(|time| self.begun.elapsed() > time.mul_f64(part))
    }

    /// Tries one after the other until the time is over, and counts what is left.
    ///
    /// Where time is limited, the order is drawn at random, and so that every class comes before any comes twice.
    /// Findings come in the order of the trials.
    pub fn draw<T>(
        &mut self,
        trials: Vec<T>,
        class: impl Fn(&T) -> String,
        attempt: impl FnMut(&mut Self, T),
    ) {
        self.draw_within(1.0, trials, class, attempt);
    }

    /// The same within that part of the time.
    pub fn draw_within<T>(
        &mut self,
        part: f64,
        trials: Vec<T>,
        class: impl Fn(&T) -> String,
        mut attempt: impl FnMut(&mut Self, T),
    ) {
        let order = match self.options.time_max {
            Some(_) => drawn(&trials, class, &mut self.random),
            None => (0..trials.len()).collect(),
        };
        let mut trials: Vec<Option<T>> = trials.into_iter().map(Some).collect();
        let before = self.failures.len();
        let mut places = Vec::new();
        for (done, &index) in order.iter().enumerate() {
            // At least one: a check that tried nothing says nothing.
            if done > 0 && self.is_over(part) {
                self.leave(order.len() - done);
                break;
            }
            if let Some(trial) = trials[index].take() {
                attempt(self, trial);
                places.resize(self.failures.len() - before, index);
            }
        }
        let found = self.failures.split_off(before);
        let mut found: Vec<_> = places.into_iter().zip(found).collect();
        found.sort_by_key(|(index, _)| *index);
        self.failures.extend(found.into_iter().map(|(_, finding)| finding));
    }
}

/// Indices in random order, one of each class before a second one of any.
fn drawn<T>(trials: &[T], class: impl Fn(&T) -> String, random: &mut fastrand::Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..trials.len()).collect();
    random.shuffle(&mut order);
    let mut counts = std::collections::HashMap::<String, usize>::new();
    let mut ranked: Vec<(usize, usize)> = Vec::with_capacity(order.len());
    for index in order {
        let count = counts.entry(class(&trials[index])).or_default();
        ranked.push((*count, index));
        *count += 1;
    }
    // Stable: within a rank the random order stays.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, index)| index).collect()
}

/// FNV-1a: the same on every machine.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A number and what is counted.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// An outcome in a few words.
pub fn told(step: &Result<ReceiveStep, String>) -> String {
    match step {
        Ok(ReceiveStep::Answer(answer)) => {
            let events = counted(answer.events.len(), "event", "events");
            format!("answered {} with {events}", answer.response.status)
        }
        Ok(ReceiveStep::Refuse(refusal)) => {
            format!("refused {} `{}`: {}", refusal.status, refusal.reason.as_str(), refusal.detail)
        }
        Ok(ReceiveStep::Call(call)) => format!("asked for a call of {}", call.request.url),
        Err(error) => error.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_drawn_before_any_is_drawn_twice() {
        let trials: Vec<&str> = ["a"; 50].into_iter().chain(["b", "c"]).collect();
        let order = drawn(&trials, |trial| (*trial).to_owned(), &mut fastrand::Rng::with_seed(7));
        let first: std::collections::BTreeSet<&str> = order[..3].iter().map(|&index| trials[index]).collect();
        assert_eq!(first.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..52).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_left_is_counted_and_findings_keep_their_order() {
        let options = Options { time_max: Some(Duration::ZERO), ..Options::default() };
        let mut findings = Findings::new(&options, "a/b");
        findings.draw(vec![1, 2, 3], |_| String::new(), |findings, _| findings.check(true, Finding::default));
        assert_eq!((findings.tried, findings.left), (1, 2));
        let options = Options { time_max: Some(Duration::from_secs(600)), ..Options::default() };
        let mut findings = Findings::new(&options, "a/b");
        let trials: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        findings.draw(trials.clone(), String::clone, |findings, trial| {
            findings.check(false, || Finding::new(trial, ""));
        });
        let found: Vec<&str> = findings.failures.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(
            (found, findings.left, findings.failed),
            (trials.iter().map(String::as_str).collect(), 0, 9)
        );
    }
}
