//! Requests that were genuine, with one thing changed.

mod bytes;
mod fields;
mod headers;
mod signing;
mod urls;

pub use bytes::bodies;
pub use fields::{fields, signed_fields};
pub use headers::{headers, recased, repeated};
pub use signing::signing;
pub use urls::urls;

use std::collections::BTreeSet;

use trunkline_model::Request;

use crate::subject::Subject;

/// A request with one thing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Tampered {
    /// What was changed.
    pub what: String,
    /// The whole of it.
    pub request: Request,
}

impl Tampered {
    fn new(what: impl Into<String>, request: Request) -> Self {
        Self { what: what.into(), request }
    }
}

/// What the provider's signature is made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// The raw body.
    Body,
    /// The URL and the decoded fields of a form, or the body where it is no form.
    UrlAndForm,
    /// [`signed_fields`] of the body or the query, and nothing else.
    Fields,
    /// Nothing: the provider sends a secret along in a header, and whoever knows it may say anything.
    Token,
}

/// What the manifest says: `signature_covers` in `[capabilities]`.
pub fn covers(subject: &Subject) -> Result<Covers, String> {
    let value = subject.manifest().capabilities.get("signature_covers");
    match value.and_then(|value| value.0.as_str()) {
        None | Some("body") => Ok(Covers::Body),
        Some("url-and-form") => Ok(Covers::UrlAndForm),
        Some("fields") => Ok(Covers::Fields),
        Some("token") => Ok(Covers::Token),
        Some(other) => Err(format!(
            "`signature_covers` is `{other}`, expected `body`, `url-and-form`, `fields` or `token`"
        )),
    }
}

/// The request, forged in every way that must be refused. `signed` are the headers that take part.
pub fn forged(
    request: &Request,
    covers: Covers,
    signed: &BTreeSet<String>,
    names: &[String],
) -> Vec<Tampered> {
    let mut all = headers(request, signed);
    match covers {
        Covers::Body => all.extend(bodies(request, covers)),
        Covers::UrlAndForm => {
            all.extend(bodies(request, covers));
            all.extend(urls(request));
        }
        Covers::Fields => all.extend(fields(request, names)),
        Covers::Token => {}
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
