//! No input traps, signed or not; and what is not signed is not believed.

use trunkline_cases::Case;
use trunkline_model::{ReceiveStep, Request};

use crate::findings::{Findings, told};
use crate::form;
use crate::json;
use crate::random::random;
use crate::suite::{Subject, suite};
use crate::tampering::{SIGNED_FIELDS, covers};

/// Signed bodies cut short, for each case.
const TRUNCATIONS: usize = 20;
/// Signed bodies with something replaced, for each case.
const MUTATIONS: usize = 20;

/// Bodies that are no webhook of anybody.
pub fn bodies(random: &mut fastrand::Rng, bytes_max: u64) -> Vec<(&'static str, Vec<u8>)> {
    let noise: Vec<u8> = (0..4_096).map(|_| random.u8(..)).collect();
    vec![
        ("no body", Vec::new()),
        ("noise", noise),
        ("deep nesting", vec![b'['; 10_000]),
        ("deep objects", b"{\"a\":".repeat(5_000)),
        ("the largest body", vec![b'x'; usize::try_from(bytes_max).expect("64 bits")]),
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

#[test]
fn unsigned_garbage_is_survived_and_not_believed() {
    let mut random = random();
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        let Some((_, case)) = subject.genuine().find(|(_, case)| case.request.method == "POST") else {
            findings.check(false, || format!("{}: no genuine case to start from", subject.id));
            continue;
        };
        for (what, body) in bodies(&mut random, subject.manifest().limits.body_bytes_max) {
            for method in ["POST", "GET", "BREW"] {
                let garbage =
                    Request { body: body.clone(), method: method.to_owned(), ..case.request.clone() };
                let bare = Request { headers: Vec::new(), ..garbage.clone() };
                for request in [garbage, bare] {
                    let step = subject.receive(request, &case.context);
                    let harmless = match &step {
                        Ok(ReceiveStep::Answer(answer)) => answer.events.is_empty(),
                        Ok(_) => true,
                        Err(_) => false,
                    };
                    findings.check(harmless, || format!("{} {method} {what}: {}", subject.id, told(&step)));
                }
            }
        }
    }
    findings.assert();
}

#[test]
fn signed_garbage_is_survived() {
    let mut random = random();
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        let before = findings.tried();
        for (index, (name, case)) in subject.genuine().enumerate() {
            let mut bodies = mutations(&mut random, subject, case);
            if index == 0 {
                bodies.extend(self::bodies(&mut random, subject.manifest().limits.body_bytes_max));
            }
            for (what, body) in bodies {
                let Some(request) = signed(subject, case, body) else { continue };
                let body = String::from_utf8_lossy(&request.body).chars().take(400).collect::<String>();
                let step = subject.receive(request, &case.context);
                findings.survived(&step, || format!("{} {name}, {what}, `{body}`", subject.id));
            }
        }
        let tried = findings.tried() - before;
        findings.check(tried > 0, || format!("{}: no case can be signed anew", subject.id));
        println!("{}: {tried} signed bodies of garbage", subject.id);
    }
    findings.assert();
}

/// The webhook of the case with another body, signed. None where it cannot be signed anew.
pub fn signed(subject: &Subject, case: &Case, body: Vec<u8>) -> Option<Request> {
    // Where the signature is over three fields, every body that keeps them is signed.
    if covers(subject) == "fields" {
        return Some(Request { body, ..case.request.clone() });
    }
    case.resigned(body).ok()
}

/// The body of the case, broken in many ways.
pub fn mutations(random: &mut fastrand::Rng, subject: &Subject, case: &Case) -> Vec<(&'static str, Vec<u8>)> {
    let body = &case.request.body;
    let kept: &[&str] = if covers(subject) == "fields" { &SIGNED_FIELDS } else { &[] };
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
