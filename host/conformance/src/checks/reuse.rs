//! An instance that is called again and again answers as a fresh one does.
//!
//! The host makes an instance for each call; at the edge an instance is reused, and its memory lives on. Everything
//! that a connector can be asked is asked in fresh instances, and again in reused ones, in another order: what came
//! before, a forged or broken request included, must not show in an answer.

mod questions;

use trunkline_runtime::Kept;

use crate::finding::{Finding, Findings};
use crate::subject::Subject;
use questions::{Question, questions};

/// How often everything is asked in reused instances, each time in another order.
const ROUNDS: usize = 2;
/// Names of calls before that are shown.
const SHOWN_MAX: usize = 8;

/// `reuse/instance`
pub fn instance(subject: &Subject, findings: &mut Findings) {
    let questions = questions(subject, findings);
    if questions.is_empty() {
        return;
    }
    let (calls, before) = (questions.len(), findings.tried);
    let mut order: Vec<&Question> = questions.iter().collect();
    let mut instances = 0;
    for _ in 0..ROUNDS {
        findings.random.shuffle(&mut order);
        instances += subject.wait(ask_again(findings, subject, &order));
    }
    let again = findings.tried - before;
    findings.note(format!("{calls} calls in fresh instances, {again} in {instances} reused ones"));
}

/// Asks in this order, as many calls an instance as at the edge. Gives the number of instances.
///
/// An instance that answered otherwise is not asked on: what comes later would only say the same again.
async fn ask_again(findings: &mut Findings<'_>, subject: &Subject, order: &[&Question]) -> usize {
    let mut instances = 0;
    let mut kept = None;
    let mut before: Vec<&str> = Vec::new();
    for (done, question) in order.iter().enumerate() {
        if done > 0 && findings.is_over(1.0) {
            findings.leave(order.len() - done);
            break;
        }
        if before.len() == Kept::CALLS_MAX {
            kept = None;
        }
        if kept.is_none() {
            before.clear();
            instances += 1;
            match subject.connector.keep().await {
                Ok(instance) => kept = Some(instance),
                Err(error) => {
                    findings.check(false, || Finding::new("an instance", error.to_string()));
                    return instances;
                }
            }
        }
        let Some(instance) = &mut kept else { continue };
        let answer = question.ask(subject, instance).await;
        let same = answer == question.fresh;
        findings.check(same, || {
            let shown = |answer| format!("{answer:#?}\n");
            let found = format!(
                "answers otherwise in an instance that is reused; called before in it: {}",
                called(&before)
            );
            Finding::new(&question.name, found).difference(&shown(&question.fresh), &shown(&answer))
        });
        before.push(&question.name);
        if !same || answer.is_err() {
            kept = None;
        }
    }
    instances
}

/// The last of the calls before.
fn called(before: &[&str]) -> String {
    match before.len().checked_sub(SHOWN_MAX) {
        None | Some(0) => before.join("; "),
        Some(more) => format!("{more} others; {}", before[more..].join("; ")),
    }
}
