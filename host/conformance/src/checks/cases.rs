//! Case files: the component gives the same answers as the file.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use trunkline_cases::{CallCase, Case, Round, located, looked_up, outcome, sent};
use trunkline_model::Context;
use trunkline_policy::{CallError, Settings};

use crate::finding::{FileResult, Finding, Findings, counted};
use crate::subject::{Subject, explained, name_of};

/// What stands in the outcome of calls where the connector failed.
const ERROR: &str = "error";

/// `cases/inbound`
pub fn inbound(subject: &Subject, findings: &mut Findings) {
    const CHECK: &str = "cases/inbound";
    let chosen = |name: &str| findings.options.selects_file(CHECK, name);
    let cases: Vec<_> = subject.cases.iter().filter(|(name, _)| chosen(name)).collect();
    let unreadable: Vec<_> = subject.unreadable.iter().filter(|(name, _)| chosen(name)).cloned().collect();
    if subject.cases.is_empty() && subject.unreadable.is_empty() {
        let hint = "write one: connectors/README.md, Case files; `--bless` fills in what comes out";
        return findings.check(false, || Finding::new("testdata/inbound", "has no case files").hint(hint));
    }
    if cases.is_empty() && unreadable.is_empty() {
        return findings.skip("no case file has that in its name");
    }
    for (name, error) in unreadable {
        findings.check(false, || Finding::new(name.clone(), format!("is no case file: {error}")));
        findings.files.push(FileResult { name, passed: false, elapsed: Duration::ZERO });
    }
    let mut failed = BTreeSet::new();
    for (name, case) in &cases {
        let begun = Instant::now();
        let found = found(subject, case);
        let passed = found == case.expected
            || !is_failure(&found)
                && bless(findings, subject, name, |file| case.write_expected(file, &found));
        findings.check(passed, || differs(name, case.expected.as_str(), &found));
        findings.files.push(FileResult { name: name.clone(), passed, elapsed: begun.elapsed() });
        if found != case.expected {
            failed.insert(name);
        }
    }
    genuine(subject, findings);
    // Nothing is kept between calls: the order makes no difference. And what the host would refuse to act on is found.
    for (name, case) in cases.iter().rev().filter(|(name, _)| !failed.contains(name)) {
        let again = checked(subject, case);
        findings.check(again == case.expected, || {
            let mut finding = differs(name, &case.expected, &again);
            finding.what += ", called again";
            finding
        });
    }
    findings.note(counted(cases.len(), "case file", "case files"));
}

/// Every other check starts from a case that is answered with events.
fn genuine(subject: &Subject, findings: &mut Findings) {
    if findings.options.bless || subject.genuine().next().is_some() {
        return;
    }
    let hint = "write one of a genuine webhook: before that nothing can be tampered with (connectors/README.md, Case files)";
    findings.fail(Finding::new("testdata/inbound", "no case expects events").hint(hint));
}

fn found(subject: &Subject, case: &Case) -> String {
    match subject.receive(case.request.clone(), &case.context) {
        Ok(step) => outcome(&step),
        Err(error) => error + "\n",
    }
}

/// The outcome after what the host checks before it acts on it.
fn checked(subject: &Subject, case: &Case) -> String {
    let (context, settings) = (&case.context, subject.settings(&case.context));
    let step = subject.connector.receive(&case.request, &context.exchanges, &settings, context.now);
    match subject.wait(step) {
        Ok(step) => outcome(&step),
        Err(error) => explained(&error) + "\n",
    }
}

fn differs(name: &str, expected: &str, found: &str) -> Finding {
    match expected.is_empty() {
        true => Finding::new(name, "has no outcome below `--- expect` yet").difference("", found),
        false => Finding::new(name, "comes out otherwise").difference(expected, found),
    }
}

/// Writes what came out into the file, where that is wanted. Whether it was written.
fn bless(
    findings: &mut Findings,
    subject: &Subject,
    name: &str,
    write: impl FnOnce(&Path) -> Result<(), trunkline_cases::CaseError>,
) -> bool {
    blessed(findings, &subject.folder.join("testdata/inbound").join(name), write)
}

fn blessed(
    findings: &mut Findings,
    file: &Path,
    write: impl FnOnce(&Path) -> Result<(), trunkline_cases::CaseError>,
) -> bool {
    if !findings.options.bless {
        return false;
    }
    match write(file) {
        Ok(()) => {
            findings.blessed.push(file.to_owned());
            true
        }
        Err(error) => {
            findings.fail(Finding::new(name_of(file), format!("cannot be written: {error}")));
            false
        }
    }
}

