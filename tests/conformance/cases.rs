//! Case files: the component gives the same answers as the file, in any order.

use trunkline_cases::{Case, difference, outcome};
use trunkline_model::{Context, ReceiveStep, Refusal, RefusalReason};

use crate::findings::{Findings, told};
use crate::suite::{Subject, suite};

fn check(findings: &mut Findings, subject: &Subject, name: &str, case: &Case) {
    let found = match subject.receive(case.request.clone(), &case.context) {
        Ok(step) => outcome(&step),
        Err(error) => error,
    };
    findings.check(found == case.expected, || {
        format!("{} {name}:\n{}", subject.id, difference(&case.expected, &found))
    });
}

#[test]
fn a_case_comes_out_as_in_its_file_in_any_order() {
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        for (name, case) in &subject.cases {
            check(&mut findings, subject, name, case);
        }
        // Nothing is kept between calls: the order makes no difference.
        for (name, case) in subject.cases.iter().rev() {
            check(&mut findings, subject, name, case);
        }
        findings.check(!subject.cases.is_empty(), || format!("{}: no case files", subject.id));
        println!("{}: {} cases", subject.id, subject.cases.len());
    }
    findings.assert();
}

/// Our own fault, so that the provider sends it again; or a webhook that names its key, which we do not have.
fn is_ours(refusal: &Refusal) -> bool {
    match refusal.reason {
        RefusalReason::Misconfigured => refusal.status == 503,
        RefusalReason::UnknownKey => matches!(refusal.status, 401 | 406),
        _ => false,
    }
}

#[test]
fn nothing_is_genuine_without_settings() {
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        for (name, case) in subject.genuine() {
            let empty = case.context.settings.iter().map(|(name, _)| (name.clone(), String::new())).collect();
            for (what, settings) in [("no settings", Vec::new()), ("empty settings", empty)] {
                let context = Context { settings, ..case.context.clone() };
                let step = subject.receive(case.request.clone(), &context);
                let ours = matches!(&step, Ok(ReceiveStep::Refuse(refusal)) if is_ours(refusal));
                findings.check(ours, || {
                    format!(
                        "{} {name} with {what}: {}, expected 503 `misconfigured`",
                        subject.id,
                        told(&step)
                    )
                });
            }
        }
    }
    findings.assert();
}
