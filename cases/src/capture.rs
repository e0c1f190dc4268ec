//! Makes a case file of a webhook that came in: signed again with an invented secret, and with invented values in the place
//! of whatever says who somebody is or what they wrote.
//!
//! What the events show is replaced wherever it stands. What no event shows, but looks like a number, an address or a
//! key, is replaced as well, and listed, because nobody can know what it is. Which invented value stands for which original
//! is kept nowhere and cannot be computed.

mod invent;
mod letters;
mod mail;
mod personal;
mod rewrite;
mod scan;
mod settings;
mod write;

use std::collections::BTreeMap;

use sha2::Digest as _;
use trunkline_model::manifest::Manifest;
use trunkline_model::{Context, Event, Request};

use invent::Inventor;
pub use invent::Kind;
use personal::Personal;
use rewrite::Rewriter;

use crate::body::BodyKind;
use crate::case::{Case, CaseError};
use crate::scheme::{self, Piece, Place, Proof, Scheme, Schemes, places};
use crate::trace;

/// A text that is no longer may be a word that a connector looks for.
const SHORT_TEXT_MAX: usize = 20;
/// Stands for the hash of the body until the file is written. No text has it.
const HASH_MARK: &str = "TRUNKLINEBODYHASHMARK";
/// Stands for a signature, with its number.
const SIGNATURE_MARK: &str = "TRUNKLINESIGNATUREMARK";

/// What came in.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    /// The request, as it came.
    pub request: &'a Request,
    /// The settings that it was verified with, and when it came in.
    pub context: &'a Context,
    /// What the connector made of it.
    pub events: &'a [Event],
}

/// Which texts stay as people wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// None.
    Nothing,
    /// Those of a word or two: a connector may look for them.
    ShortTexts,
    /// All.
    Texts,
}

/// Whether the case is signed as the original was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// It is, by a template or the value of a secret.
    Again,
    /// The original has no signature, and needed none.
    Without,
    /// It cannot be made again: why.
    Impossible(String),
}

/// A case, and what was done for it.
#[derive(Debug, Clone)]
pub struct Captured {
    /// The case without an outcome.
    pub case: Case,
    /// What stands in the file before `--- expect`.
    text: String,
    /// How many different values of each kind were replaced, and how often.
    pub replaced: BTreeMap<Kind, (usize, usize)>,
    /// What no event shows: what stands for it now.
    pub found: Vec<(Kind, String)>,
    /// Names of headers that are not in the case.
    pub left_out: Vec<String>,
    /// Whether it is signed.
    pub signed: Signed,
}

impl Captured {
    /// The file with that outcome.
    pub fn with_expected(&self, outcome: &str) -> String {
        format!("{}\n--- expect\n{outcome}", self.text)
    }

    /// The file without an outcome, which a run of the case writes.
    pub fn without_expected(&self) -> String {
        format!("{}\n", self.text)
    }
}

/// Makes a case of what came in. It is parsed before it is given.
pub fn capture(
    original: &Original<'_>,
    manifest: &Manifest,
    schemes: &Schemes,
    keep: Keep,
) -> Result<Captured, CaseError> {
    let mut proofs = trace::fitting(original.request, original.context, &schemes.schemes);
    if proofs.is_empty() {
        proofs.extend(likely(original.request, schemes));
    }
    let settings = settings::Invented::new((original.request, original.context), manifest, schemes, &proofs)?;
    let mut rewriter = rewriter(original, &settings, &proofs, keep);
    let request = request(original, manifest, schemes, &proofs, &mut rewriter);
    let left_out = original.request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let mut left_out: Vec<String> =
        left_out.filter(|name| !request.headers.iter().any(|(kept, _)| kept == name)).collect();
    left_out.sort();
    left_out.dedup();
    let draft = write::Draft {
        kinds: kinds(original.events),
        left_out: &left_out,
        found: &rewriter.found.clone(),
        now: original.context.now,
        settings: settings.lines(&mut rewriter),
        request,
        defaults: &schemes.defaults,
        proofs: &proofs,
        keys: &settings,
    };
    let text = draft.text()?;
    let case = Case::parse(&schemes.defaults, &format!("{text}\n"))?;
    let signed = signed(original, &case, schemes, &proofs);
    Ok(Captured { case, text, replaced: rewriter.inventor.counts(), found: rewriter.found, left_out, signed })
}

/// The names of the kinds of events, in order.
pub fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.name()).collect()
}

/// It was taken for genuine, so that what stands in the place of a signature is one: the URL that it is made over was written
/// otherwise, or the secret is another one by now. The way with the most cases is it, if there is a signature of that size.
fn likely(request: &Request, schemes: &Schemes) -> Option<Scheme> {
    scheme::applying(&schemes.schemes, request)
        .into_iter()
        .find(|scheme| trace::is_alike(request, scheme))
        .cloned()
}

