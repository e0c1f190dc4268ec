//! How a channel signs, learned from its own case files.
//!
//! A `{{hmac …}}` in a genuine case says where the signature stands and over what it is made; a place that holds the value of a
//! secret setting is a proof, too. What the file writes literally (a time stamp that is signed) is found again in the
//! request, so that other requests are read by the same scheme.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Serialize;
use trunkline_model::Request;
use trunkline_model::manifest::{Manifest, Secret};

use crate::body::{self, BodyKind};
use crate::case::{self, Case, CaseError};
use crate::sign::{self, Algorithm, Encoding};

/// A header's value shorter than this is nothing that a literal piece holds.
const HEADER_PIECE_MIN: usize = 8;
/// `Bearer `, `Token `: what may stand before a secret.
const SECRET_PREFIX_MAX: usize = 10;
/// A shorter value is found anywhere.
const SECRET_MIN: usize = 4;

/// Where a signature stands in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A header, by its name in lower case.
    Header(String),
    /// A parameter of the query.
    Query(String),
    /// A field of the body: a JSON pointer, or the name in a form.
    Field(String),
}

impl Place {
    /// What stands there, each time that it does.
    pub fn values(&self, request: &Request) -> Vec<String> {
        let of = |pairs: Vec<(String, String)>, name: &str| {
            pairs.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
        };
        match self {
            Self::Header(name) => {
                let headers = request.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
                headers.map(|(_, value)| value.clone()).collect()
            }
            Self::Query(name) => of(body::query(request), name),
            Self::Field(name) => of(body::fields(request), name),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(formatter, "header `{name}`"),
            Self::Query(name) => write!(formatter, "query parameter `{name}`"),
            Self::Field(name) => write!(formatter, "field `{name}` of the body"),
        }
    }
}

/// What is signed, in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// The raw body.
    Body,
    /// The whole URL.
    Url,
    /// Decoded fields of a form, sorted by name, name and value each.
    Form,
    /// One field of the body.
    Field(String),
    /// The value of a header.
    Header(String),
    /// As it is.
    Text(String),
}

impl Piece {
    /// The bytes of it. None where the request does not have it.
    pub fn bytes(&self, request: &Request) -> Option<Vec<u8>> {
        let first = |place: Place| place.values(request).into_iter().next().map(String::into_bytes);
        match self {
            Self::Body => Some(request.body.clone()),
            Self::Url => Some(request.url.clone().into_bytes()),
            Self::Form => Some(sign::sorted_form(&request.body)),
            Self::Field(name) => first(Place::Field(name.clone())),
            Self::Header(name) => first(Place::Header(name.clone())),
            Self::Text(text) => Some(text.clone().into_bytes()),
        }
    }

    /// As it stands in a template of a case file. What the templates have no word for is written out.
    pub(crate) fn template(&self, request: &Request) -> Option<String> {
        match self {
            Self::Body => Some("body".to_owned()),
            Self::Url => Some("url".to_owned()),
            Self::Form => Some("form".to_owned()),
            Self::Text(_) | Self::Field(_) | Self::Header(_) => {
                let text = String::from_utf8(self.bytes(request)?).ok()?;
                // A template is split at white space, and ends with the first braces.
                let fits = !text.contains(char::is_whitespace) && !text.contains("}}");
                fits.then(|| format!("={text}"))
            }
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => formatter.write_str("body"),
            Self::Url => formatter.write_str("url"),
            Self::Form => formatter.write_str("form fields"),
            Self::Field(name) => write!(formatter, "field `{name}`"),
            Self::Header(name) => write!(formatter, "header `{name}`"),
            Self::Text(text) => write!(formatter, "`{text}`"),
        }
    }
}

/// Which setting holds the key, and which part of its value is it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// The name of the setting.
    pub setting: String,
    /// How many parts, each with a colon behind it, stand before the key in the value.
    pub skip: usize,
}

impl Key {
    /// The key in one value of the setting.
    pub fn part<'a>(&self, value: &'a str) -> &'a str {
        value.splitn(self.skip + 1, ':').nth(self.skip).unwrap_or_default()
    }
}

/// What proves that a request is genuine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A signature.
    Hmac {
        /// Which.
        algorithm: Algorithm,
        /// How it is written.
        encoding: Encoding,
        /// What it is made with.
        key: Key,
        /// What is signed.
        pieces: Vec<Piece>,
    },
    /// The secret itself.
    Secret(Key),
}

