//! What proves who signed a component, as cosign makes it, and the keys that it is held against.
//!
//! Evidence is complete: with it, the component and a key, everything can be checked again without a network. Three forms:
//! a signature over the file (`cosign sign-blob`), the payload that cosign signs for an artifact of a registry (simple
//! signing), and the sigstore bundle that newer versions make of either.

mod bundle;
mod simple;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::bundle::MEDIA_TYPE as BUNDLE_MEDIA_TYPE;
use crate::key::Key;
use crate::registry::layout;

/// What proves who signed a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Evidence {
    /// A signature over the file.
    Blob {
        /// DER.
        signature: Bytes,
    },
    /// A signature over a payload that names the manifest of the artifact, whose layer is the file.
    SimpleSigning {
        /// The manifest as the registry gave it.
        manifest: Bytes,
        /// What was signed.
        payload: Bytes,
        /// DER.
        signature: Bytes,
    },
    /// A sigstore bundle.
    Bundle {
        /// The manifest of the artifact. None: the bundle is for the file itself.
        manifest: Option<Bytes>,
        /// JSON.
        bundle: Bytes,
    },
}

/// Bytes that are Base64 in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(|_| serde::de::Error::custom("expected Base64"))
    }
}

impl Evidence {
    /// Reads the signature that stands beside a file: Base64 of DER, or a sigstore bundle.
    pub fn beside_file(text: &[u8]) -> Option<Self> {
        if text.trim_ascii_start().starts_with(b"{") {
            return Some(Self::Bundle { manifest: None, bundle: Bytes(text.to_vec()) });
        }
        let signature = STANDARD.decode(text.trim_ascii()).ok()?;
        Some(Self::Blob { signature: Bytes(signature) })
    }

    /// Whether it proves that this key signed this component. The error says why not, without a value.
    fn check(&self, component: &[u8], key: &Key) -> Result<(), &'static str> {
        match self {
            Self::Blob { signature } => {
                if key.signed(component, &signature.0) {
                    Ok(())
                } else {
                    Err(OTHER_KEY)
                }
            }
            Self::SimpleSigning { manifest, payload, signature } => {
                if !key.signed(&payload.0, &signature.0) {
                    return Err(OTHER_KEY);
                }
                simple::names(&payload.0, &manifest_of(component, &manifest.0)?)
            }
            Self::Bundle { manifest, bundle } => {
                let manifest =
                    manifest.as_ref().map(|manifest| manifest_of(component, &manifest.0)).transpose()?;
                bundle::check(&bundle.0, component, manifest.as_deref(), key)
            }
        }
    }
}

/// The reason that says no more than that.
const OTHER_KEY: &str = "it is signed by none of `keys`";

/// The digest of a manifest, in hex, where its layer is this component.
fn manifest_of(component: &[u8], manifest: &[u8]) -> Result<String, &'static str> {
    let layer = layout::component_layer(manifest).map_err(|_| "its manifest is none of a component")?;
    if layer.digest == format!("sha256:{}", crate::sha256(component)) {
        Ok(crate::sha256(manifest))
    } else {
        Err("what is signed is another component")
    }
}

/// The keys that a signature may be by.
#[derive(Debug, Clone, Default)]
pub struct Keys(pub Vec<Key>);

/// Who signed a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// This key, and this proves it.
    Signed(&'a Key, &'a Evidence),
    /// Nobody.
    Unsigned,
    /// Somebody, but that proves nothing: why.
    Unproven(&'static str),
}

impl Keys {
    /// Who signed this component, by the first evidence that proves it.
    pub fn verify<'a>(&'a self, evidence: &'a [Evidence], component: &[u8]) -> Verdict<'a> {
        if evidence.is_empty() {
            return Verdict::Unsigned;
        }
        let mut reason =
            if self.0.is_empty() { "there are no `keys` to hold its signature against" } else { OTHER_KEY };
        for one in evidence {
            for key in &self.0 {
                match one.check(component, key) {
                    Ok(()) => return Verdict::Signed(key, one),
                    // What went further says more.
                    Err(other) if other != OTHER_KEY => reason = other,
                    Err(_) => {}
                }
            }
        }
        Verdict::Unproven(reason)
    }
}

#[cfg(test)]
mod tests;
