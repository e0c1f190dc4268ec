//! A genuine webhook with one thing changed is refused.
//!
//! What the provider signs is not the same everywhere: `signature_covers` in the manifest's `[capabilities]`
//! says `body` (the default), `url-and-form`, or `fields` (three fields of the body, and nothing else of it).

use trunkline_model::Request;

use crate::findings::Findings;
use crate::form;
use crate::suite::{Subject, suite};

/// The fields that hold a signature and what it is made over, where a body carries its own.
pub const SIGNED_FIELDS: [&str; 3] = ["signature", "timestamp", "token"];

/// What the provider's signature is made over.
pub fn covers(subject: &Subject) -> &str {
    let value = subject.manifest().capabilities.get("signature_covers");
    value.and_then(|value| value.0.as_str()).unwrap_or("body")
}

#[test]
fn a_tampered_webhook_is_refused() {
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        let before = findings.tried();
        for (name, case) in subject.genuine() {
            for (what, request) in tampered(&case.request, covers(subject)) {
                let step = subject.receive(request, &case.context);
                findings.refused(&step, || format!("{} {name} with {what}", subject.id));
            }
        }
        let tried = findings.tried() - before;
        findings.check(tried > 0, || format!("{}: nothing to tamper with", subject.id));
        println!("{}: {} cases, {tried} tampered requests", subject.id, subject.cases.len());
    }
    findings.assert();
}

/// The request, forged in every way that must be refused: what was done, and what came of it.
pub fn tampered(request: &Request, covers: &str) -> Vec<(String, Request)> {
    let mut all = headers(request);
    match covers {
        "body" => all.extend(bodies(request)),
        "url-and-form" => {
            all.extend(bodies(request));
            all.extend(urls(request));
        }
        "fields" => all.extend(fields(request)),
        other => panic!("`signature_covers` is `{other}`, expected `body`, `url-and-form` or `fields`"),
    }
    all
}

/// Every header that carries a signature: without it, and with each way to spoil it.
fn headers(request: &Request) -> Vec<(String, Request)> {
    let mut all = Vec::new();
    for (index, (name, value)) in request.headers.iter().enumerate() {
        // An empty header carries nothing to spoil.
        if !name.contains("signature") || value.is_empty() {
            continue;
        }
        let mut without = request.clone();
        without.headers.remove(index);
        // Two signatures are sent by some (an old and a new algorithm): then the other one still stands.
        if !without.headers.iter().any(|(name, _)| name.contains("signature")) {
            all.push((format!("`{name}` removed"), without));
        }
        for (what, spoiled) in spoiled(value) {
            let mut changed = request.clone();
            changed.headers[index].1 = spoiled;
            all.push((format!("`{name}` {what}"), changed));
        }
        let mut twice = request.clone();
        twice.headers.insert(index, (name.clone(), one_letter_changed(value)));
        all.push((format!("a wrong `{name}` before the right one"), twice));
    }
    all
}

/// A signature, spoiled in every way that differs.
fn spoiled(value: &str) -> Vec<(&'static str, String)> {
    let half: String = value.chars().take(value.chars().count() / 2).collect();
    let mut short = value.to_owned();
    short.pop();
    let mut all = vec![
        ("cut by a letter", short),
        ("cut in half", half),
        ("empty", String::new()),
        ("with a letter changed", one_letter_changed(value)),
        ("with a letter more", format!("{value}0")),
    ];
    let upper = value.to_ascii_uppercase();
    // In hexadecimal notation upper case says the same.
    let hexadecimal =
        value.rsplit('=').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_hexdigit()));
    if upper != value && !(hexadecimal && value.len() >= 32) {
        all.push(("in upper case", upper));
    }
    all
}

/// Another letter or digit in the middle, of the same alphabet.
fn one_letter_changed(value: &str) -> String {
    let mut letters: Vec<char> = value.chars().collect();
    let middle = letters.len() / 2;
    if let Some(letter) = letters.get_mut(middle) {
        *letter = if *letter == 'a' { 'b' } else { 'a' };
    }
    letters.into_iter().collect()
}

fn bodies(request: &Request) -> Vec<(String, Request)> {
    if request.body.is_empty() {
        return Vec::new();
    }
    let last = request.body.len() - 1;
    let mut all = Vec::new();
    for (what, index) in [("first", 0), ("middle", last / 2), ("last", last)] {
        let mut changed = request.clone();
        changed.body[index] ^= 1;
        all.push((format!("the {what} byte of the body changed"), changed));
    }
    let mut longer = request.clone();
    longer.body.push(b'x');
    all.push(("a byte after the body".to_owned(), longer));
    let mut shorter = request.clone();
    shorter.body.pop();
    all.push(("the last byte of the body removed".to_owned(), shorter));
    let empty = Request { body: Vec::new(), ..request.clone() };
    all.push(("no body".to_owned(), empty));
    all
}

fn urls(request: &Request) -> Vec<(String, Request)> {
    let separator = if request.url.contains('?') { '&' } else { '?' };
    let more = Request { url: format!("{}{separator}x=1", request.url), ..request.clone() };
    let other = Request { url: request.url.replacen("/hooks/", "/hooks/x", 1), ..request.clone() };
    let mut all = vec![("a parameter more".to_owned(), more), ("another path".to_owned(), other)];
    if form::is_encoded(request) {
        let mut fields = form::fields(&request.body);
        fields.push(("Extra".to_owned(), "1".to_owned()));
        all.push(("a field more".to_owned(), Request { body: form::encode(&fields), ..request.clone() }));
        fields.pop();
        fields.remove(0);
        all.push(("a field less".to_owned(), Request { body: form::encode(&fields), ..request.clone() }));
    }
    all
}

fn fields(request: &Request) -> Vec<(String, Request)> {
    let mut all = Vec::new();
    for name in SIGNED_FIELDS {
        let mut add = |what: &str, body: Option<Vec<u8>>| {
            let request = body.map(|body| Request { body, ..request.clone() });
            all.extend(request.map(|request| (format!("field `{name}` {what}"), request)));
        };
        add("removed", form::with_field(request, name, |_| None));
        add("empty", form::with_field(request, name, |_| Some(String::new())));
        add("changed", form::with_field(request, name, |value| Some(one_letter_changed(value))));
        add("longer", form::with_field(request, name, |value| Some(format!("{value}0"))));
        let cut = |value: &str| Some(value.chars().skip(1).collect());
        add("shorter", form::with_field(request, name, cut));
    }
    all
}

#[test]
fn a_signature_is_spoiled_in_ways_that_differ() {
    let values = ["sha256=00ff00ff00ff00ff00ff00ff00ff00ff", "q2hhbm5lbCBzZWNyZXQ="];
    for value in values {
        let mut spoiled: Vec<_> = spoiled(value).into_iter().map(|(_, spoiled)| spoiled).collect();
        let all = spoiled.len();
        spoiled.sort();
        spoiled.dedup();
        assert_eq!(spoiled.len(), all);
        assert!(!spoiled.contains(&value.to_owned()), "{value} is not spoiled in {spoiled:?}");
    }
}