fn rewriter(
    original: &Original<'_>,
    settings: &settings::Invented,
    proofs: &[Scheme],
    keep: Keep,
) -> Rewriter {
    let mut inventor = Inventor::default();
    for (index, scheme) in proofs.iter().enumerate() {
        if let Proof::Hmac { .. } = scheme.proof {
            for value in scheme.place.values(original.request) {
                let bare = value.strip_prefix(scheme.prefix.as_str()).unwrap_or(&value);
                let bare = bare.strip_suffix(scheme.suffix.as_str()).unwrap_or(bare);
                inventor.set(Kind::Secret, bare, format!("{SIGNATURE_MARK}{index}X"));
            }
        }
    }
    let hash = hex::encode(sha2::Sha256::digest(&original.request.body));
    inventor.set(Kind::Secret, &hash, HASH_MARK);
    for (value, replacement) in settings.replaced() {
        inventor.set(Kind::Secret, value, replacement);
    }
    let personal = Personal::of(original.events);
    let mut values = personal.values;
    values.retain(|(kind, value)| {
        let stays = match keep {
            Keep::Nothing => false,
            Keep::ShortTexts => value.chars().count() <= SHORT_TEXT_MAX && !value.contains('@'),
            Keep::Texts => true,
        };
        !(stays && *kind == Kind::Text)
    });
    // A name that is a number, too, is a number.
    values.sort_by_key(|(kind, _)| match kind {
        Kind::Phone => 0,
        Kind::Email => 1,
        Kind::Identifier => 2,
        Kind::Url | Kind::File => 3,
        Kind::Text => 5,
        _ => 4,
    });
    values.iter().for_each(|(_, value)| inventor.reserve(value));
    for (kind, value) in &values {
        inventor.add(*kind, value);
    }
    Rewriter {
        inventor,
        keep_text: keep == Keep::Texts,
        places: personal.places,
        provider: personal.provider,
        now: original.context.now,
        found: Vec::new(),
    }
}

/// The request with everything replaced, and marks where it is signed.
fn request(
    original: &Original<'_>,
    manifest: &Manifest,
    schemes: &Schemes,
    proofs: &[Scheme],
    rewriter: &mut Rewriter,
) -> Request {
    let from = original.request;
    let mut url = format!("https://hooks.example.org/hooks/{}", manifest.id);
    if let Some((_, query)) = from.url.split_once('?') {
        url = format!("{url}?{}", rewriter.form(query));
    }
    let kept = |name: &str| {
        let name = name.to_ascii_lowercase();
        let signs = proofs.iter().any(|scheme| is_signed_by(scheme, &name));
        let known =
            if schemes.headers.is_empty() { is_of_provider(&name) } else { schemes.headers.contains(&name) };
        name == "content-type" || signs || known
    };
    let mut headers = Vec::new();
    for (name, value) in from.headers.iter().filter(|(name, _)| kept(name)) {
        let name = name.to_ascii_lowercase();
        let value = if name == "content-type" { value.clone() } else { rewriter.value(value) };
        headers.push((name, value));
    }
    let content_type = from.header("content-type").unwrap_or_default();
    let text = std::str::from_utf8(&from.body);
    let body = match (BodyKind::of(from), text) {
        (BodyKind::Empty, _) => Vec::new(),
        (BodyKind::Json, Ok(text)) => rewriter.json(text, 0).into_bytes(),
        (BodyKind::Form, Ok(text)) => rewriter.form(text).into_bytes(),
        (BodyKind::Multipart, _) => rewriter.multipart(content_type, &from.body),
        (_, Ok(text)) => rewriter.value(text).into_bytes(),
        (_, Err(_)) => mail::latin_bytes(&rewriter.value(&mail::latin(&from.body))),
    };
    Request { method: from.method.clone(), url, headers, body }
}

fn is_signed_by(scheme: &Scheme, header: &str) -> bool {
    let place = matches!(&scheme.place, Place::Header(name) if name == header);
    let piece = |piece: &Piece| matches!(piece, Piece::Header(name) if name == header);
    place || matches!(&scheme.proof, Proof::Hmac { pieces, .. } if pieces.iter().any(piece))
}

/// A header of the provider's own, and not of the ways in between.
fn is_of_provider(name: &str) -> bool {
    const BETWEEN: [&str; 9] = [
        "x-forwarded",
        "x-real-ip",
        "x-request-id",
        "x-amz",
        "x-amzn",
        "x-envoy",
        "x-cloud",
        "x-original",
        "x-b3-",
    ];
    name.starts_with("x-") && !BETWEEN.iter().any(|between| name.starts_with(between))
}

fn signed(original: &Original<'_>, case: &Case, schemes: &Schemes, proofs: &[Scheme]) -> Signed {
    if !proofs.is_empty() {
        return match trace::fitting(&case.request, &case.context, proofs).is_empty() {
            false => Signed::Again,
            true => Signed::Impossible("what is signed cannot be written as a template".to_owned()),
        };
    }
    let scheme = schemes.schemes.iter().any(|scheme| !scheme.place.values(original.request).is_empty());
    let looks = places(original.request).into_iter().find(|(place, value)| {
        let name = place.to_string();
        let named = ["signature", "hmac", "authorization"].iter().any(|word| name.contains(word));
        let token = value.trim_start_matches("Bearer ").starts_with("eyJ");
        matches!(place, Place::Header(_)) && (named || token)
    });
    match looks {
        Some((place, _)) => Signed::Impossible(format!(
            "{place} proves it in a way that is not known: a certificate, a token of the provider's, another secret"
        )),
        None if scheme => {
            Signed::Impossible("its signature does not fit the settings as they are now".to_owned())
        }
        None => Signed::Without,
    }
}

#[cfg(test)]
mod tests;
