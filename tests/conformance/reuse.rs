//! A connector that keeps something between calls is found, whatever it is.

use trunkline_cases::{Case, outcome};
use trunkline_conformance::{Status, Subject};

use crate::suite::{suite, tried};

/// Cases of the guest that keeps something: the body says what.
fn retentive(subject: &Subject, keeps: &str) -> Vec<(String, Case)> {
    let defaults = "@now 1790000300000\n@setting secret secret-of-the-tests\n";
    let webhook =
        "POST https://hooks.example.org/hooks/retentive\nx-signature: {{hmac sha256 hex secret body}}\n\n";
    let mut case = Case::parse(defaults, &format!("{webhook}{keeps}")).expect("a case");
    case.expected = outcome(&subject.receive(case.request.clone(), &case.context).expect("an answer"));
    (1..=8).map(|number| (format!("{keeps} {number}"), case.clone())).collect()
}

#[test]
fn what_is_kept_between_calls_is_found() {
    let mut guest = suite().guest("retentive");
    for (keeps, found) in
        [("nothing", false), ("calls", true), ("refusals", true), ("memory", true), ("order", true)]
    {
        guest.cases = retentive(&guest, keeps);
        let report = tried(&guest, "reuse/", 7);
        let [outcome] = report.checks.as_slice() else { panic!("one check, not {:?}", report.checks) };
        println!("{keeps}: {:?}", outcome.notes);
        assert_eq!(outcome.status == Status::Failed, found, "{keeps}: {:?}", outcome.findings);
        for finding in &outcome.findings {
            assert!(finding.what.contains(keeps), "{finding:?}");
            assert!(finding.found.contains("called before in it: "), "{finding:?}");
            assert!(finding.difference.is_some(), "{finding:?}");
        }
    }
}
