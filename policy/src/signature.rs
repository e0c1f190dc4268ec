//! Signatures after the [Standard Webhooks specification]: of what we deliver, so that its SDKs verify them, and of what
//! edges hand in, which is verified here.
//!
//! [Standard Webhooks specification]: https://github.com/standard-webhooks/standard-webhooks (read 2026-08-01)

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
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
        let mac = self.mac(id, &timestamp_s.to_string(), body);
        format!("{SIGNATURE_VERSION},{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// The timestamp is signed as it is written.
    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("an HMAC key can have any size");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

/// The longest `webhook-id` and `webhook-timestamp` that are read, in bytes.
const HEADER_BYTES_MAX: usize = 256;
/// How many signatures of one header are looked at: a sender that rotates has two.
const SIGNATURES_MAX: usize = 8;
/// How far the sender's clock and ours may be apart, in seconds, either way.
pub const TOLERANCE_S: u64 = 300;

/// The three headers of a signed message.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, in seconds since the Unix epoch.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signatures: &'a str,
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header that is none: a timestamp with other characters than digits, an id without any.
    #[error("malformed signature headers")]
    Malformed,
    /// Made too long ago, or by a clock that is ahead.
    #[error("signed at another time than now")]
    Stale,
    /// Made with another secret, or of something else.
    #[error("signature does not match")]
    Mismatch,
}

impl SignatureError {
    /// A short, stable name for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Stale => "stale",
            Self::Mismatch => "mismatch",
        }
    }
}

impl Signed<'_> {
    /// Whether one of the signatures was made with one of the secrets, of this body, about now. Versions other than
    /// `v1` are passed over, as the specification asks.
    pub fn verify(&self, secrets: &[SigningSecret], now_s: u64, body: &[u8]) -> Result<(), SignatureError> {
        let longest = self.id.len().max(self.timestamp.len());
        let digits = !self.timestamp.is_empty() && self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        if self.id.is_empty() || longest > HEADER_BYTES_MAX || !digits {
            return Err(SignatureError::Malformed);
        }
        let timestamp: u64 = self.timestamp.parse().map_err(|_| SignatureError::Malformed)?;
        if timestamp.abs_diff(now_s) > TOLERANCE_S {
            return Err(SignatureError::Stale);
        }
        let given = self.signatures.split(' ').take(SIGNATURES_MAX);
        let given: Vec<Vec<u8>> = given.filter_map(signature_bytes).collect();
        let matches = secrets.iter().any(|secret| {
            let mac = secret.mac(self.id, self.timestamp, body);
            given.iter().any(|given| mac.clone().verify_slice(given).is_ok())
        });
        if matches { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

fn signature_bytes(text: &str) -> Option<Vec<u8>> {
    let (version, encoded) = text.split_once(',')?;
    (version == SIGNATURE_VERSION).then(|| STANDARD.decode(encoded).ok()).flatten()
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

    const SIGNATURE: &str = "v1,dRhmIUkN7CjjOA7k12UJs0l/J8sEB3cfVaOvbvAFqt4=";

    fn verify(signed: Signed, now_s: u64, body: &[u8]) -> Result<(), SignatureError> {
        let other = SigningSecret(vec![7; 32]);
        signed.verify(&[other, SigningSecret::parse(KNOWN).unwrap()], now_s, body)
    }

    #[test]
    fn the_known_answer_is_verified_and_nothing_near_it() {
        const BODY: &[u8] = br#"{"type":"x.y"}"#;
        const NOW: u64 = 1_700_000_000;
        let signed = Signed { id: "msg_001", timestamp: "1700000000", signatures: SIGNATURE };
        assert_eq!(verify(signed, NOW, BODY), Ok(()));
        let rotated = format!("v1a,AAAA v1,AAAA {SIGNATURE}");
        assert_eq!(verify(Signed { signatures: &rotated, ..signed }, NOW + 300, BODY), Ok(()));
        for now in [NOW + 301, NOW - 301] {
            assert_eq!(verify(signed, now, BODY), Err(SignatureError::Stale));
        }
        for other in [
            Signed { id: "msg_002", ..signed },
            Signed { timestamp: "1700000001", ..signed },
            Signed { timestamp: "01700000000", ..signed },
            Signed { signatures: "", ..signed },
            Signed { signatures: "v1,", ..signed },
            Signed { signatures: &SIGNATURE[3..], ..signed },
            Signed { signatures: &SIGNATURE.replace("v1", "v2"), ..signed },
            Signed { signatures: &format!("{}{SIGNATURE}", "v1,AAAA ".repeat(8)), ..signed },
        ] {
            assert_eq!(verify(other, NOW, BODY), Err(SignatureError::Mismatch), "{other:?}");
        }
        for other in [
            Signed { id: "", ..signed },
            Signed { timestamp: "", ..signed },
            Signed { timestamp: "+1700000000", ..signed },
            Signed { timestamp: "1700000000abc", ..signed },
            Signed { timestamp: "99999999999999999999999", ..signed },
        ] {
            assert_eq!(verify(other, NOW, BODY), Err(SignatureError::Malformed), "{other:?}");
        }
        assert_eq!(verify(signed, NOW, b"{}"), Err(SignatureError::Mismatch));
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
