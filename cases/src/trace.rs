//! Why a webhook is taken for genuine, or is not: for each way in which its channel signs, where the signature was looked
//! for, over which bytes it is made and with which setting, and what makes it fit where it does not.
//!
//! Nothing here decides about a webhook: the connector does. A value of a secret is nowhere in what comes out.

mod render;
mod search;
mod vary;

use serde::Serialize;
use trunkline_model::{Context, ReceiveStep, Refusal, RefusalReason, Request};

use crate::scheme::{self, Piece, Place, Proof, Scheme};

/// So much is shown of a signature.
const SHOWN: usize = 8;
/// Older than this, a time stamp is mentioned. Usual are five minutes.
const OLD_S: i64 = 300;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// What the connector said.
    pub outcome: Option<Outcome>,
    /// A signature fits.
    pub verified: bool,
    /// Those that fit first, then the most likely.
    pub checks: Vec<Check>,
}

/// What the connector said, shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Genuine, with so many events.
    Answered {
        /// For the provider.
        status: u16,
        /// How many.
        events: usize,
    },
    /// Not taken.
    Refused {
        /// Its name.
        reason: String,
        /// For the provider.
        status: u16,
        /// For the operator.
        detail: String,
    },
    /// It asks for a call first.
    Called,
}

impl Outcome {
    /// Of what the connector answered.
    pub fn of(step: &ReceiveStep) -> Self {
        match step {
            ReceiveStep::Answer(answer) => {
                Self::Answered { status: answer.response.status, events: answer.events.len() }
            }
            ReceiveStep::Refuse(Refusal { reason, status, detail }) => {
                Self::Refused { reason: reason.as_str().to_owned(), status: *status, detail: detail.clone() }
            }
            ReceiveStep::Call(_) => Self::Called,
        }
    }

    fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    fn is_for(&self, wanted: &RefusalReason) -> bool {
        matches!(self, Self::Refused { reason, .. } if reason == wanted.as_str())
    }
}

/// One way to sign, tried on the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Where the signature was looked for.
    pub place: Place,
    /// How often it is there.
    pub found: usize,
    /// Algorithm, encoding, what stands before it: for people.
    pub method: String,
    /// What is signed, and how many bytes each piece has. None: the request does not have it.
    pub covers: Vec<Covered>,
    /// The name of the setting whose value is the key.
    pub setting: String,
    /// How many values the setting has.
    pub values: usize,
    /// Which of them fits, from 1.
    pub fitting: Option<usize>,
    /// What the signature should be, with the first value: its beginning.
    pub expected: Option<String>,
    /// What it is: its beginning.
    pub received: Option<String>,
    /// Seconds between the signed time stamp and now, negative where it is in the future.
    pub age_s: Option<i64>,
    /// It was not learned from case files, but found by trying what is usual.
    pub guessed: bool,
    /// Why not, the most likely first. Of one that fits: why it was refused nevertheless.
    pub causes: Vec<Cause>,
}

impl Check {
    /// The signature is right.
    pub fn fits(&self) -> bool {
        self.fitting.is_some()
    }

    /// How much is known about it: what is listed first.
    fn rank(&self) -> (bool, bool, bool) {
        let known = !self.causes.iter().any(|cause| matches!(cause.code, "unknown" | "missing"));
        (!self.fits(), !known, self.found == 0)
    }
}

/// One piece of what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// Its name.
    pub piece: String,
    /// Bytes.
    pub bytes: Option<usize>,
}

/// Why a signature does not fit, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub text: String,
    /// What to do.
    pub hint: String,
}

impl Cause {
    fn new(code: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, text: text.into(), hint: hint.into() }
    }
}

