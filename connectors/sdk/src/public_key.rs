//! Signatures that are verified with a public key, for providers that keep the private one.
//!
//! Keys are settings, or come in the answer to a call of the connector. A key that cannot be read is the operator's mistake or
//! the provider's; a signature that does not fit is a forgery: their refusals differ.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::DecodePublicKey as _;
use rsa::BoxedUint;
use trunkline_model::{Refusal, RefusalReason};

use crate::signature::misconfigured;

/// Bits of an RSA key that is accepted.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2_048..=8_192;

/// A key that verifies.
#[derive(Debug, Clone)]
pub enum PublicKey {
    /// RFC 8032; keys of small order are refused.
    Ed25519(ed25519_dalek::VerifyingKey),
    /// NIST P-256 with SHA-256.
    P256(p256::ecdsa::VerifyingKey),
    /// RSASSA-PKCS1-v1_5, 2,048 to 8,192 bits.
    Rsa(rsa::PublicKey),
}

/// How a signature over P-256 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcdsaForm {
    /// ASN.1 DER.
    Der,
    /// 64 bytes: JSON Web Signatures.
    Fixed,
}

impl PublicKey {
    /// Ed25519 from its 32 bytes in Base64. None where it is no key.
    pub fn ed25519(base64: &str) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(base64.trim()).ok()?.try_into().ok()?;
        Some(Self::Ed25519(ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()?))
    }

    /// P-256 from SubjectPublicKeyInfo, DER in Base64, with or without the lines of PEM around it.
    pub fn p256(base64: &str) -> Option<Self> {
        let key = p256::PublicKey::from_public_key_der(&der(base64)?).ok()?;
        Some(Self::P256(key.into()))
    }

    /// P-256 from the coordinates of a JSON Web Key.
    pub fn p256_of(x: &str, y: &str) -> Option<Self> {
        let (x, y) = (URL_SAFE_NO_PAD.decode(x).ok()?, URL_SAFE_NO_PAD.decode(y).ok()?);
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        (x.len() == 32 && y.len() == 32)
            .then(|| p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok().map(Self::P256))
            .flatten()
    }

    /// RSA from modulus and exponent of a JSON Web Key.
    pub fn rsa_of(n: &str, e: &str) -> Option<Self> {
        let number = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
            BoxedUint::from_be_slice(&bytes, bits).ok()
        };
        Self::bounded(rsa::PublicKey::new(number(n)?, number(e)?).ok()?)
    }

    /// RSA from SubjectPublicKeyInfo in DER, as a certificate holds it.
    pub fn rsa_der(der: &[u8]) -> Option<Self> {
        Self::bounded(rsa::PublicKey::from_public_key_der(der).ok()?)
    }

    fn bounded(key: rsa::PublicKey) -> Option<Self> {
        use rsa::traits::PublicKeyParts as _;
        RSA_BITS.contains(&key.n().bit_width()).then_some(Self::Rsa(key))
    }

    /// Whether a signature is this key's over a message: with SHA-256 where the scheme hashes.
    pub fn verifies(&self, message: &[u8], signature: &[u8], form: EcdsaForm) -> bool {
        match self {
            Self::Ed25519(key) => match ed25519_dalek::Signature::from_slice(signature) {
                Ok(signature) => key.verify_strict(message, &signature).is_ok(),
                Err(_) => false,
            },
            Self::P256(key) => {
                let signature = match form {
                    EcdsaForm::Der => p256::ecdsa::Signature::from_der(signature),
                    EcdsaForm::Fixed => p256::ecdsa::Signature::from_slice(signature),
                };
                signature.is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            Self::Rsa(key) => match rsa::pkcs1v15::Signature::try_from(signature) {
                Ok(signature) => {
                    let key = rsa::pkcs1v15::VerifyingKey::<sha2::Sha256>::new(key.clone());
                    key.verify(message, &signature).is_ok()
                }
                Err(_) => false,
            },
        }
    }
}

/// Verifies with each of the keys that a setting holds, read by `read`.
///
/// Refuses with 401 and `mismatch` where none fits; with 503 and `misconfigured` where there is no key, or one that is none.
pub fn verify<'a>(
    keys: impl Iterator<Item = &'a str>,
    read: impl Fn(&str) -> Option<PublicKey>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Refusal> {
    any(keys, read, |key| key.verifies(message, signature, EcdsaForm::Der))
}

