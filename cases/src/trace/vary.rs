//! What makes a signature fit that does not: another key, other bytes, another way to write it.

mod messages;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use trunkline_model::{Context, Request};

use super::{Cause, message, search, settings_of};
use crate::scheme::{Piece, Place, Proof, Scheme, places};
use crate::{Algorithm, Encoding};

/// Bytes that are hashed for one request: a moment, also where the body has megabytes.
const BUDGET_BYTES: usize = 48 << 20;

/// How much more may be hashed.
#[derive(Debug)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(BUDGET_BYTES)
    }
}

impl Budget {
    /// Takes a message's share. False: there is no more.
    pub fn spend(&mut self, bytes: usize) -> bool {
        // A short one costs its two blocks, too.
        match self.0.checked_sub(bytes + 256) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// One reading of the text of a signature.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// What stands before it.
    pub prefix: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Written in hex.
    pub hex: bool,
    /// Written so that nobody has to read it: upper case, the alphabet for URLs, without padding.
    odd: Option<&'static str>,
}

/// Every reading that gives as many bytes as a signature has.
pub fn forms(text: &str) -> Vec<Form> {
    // What is longer than the largest digest in hex with something before it is no signature.
    if text.len() > 256 || !text.is_ascii() {
        return Vec::new();
    }
    let trimmed = text.trim();
    let starts = trimmed.char_indices().filter(|(_, letter)| matches!(letter, '=' | ' ' | ':' | ','));
    let starts = std::iter::once(0).chain(starts.map(|(index, letter)| index + letter.len_utf8()));
    let is_digest = |bytes: &[u8]| Algorithm::ALL.iter().any(|algorithm| algorithm.size() == bytes.len());
    let mut forms = Vec::new();
    for start in starts {
        let (prefix, rest) = trimmed.split_at(start);
        let mut add = |bytes: Vec<u8>, hex, odd| {
            if is_digest(&bytes) {
                forms.push(Form { prefix: prefix.to_owned(), bytes, hex, odd });
            }
        };
        if let Ok(bytes) = hex::decode(rest) {
            let upper = rest.bytes().any(|byte| byte.is_ascii_uppercase());
            add(bytes, true, upper.then_some("in upper case"));
            continue;
        }
        let unpadded = rest.trim_end_matches('=');
        let padded = rest.len() % 4 == 0;
        if let Ok(bytes) = STANDARD_NO_PAD.decode(unpadded) {
            add(bytes, false, (!padded).then_some("without its padding"));
        } else if let Ok(bytes) = URL_SAFE_NO_PAD.decode(unpadded) {
            add(bytes, false, Some("in the alphabet for URLs"));
        }
    }
    forms
}

/// A variant, and what is different about it.
type Varied = (Vec<u8>, Vec<Cause>);

/// Why a signature does not fit. Not empty.
pub fn causes(
    request: &Request,
    context: &Context,
    scheme: &Scheme,
    received: &[String],
    budget: &mut Budget,
) -> Vec<Cause> {
    let setting = &scheme.proof.key().setting;
    if settings_of(context, setting).all(|value| value.trim().is_empty()) {
        let text = format!("setting `{setting}` is empty");
        return vec![Cause::new("secret_empty", text, "give it a value in the settings of the connection")];
    }
    let Proof::Hmac { algorithm, encoding, pieces, .. } = &scheme.proof else {
        return of_secret(request, context, scheme, received);
    };
    let way = Way { request, context, scheme, algorithm: *algorithm, encoding: *encoding, pieces };
    if received.is_empty() {
        return way.missing(budget);
    }
    let forms: Vec<Form> = received.iter().flat_map(|text| forms(text)).collect();
    if forms.is_empty() {
        return vec![way.unreadable(received)];
    }
    if let Some(found) = way.explain(&forms, budget) {
        return found;
    }
    let lacking = pieces.iter().filter(|piece| piece.bytes(request).is_none());
    let mut causes: Vec<Cause> = lacking
        .map(|piece| {
            let text = format!("the request has no {piece}, which is signed");
            Cause::new("piece_missing", text, "without it the signature cannot be compared")
        })
        .collect();
    let text = "no value of the settings and no variation of what is signed fits";
    let hint = format!(
        "most likely the provider signs with another secret than `{setting}` holds: copy it anew; or the body was changed on its way"
    );
    causes.push(Cause::new("unknown", text, hint));
    causes
}

struct Way<'a> {
    request: &'a Request,
    context: &'a Context,
    scheme: &'a Scheme,
    algorithm: Algorithm,
    encoding: Encoding,
    pieces: &'a [Piece],
}