impl Proof {
    /// What it is made with.
    pub fn key(&self) -> &Key {
        match self {
            Self::Hmac { key, .. } | Self::Secret(key) => key,
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hmac { algorithm, encoding, .. } => {
                let encoding = if *encoding == Encoding::Hex { "lower-case hex" } else { "Base64" };
                write!(formatter, "HMAC-{} in {encoding}", algorithm.word().to_ascii_uppercase())
            }
            Self::Secret(_) => formatter.write_str("the secret itself"),
        }
    }
}

/// One way in which a channel signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scheme {
    /// Where the signature is.
    pub place: Place,
    /// What stands before it: `sha256=`.
    pub prefix: String,
    /// What stands behind it.
    pub suffix: String,
    /// What it is.
    pub proof: Proof,
    /// The requests that are signed so: method, and the form of the body.
    pub scopes: BTreeSet<(String, BodyKind)>,
    /// Genuine cases that are signed so.
    pub cases: usize,
}

impl Scheme {
    fn is_same_way(&self, other: &Self) -> bool {
        let way = |scheme: &Self| {
            (scheme.place.clone(), scheme.prefix.clone(), scheme.suffix.clone(), scheme.proof.clone())
        };
        way(self) == way(other)
    }
}

/// What the case files of a connector say about its requests.
#[derive(Debug, Clone, Default)]
pub struct Schemes {
    /// Those with the most cases first.
    pub schemes: Vec<Scheme>,
    /// The names of all headers in the case files, in lower case: those that the connector may look at.
    pub headers: BTreeSet<String>,
    /// `testdata/defaults.txt`.
    pub defaults: String,
}

impl Schemes {
    /// Of the case files in a connector's folder. A folder without case files has none; a file that is no case is
    /// passed over.
    pub fn of_folder(folder: &Path, manifest: &Manifest) -> Result<Self, CaseError> {
        let testdata = folder.join("testdata");
        let unreadable = |path: &Path, cause: std::io::Error| {
            case::error(format!("`{}` cannot be read: {cause}", path.display()))
        };
        let defaults = match std::fs::read_to_string(testdata.join("defaults.txt")) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(unreadable(&testdata.join("defaults.txt"), cause)),
        };
        let inbound = testdata.join("inbound");
        let mut files: Vec<_> = match std::fs::read_dir(&inbound) {
            Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(cause) => return Err(unreadable(&inbound, cause)),
        };
        files.retain(|file| file.extension().is_some_and(|extension| extension == "case"));
        files.sort();
        let cases = files.iter().filter_map(|file| Case::read(file).ok());
        Ok(Self { defaults, ..Self::learn(cases, manifest) })
    }

    /// Of case files.
    pub fn learn(cases: impl IntoIterator<Item = Case>, manifest: &Manifest) -> Self {
        let mut learned = Self::default();
        for case in cases {
            let headers = case.request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
            learned.headers.extend(headers);
            if case.is_genuine() {
                for scheme in found(&case, manifest) {
                    learned.add(scheme);
                }
            }
        }
        learned.schemes.sort_by_key(|scheme| std::cmp::Reverse(scheme.cases));
        learned
    }

    fn add(&mut self, scheme: Scheme) {
        match self.schemes.iter_mut().find(|known| known.is_same_way(&scheme)) {
            Some(known) => {
                known.scopes.extend(scheme.scopes);
                known.cases += 1;
            }
            None => self.schemes.push(scheme),
        }
    }
}

/// The schemes that a request is judged by: those of such requests, or else all of that method, or else all.
pub fn applying<'a>(schemes: &'a [Scheme], request: &Request) -> Vec<&'a Scheme> {
    let kind = BodyKind::of(request);
    let of = |wanted: &dyn Fn(&(String, BodyKind)) -> bool| -> Vec<&Scheme> {
        schemes.iter().filter(|scheme| scheme.scopes.iter().any(wanted)).collect()
    };
    let exact = of(&|(method, body)| *method == request.method && *body == kind);
    let method = if exact.is_empty() { of(&|(method, _)| *method == request.method) } else { exact };
    if method.is_empty() { schemes.iter().collect() } else { method }
}

/// The secrets that requests are verified with.
pub(crate) fn verify_settings(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let settings = manifest.settings.iter();
    settings.filter(|(_, setting)| setting.secret == Some(Secret::Verify)).map(|(name, _)| name.as_str())
}

