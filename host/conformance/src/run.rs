//! Runs the checks.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::check::{CHECKS, Check};
use crate::checks::secrets;
use crate::finding::{Finding, Findings};
use crate::report::{Outcome, Report, Status};
use crate::subject::Subject;

/// How to run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What random numbers are drawn from. The same seed draws the same ones for a check, whatever else is run.
    pub seed: u64,
    /// Only checks and case files with this in their name: `signatures`, `cases/inbound/text`.
    pub filter: Option<String>,
    /// Whether what comes out of case files is written into them instead of compared.
    pub bless: bool,
    /// The most time for each check. Where it does not suffice, samples are drawn. None: everything is tried.
    pub time_max: Option<Duration>,
    /// Checks at the same time; 0 counts as 1.
    pub threads: usize,
}

impl Options {
    /// Whether a check is to run. Where no check has such a name, it is one of case files that is meant.
    pub fn selects(&self, check: &Check) -> bool {
        let Some(filter) = self.filter.as_deref() else { return true };
        let named = CHECKS.iter().any(|check| check.name.contains(filter));
        if named { check.name.contains(filter) } else { check.files }
    }

    /// Whether a check runs this case file of its own.
    pub fn selects_file(&self, check: &str, file: &str) -> bool {
        let Some(filter) = self.filter.as_deref() else { return true };
        check.contains(filter) || format!("{check}/{file}").contains(filter)
    }
}

/// Runs the checks that are selected. `told` is told of each as it ends.
///
/// Blocks. It must not be called from within a future of the runtime that the subject has its calls run on.
pub fn run(subject: &Subject, options: &Options, told: impl Fn(&Outcome) + Sync) -> Report {
    let begun = Instant::now();
    let selected: Vec<&Check> = CHECKS.iter().filter(|check| options.selects(check)).collect();
    let (secrets, selected): (Vec<_>, Vec<_>) =
        selected.into_iter().partition(|check| check.name == secrets::NAME);
    // What is written into case files is what everything else starts from.
    let (first, rest) = match options.bless {
        true => selected.into_iter().partition(|check| check.files),
        false => (Vec::new(), selected),
    };
    let mut ended = apply_all(&first, subject, options, &told);
    let subject = &if first.is_empty() { subject.clone() } else { subject.read_again() };
    ended.extend(apply_all(&rest, subject, options, &told));
    // The last one: it tells what the answers to all others gave away. Where it is not selected, only if there is something.
    match CHECKS.iter().find(|check| check.name == secrets::NAME) {
        Some(check) if secrets.is_empty() && !subject.leaks().is_empty() => {
            let found = Check { apply: secrets::found, ..*check };
            ended.extend(apply_all(&[&found], subject, options, &told));
        }
        _ => ended.extend(apply_all(&secrets, subject, options, &told)),
    }
    ended.sort_by_key(|(outcome, _)| CHECKS.iter().position(|check| check.name == outcome.name));
    let mut blessed = Vec::new();
    let mut checks = Vec::new();
    for (outcome, files) in ended {
        checks.push(outcome);
        blessed.extend(files);
    }
    Report {
        connector: subject.id.clone(),
        version: subject.manifest().version.clone(),
        digest: subject.connector.digest().to_owned(),
        seed: options.seed,
        elapsed: begun.elapsed(),
        checks,
        blessed,
    }
}

/// What came of a check, and the case files that it wrote.
type Ended = (Outcome, Vec<PathBuf>);

/// Runs checks side by side, and gives what came of them as they ended.
fn apply_all(
    checks: &[&Check],
    subject: &Subject,
    options: &Options,
    told: &(impl Fn(&Outcome) + Sync),
) -> Vec<Ended> {
    let next = AtomicUsize::new(0);
    let ended: Mutex<Vec<Ended>> = Mutex::default();
    let work = || {
        while let Some(check) = checks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let one = apply(check, subject, options);
            // One at a time, so that what is told of two does not mix.
            let mut ended = ended.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            told(&one.0);
            ended.push(one);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads.clamp(1, checks.len().max(1)) {
            scope.spawn(work);
        }
        work();
    });
    ended.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Runs one check. A panic inside of it is a finding.
fn apply(check: &Check, subject: &Subject, options: &Options) -> Ended {
    let begun = Instant::now();
    let mut findings = Findings::new(options, check.name);
    let result = catch_unwind(AssertUnwindSafe(|| (check.apply)(subject, &mut findings)));
    if let Err(panic) = result {
        let finding = Finding::new("the check itself", format!("ended in a panic: {}", message(&*panic)));
        findings.fail(finding.hint("this is a mistake of the check, not of the connector: please report it"));
    }
    let status = match findings.skipped.take() {
        _ if findings.failed > 0 => Status::Failed,
        Some(reason) => Status::Skipped(reason),
        // That there is none is a finding of the check that runs them.
        None if findings.tried == 0 => {
            Status::Skipped("no case file of a genuine webhook to start from".to_owned())
        }
        None => Status::Passed,
    };
    let outcome = Outcome {
        name: check.name,
        demand: check.demand,
        status,
        tried: findings.tried,
        left: findings.left,
        failed: findings.failed,
        elapsed: begun.elapsed(),
        findings: findings.failures,
        notes: findings.notes,
        files: findings.files,
        hint: check.hint,
    };
    (outcome, findings.blessed)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
