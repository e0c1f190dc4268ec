//! What must not stand in an answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use trunkline_cases::{Case, outcome};
use trunkline_model::{ReceiveStep, Request};

use super::garbage::resigned;
use crate::finding::{Finding, Findings};
use crate::subject::Subject;
use crate::tamper::{self, Covers};

/// Stands in bodies that are refused, and must not be quoted.
const CANARY: &str = "canary-51f0c3a97be2";
/// A part of a signature that is as long as this stands in an answer by no chance.
const DIGEST_CHARS_MIN: usize = 16;

/// A webhook, and what its answer must not hold.
struct Trial<'a> {
    what: String,
    class: &'static str,
    case: &'a Case,
    request: Request,
    /// Parts of the signature that would have been right, where it is another one that was sent.
    digests: Vec<String>,
}

/// The check's name.
pub const NAME: &str = "secrets/answers";

/// `secrets/answers`, after everything else was asked.
pub fn answers(subject: &Subject, findings: &mut Findings) {
    // What the manifest says wrongly is a finding of the checks of signatures.
    let signed = tamper::signing(subject, tamper::covers(subject).unwrap_or(Covers::Body));
    let mut trials = Vec::new();
    for (name, case) in &subject.cases {
        trials.push(Trial {
            what: name.clone(),
            class: "case",
            case,
            request: case.request.clone(),
            digests: Vec::new(),
        });
    }
    for (name, case) in subject.genuine() {
        let spoiled = tamper::headers(&case.request, &signed);
        // Where a right one is sent along, it may be named.
        let spoiled = spoiled.into_iter().filter(|tampered| !tampered.what.contains("before the right one"));
        trials.extend(spoiled.map(|tampered| Trial {
            what: format!("{name} with {}", tampered.what),
            class: "wrong signature",
            case,
            digests: digests(&case.request, &tampered.request, &signed),
            request: tampered.request,
        }));
        for (what, body) in bodies(case) {
            let unsigned = Request { body: body.clone(), ..case.request.clone() };
            for (how, request) in
                [(", unsigned", Some(unsigned)), (", signed", resigned(subject, case, body))]
            {
                let Some(request) = request else { continue };
                let what = format!("{name} with {what}{how}");
                trials.push(Trial { what, class: "canary", case, request, digests: Vec::new() });
            }
        }
    }
    findings.draw(
        trials,
        |trial| trial.class.to_owned(),
        |findings, trial| {
            let step = subject.receive(trial.request.clone(), &trial.case.context);
            // A trap is what other checks are for, and a secret is kept in mind by the subject.
            let found = step.ok().and_then(|step| told(&step, &trial.digests));
            findings.check(found.is_none(), || {
                Finding::new(&trial.what, found.unwrap_or_default())
                    .changed(&trial.case.request, &trial.request)
            });
        },
    );
    found(subject, findings);
}

/// What stood in answers to whatever was asked.
pub fn found(subject: &Subject, findings: &mut Findings) {
    // Most are the same answer again. Which of two checks asked first is chance: the order must not be.
    let mut answers: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for leak in subject.leaks() {
        answers.entry((leak.setting, leak.answer)).or_default().insert(leak.request);
    }
    for ((setting, answer), requests) in answers {
        let more = match requests.len() {
            0 | 1 => String::new(),
            count => format!(", and {} others", count - 1),
        };
        let what = format!("{}{more}", requests.first().map_or("", String::as_str));
        findings.check(false, || {
            Finding::new(what, format!("the answer holds the value of `{setting}`: {answer}"))
        });
    }
}

/// What the answer gives away.
fn told(step: &ReceiveStep, digests: &[String]) -> Option<String> {
    let ReceiveStep::Refuse(refusal) = step else { return None };
    let text = outcome(step);
    let shown = format!("refused {} `{}`: {}", refusal.status, refusal.reason.as_str(), refusal.detail);
    if digests.iter().any(|digest| text.contains(digest)) {
        return Some(format!("the refusal holds the expected signature: {shown}"));
    }
    text.contains(CANARY).then(|| format!("the refusal quotes the body: {shown}"))
}

/// The parts of the right signature that were not sent.
fn digests(right: &Request, sent: &Request, signed: &BTreeSet<String>) -> Vec<String> {
    let headers = right.headers.iter().filter(|(name, _)| signed.contains(name));
    let parts = headers.flat_map(|(_, value)| value.split(['=', ',', ';', ' ']));
    let long = parts.filter(|part| part.len() >= DIGEST_CHARS_MIN);
    long.filter(|part| !sent.headers.iter().any(|(_, value)| value.contains(part)))
        .map(str::to_owned)
        .collect()
}

/// Bodies that cannot be understood, with the canary in each.
fn bodies(case: &Case) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![
        ("a text for a body".to_owned(), CANARY.as_bytes().to_vec()),
        ("a JSON text for a body".to_owned(), json!(CANARY).to_string().into_bytes()),
    ];
    if let Ok(Value::Object(members)) = serde_json::from_slice(&case.request.body) {
        for name in members.keys() {
            let mut changed = members.clone();
            changed.insert(name.clone(), json!(CANARY));
            all.push((format!("a text for `{name}`"), Value::Object(changed).to_string().into_bytes()));
        }
    }
    all
}
