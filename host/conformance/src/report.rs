//! What came of a run.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::finding::{FileResult, Finding};

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Whatever was tried holds.
    Passed,
    /// Something does not.
    Failed,
    /// There is nothing to try here, for this reason.
    Skipped(String),
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Its name: `signatures/body`.
    pub name: &'static str,
    /// What it demands, in a sentence.
    pub demand: &'static str,
    /// How it ended.
    pub status: Status,
    /// Things that were tried.
    pub tried: usize,
    /// Things that were not, since the time was over.
    pub left: usize,
    /// Things that failed.
    pub failed: usize,
    /// How long it took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// Worth knowing.
    pub notes: Vec<String>,
    /// The case files that it ran.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileResult>,
    /// What to do about the findings.
    pub hint: &'static str,
}

/// What came of all checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The connector's id.
    pub connector: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component in hex.
    pub digest: String,
    /// What random numbers were drawn from.
    pub seed: u64,
    /// How long it took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// In the order of [`crate::CHECKS`].
    pub checks: Vec<Outcome>,
    /// Case files that were written.
    pub blessed: Vec<PathBuf>,
}

impl Report {
    /// Whether nothing failed, and something was tried.
    pub fn passed(&self) -> bool {
        let failed = self.checks.iter().any(|outcome| outcome.status == Status::Failed);
        !failed && self.checks.iter().any(|outcome| outcome.status == Status::Passed)
    }

    /// Checks that passed, failed, and were skipped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count =
            |wanted: fn(&Status) -> bool| self.checks.iter().filter(|one| wanted(&one.status)).count();
        (
            count(|status| *status == Status::Passed),
            count(|status| *status == Status::Failed),
            count(|status| matches!(status, Status::Skipped(_))),
        )
    }

    /// Things that were tried, and things that were left.
    pub fn tried(&self) -> (usize, usize) {
        let sum = |count: fn(&Outcome) -> usize| self.checks.iter().map(count).sum();
        (sum(|outcome| outcome.tried), sum(|outcome| outcome.left))
    }
}

pub(crate) fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 1e6).round() / 1e3)
}