/// Tries each way in which the channel signs. Without any, or where none of them fits or explains it, what is usual is
/// tried as well.
pub fn trace(request: &Request, context: &Context, schemes: &[Scheme], step: Option<&ReceiveStep>) -> Trace {
    let outcome = step.map(Outcome::of);
    let mut budget = vary::Budget::default();
    let applying = scheme::applying(schemes, request);
    let mut checks: Vec<Check> = applying
        .iter()
        .map(|scheme| check(request, context, scheme, outcome.as_ref(), &mut budget))
        .collect();
    checks.sort_by_key(Check::rank);
    let explained = checks.first().is_some_and(|check| !check.rank().1 || check.fits());
    if !explained && let Some(guess) = search::usual(request, context, &mut budget) {
        let mut check = check(request, context, &guess, outcome.as_ref(), &mut budget);
        check.guessed = true;
        if !schemes.is_empty() {
            let text =
                format!("it is signed otherwise than in the connector's case files: in {}", guess.place);
            check.causes.insert(0, Cause::new("other_scheme", text, "compare the provider's documentation"));
        }
        checks.insert(0, check);
    }
    let verified = checks.iter().any(Check::fits);
    if verified {
        // What was not sent beside a signature that fits was not needed.
        checks.retain(|check| check.fits() || check.found > 0);
    }
    Trace { outcome, verified, checks }
}

/// Whether a signature is there that fits that value of the setting.
pub(crate) fn is_fit(request: &Request, scheme: &Scheme, value: &str) -> bool {
    !value.is_empty() && received_is(&scheme.place.values(request), scheme, value, request)
}

/// Whether something is there that has the size and the writing of such a signature.
pub(crate) fn is_alike(request: &Request, scheme: &Scheme) -> bool {
    let Proof::Hmac { algorithm, encoding, .. } = &scheme.proof else { return false };
    scheme.place.values(request).iter().flat_map(|text| vary::forms(text)).any(|form| {
        let hex = *encoding == crate::Encoding::Hex;
        form.prefix == scheme.prefix && form.hex == hex && form.bytes.len() == algorithm.size()
    })
}

/// The ways in which a request is signed, and the signature fits.
pub(crate) fn fitting(request: &Request, context: &Context, schemes: &[Scheme]) -> Vec<Scheme> {
    let fits = |scheme: &&&Scheme| {
        settings_of(context, &scheme.proof.key().setting).any(|value| is_fit(request, scheme, value))
    };
    let known: Vec<Scheme> =
        scheme::applying(schemes, request).iter().filter(fits).map(|&one| one.clone()).collect();
    if known.is_empty() {
        search::usual(request, context, &mut vary::Budget::default()).into_iter().collect()
    } else {
        known
    }
}

fn check(
    request: &Request,
    context: &Context,
    scheme: &Scheme,
    outcome: Option<&Outcome>,
    budget: &mut vary::Budget,
) -> Check {
    let key = scheme.proof.key();
    let received = scheme.place.values(request);
    let values: Vec<&str> = settings_of(context, &key.setting).collect();
    let mut check = Check {
        place: scheme.place.clone(),
        found: received.len(),
        method: method(scheme),
        covers: covers(&scheme.proof, request),
        setting: key.setting.clone(),
        values: values.len(),
        fitting: None,
        expected: None,
        received: None,
        age_s: age_s(&scheme.proof, request, context.now),
        guessed: false,
        causes: Vec::new(),
    };
    let expected: Vec<String> =
        values.iter().filter_map(|value| expected(scheme, key.part(value), request)).collect();
    check.fitting = values
        .iter()
        .position(|value| !value.is_empty() && received_is(&received, scheme, value, request))
        .map(|index| index + 1);
    // A secret is not shown, not even a part of it.
    if matches!(scheme.proof, Proof::Hmac { .. }) {
        check.expected = expected.first().map(|text| beginning(text));
        check.received = received.first().map(|text| beginning(bare(text, scheme)));
    }
    check.causes = if check.fits() {
        refused_nevertheless(&check, &received, outcome)
    } else {
        vary::causes(request, context, scheme, &received, budget)
    };
    if !check.fits() && check.found > 1 {
        let text = format!("{} is there {} times", check.place, check.found);
        check.causes.push(Cause::new("repeated", text, "send it once: which one counts nobody can know"));
    }
    check
}

