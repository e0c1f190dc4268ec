//! Public keys of those who sign: ECDSA P-256 in PEM, what `cosign generate-key-pair` and `openssl ec -pubout` make.

use std::path::Path;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};

use crate::error::SourceError;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The name of its file, for people.
    pub name: String,
    /// `sha256:` and the SHA-256 of its SPKI in hex.
    pub fingerprint: String,
    key: VerifyingKey,
}

impl Key {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self::parse(&name, &text).map_err(|cause| SourceError::Key { path: path.to_owned(), cause })
    }

    /// Reads PEM. The error says what was found instead.
    pub fn parse(name: &str, pem: &str) -> Result<Self, &'static str> {
        let first = pem.trim_start().lines().next().unwrap_or_default();
        if first.contains("PRIVATE KEY") {
            return Err("it is a private key, which belongs to nobody but who signs");
        }
        if first.contains("CERTIFICATE") {
            return Err("it is a certificate");
        }
        if first != "-----BEGIN PUBLIC KEY-----" {
            return Err("expected PEM that begins with `-----BEGIN PUBLIC KEY-----`");
        }
        let key =
            VerifyingKey::from_public_key_pem(pem.trim()).map_err(|_| "expected a key of ECDSA P-256")?;
        let spki = key.to_public_key_der().map_err(|_| "expected a key of ECDSA P-256")?;
        let fingerprint = format!("sha256:{}", crate::sha256(spki.as_bytes()));
        Ok(Self { name: name.to_owned(), fingerprint, key })
    }

    /// Whether a signature, in DER, over SHA-256 of this message is by this key.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_der(signature).is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_told_apart() {
        let begin = |kind: &str| format!("-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n");
        for (text, expected) in [
            (begin("ENCRYPTED SIGSTORE PRIVATE KEY"), "private"),
            (begin("CERTIFICATE"), "certificate"),
            (begin("PUBLIC KEY"), "ECDSA P-256"),
            ("ssh-ed25519 AAAA".into(), "begins with"),
            // Ed25519, from RFC 8410.
            (
                "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                 -----END PUBLIC KEY-----\n"
                    .into(),
                "ECDSA P-256",
            ),
        ] {
            let error = Key::parse("k", &text).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
    }
}
