//! A report as JUnit XML: a suite a group, a test case a check or a case file.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report as Document, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::finding::Finding;
use crate::report::{Outcome, Report, Status};

/// Findings of a check that are written.
const FINDINGS_MAX: usize = 20;

/// The document.
pub fn junit(report: &Report) -> Result<String, SerializeError> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    let mut order = Vec::new();
    for outcome in &report.checks {
        let group = outcome.name.split('/').next().unwrap_or_default();
        let suite = suites.entry(group).or_insert_with(|| {
            order.push(group);
            let mut suite = TestSuite::new(format!("{}/{group}", report.connector));
            suite.add_property(("seed", report.seed.to_string().as_str()));
            suite
        });
        suite.add_test_cases(test_cases(report, outcome));
    }
    let mut document = Document::new(report.connector.as_str());
    document.set_time(report.elapsed);
    document.add_test_suites(order.into_iter().filter_map(|group| suites.remove(group)));
    document.to_string()
}

/// A test case for each case file, or one for the check.
fn test_cases(report: &Report, outcome: &Outcome) -> Vec<TestCase> {
    let class = format!("{}.{}", report.connector, outcome.name.replace('/', "."));
    let named = |name: &str, status: TestCaseStatus| {
        let mut case = TestCase::new(name, status);
        case.set_classname(class.as_str());
        case
    };
    let of = |file: &str| -> Vec<&Finding> {
        outcome.findings.iter().filter(|finding| finding.what.split(", ").next() == Some(file)).collect()
    };
    let mut cases = Vec::new();
    for file in &outcome.files {
        let findings = of(&file.name);
        let status =
            if findings.is_empty() { TestCaseStatus::success() } else { failure(outcome, &findings) };
        let mut case = named(&file.name, status);
        case.set_time(file.elapsed);
        cases.push(case);
    }
    // What belongs to no case file is the check's own.
    let rest: Vec<&Finding> = outcome
        .findings
        .iter()
        .filter(|finding| {
            !outcome.files.iter().any(|file| finding.what.split(", ").next() == Some(&file.name))
        })
        .collect();
    if cases.is_empty() || !rest.is_empty() {
        let status = match &outcome.status {
            Status::Passed => TestCaseStatus::success(),
            Status::Failed => failure(outcome, &rest),
            Status::Skipped(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reason.as_str());
                status
            }
        };
        let mut case = named(outcome.name, status);
        case.set_time(outcome.elapsed);
        case.set_assertions(outcome.tried);
        if !outcome.notes.is_empty() {
            case.set_system_out(outcome.notes.join("\n"));
        }
        cases.push(case);
    }
    cases
}

fn failure(outcome: &Outcome, findings: &[&Finding]) -> TestCaseStatus {
    let mut text = format!("{}\n", outcome.demand);
    for finding in findings.iter().take(FINDINGS_MAX) {
        text += &format!("\n{}: {}\n", finding.what, finding.found);
        for diff in [&finding.changed, &finding.difference].into_iter().flatten() {
            text += diff;
        }
        text += &format!("hint: {}\n", finding.hint.as_deref().unwrap_or(outcome.hint));
    }
    if findings.len() > FINDINGS_MAX {
        text += &format!("\n… and {} more\n", findings.len() - FINDINGS_MAX);
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let first = findings.first().map_or_else(String::new, |first| format!("{}: {}", first.what, first.found));
    status.set_message(first).set_type(outcome.name).set_description(text);
    status
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::finding::FileResult;

    fn outcome(name: &'static str, status: Status, findings: Vec<Finding>) -> Outcome {
        Outcome {
            name,
            demand: "It holds.",
            status,
            tried: 2,
            left: 0,
            failed: findings.len(),
            elapsed: Duration::from_millis(5),
            findings,
            notes: Vec::new(),
            files: Vec::new(),
            hint: "mend it",
        }
    }

    #[test]
    fn a_suite_is_a_group_and_a_case_is_a_file_or_a_check() {
        let mut cases = outcome(
            "cases/inbound",
            Status::Failed,
            vec![Finding::new("b.case", "differs").difference("1\n", "2\n")],
        );
        let file = |name: &str, passed| FileResult { name: name.to_owned(), passed, elapsed: Duration::ZERO };
        cases.files = vec![file("a.case", true), file("b.case", false)];
        let skipped = outcome("signatures/url", Status::Skipped("not signed".to_owned()), Vec::new());
        let report = Report {
            connector: "post".to_owned(),
            version: "0.1.0".to_owned(),
            digest: String::new(),
            seed: 7,
            elapsed: Duration::from_millis(9),
            checks: vec![cases, skipped, outcome("signatures/body", Status::Passed, Vec::new())],
            blessed: Vec::new(),
        };
        let text = junit(&report).expect("XML");
        for expected in [
            r#"<testsuites name="post" tests="4" failures="1" errors="0" time="0.009">"#,
            r#"<testsuite name="post/cases" tests="2" disabled="0" errors="0" failures="1">"#,
            r#"<testcase name="b.case" classname="post.cases.inbound" time="0.000">"#,
            r#"<failure message="b.case: differs" type="cases/inbound">"#,
            "hint: mend it",
            r#"<skipped message="not signed"/>"#,
            r#"<testcase name="signatures/body" classname="post.signatures.body" assertions="2" time="0.005">"#,
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
}
