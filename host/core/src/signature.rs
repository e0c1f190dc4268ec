//! Signatures of what we deliver, after the [Standard Webhooks specification], so that its SDKs verify them.
//!
//! [Standard Webhooks specification]: https://github.com/standard-webhooks/standard-webhooks (read 2026-08-01)

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What every secret starts with.
pub const SECRET_PREFIX: &str = "whsec_";
/// Version of the scheme: HMAC-SHA256.
pub const SIGNATURE_VERSION: &str = "v1";
/// Fewest bytes of a secret.
pub const SECRET_SIZE_MIN: usize = 24;
/// Most bytes of a secret.
pub const SECRET_SIZE_MAX: usize = 64;

/// Secrets are pasted from many tools, some of which drop the padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is not a signing secret. Never holds the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Another prefix or none.
    #[error("signing secret does not start with `whsec_`")]
    Prefix,
    /// What follows the prefix cannot be decoded.
    #[error("signing secret is not Base64 after `whsec_`")]
    Base64,
    /// Too short to be safe, or too long for the specification.
    #[error("signing secret has {found} bytes, expected 24 to 64")]
    Size {
        /// Bytes after decoding.
        found: usize,
    },
}

impl SecretError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "make one with: echo \"whsec_$(openssl rand -base64 32)\""
    }
}

/// The key that deliveries to one destination are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// Reads `whsec_` followed by Base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.trim().strip_prefix(SECRET_PREFIX).ok_or(SecretError::Prefix)?;
        let bytes = LENIENT.decode(encoded).map_err(|_| SecretError::Base64)?;
        if !(SECRET_SIZE_MIN..=SECRET_SIZE_MAX).contains(&bytes.len()) {
            return Err(SecretError::Size { found: bytes.len() });
        }
        Ok(Self(bytes))
    }

    /// The value of the header `webhook-signature`: `v1,` and Base64 of the HMAC over `id.timestamp.body`.
    pub fn sign(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("an HMAC key can have any size");
        mac.update(id.as_bytes());
        mac.update(format!(".{timestamp_s}.").as_bytes());
        mac.update(body);
        format!("{SIGNATURE_VERSION},{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl std::str::FromStr for SigningSecret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    #[test]
    fn the_known_answer_comes_out() {
        let secret = SigningSecret::parse(KNOWN).unwrap();
        let signature = secret.sign("msg_001", 1_700_000_000, br#"{"type":"x.y"}"#);
        assert_eq!(signature, "v1,dRhmIUkN7CjjOA7k12UJs0l/J8sEB3cfVaOvbvAFqt4=");
        assert_ne!(signature, secret.sign("msg_001", 1_700_000_001, br#"{"type":"x.y"}"#));
        assert_ne!(signature, secret.sign("msg_002", 1_700_000_000, br#"{"type":"x.y"}"#));
    }

    #[test]
    fn padding_and_white_space_do_not_matter() {
        let bytes = [7_u8; 32];
        let padded = format!(" whsec_{}\n", STANDARD.encode(bytes));
        let bare = padded.trim().trim_end_matches('=').to_owned();
        assert_ne!(padded.trim(), bare);
        assert_eq!(SigningSecret::parse(&padded), SigningSecret::parse(&bare));
        assert!(SigningSecret::parse(&bare).is_ok());
    }

    #[test]
    fn what_is_no_secret_is_refused_without_repeating_it() {
        let sized = |size: usize| format!("whsec_{}", STANDARD.encode(vec![1; size]));
        let table = [
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX".to_owned(), SecretError::Prefix),
            (String::new(), SecretError::Prefix),
            ("whsec_~~~~".to_owned(), SecretError::Base64),
            (sized(23), SecretError::Size { found: 23 }),
            (sized(65), SecretError::Size { found: 65 }),
        ];
        for (text, expected) in table {
            let error = SigningSecret::parse(&text).unwrap_err();
            assert_eq!(error, expected);
            assert!(error.hint().contains("openssl"));
        }
        assert!(SigningSecret::parse(&sized(24)).is_ok());
        assert!(SigningSecret::parse(&sized(64)).is_ok());
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let secret: SigningSecret = KNOWN.parse().unwrap();
        assert_eq!(format!("{secret:?}"), "SigningSecret(..)");
    }
}
