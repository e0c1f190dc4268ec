//! The sigstore bundle, by a public key: a signature over the file, or an in-toto statement about the manifest in a DSSE envelope.
//! <https://docs.sigstore.dev/about/bundle/>, <https://github.com/secure-systems-lab/dsse> (read 2026-11-29)
//!
//! Certificates of Fulcio and the log's entries are not looked at: a key of the operator's choice is the whole of the trust.

use serde::Deserialize;
use serde_json::Value;

use super::{Bytes, OTHER_KEY};
use crate::key::Key;

/// What the media type of every bundle begins with; its version follows.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle";
/// What a statement of `cosign sign` says. Others are about a component (a list of its parts, say) and do not release it.
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";
const STATEMENT: &str = "application/vnd.in-toto+json";
const SIGNATURES_MAX: usize = 16;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Option<Envelope>,
    message_signature: Option<MessageSignature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: Bytes,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
struct EnvelopeSignature {
    sig: Bytes,
}

#[derive(Deserialize)]
struct MessageSignature {
    signature: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    predicate_type: String,
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    digest: Digests,
}

#[derive(Deserialize)]
struct Digests {
    sha256: Option<String>,
}

/// Whether a bundle proves that this key signed this component, or the manifest with this SHA-256 whose layer it is.
pub fn check(bundle: &[u8], component: &[u8], manifest: Option<&str>, key: &Key) -> Result<(), &'static str> {
    let bundle: Bundle = serde_json::from_slice(bundle).map_err(|_| "its bundle is not sigstore's")?;
    if !bundle.media_type.starts_with(MEDIA_TYPE) {
        return Err("its bundle is not sigstore's");
    }
    if bundle.verification_material.public_key.is_none() {
        return Err("it is signed without a key (keyless), which this host does not check");
    }
    match (bundle.message_signature, bundle.dsse_envelope, manifest) {
        (Some(message), None, None) if key.signed(component, &message.signature.0) => Ok(()),
        (Some(_), None, None) => Err(OTHER_KEY),
        (None, Some(envelope), manifest) => {
            let signed = encoded(&envelope.payload_type, &envelope.payload.0);
            let mut signatures = envelope.signatures.iter().take(SIGNATURES_MAX);
            if envelope.payload_type != STATEMENT || !signatures.any(|one| key.signed(&signed, &one.sig.0)) {
                return Err(OTHER_KEY);
            }
            let file = crate::sha256(component);
            states(&envelope.payload.0, manifest.unwrap_or(&file))
        }
        _ => Err("its bundle is for something else"),
    }
}

/// DSSE's encoding of what is signed.
fn encoded(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut text = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    text.extend_from_slice(payload);
    text
}

pub(super) fn states(statement: &[u8], digest: &str) -> Result<(), &'static str> {
    let statement: Statement = serde_json::from_slice(statement).map_err(|_| "its bundle is not cosign's")?;
    if statement.predicate_type != SIGNED {
        return Err("its bundle says something about it, but does not sign it");
    }
    let mut subjects = statement.subject.iter();
    if subjects.any(|subject| subject.digest.sha256.as_deref() == Some(digest)) {
        Ok(())
    } else {
        Err("what is signed is another artifact")
    }
}