fn received_is(received: &[String], scheme: &Scheme, value: &str, request: &Request) -> bool {
    let Some(expected) = expected(scheme, scheme.proof.key().part(value), request) else { return false };
    let expected = format!("{}{expected}{}", scheme.prefix, scheme.suffix);
    received.iter().any(|received| match &scheme.proof {
        // Hex is read in either case.
        Proof::Hmac { encoding: crate::Encoding::Hex, .. } => received.eq_ignore_ascii_case(&expected),
        _ => *received == expected,
    })
}

/// Every value of a setting, empty ones included.
fn settings_of<'a>(context: &'a Context, name: &str) -> impl Iterator<Item = &'a str> {
    context.settings.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn expected(scheme: &Scheme, key: &str, request: &Request) -> Option<String> {
    match &scheme.proof {
        Proof::Secret(_) => Some(key.to_owned()),
        Proof::Hmac { algorithm, encoding, pieces, .. } => {
            Some(encoding.write(&algorithm.hmac(key.as_bytes(), &message(pieces, request)?)))
        }
    }
}

/// What is signed, as one text. None where the request lacks a piece of it.
fn message(pieces: &[Piece], request: &Request) -> Option<Vec<u8>> {
    let pieces: Option<Vec<_>> = pieces.iter().map(|piece| piece.bytes(request)).collect();
    Some(pieces?.concat())
}

/// A signature without what stands before it.
fn bare<'a>(text: &'a str, scheme: &Scheme) -> &'a str {
    text.strip_prefix(scheme.prefix.as_str()).unwrap_or(text)
}

fn beginning(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn method(scheme: &Scheme) -> String {
    match scheme.prefix.as_str() {
        "" => scheme.proof.to_string(),
        prefix => format!("{}, after `{prefix}`", scheme.proof),
    }
}

fn covers(proof: &Proof, request: &Request) -> Vec<Covered> {
    let Proof::Hmac { pieces, .. } = proof else { return Vec::new() };
    let covered = |piece: &Piece| Covered {
        piece: piece.to_string(),
        bytes: piece.bytes(request).map(|bytes| bytes.len()),
    };
    pieces.iter().map(covered).collect()
}

/// How old the time stamp is that a signature covers.
fn age_s(proof: &Proof, request: &Request, now: u64) -> Option<i64> {
    let Proof::Hmac { pieces, .. } = proof else { return None };
    let stamps = pieces.iter().filter(|piece| matches!(piece, Piece::Field(_) | Piece::Header(_)));
    stamps.into_iter().find_map(|piece| {
        let text = String::from_utf8(piece.bytes(request)?).ok()?;
        let stamp: u64 = text.trim().parse().ok()?;
        let seconds = match stamp {
            1_000_000_000..=9_999_999_999 => stamp,
            1_000_000_000_000..=9_999_999_999_999 => stamp / 1_000,
            _ => return None,
        };
        Some(i64::try_from(now / 1_000).ok()? - i64::try_from(seconds).ok()?)
    })
}

fn refused_nevertheless(check: &Check, received: &[String], outcome: Option<&Outcome>) -> Vec<Cause> {
    let Some(outcome) = outcome.filter(|outcome| outcome.is_refused()) else { return Vec::new() };
    let age_s = check.age_s.unwrap_or_default();
    if outcome.is_for(&RefusalReason::Stale) || age_s.abs() > OLD_S {
        let text = match age_s {
            0.. => format!("the signature fits, but what it signs is {} old", duration(age_s)),
            _ => format!("the signature fits, but what it signs is {} in the future", duration(-age_s)),
        };
        return vec![Cause::new(
            "old",
            text,
            "compare the clocks; a webhook that is kept and sent again is signed anew",
        )];
    }
    if check.found > 1 {
        let text = format!("{} is there {} times, and one of them fits", check.place, check.found);
        return vec![Cause::new("repeated", text, "send it once: which one counts nobody can know")];
    }
    if received.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_uppercase()))
        && check.method.contains("hex")
    {
        let text = "the signature fits, but is written in upper case".to_owned();
        return vec![Cause::new("upper_case", text, "write hex in lower case")];
    }
    let Outcome::Refused { reason, detail, .. } = outcome else { return Vec::new() };
    let text = format!("the signature fits; it is refused for another reason: `{reason}`");
    vec![Cause::new("not_the_signature", text, detail.clone())]
}

fn duration(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
