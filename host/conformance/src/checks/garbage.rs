//! No input traps, signed or not; and what is not signed is not believed.

use trunkline_cases::Case;
use trunkline_model::{ReceiveStep, Request};

use crate::finding::{Finding, Findings, told};
use crate::subject::Subject;
use crate::tamper::{Covers, covers, signed_fields};
use crate::{form, json};

/// Signed bodies cut short, for each case.
const TRUNCATIONS: usize = 20;
/// Signed bodies with something replaced, for each case.
const MUTATIONS: usize = 20;
/// Bytes of a body that is no webhook, where its size is not the point.
const NOISE_BYTES: usize = 4_096;

/// Bodies that are no webhook of anybody.
pub fn bodies(random: &mut fastrand::Rng, bytes_max: u64) -> Vec<(&'static str, Vec<u8>)> {
    let noise: Vec<u8> = (0..NOISE_BYTES).map(|_| random.u8(..)).collect();
    vec![
        ("no body", Vec::new()),
        ("noise", noise),
        ("deep nesting", vec![b'['; 10_000]),
        ("deep objects", b"{\"a\":".repeat(5_000)),
        // At most 32 MiB, by the manifest's own rule.
        ("the largest body", vec![b'x'; usize::try_from(bytes_max).unwrap_or_default()]),
        ("a null", b"null".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("a lone surrogate", br#"{"a":"\ud800"}"#.to_vec()),
        ("a form of separators", b"&&==&=%&%zz=%f".to_vec()),
        (
            "a multipart that never ends",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".to_vec(),
        ),
        ("NUL", vec![0; 64]),
    ]
}

/// `garbage/unsigned`
pub fn unsigned(subject: &Subject, findings: &mut Findings) {
    let Some((_, case)) = subject.genuine().find(|(_, case)| case.request.method == "POST") else {
        return findings.skip("no case file of a genuine `POST` to start from");
    };
    let bodies = bodies(&mut findings.random, subject.manifest().limits.body_bytes_max);
    let mut trials = Vec::new();
    for index in 0..bodies.len() {
        for method in ["POST", "GET", "BREW"] {
            // With the secret, everything is genuine.
            if covers(subject) != Ok(Covers::Token) {
                trials.push((index, method, false));
            }
            trials.push((index, method, true));
        }
    }
    let class = |(index, ..): &(usize, &str, bool)| bodies[*index].0.to_owned();
    findings.draw(trials, class, |findings, (index, method, bare)| {
        let (what, body) = &bodies[index];
        let mut request = Request { body: body.clone(), method: method.to_owned(), ..case.request.clone() };
        if bare {
            request.headers.clear();
        }
        let step = subject.receive(request, &case.context);
        let harmless = match &step {
            Ok(ReceiveStep::Answer(answer)) => answer.events.is_empty(),
            Ok(_) => true,
            Err(_) => false,
        };
        findings.check(harmless, || {
            let headers = if bare { " without headers" } else { "" };
            Finding::new(format!("{method} of {what}{headers}"), told(&step))
        });
    });
}

/// `garbage/signed`
pub fn signed(subject: &Subject, findings: &mut Findings) {
    let mut trials = Vec::new();
    for (index, (name, case)) in subject.genuine().enumerate() {
        let mut broken = mutations(&mut findings.random, subject, case);
        if index == 0 {
            broken.extend(bodies(&mut findings.random, subject.manifest().limits.body_bytes_max));
        }
        let signable = is_signable(subject, case);
        trials.extend(broken.into_iter().filter(|_| signable).map(|(what, body)| (name, case, what, body)));
    }
    if trials.is_empty() && subject.genuine().next().is_some() {
        let hint =
            "sign a case file by a placeholder in a header, `{{hmac …}}`: connectors/README.md, Case files";
        return findings
            .check(false, || Finding::new("testdata/inbound", "no case can be signed anew").hint(hint));
    }
    let class = |(_, _, what, _): &(&str, &Case, &'static str, Vec<u8>)| (*what).to_owned();
    findings.draw(trials, class, |findings, (name, case, what, body)| {
        let Some(request) = resigned(subject, case, body) else { return };
        let step = subject.receive(request.clone(), &case.context);
        findings.survived(&step, |found| {
            Finding::new(format!("{name}, {what}"), found).changed_and_signed(&case.request, &request)
        });
    });
}

fn is_signable(subject: &Subject, case: &Case) -> bool {
    resigned(subject, case, Vec::new()).is_some()
}

/// The webhook of the case with another body, signed. None where it cannot be signed anew.
pub fn resigned(subject: &Subject, case: &Case, body: Vec<u8>) -> Option<Request> {
    // Where the signature is over three fields, every body that keeps them is signed; where it is a secret, every body is.
    if matches!(covers(subject), Ok(Covers::Fields | Covers::Token)) {
        return Some(Request { body, ..case.request.clone() });
    }
    case.resigned(body).ok()
}

/// The body of the case, broken in many ways.
pub fn mutations(random: &mut fastrand::Rng, subject: &Subject, case: &Case) -> Vec<(&'static str, Vec<u8>)> {
    let body = &case.request.body;
    let names = signed_fields(subject);
    let kept: Vec<&str> = match covers(subject) {
        Ok(Covers::Fields) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let kept = kept.as_slice();
    let mut all = Vec::new();
    for part in 0..TRUNCATIONS {
        all.push(("cut short", body[..body.len() * part / TRUNCATIONS].to_vec()));
    }
    for _ in 0..MUTATIONS {
        if form::is_encoded(&case.request) {
            all.push(("a field changed", mutated_form(body, random, kept)));
        } else if let Some(mutated) = json::mutated(body, random, kept) {
            all.push(("a value changed", mutated));
        }
        let mut flipped = body.clone();
        if !flipped.is_empty() {
            let index = random.usize(..flipped.len());
            flipped[index] = random.u8(..);
            all.push(("a byte changed", flipped));
        }
    }
    all
}

fn mutated_form(body: &[u8], random: &mut fastrand::Rng, kept: &[&str]) -> Vec<u8> {
    let mut fields = form::fields(body);
    let free: Vec<usize> =
        (0..fields.len()).filter(|index| !kept.contains(&fields[*index].0.as_str())).collect();
    let Some(&index) = free.get(random.usize(..free.len().max(1))) else { return body.to_vec() };
    let long = "x".repeat(20_000);
    let deep = "[".repeat(10_000);
    let values =
        ["", "-1", "99999999999999999999", "\u{0}", "a,b;c=\"", "{\"a\":", "\u{202e}\u{1f600}", &long, &deep];
    match random.usize(..4) {
        0 => drop(fields.remove(index)),
        1 => fields[index].0.push('0'),
        2 => {
            let again = fields[index].clone();
            fields.push(again);
        }
        _ => values[random.usize(..values.len())].clone_into(&mut fields[index].1),
    }
    form::encode(&fields)
}
