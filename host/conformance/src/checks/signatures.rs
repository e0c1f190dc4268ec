//! A genuine webhook with one thing changed is refused, and one that says the same in another way is not.

use std::collections::BTreeMap;

use trunkline_cases::{Case, outcome};
use trunkline_model::{Context, ReceiveStep, Refusal, RefusalReason, Request};

use super::garbage;
use crate::finding::{Finding, Findings, told};
use crate::subject::Subject;
use crate::tamper::{self, Covers, Tampered};

/// A genuine case with one thing changed.
struct Trial<'a> {
    name: &'a str,
    case: &'a Case,
    tampered: Tampered,
}

impl Trial<'_> {
    fn class(&self) -> String {
        self.tampered.what.clone()
    }

    fn failure(&self, found: impl Into<String>) -> Finding {
        let what = format!("{} with {}", self.name, self.tampered.what);
        Finding::new(what, found).changed(&self.case.request, &self.tampered.request)
    }
}

/// Every genuine case, tampered with.
fn trials(subject: &Subject, tamper: impl Fn(&Request) -> Vec<Tampered>) -> Vec<Trial<'_>> {
    let genuine = subject.genuine();
    genuine
        .flat_map(|(name, case)| {
            tamper(&case.request).into_iter().map(move |tampered| Trial { name, case, tampered })
        })
        .collect()
}

/// All of these must be refused.
fn refused(subject: &Subject, findings: &mut Findings, trials: Vec<Trial<'_>>) {
    findings.draw(trials, Trial::class, |findings, trial| {
        let step = subject.receive(trial.tampered.request.clone(), &trial.case.context);
        findings.refused(&step, |found| trial.failure(found));
    });
}

/// What is signed. None where the manifest says it wrongly, which is a finding.
fn covered(subject: &Subject, findings: &mut Findings) -> Option<Covers> {
    match tamper::covers(subject) {
        Ok(covers) => Some(covers),
        Err(error) => {
            findings.check(false, || Finding::new("`capabilities`", error));
            None
        }
    }
}

const NO_HEADER: &str = "no header carries a signature";

/// `signatures/headers`
pub fn headers(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    let signed = match covers {
        // Whatever else it stands on is in the body.
        Covers::Fields => BTreeMap::new(),
        _ => signed_headers(subject),
    };
    let signed: Vec<&str> = signed.into_iter().filter(|(_, signed)| *signed).map(|(name, _)| name).collect();
    let takes_part = |name: &str| tamper::carries_signature(name) || signed.contains(&name);
    let trials = trials(subject, |request| tamper::headers(request, takes_part));
    if trials.is_empty() && subject.genuine().next().is_some() && covers == Covers::Fields {
        return findings.skip(NO_HEADER);
    }
    if !signed.is_empty() {
        findings.note(format!("signed as well: {}", signed.join(", ")));
    }
    refused(subject, findings, trials);
}

/// Headers of requests in general, which providers do not sign.
const GENERAL: [&str; 8] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "user-agent",
];

/// The headers besides those that carry a signature, and whether a webhook without them is unsigned: a time stamp, an id.
fn signed_headers(subject: &Subject) -> BTreeMap<&str, bool> {
    let mut signed = BTreeMap::new();
    for (_, case) in subject.genuine() {
        for (index, (name, _)) in case.request.headers.iter().enumerate() {
            let general = GENERAL.contains(&name.as_str()) || tamper::carries_signature(name);
            if general || signed.contains_key(name.as_str()) {
                continue;
            }
            let mut without = case.request.clone();
            without.headers.remove(index);
            let unsigned = match subject.receive(without, &case.context) {
                Ok(ReceiveStep::Refuse(refusal)) => is_unsigned(&refusal),
                _ => false,
            };
            signed.insert(name.as_str(), unsigned);
        }
    }
    signed
}

fn is_unsigned(refusal: &Refusal) -> bool {
    use RefusalReason as Reason;
    matches!(
        refusal.reason,
        Reason::MissingSignature
            | Reason::BadEncoding
            | Reason::Mismatch
            | Reason::Stale
            | Reason::UnknownKey
    )
}

/// `signatures/repeated`
pub fn repeated(subject: &Subject, findings: &mut Findings) {
    let trials = trials(subject, tamper::repeated);
    if trials.is_empty() && subject.genuine().next().is_some() {
        return findings.skip(NO_HEADER);
    }
    same(subject, findings, trials, true);
}

/// `signatures/names`
pub fn names(subject: &Subject, findings: &mut Findings) {
    same(subject, findings, trials(subject, tamper::recased), false);
}

