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
    let signed = tamper::signing(subject, covers);
    if signed.is_empty() && subject.genuine().next().is_some() {
        if covers == Covers::Fields {
            return findings.skip(NO_HEADER);
        }
        let found = format!("{NO_HEADER}, and no case is refused without one");
        return findings.check(false, || Finding::new("testdata/inbound", found));
    }
    findings.note(Vec::from_iter(signed.iter().cloned()).join(", "));
    refused(subject, findings, trials(subject, |request| tamper::headers(request, &signed)));
}

/// `signatures/repeated`
pub fn repeated(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    let signed = tamper::signing(subject, covers);
    let trials = trials(subject, |request| tamper::repeated(request, &signed));
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
    match covers {
        Covers::Fields => {
            return findings.skip("the signature covers fields of the body (`signature_covers`)");
        }
        Covers::Token => {
            return findings.skip("the provider signs nothing, it sends a secret (`signature_covers`)");
        }
        Covers::Body | Covers::UrlAndForm => {}
    }
    refused(subject, findings, trials(subject, |request| tamper::bodies(request, covers)));
}

/// `signatures/url`
pub fn url(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    if covers != Covers::UrlAndForm {
        return findings.skip("the signature does not cover the URL (`signature_covers`)");
    }
    refused(subject, findings, trials(subject, tamper::urls));
}

/// `signatures/fields`
pub fn fields(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    if covers != Covers::Fields {
        return findings.skip("the signature is in no field of the body (`signature_covers`)");
    }
    let names = tamper::signed_fields(subject);
    refused(subject, findings, trials(subject, |request| tamper::fields(request, &names)));
}

/// `signatures/first`
pub fn first(subject: &Subject, findings: &mut Findings) {
    let Some(covers) = covered(subject, findings) else { return };
    if covers == Covers::Fields {
        return findings.skip("the signature is in the body: it is found by parsing");
    }
    let signed = tamper::signing(subject, covers);
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
            let mut request = Request { body, ..case.request.clone() };
            if covers == Covers::Token {
                // With the secret, everything is genuine.
                request.headers.retain(|(name, _)| !signed.contains(name));
            }
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