impl Way<'_> {
    /// Tries what is different in one thing first, then in two.
    fn explain(&self, forms: &[Form], budget: &mut Budget) -> Option<Vec<Cause>> {
        let keys = self.keys();
        let plain = message(self.pieces, self.request);
        let messages = messages::varied(self.pieces, self.request);
        let plain = plain.map(|bytes| vec![(bytes, Vec::new())]).unwrap_or_default();
        let other = self.other_pieces();
        let own = &keys[..keys.iter().take_while(|(_, causes)| causes.is_empty()).count()];
        let rounds = [(&keys[..], &plain), (own, &messages), (&keys[..], &messages), (own, &other)];
        rounds.into_iter().find_map(|(keys, messages)| self.attempt(forms, keys, messages, budget))
    }

    fn attempt(
        &self,
        forms: &[Form],
        keys: &[Varied],
        messages: &[Varied],
        budget: &mut Budget,
    ) -> Option<Vec<Cause>> {
        for (message, of_message) in messages {
            for (key, of_key) in keys {
                for form in forms {
                    let algorithm =
                        Algorithm::ALL.into_iter().find(|known| known.size() == form.bytes.len())?;
                    if !budget.spend(message.len()) {
                        return None;
                    }
                    if algorithm.hmac(key, message) == form.bytes {
                        let of_form = self.of_form(form, algorithm);
                        let causes = [of_key.clone(), of_message.clone(), of_form].concat();
                        return Some(if causes.is_empty() { vec![around()] } else { causes });
                    }
                }
            }
        }
        None
    }

    /// What is different about how it is written.
    fn of_form(&self, form: &Form, algorithm: Algorithm) -> Vec<Cause> {
        let mut causes = Vec::new();
        if algorithm != self.algorithm {
            let text = format!("it is made with {}, not with {}", algorithm.word(), self.algorithm.word());
            causes.push(Cause::new(
                "algorithm",
                text,
                "choose the algorithm at the provider, or read that header",
            ));
        }
        let hex = self.encoding == Encoding::Hex;
        if form.hex != hex {
            let name = |hex| if hex { "hex" } else { "Base64" };
            let text = format!("it is written in {}, not in {}", name(form.hex), name(hex));
            causes.push(Cause::new("encoding", text, "decode it as the provider writes it"));
        } else if let Some(odd) = form.odd {
            causes.push(Cause::new(
                if hex { "upper_case" } else { "encoding" },
                format!("it is written {odd}"),
                "write it as the provider does",
            ));
        }
        if form.prefix != self.scheme.prefix {
            let (code, text) = match (form.prefix.as_str(), self.scheme.prefix.as_str()) {
                ("", wanted) => ("prefix_missing", format!("`{wanted}` is missing before it")),
                (found, wanted) => ("prefix", format!("`{found}` stands before it, not `{wanted}`")),
            };
            causes.push(Cause::new(code, text, "send it with the prefix that the provider writes"));
        }
        causes
    }

    /// The keys of the setting itself first.
    fn keys(&self) -> Vec<Varied> {
        let key = self.scheme.proof.key();
        let mut keys: Vec<Varied> = Vec::new();
        let own: Vec<&str> = settings_of(self.context, &key.setting).collect();
        for value in own.iter().filter(|value| !value.is_empty()) {
            keys.push((key.part(value).as_bytes().to_vec(), Vec::new()));
        }
        for value in &own {
            let (text, hint) = (
                format!("setting `{}` has white space around its value", key.setting),
                "take the white space away: a line end in a file or variable is part of the value",
            );
            let cause = vec![Cause::new("secret_white_space", text, hint)];
            let part = key.part(value);
            if part.trim() != part {
                keys.push((part.trim().as_bytes().to_vec(), cause));
            }
        }
        for value in &own {
            for end in ["\n", "\r\n", " "] {
                let text = format!(
                    "the provider signs with the value of `{}` and white space behind it",
                    key.setting
                );
                let cause =
                    Cause::new("secret_white_space", text, "enter the secret at the provider without it");
                keys.push((format!("{}{end}", key.part(value)).into_bytes(), vec![cause]));
            }
        }
        for (name, value) in
            self.context.settings.iter().filter(|(name, value)| *name != key.setting && !value.is_empty())
        {
            let text = format!("it is signed with the value of `{name}`, not of `{}`", key.setting);
            let cause =
                Cause::new("other_setting", text, "the two may have been confused in the configuration");
            keys.push((value.as_bytes().to_vec(), vec![cause]));
        }
        for (value, decoded) in own.iter().filter_map(|value| Some((value, decoded(value)?))) {
            if !value.is_empty() {
                let text = format!("the provider signs with the bytes that `{}` is the text of", key.setting);
                let cause =
                    Cause::new("secret_encoded", text, "decode the secret before it is used as the key");
                keys.push((decoded, vec![cause]));
            }
        }
        keys
    }

    /// The usual things to sign that this way does not.
    fn other_pieces(&self) -> Vec<Varied> {
        let places = places(self.request);
        let others = search::pieces(self.request, &places);
        let others = others.into_iter().filter(|pieces| pieces != self.pieces);
        let varied = others.filter_map(|pieces| {
            let bytes = message(&pieces, self.request)?;
            let text = format!("it signs {}, not {}", names(&pieces), names(self.pieces));
            let hint = "compare the provider's documentation: what is signed is another thing";
            Some((bytes, vec![Cause::new("other_pieces", text, hint)]))
        });
        varied.collect()
    }

    fn missing(&self, budget: &mut Budget) -> Vec<Cause> {
        let place = &self.scheme.place;
        let places = places(self.request);
        for (found, value) in places.iter().filter(|(found, _)| found != place) {
            let forms = forms(value);
            if forms.is_empty() {
                continue;
            }
            let plain = message(self.pieces, self.request).map(|bytes| (bytes, Vec::new()));
            let plain: Vec<Varied> = plain.into_iter().collect();
            if self.attempt(&forms, &self.keys(), &plain, budget).is_some() {
                let text = format!("the signature stands in {found}, not in {place}");
                let hint = match found {
                    Place::Header(_) => "a proxy may rename headers: pass them on as they are",
                    _ => "send it where the provider does",
                };
                return vec![Cause::new("other_name", text, hint)];
            }
        }
        let alike = places.iter().filter(|(_, value)| !forms(value).is_empty());
        let alike: Vec<String> = alike.map(|(place, _)| place.to_string()).collect();
        let hint = match alike.as_slice() {
            [] => "the request is not from the provider, or a proxy took it away".to_owned(),
            some => format!("what looks like a signature: {}", some.join(", ")),
        };
        vec![Cause::new("missing", format!("there is no {place}"), hint)]
    }

    fn unreadable(&self, received: &[String]) -> Cause {
        if received.iter().all(|text| text.trim().is_empty()) {
            return Cause::new(
                "empty",
                format!("{} is empty", self.scheme.place),
                "something took the signature away",
            );
        }
        let text = format!("it is no signature of {} bytes in hex or Base64", self.algorithm.size());
        let hint = match received.iter().any(|text| text.ends_with('…') || text.len() < self.algorithm.size())
        {
            true => "it may have been cut short",
            false => "compare it with what the provider documents",
        };
        Cause::new("unreadable", text, hint)
    }
}

