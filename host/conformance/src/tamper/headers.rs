//! Headers: spoiled, gone, repeated, spelt otherwise.

use std::collections::BTreeSet;

use trunkline_model::Request;

use super::{Tampered, one_letter_changed};

/// Whether a header says by its name that it carries a signature.
pub fn carries_signature(name: &str) -> bool {
    name.contains("signature")
}

/// Every header that is signed or carries a signature: without it, with each way to spoil it, and with a wrong one before it.
pub fn headers(request: &Request, signed: &BTreeSet<String>) -> Vec<Tampered> {
    let mut all = Vec::new();
    for (index, (name, value)) in request.headers.iter().enumerate() {
        // An empty header carries nothing to spoil.
        if !signed.contains(name) || value.is_empty() {
            continue;
        }
        let mut without = request.clone();
        without.headers.remove(index);
        // Two signatures are sent by some (an old and a new algorithm): then the other one still stands.
        let another =
            carries_signature(name) && without.headers.iter().any(|(name, _)| carries_signature(name));
        if !another {
            all.push(Tampered::new(format!("`{name}` removed"), without));
        }
        for (what, spoiled) in spoiled(value) {
            let mut changed = request.clone();
            changed.headers[index].1 = spoiled;
            all.push(Tampered::new(format!("`{name}` {what}"), changed));
        }
        let mut twice = request.clone();
        twice.headers.insert(index, (name.clone(), one_letter_changed(value)));
        all.push(Tampered::new(format!("a wrong `{name}` before the right one"), twice.clone()));
        // Names are compared without regard to case: spelt otherwise it is the same header.
        twice.headers[index].0 = name.to_ascii_uppercase();
        all.push(Tampered::new(
            format!("a wrong `{}` before the right one", name.to_ascii_uppercase()),
            twice,
        ));
    }
    all
}

/// Every header that carries a signature, twice: what else may come of it than a refusal is what came of it once.
pub fn repeated(request: &Request, signed: &BTreeSet<String>) -> Vec<Tampered> {
    let mut all = Vec::new();
    for (index, (name, value)) in request.headers.iter().enumerate() {
        if !signed.contains(name) || value.is_empty() {
            continue;
        }
        for (what, again) in
            [("the same", value.clone()), ("a wrong", one_letter_changed(value)), ("an empty", String::new())]
        {
            let mut twice = request.clone();
            twice.headers.insert(index + 1, (name.clone(), again));
            all.push(Tampered::new(format!("{what} `{name}` after the right one"), twice));
        }
    }
    all
}

/// All header names spelt otherwise. The host hands them over in lower case, and another one need not.
pub fn recased(request: &Request) -> Vec<Tampered> {
    let spelt = |what: &str, change: fn(&str) -> String| {
        let headers = request.headers.iter().map(|(name, value)| (change(name), value.clone())).collect();
        Tampered::new(format!("header names {what}"), Request { headers, ..request.clone() })
    };
    vec![spelt("in upper case", str::to_ascii_uppercase), spelt("with capitals", capitals)]
}

/// `X-Hub-Signature`
fn capitals(name: &str) -> String {
    let mut first = true;
    let letter = |letter: char| {
        let letter = if first { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        first = letter == '-';
        letter
    };
    name.chars().map(letter).collect()
}

/// A value, spoiled in every way that differs.
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn capitals_stand_where_browsers_write_them() {
        assert_eq!(capitals("x-hub-signature-256"), "X-Hub-Signature-256");
    }
}