/// [`verify`] by P-256, of a message in pieces: they are hashed one after the other, so that a large body is not copied to stand
/// behind a time stamp.
pub fn verify_p256<'a>(
    keys: impl Iterator<Item = &'a str>,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<(), Refusal> {
    let hash = crate::signature::sha256(message);
    let signature = p256::ecdsa::Signature::from_der(signature);
    any(keys, PublicKey::p256, |key| match (key, &signature) {
        (PublicKey::P256(key), Ok(signature)) => key.verify_prehash(&hash, signature).is_ok(),
        _ => false,
    })
}

fn any<'a>(
    keys: impl Iterator<Item = &'a str>,
    read: impl Fn(&str) -> Option<PublicKey>,
    verifies: impl Fn(&PublicKey) -> bool,
) -> Result<(), Refusal> {
    let mut tried = 0;
    for text in keys.filter(|text| !text.trim().is_empty()).take(crate::signature::SECRETS_MAX) {
        let key = read(text).ok_or_else(|| misconfigured("a public key cannot be read"))?;
        if verifies(&key) {
            return Ok(());
        }
        tried += 1;
    }
    if tried == 0 {
        return Err(misconfigured("no public key is configured"));
    }
    Err(Refusal::new(RefusalReason::Mismatch, 401, format!("signature fits none of {tried} keys")))
}

/// Base64, maybe in lines, maybe between those of PEM.
fn der(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let base64: String = lines.flat_map(|line| line.chars().filter(|c| !c.is_whitespace())).collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    const ED25519: (&str, &str, &str) = (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );

    #[test]
    fn the_vector_of_the_specification_is_verified() {
        let bytes = |text| hex::decode(text).expect("hex");
        let key = STANDARD.encode(bytes(ED25519.0));
        let (message, signature) = (bytes(ED25519.1), bytes(ED25519.2));
        assert!(verify([key.as_str()].into_iter(), PublicKey::ed25519, &message, &signature).is_ok());
        let refusal = verify([key.as_str()].into_iter(), PublicKey::ed25519, b"s", &signature);
        assert_eq!(refusal.expect_err("forged").reason, RefusalReason::Mismatch);
        for short in [&signature[..63], &[]] {
            assert!(verify([key.as_str()].into_iter(), PublicKey::ed25519, &message, short).is_err());
        }
    }

    #[test]
    fn no_key_and_a_key_that_is_none_are_our_fault() {
        for keys in [vec![], vec![""], vec!["no key"]] {
            let refusal = verify(keys.into_iter(), PublicKey::ed25519, b"", &[0; 64]).expect_err("no key");
            assert_eq!((refusal.reason, refusal.status), (RefusalReason::Misconfigured, 503));
        }
        assert!(PublicKey::p256("AAAA").is_none() && PublicKey::rsa_der(&[]).is_none());
        assert!(PublicKey::p256_of("AA", "AA").is_none());
        assert!(PublicKey::rsa_of(&URL_SAFE_NO_PAD.encode([0xff; 64]), "AQAB").is_none(), "512 bits");
    }

    /// Made with a key that was invented for it, by another library.
    #[test]
    fn pieces_are_one_message() {
        let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERxw+dYxJBChbun5TEY7Q9SSt6wdX0lvS+Oew1236cUzdUg96yoqLkXrMN/Ud6PDJu\
                   +OthYOC5wLcJaEtCfeoWA==";
        let message =
            b"1700000000[{\"email\":\"a@example.org\",\"event\":\"delivered\",\"sg_event_id\":\"e1\"}]\r\n";
        let signature = STANDARD
            .decode("MEYCIQCqs6XC9LLQtklnGdQhRvoYWgy+2IDdJsCtyI1MlEZVTwIhAOZARlkSN2Bxc6fbN2ncr/45e1SMXjtai4/HdwNY7Qef")
            .expect("Base64");
        assert!(verify([key].into_iter(), PublicKey::p256, message, &signature).is_ok());
        let pieces: [&[u8]; 2] = [&message[..10], &message[10..]];
        assert!(verify_p256([key].into_iter(), &pieces, &signature).is_ok());
        for (pieces, signature) in
            [([pieces[1], pieces[0]], &*signature), (pieces, &signature[..70]), (pieces, &[])]
        {
            let refusal = verify_p256([key].into_iter(), &pieces, signature).expect_err("forged");
            assert_eq!((refusal.reason, refusal.status), (RefusalReason::Mismatch, 401));
        }
        let refusal = verify_p256(["", "no key"].into_iter(), &pieces, &signature).expect_err("no key");
        assert_eq!((refusal.reason, refusal.status), (RefusalReason::Misconfigured, 503));
    }
}
