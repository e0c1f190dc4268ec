//! A case that is made of what came in comes out as the same kinds of events.

use trunkline_cases::capture::{Captured, Keep, Original, Signed, capture, kinds};
use trunkline_cases::scheme::Schemes;
use trunkline_cases::{Case, outcome};
use trunkline_conformance::Subject;
use trunkline_model::ReceiveStep;

use crate::suite::suite;

/// The case, and whether it comes out as the original did.
fn captured(subject: &Subject, schemes: &Schemes, case: &Case, keep: Keep) -> (Captured, bool, String) {
    let events = case.events();
    let original = Original { request: &case.request, context: &case.context, events: &events };
    let made = capture(&original, subject.connector.manifest(), schemes, keep).expect("a case");
    let step = subject.receive(made.case.request.clone(), &made.case.context);
    let same = matches!(&step, Ok(ReceiveStep::Answer(answer)) if kinds(&answer.events) == kinds(&events));
    let found = step.map_or_else(|error| error, |step| outcome(&step));
    (made, same, found)
}

#[test]
fn what_is_captured_comes_out_as_the_same_kinds() {
    let mut failures = Vec::new();
    for subject in &suite().subjects {
        let schemes = Schemes::of_folder(&subject.folder, subject.connector.manifest()).expect("case files");
        let (mut cases, mut with_short_texts, mut unlike) = (0, 0, 0);
        for (name, case) in subject.genuine() {
            // What needs a call first is signed by somebody whose key only the provider has.
            if !case.is_genuine() {
                continue;
            }
            cases += 1;
            let (made, same, _) = captured(subject, &schemes, case, Keep::Nothing);
            if matches!(made.signed, Signed::Impossible(_)) {
                failures.push(format!("{} {name}: {:?}", subject.id, made.signed));
            }
            if same {
                continue;
            }
            with_short_texts += 1;
            let (made, same, found) = captured(subject, &schemes, case, Keep::ShortTexts);
            // A signature that a template has no words for: the command says so and ends with 3.
            if !same && found.contains("\"mismatch\"") {
                unlike += 1;
                continue;
            }
            if !same {
                failures.push(format!("{} {name}:\n{}\n{found}", subject.id, made.without_expected()));
            }
        }
        if unlike > 1 {
            failures.push(format!("{}: {unlike} cannot be signed again", subject.id));
        }
        assert!(cases > 0, "{}: no genuine case", subject.id);
        println!(
            "{}: {cases} cases, {with_short_texts} of them with their short texts, {unlike} signed otherwise",
            subject.id
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
