//! How a request may be signed where no case file says it: what is usual, tried.

use std::collections::BTreeSet;

use trunkline_model::{Context, Request};

use super::vary::{self, Budget};
use crate::body::BodyKind;
use crate::scheme::{Key, Piece, Place, Proof, Scheme, places};
use crate::{Algorithm, Encoding};

/// A shorter value is no secret, but a switch or a name.
const SECRET_MIN: usize = 6;
/// What a setting is called that is sent to prove something.
const SECRET_NAMES: [&str; 4] = ["secret", "token", "key", "password"];

/// Finds a signature with one of the settings as its key.
pub fn usual(request: &Request, context: &Context, budget: &mut Budget) -> Option<Scheme> {
    let secrets = || context.settings.iter().filter(|(_, value)| value.len() >= SECRET_MIN);
    let scheme = |place: &Place, prefix: &str, proof| Scheme {
        place: place.clone(),
        prefix: prefix.to_owned(),
        suffix: String::new(),
        proof,
        scopes: BTreeSet::from([(request.method.clone(), BodyKind::of(request))]),
        cases: 0,
    };
    let places = places(request);
    for (place, value) in &places {
        for form in vary::forms(value) {
            let Some(algorithm) = Algorithm::ALL.into_iter().find(|known| known.size() == form.bytes.len())
            else {
                continue;
            };
            let encoding = if form.hex { Encoding::Hex } else { Encoding::Base64 };
            for pieces in pieces(request, &places) {
                let Some(message) = super::message(&pieces, request) else { continue };
                for (name, secret) in secrets() {
                    if !budget.spend(message.len()) {
                        return None;
                    }
                    if algorithm.hmac(secret.as_bytes(), &message) == form.bytes {
                        let key = Key { setting: name.clone(), skip: 0 };
                        let proof = Proof::Hmac { algorithm, encoding, key, pieces };
                        return Some(scheme(place, &form.prefix, proof));
                    }
                }
            }
        }
    }
    // Many a setting stands in a request as it is, since it says whom the request is for.
    let named = |name: &str| SECRET_NAMES.iter().any(|word| name.contains(word));
    for (place, value) in places.iter().filter(|(place, _)| !matches!(place, Place::Field(_))) {
        for (name, secret) in secrets().filter(|(name, _)| named(name)) {
            if let Some(prefix @ ("" | "Bearer " | "Token ")) = value.strip_suffix(secret.as_str()) {
                let key = Key { setting: name.clone(), skip: 0 };
                return Some(scheme(place, prefix, Proof::Secret(key)));
            }
        }
    }
    None
}

/// What is usually signed.
pub fn pieces(request: &Request, places: &[(Place, String)]) -> Vec<Vec<Piece>> {
    let text = |text: &str| Piece::Text(text.to_owned());
    let mut all = vec![
        vec![Piece::Body],
        vec![Piece::Url],
        vec![Piece::Url, Piece::Body],
        vec![Piece::Body, Piece::Url],
    ];
    let kind = BodyKind::of(request);
    if kind == BodyKind::Form {
        all.push(vec![Piece::Url, Piece::Form]);
        all.push(vec![Piece::Form]);
    }
    // A time stamp, or an id, in a header, before the body.
    let stamps: Vec<Piece> = places.iter().filter_map(|(place, value)| stamp(place, value)).collect();
    for stamp in &stamps {
        for between in [".", ":", ""] {
            all.push(vec![stamp.clone(), text(between), Piece::Body]);
        }
        all.push(vec![text("v0:"), stamp.clone(), text(":"), Piece::Body]);
        all.push(vec![Piece::Body, stamp.clone()]);
        for (place, value) in places {
            let (Place::Field(name), true) = (place, matches!(stamp, Piece::Field(_))) else { continue };
            if name.to_ascii_lowercase().ends_with("token") && !value.is_empty() {
                all.push(vec![stamp.clone(), Piece::Field(name.clone())]);
            }
        }
    }
    all
}

fn stamp(place: &Place, value: &str) -> Option<Piece> {
    let digits = value.len() >= 10 && value.len() <= 13 && value.bytes().all(|byte| byte.is_ascii_digit());
    match place {
        Place::Header(name) if digits => Some(Piece::Header(name.clone())),
        Place::Field(name) if digits && name.to_ascii_lowercase().contains("timestamp") => {
            Some(Piece::Field(name.clone()))
        }
        _ => None,
    }
}
