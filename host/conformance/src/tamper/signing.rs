//! Which headers a webhook stands on.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_cases::Case;
use trunkline_model::{ReceiveStep, Refusal, RefusalReason};

use super::Covers;
use super::headers::carries_signature;
use crate::subject::Subject;

/// Headers of requests in general, which providers do not sign.
const GENERAL: [&str; 8] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "user-agent",
];

/// The headers that carry a signature, by their name or by how the case files are signed; that hold a secret; or without
/// which a webhook is unsigned all the same: a time stamp, an id. In lower case.
pub fn signing(subject: &Subject, covers: Covers) -> BTreeSet<String> {
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    for (_, case) in subject.genuine() {
        known.extend(case.signed_headers().map(|name| (name, true)));
        for (index, (name, value)) in case.request.headers.iter().enumerate() {
            if known.contains_key(name) || GENERAL.contains(&name.as_str()) {
                continue;
            }
            let carries = carries_signature(name) || is_secret(subject, case, value);
            // Whatever else it stands on is in the body.
            let signed = carries || (covers != Covers::Fields && is_needed(subject, case, index));
            known.insert(name.clone(), signed);
        }
    }
    known.into_iter().filter(|(_, signed)| *signed).map(|(name, _)| name).collect()
}

/// Whether a value is that of a secret of the case.
fn is_secret(subject: &Subject, case: &Case, value: &str) -> bool {
    let secret =
        |name: &str| subject.manifest().settings.get(name).is_some_and(|setting| setting.secret.is_some());
    case.context.settings.iter().any(|(name, found)| found == value && secret(name))
}

/// Whether a webhook without the header is unsigned.
fn is_needed(subject: &Subject, case: &Case, index: usize) -> bool {
    let mut without = case.request.clone();
    without.headers.remove(index);
    matches!(subject.receive(without, &case.context), Ok(ReceiveStep::Refuse(refusal)) if is_unsigned(&refusal))
}

fn is_unsigned(refusal: &Refusal) -> bool {
    use RefusalReason as Reason;
    matches!(
        refusal.reason,
        Reason::MissingSignature
            | Reason::BadEncoding
            | Reason::Mismatch
            | Reason::Stale
            | Reason::UnknownKey
    )
}
