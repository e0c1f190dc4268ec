//! `{{...}}` in case files: signatures made while the file is read, by code that the connectors do not share.
//!
//! `{{hmac ALGORITHM ENCODING SETTING PIECE...}}` with ALGORITHM `sha1`, `sha256`, `sha512`; ENCODING `hex`,
//! `base64`; SETTING the name of a setting, whose first value is the key; and the PIECEs, concatenated:
//! `body`, `url`, `form` (the decoded fields of a form body sorted by name, name and value each),
//! `field:NAME` (one field of a form body), or `=TEXT` (literally). `{{sha256 PIECE...}}` is a hash in hex.
//!
//! `{{sign ALGORITHM ENCODING SETTING PIECE...}}` is a signature with a private key, PKCS #8 in Base64, which a case file gives
//! as a setting of a name of its own: `ed25519`, `ecdsa-p256`, `rsa-sha256`. `{{jwt ...}}` is in `token`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Digest;
use trunkline_model::Request;

use crate::asymmetric::Scheme;
use crate::token::token;

/// What a placeholder begins with.
const NAMES: [&str; 4] = ["hmac", "sha256", "sign", "jwt"];

/// Replaces every `{{...}}` in a text.
pub fn fill(text: &str, request: &Request, settings: &[(String, String)]) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = NAMES.iter().filter_map(|name| rest.find(&format!("{{{{{name} "))).min() {
        let (before, placeholder) = rest.split_at(start);
        let (name, after) = placeholder.split_once(' ').unwrap_or_default();
        let (expression, after) =
            after.split_once("}}").ok_or_else(|| format!("unclosed `{{{{` in `{text}`"))?;
        let words: Vec<&str> = expression.split_whitespace().collect();
        filled.push_str(before);
        filled.push_str(&match name.trim_start_matches('{') {
            "sha256" => hex::encode(sha2::Sha256::digest(message(&words, request)?)),
            "jwt" => {
                let [algorithm, setting, claims @ ..] = words.as_slice() else {
                    return Err(format!("`jwt {}` lacks algorithm or setting", words.join(" ")));
                };
                token(algorithm, key(setting, settings)?, claims, request)?
            }
            name => signature(name, &words, request, settings)?,
        });
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Which HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 64 bytes.
    Sha512,
}

impl Algorithm {
    /// All of them, the usual one first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha1, Self::Sha512];

    /// By its word in a template.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.word() == word)
    }

    /// Its word in a template.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Bytes of a digest.
    pub fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The HMAC of a message.
    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => digest::<Hmac<sha1::Sha1>>(key, message),
            Self::Sha256 => digest::<Hmac<sha2::Sha256>>(key, message),
            Self::Sha512 => digest::<Hmac<sha2::Sha512>>(key, message),
        }
    }
}

/// How the bytes of a signature are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Lower case.
    Hex,
    /// Standard, padded.
    Base64,
    /// For URLs, not padded.
    Base64Url,
}

impl Encoding {
    /// By its word in a template.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Hex, Self::Base64, Self::Base64Url].into_iter().find(|encoding| encoding.word() == word)
    }

    /// Its word in a template.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }

    /// Writes bytes.
    pub(crate) fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => trunkline_model::base64_text(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }
}

/// Every `{{...}}` in a text: its words, the first of them `hmac` or `sha256`.
pub(crate) fn expressions(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let starts = text.match_indices("{{").map(|(start, _)| &text[start + 2..]);
    starts.filter_map(|rest| {
        let (expression, _) = rest.split_once("}}")?;
        let words: Vec<&str> = expression.split_whitespace().collect();
        matches!(words.first(), Some(&"hmac" | &"sha256")).then_some(words)
    })
}

/// An HMAC, or a signature with a private key.
fn signature(
    name: &str,
    words: &[&str],
    request: &Request,
    settings: &[(String, String)],
) -> Result<String, String> {
    let [algorithm, encoding, setting, pieces @ ..] = words else {
        return Err(format!("`{name} {}` lacks algorithm, encoding or setting", words.join(" ")));
    };
    let key = key(setting, settings)?;
    let message = message(pieces, request)?;
    let unknown = || format!("unknown algorithm `{algorithm}`");
    let digest = match name {
        "sign" => Scheme::of(algorithm).ok_or_else(unknown)?.sign(key, &message)?,
        _ => Algorithm::of(algorithm).ok_or_else(unknown)?.hmac(key.as_bytes(), &message),
    };
    let encoding = Encoding::of(encoding).ok_or_else(|| format!("unknown encoding `{encoding}`"))?;
    Ok(encoding.write(&digest))
}

fn key<'a>(setting: &str, settings: &'a [(String, String)]) -> Result<&'a str, String> {
    let found = settings.iter().find(|(name, _)| name == setting);
    found.map(|(_, key)| key.as_str()).ok_or_else(|| format!("no setting `{setting}` to sign with"))
}

fn digest<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = M::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn message(pieces: &[&str], request: &Request) -> Result<Vec<u8>, String> {
    let mut message = Vec::new();
    for piece in pieces {
        match *piece {
            "body" => message.extend_from_slice(&request.body),
            "url" => message.extend_from_slice(request.url.as_bytes()),
            "form" => message.extend_from_slice(&sorted_form(&request.body)),
            other => match (other.strip_prefix("field:"), other.strip_prefix('=')) {
                (Some(name), _) => {
                    let mut fields = form_urlencoded::parse(&request.body);
                    let (_, value) = fields
                        .find(|(key, _)| key == name)
                        .ok_or_else(|| format!("no field `{name}` to sign"))?;
                    message.extend_from_slice(value.as_bytes());
                }
                (_, Some(text)) => message.extend_from_slice(text.as_bytes()),
                _ => return Err(format!("unknown piece `{other}`")),
            },
        }
    }
    Ok(message)
}

/// The decoded fields of a form sorted by name, name and value each.
pub(crate) fn sorted_form(body: &[u8]) -> Vec<u8> {
    let mut fields: Vec<_> = form_urlencoded::parse(body).collect();
    fields.sort();
    fields.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()].concat()).collect()
}