fn found(case: &Case, manifest: &Manifest) -> Vec<Scheme> {
    let scope = (case.request.method.clone(), BodyKind::of(&case.request));
    let scheme = |place, (prefix, suffix): (&str, &str), proof| Scheme {
        place,
        prefix: prefix.to_owned(),
        suffix: suffix.to_owned(),
        proof,
        scopes: BTreeSet::from([scope.clone()]),
        cases: 1,
    };
    let places = places(&case.request);
    let mut schemes = Vec::new();
    for words in sign::expressions(case.input()) {
        let text = format!("{{{{{}}}}}", words.join(" "));
        let ["hmac", algorithm, encoding, setting, pieces @ ..] = words.as_slice() else { continue };
        let (Ok(filled), Some(algorithm), Some(encoding), Some(key)) = (
            sign::fill(&text, &case.request, &case.context.settings),
            Algorithm::of(algorithm),
            Encoding::of(encoding),
            key(setting, case, manifest),
        ) else {
            continue;
        };
        for (place, value) in &places {
            let Some(around) = value.split_once(&filled) else { continue };
            let pieces = pieces.iter().flat_map(|piece| self::pieces(piece, place, &places)).collect();
            let proof = Proof::Hmac { algorithm, encoding, key: key.clone(), pieces };
            schemes.push(scheme(place.clone(), around, proof));
        }
    }
    for setting in verify_settings(manifest) {
        for secret in case.context.setting_values(setting).filter(|value| value.len() >= SECRET_MIN) {
            for (place, value) in &places {
                let Some(prefix) = value.strip_suffix(secret) else { continue };
                if prefix.len() <= SECRET_PREFIX_MAX {
                    let key = Key { setting: setting.to_owned(), skip: 0 };
                    schemes.push(scheme(place.clone(), (prefix, ""), Proof::Secret(key)));
                }
            }
        }
    }
    schemes
}

/// Whatever may hold a signature, with what it holds.
pub(crate) fn places(request: &Request) -> Vec<(Place, String)> {
    let headers = request.headers.iter();
    let headers = headers.map(|(name, value)| (Place::Header(name.to_ascii_lowercase()), value.clone()));
    let query = body::query(request).into_iter().map(|(name, value)| (Place::Query(name), value));
    let fields = body::fields(request).into_iter().map(|(name, value)| (Place::Field(name), value));
    headers.chain(query).chain(fields).collect()
}

/// The declared setting that a template means: a file may give a part of it, or an old value, a name of its own.
fn key(name: &str, case: &Case, manifest: &Manifest) -> Option<Key> {
    if manifest.settings.contains_key(name) {
        return Some(Key { setting: name.to_owned(), skip: 0 });
    }
    let (_, wanted) = case.context.settings.iter().find(|(key, _)| key == name)?;
    let values = case.context.settings.iter().filter(|(key, _)| manifest.settings.contains_key(key));
    values.into_iter().find_map(|(setting, value)| {
        let before = value.strip_suffix(wanted.as_str())?;
        let skip = before.matches(':').count();
        (before.is_empty() || before.ends_with(':')).then(|| Key { setting: setting.clone(), skip })
    })
}

fn pieces(word: &str, signature: &Place, places: &[(Place, String)]) -> Vec<Piece> {
    match word {
        "body" => return vec![Piece::Body],
        "url" => return vec![Piece::Url],
        "form" => return vec![Piece::Form],
        _ => {}
    }
    if let Some(name) = word.strip_prefix("field:") {
        return vec![Piece::Field(name.to_owned())];
    }
    let text = word.strip_prefix('=').unwrap_or(word);
    let others = places.iter().filter(|(place, _)| place != signature);
    let same = others.clone().filter(|(_, value)| value == text && text.len() > 2);
    if let Some((place, _)) = same.max_by_key(|(place, _)| shared(place, signature)) {
        match place {
            Place::Field(name) => return vec![Piece::Field(name.clone())],
            Place::Header(name) => return vec![Piece::Header(name.clone())],
            Place::Query(_) => {}
        }
    }
    for (place, value) in others {
        if let (Place::Header(name), true) = (place, value.len() >= HEADER_PIECE_MIN)
            && let Some((before, after)) = text.split_once(value.as_str())
        {
            let around =
                [Piece::Text(before.to_owned()), Piece::Header(name.clone()), Piece::Text(after.to_owned())];
            return around.into_iter().filter(|piece| *piece != Piece::Text(String::new())).collect();
        }
    }
    vec![Piece::Text(text.to_owned())]
}

/// How near one place is to another: how much of their names is the same.
fn shared(place: &Place, other: &Place) -> usize {
    match (place, other) {
        (Place::Field(one), Place::Field(two)) => {
            1 + one.bytes().zip(two.bytes()).take_while(|(one, two)| one == two).count()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