/// Nothing else is different.
fn around() -> Cause {
    let text = "it has white space around it, or something behind it";
    Cause::new("white_space", text, "send it without")
}

fn names(pieces: &[Piece]) -> String {
    pieces.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
}

/// The bytes that a secret is the text of, where it is Base64 or hex. Some have a prefix that is no part of it.
fn decoded(value: &str) -> Option<Vec<u8>> {
    let text = value.trim().rsplit('_').next()?.trim_end_matches('=');
    let bytes = hex::decode(text).ok().or_else(|| STANDARD_NO_PAD.decode(text).ok());
    bytes.filter(|bytes| bytes.len() >= 8)
}

/// Of a secret that stands in the request as it is. None of it is told.
fn of_secret(request: &Request, context: &Context, scheme: &Scheme, received: &[String]) -> Vec<Cause> {
    let key = scheme.proof.key();
    let place = &scheme.place;
    if received.is_empty() {
        let holds = |(found, value): &(Place, String)| {
            found != place && context.setting_values(&key.setting).any(|secret| value == secret)
        };
        return vec![match places(request).iter().find(|entry| holds(entry)) {
            Some((found, _)) => Cause::new(
                "other_name",
                format!("the secret stands in {found}, not in {place}"),
                "a proxy may rename headers: pass them on as they are",
            ),
            None => Cause::new(
                "missing",
                format!("there is no {place}"),
                format!("enter the value of `{}` at the provider", key.setting),
            ),
        }];
    }
    let bare = |text: &String| text.strip_prefix(scheme.prefix.as_str()).unwrap_or(text).trim().to_owned();
    let received: Vec<String> = received.iter().map(bare).collect();
    let is = |value: &str| received.iter().any(|text| text == value.trim());
    if settings_of(context, &key.setting).any(is) {
        let text = "it is the value of the setting but for white space or what stands before it".to_owned();
        return vec![Cause::new("secret_white_space", text, "make both the same, without white space")];
    }
    if let Some((name, _)) = context.settings.iter().find(|(_, value)| !value.is_empty() && is(value)) {
        let text = format!("it is the value of `{name}`, not of `{}`", key.setting);
        return vec![Cause::new(
            "other_setting",
            text,
            "the two may have been confused in the configuration",
        )];
    }
    let sizes = |texts: Vec<usize>| texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let text = format!(
        "it is another text than `{}` holds ({} characters, not {})",
        key.setting,
        sizes(received.iter().map(|text| text.chars().count()).collect()),
        sizes(settings_of(context, &key.setting).map(|text| text.chars().count()).collect())
    );
    vec![Cause::new("unknown", text, "enter the same text on both sides")]
}
