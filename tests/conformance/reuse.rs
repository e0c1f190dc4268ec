//! An instance that is called again and again answers as a fresh one does.
//!
//! The host makes an instance for each call; at the edge an instance is reused, and its memory lives on. Everything
//! that a connector can be asked is asked in fresh instances, and again in reused ones, in another order: what came
//! before, a forged or broken request included, must not show in an answer.

mod limits;
mod questions;

use trunkline_cases::{Case, difference, outcome};
use trunkline_runtime::Kept;

use crate::findings::Findings;
use crate::random::random;
use crate::suite::{Subject, suite};
use questions::{Question, questions};

/// How often everything is asked in reused instances, each time in another order.
const ROUNDS: usize = 2;

#[test]
fn a_reused_instance_answers_as_a_fresh_one() {
    let seed = random().get_seed();
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        reuse(&mut findings, subject, seed);
    }
    findings.assert();
}

/// Asks everything in fresh instances and in reused ones. The seed decides on all of it, whatever else is tested.
fn reuse(findings: &mut Findings, subject: &Subject, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let questions = questions(subject, &mut random);
    let (calls, before) = (questions.len(), findings.tried());
    let mut order: Vec<&Question> = questions.iter().collect();
    let mut instances = 0;
    for _ in 0..ROUNDS {
        random.shuffle(&mut order);
        instances += suite().wait(ask_again(findings, subject, &order, seed));
    }
    let again = findings.tried() - before;
    println!("{}: {calls} calls in fresh instances, {again} in {instances} reused ones", subject.id);
}

/// Asks in this order, as many calls an instance as at the edge. Gives the number of instances.
///
/// An instance that answered otherwise is not asked on: what comes later would only say the same again.
async fn ask_again(findings: &mut Findings, subject: &Subject, order: &[&Question], seed: u64) -> usize {
    let mut instances = 0;
    let mut kept = None;
    let mut before: Vec<&str> = Vec::new();
    for question in order {
        if before.len() == Kept::CALLS_MAX {
            kept = None;
        }
        let instance = match &mut kept {
            Some(instance) => instance,
            None => {
                before.clear();
                instances += 1;
                kept.insert(subject.connector.keep().await.expect("an instance"))
            }
        };
        let answer = question.ask(subject, instance).await;
        let same = answer == question.fresh;
        findings.check(same, || {
            format!(
                "{} {}: answers otherwise in an instance that is reused, SEED={seed}\n{}called before in it: {}",
                subject.id,
                question.name,
                difference(&format!("{:#?}\n", question.fresh), &format!("{answer:#?}\n")),
                before.join("; ")
            )
        });
        before.push(&question.name);
        if !same || answer.is_err() {
            kept = None;
        }
    }
    instances
}

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
        let mut findings = Findings::default();
        reuse(&mut findings, &guest, 7);
        let failures = findings.failures();
        assert_eq!(!failures.is_empty(), found, "{keeps}: {failures:?}");
        for failure in failures {
            let told = ["retentive ", keeps, "SEED=7\n", "called before in it: "];
            assert!(told.iter().all(|told| failure.contains(told)), "{failure}");
        }
    }
}