/// `cases/outbound`
pub fn outbound(subject: &Subject, findings: &mut Findings) {
    run(subject, findings, ("cases/outbound", "outbound"), |case| {
        let message = case.outgoing()?;
        Ok(case.play(|context| {
            let step = answer(subject, context, async |settings| {
                subject.connector.send(&message, &context.exchanges, settings, context.now).await
            });
            step.map_or_else(failed, sent)
        }))
    });
}

/// `cases/media`
pub fn media(subject: &Subject, findings: &mut Findings) {
    run(subject, findings, ("cases/media", "media"), |case| {
        let (media, account) = case.media()?;
        Ok(case.play(|context| {
            let step = answer(subject, context, async |settings| {
                subject.connector.locate(&media, &account, &context.exchanges, settings, context.now).await
            });
            step.map_or_else(failed, located)
        }))
    });
}

/// `cases/profiles`
pub fn profiles(subject: &Subject, findings: &mut Findings) {
    run(subject, findings, ("cases/profiles", "profiles"), |case| {
        let (contact, account, thread) = case.profile()?;
        Ok(case.play(|context| {
            let (connector, exchanges, thread) = (&subject.connector, &context.exchanges, thread.as_ref());
            let step = answer(subject, context, async |settings| {
                connector.look_up(&contact, &account, thread, exchanges, settings, context.now).await
            });
            step.map_or_else(failed, looked_up)
        }))
    });
}

/// What comes of one round.
pub(super) fn answer<T>(
    subject: &Subject,
    context: &Context,
    ask: impl AsyncFnOnce(&Settings) -> Result<T, CallError>,
) -> Result<T, CallError> {
    let settings = subject.settings(context);
    subject.wait(ask(&settings))
}

/// A round that is a trap or a limit.
pub(super) fn failed(error: CallError) -> Round {
    Round::Done(ERROR, json!(explained(&error)))
}

/// Whether it is a trap or a limit that came out: nobody wants that for an outcome.
fn is_failure(found: &str) -> bool {
    let outcome: serde_json::Value = serde_json::from_str(found).unwrap_or_default();
    !outcome.is_object() || outcome.get(ERROR).is_some()
}

/// Runs the case files of a folder in `testdata`, which has the ability's name or, where one ability has two, another.
pub(super) fn run(
    subject: &Subject,
    findings: &mut Findings,
    (check, ability): (&'static str, &'static str),
    play: impl Fn(&CallCase) -> Result<String, String>,
) {
    if trunkline_runtime::ABILITIES.contains(&ability) && !subject.connector.has(ability) {
        return findings.skip(format!("it does not export `{ability}`"));
    }
    let files = match subject.call_cases(ability) {
        Ok(files) => files,
        Err(_) => {
            let what = format!("testdata/{ability}");
            let hint = "connectors/README.md, Case files of calls, says how they look";
            return findings.check(false, || Finding::new(what, "has no case files").hint(hint));
        }
    };
    let all = files.len();
    let files: Vec<_> =
        files.into_iter().filter(|file| findings.options.selects_file(check, &name_of(file))).collect();
    if files.is_empty() && all > 0 {
        return findings.skip("no case file has that in its name");
    }
    for file in &files {
        let (name, begun) = (name_of(file), Instant::now());
        let case = CallCase::read(file).map_err(|error| error.to_string());
        let result = case.and_then(|case| play(&case).map(|found| (case, found)));
        let passed = match result {
            Ok((case, found)) => {
                came_out(findings, file, &case.expected, &found, |file| case.write_expected(file, &found))
            }
            Err(error) => no_case(findings, &name, &error),
        };
        findings.files.push(FileResult { name, passed, elapsed: begun.elapsed() });
    }
    findings.note(counted(files.len(), "case file", "case files"));
}

/// Whether it came out as its file says, or was written there where that is wanted.
pub(super) fn came_out(
    findings: &mut Findings,
    file: &Path,
    expected: &str,
    found: &str,
    write: impl FnOnce(&Path) -> Result<(), trunkline_cases::CaseError>,
) -> bool {
    let passed = found == expected || !is_failure(found) && blessed(findings, file, write);
    findings.check(passed, || differs(&name_of(file), expected, found));
    passed
}

/// What is no case file has not passed.
pub(super) fn no_case(findings: &mut Findings, name: &str, error: &dyn std::fmt::Display) -> bool {
    findings.check(false, || Finding::new(name, format!("is no case file: {error}")));
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_no_outcome_to_bless() {
        for (found, failure) in [
            ("connector trapped: wasm trap\n", true),
            ("{ \"calls\": [], \"error\": \"connector trapped\" }\n", true),
            ("{ \"calls\": [], \"failed\": { \"reason\": \"invalid\" } }\n", false),
            ("{ \"refuse\": { \"status\": 401 } }\n", false),
        ] {
            assert_eq!(is_failure(found), failure, "{found}");
        }
    }
}