/// All of these come out as the case does as it is; or are refused, where that is allowed.
fn same(subject: &Subject, findings: &mut Findings, trials: Vec<Trial<'_>>, may_refuse: bool) {
    let mut known: BTreeMap<&str, Result<ReceiveStep, String>> = BTreeMap::new();
    findings.draw(trials, Trial::class, |findings, trial| {
        let genuine = || subject.receive(trial.case.request.clone(), &trial.case.context);
        // That it does not come out as its file says is a finding of the check that runs it.
        let Ok(expected) = known.entry(trial.name).or_insert_with(genuine) else { return };
        let step = subject.receive(trial.tampered.request.clone(), &trial.case.context);
        let holds = match &step {
            Ok(ReceiveStep::Refuse(_)) => may_refuse,
            Ok(step) => step == expected,
            Err(_) => false,
        };
        findings.check(holds, || {
            let finding = trial.failure(format!("{}, expected the outcome of the case", told(&step)));
            match &step {
                Ok(step @ ReceiveStep::Answer(_)) => finding.difference(&outcome(expected), &outcome(step)),
                _ => finding,
            }
        });
    });
}

/// `signatures/body`
pub fn body(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    if covers == Covers::Fields {
        return findings
            .skip("the signature covers fields of the body (`signature_covers` in `[capabilities]`)");
    }
    refused(subject, findings, trials(subject, |request| tamper::bodies(request, covers)));
}

/// `signatures/url`
pub fn url(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    if covers != Covers::UrlAndForm {
        return findings
            .skip("the signature does not cover the URL (`signature_covers` in `[capabilities]`)");
    }
    refused(subject, findings, trials(subject, tamper::urls));
}

/// `signatures/fields`
pub fn fields(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    if covers != Covers::Fields {
        return findings
            .skip("the signature is in no field of the body (`signature_covers` in `[capabilities]`)");
    }
    refused(subject, findings, trials(subject, tamper::fields));
}

/// `signatures/first`
pub fn first(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    if covers == Covers::Fields {
        return findings.skip("the signature is in the body: it is found by parsing");
    }
    let posts: Vec<_> = subject.genuine().filter(|(_, case)| case.request.method == "POST").collect();
    let mut trials = Vec::new();
    for (index, (name, case)) in posts.into_iter().enumerate() {
        let body = &case.request.body;
        let mut bodies = vec![("half of the body", body[..body.len() / 2].to_vec())];
        // Of an empty body, half is all of it.
        bodies.retain(|(_, half)| half != body);
        if index == 0 {
            bodies.extend(garbage::bodies(&mut findings.random, subject.manifest().limits.body_bytes_max));
        }
        for (what, body) in bodies {
            let request = Request { body, ..case.request.clone() };
            trials.push(Trial { name, case, tampered: Tampered { what: what.to_owned(), request } });
        }
    }
    findings.draw(trials, Trial::class, |findings, trial| {
        let step = subject.receive(trial.tampered.request.clone(), &trial.case.context);
        let verified = match &step {
            Ok(ReceiveStep::Refuse(refusal)) => refusal.reason != RefusalReason::Malformed,
            _ => false,
        };
        findings.check(verified, || {
            trial.failure(format!("{}, expected a refusal for its signature", told(&step)))
        });
    });
}

/// `signatures/settings`
pub fn settings(subject: &Subject, findings: &mut Findings) {
    let trials: Vec<_> = subject.genuine().flat_map(|genuine| [(genuine, true), (genuine, false)]).collect();
    let class = |(_, without): &((&str, &Case), bool)| without.to_string();
    findings.draw(trials, class, |findings, ((name, case), without)| {
        let empty = || case.context.settings.iter().map(|(name, _)| (name.clone(), String::new())).collect();
        let (what, settings) =
            if without { ("no settings", Vec::new()) } else { ("empty settings", empty()) };
        let context = Context { settings, ..case.context.clone() };
        let step = subject.receive(case.request.clone(), &context);
        let ours = matches!(&step, Ok(ReceiveStep::Refuse(refusal)) if is_ours(refusal));
        findings.check(ours, || {
            Finding::new(
                format!("{name} with {what}"),
                format!("{}, expected 503 `misconfigured`", told(&step)),
            )
        });
    });
}

/// Our own fault, so that the provider sends it again; or a webhook that names its key, which we do not have.
fn is_ours(refusal: &Refusal) -> bool {
    match refusal.reason {
        RefusalReason::Misconfigured => refusal.status == 503,
        RefusalReason::UnknownKey => matches!(refusal.status, 401 | 406),
        _ => false,
    }
}
