//! Signatures with a private key, for channels that are verified with a public one. By another library than the connectors'.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};

/// Which signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Ed25519, 64 bytes.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, as ASN.1 DER.
    EcdsaP256,
    /// The same as 64 bytes, as JSON Web Signatures have it.
    EcdsaP256Fixed,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
}

impl Scheme {
    /// By its word in a template.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "ed25519" => Some(Self::Ed25519),
            "ecdsa-p256" => Some(Self::EcdsaP256),
            "rsa-sha256" => Some(Self::RsaSha256),
            _ => None,
        }
    }

    /// Signs with a key that is PKCS #8 in Base64.
    pub fn sign(self, key: &str, message: &[u8]) -> Result<Vec<u8>, String> {
        let key = STANDARD.decode(key).map_err(|error| format!("the key is no Base64: {error}"))?;
        let refused = |error: ring::error::KeyRejected| format!("the key is no PKCS #8 for this: {error}");
        match self {
            Self::Ed25519 => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key).map_err(refused)?;
                Ok(pair.sign(message).as_ref().to_vec())
            }
            Self::EcdsaP256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &key, message),
            Self::EcdsaP256Fixed => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, message),
            Self::RsaSha256 => {
                let pair = RsaKeyPair::from_pkcs8(&key).map_err(refused)?;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| "RSA does not sign".to_owned())?;
                Ok(signature)
            }
        }
    }
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, key: &[u8], message: &[u8]) -> Result<Vec<u8>, String> {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, key, &random)
        .map_err(|error| format!("the key is no PKCS #8 for this: {error}"))?;
    let signature = pair.sign(&random, message).map_err(|_| "ECDSA does not sign".to_owned())?;
    Ok(signature.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_the_specification_comes_out() {
        // RFC 8032, section 7.1, test 2.
        let key = "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7";
        let signature = Scheme::Ed25519.sign(key, &[0x72]).expect("signed");
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(hex::encode(signature), expected);
    }

    #[test]
    fn what_is_no_key_is_an_error() {
        for scheme in [Scheme::Ed25519, Scheme::EcdsaP256, Scheme::EcdsaP256Fixed, Scheme::RsaSha256] {
            assert!(scheme.sign("no key!", b"").is_err(), "{scheme:?}");
            assert!(scheme.sign("AAAA", b"").is_err(), "{scheme:?}");
        }
    }
}
