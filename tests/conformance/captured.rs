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

/// So many webhooks of a channel may be signed in a way of their own.
const UNLIKE_MAX: usize = 20;

#[test]
fn what_is_captured_comes_out_as_the_same_kinds() {
    let (mut failures, mut tried) = (Vec::new(), 0);
    for subject in &suite().subjects {
        let schemes = Schemes::of_folder(&subject.folder, subject.connector.manifest()).expect("case files");
        let (mut cases, mut with_short_texts, mut unlike, mut otherwise) = (0, 0, 0, 0);
        for (name, case) in subject.genuine() {
            // What needs a call first is signed by somebody whose key only the provider has.
            if !case.is_genuine() {
                continue;
            }
            // By a private key, a token or a password: nothing that a template of ours makes anew. The command says so.
            if Schemes::learn([case.clone()], subject.connector.manifest()).schemes.is_empty() {
                otherwise += 1;
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
            // A signature that a template has no words for, a second proof beside it, a setting with words of the webhook in it:
            // the command says so and ends with 3.
            let said = ["mismatch", "missing_signature", "bad_encoding", "misconfigured"];
            if !same && said.iter().any(|reason| found.contains(&format!("\"{reason}\""))) {
                unlike += 1;
                continue;
            }
            if !same {
                failures.push(format!("{} {name}:\n{}\n{found}", subject.id, made.without_expected()));
            }
        }
        if unlike > UNLIKE_MAX {
            failures.push(format!("{}: {unlike} cannot be signed again", subject.id));
        }
        assert!(cases + otherwise > 0, "{}: no genuine case", subject.id);
        tried += cases;
        let otherwise = otherwise + unlike;
        println!(
            "{}: {cases} cases, {with_short_texts} of them with their short texts, {otherwise} signed otherwise",
            subject.id
        );
    }
    assert!(tried > 1_000, "{tried} cases");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
