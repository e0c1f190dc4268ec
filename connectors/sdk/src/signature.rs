//! Signatures over bytes: decoded strictly, compared in constant time, tried with every secret in rotation.
//!
//! Every connector verifies through here, so that no comparison is written twice. None of these functions
//! puts a secret, an expected digest or a part of the body into its refusal.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::Digest as _;
use subtle::ConstantTimeEq as _;
use trunkline_model::{Refusal, RefusalReason};

/// How many secrets of one setting are tried.
pub(crate) const SECRETS_MAX: usize = 8;

/// Which HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hmac {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 64 bytes.
    Sha512,
}

impl Hmac {
    /// The digest of the message, given in pieces.
    pub fn digest(self, key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
        fn run<M: hmac::Mac + hmac::KeyInit>(key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
            let mut mac = M::new_from_slice(key).expect("HMAC takes keys of any length");
            for piece in pieces {
                mac.update(piece);
            }
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Sha1 => run::<hmac::Hmac<sha1::Sha1>>(key, pieces),
            Self::Sha256 => run::<hmac::Hmac<sha2::Sha256>>(key, pieces),
            Self::Sha512 => run::<hmac::Hmac<sha2::Sha512>>(key, pieces),
        }
    }
}

/// Verifies a digest over a message given in pieces, with each of the secrets.
///
/// Refuses with 401 and `mismatch` where none fits, with 503 and `misconfigured` where there is no secret: an
/// empty setting must not look like a forgery, and never like a genuine webhook.
pub fn verify<'a>(
    hmac: Hmac,
    secrets: impl Iterator<Item = &'a str>,
    pieces: &[&[u8]],
    given: &[u8],
) -> Result<(), Refusal> {
    verify_with(secrets, given, |secret| hmac.digest(secret.as_bytes(), pieces))
}

/// [`verify`] where the digest is not an HMAC of the message alone: `digest` makes it of a secret.
pub fn verify_with<'a>(
    secrets: impl Iterator<Item = &'a str>,
    given: &[u8],
    digest: impl Fn(&str) -> Vec<u8>,
) -> Result<(), Refusal> {
    let mut tried = 0;
    for secret in secrets.take(SECRETS_MAX) {
        if equal(&digest(secret), given) {
            return Ok(());
        }
        tried += 1;
    }
    if tried == 0 {
        return Err(misconfigured("no secret is configured"));
    }
    Err(Refusal::new(RefusalReason::Mismatch, 401, format!("signature fits none of {tried} secrets")))
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Whether one of the secrets equals a text that the provider sent (verify tokens, header tokens).
pub fn equals_any<'a>(secrets: impl Iterator<Item = &'a str>, given: &str) -> bool {
    secrets.take(SECRETS_MAX).fold(false, |found, secret| found | equal(secret.as_bytes(), given.as_bytes()))
}

/// Decodes a header of exactly `bytes` bytes in hex, either case. Refuses with 401.
pub fn hex_digest(text: Option<&str>, bytes: usize) -> Result<Vec<u8>, Refusal> {
    let text = present(text)?;
    let digest = hex::decode(text).map_err(|_| bad_encoding("hex", bytes, text.len()))?;
    of_length(digest, bytes, "hex", text)
}

/// Decodes a header of exactly `bytes` bytes in standard, padded Base64. Refuses with 401.
pub fn base64_digest(text: Option<&str>, bytes: usize) -> Result<Vec<u8>, Refusal> {
    let text = present(text)?;
    let digest = STANDARD.decode(text).map_err(|_| bad_encoding("Base64", bytes, text.len()))?;
    of_length(digest, bytes, "Base64", text)
}

/// Standard, padded Base64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes standard, padded Base64.
pub fn base64_decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// The SHA-256 of a message given in pieces.
pub fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hash = sha2::Sha256::new();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize().into()
}

/// An id for an event whose provider gives none: `<prefix>:` and 22 characters that depend on the content
/// alone. The pieces are hashed with their lengths, so that different splits give different ids.
pub fn content_id(prefix: &str, pieces: &[&str]) -> String {
    let mut hash = sha2::Sha256::new();
    for piece in pieces {
        hash.update((piece.len() as u64).to_be_bytes());
        hash.update(piece.as_bytes());
    }
    format!("{prefix}:{}", URL_SAFE_NO_PAD.encode(&hash.finalize()[..16]))
}

/// Refuses with 401 and `stale` where a signed time is farther from now than the tolerance. All in
/// milliseconds since the Unix epoch; the tolerance holds in both directions.
pub fn within(signed_at: u64, now: u64, tolerance_ms: u64) -> Result<(), Refusal> {
    let distance = signed_at.abs_diff(now);
    if distance <= tolerance_ms {
        return Ok(());
    }
    let detail = format!("signed {} s from now, allowed are {} s", distance / 1000, tolerance_ms / 1000);
    Err(Refusal::new(RefusalReason::Stale, 401, detail))
}

/// Refuses with 503, so that the provider sends again once the operator has mended the configuration.
pub fn misconfigured(what: &str) -> Refusal {
    Refusal::new(RefusalReason::Misconfigured, 503, what)
}

/// Refuses with 401 where a signature is absent.
pub fn missing(what: &str) -> Refusal {
    Refusal::new(RefusalReason::MissingSignature, 401, format!("{what} is missing"))
}

fn present(text: Option<&str>) -> Result<&str, Refusal> {
    text.filter(|text| !text.is_empty()).ok_or_else(|| missing("signature"))
}

fn of_length(digest: Vec<u8>, bytes: usize, encoding: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    if digest.len() == bytes { Ok(digest) } else { Err(bad_encoding(encoding, bytes, text.len())) }
}

fn bad_encoding(encoding: &str, bytes: usize, found: usize) -> Refusal {
    let detail = format!("signature is not {bytes} bytes in {encoding} ({found} characters)");
    Refusal::new(RefusalReason::BadEncoding, 401, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4231_and_2202_vectors() {
        let message: &[&[u8]] = &[b"what do ya want ", b"for nothing?"];
        for (hmac, expected) in [
            (Hmac::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Hmac::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Hmac::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
                 caeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            assert_eq!(hex(&hmac.digest(b"Jefe", message)), expected);
        }
    }

    #[test]
    fn any_secret_in_rotation_fits_and_none_is_our_fault() {
        let given = Hmac::Sha256.digest(b"old", &[b"body"]);
        assert!(verify(Hmac::Sha256, ["new", "old"].into_iter(), &[b"body"], &given).is_ok());
        let refusal = verify(Hmac::Sha256, ["new"].into_iter(), &[b"body"], &given).expect_err("mismatch");
        assert_eq!((refusal.reason, refusal.status), (RefusalReason::Mismatch, 401));
        let refusal = verify(Hmac::Sha256, [].into_iter(), &[b"body"], &given).expect_err("no secret");
        assert_eq!((refusal.reason, refusal.status), (RefusalReason::Misconfigured, 503));
    }

    #[test]
    fn a_digest_of_another_length_or_alphabet_is_no_digest() {
        for text in ["", "zz", "abcd", "7jGJk5wP8doDNgIA4Hwtfu3lUNPjjSXFWW0A2vvefDs"] {
            assert!(base64_digest(Some(text), 32).is_err(), "{text}");
            assert!(hex_digest(Some(text), 32).is_err(), "{text}");
        }
        assert!(base64_digest(Some("7jGJk5wP8doDNgIA4Hwtfu3lUNPjjSXFWW0A2vvefDs="), 32).is_ok());
        assert_eq!(base64_digest(None, 32).expect_err("none").reason, RefusalReason::MissingSignature);
    }

    #[test]
    fn content_ids_depend_on_where_the_pieces_end() {
        assert_ne!(content_id("x", &["ab", "c"]), content_id("x", &["a", "bc"]));
        assert_eq!(content_id("x", &["a"]).len(), 24);
    }

    #[test]
    fn the_window_has_two_ends() {
        assert!(within(1_000, 301_000, 300_000).is_ok());
        assert!(within(601_000, 301_000, 300_000).is_ok());
        assert!(within(1_000, 301_001, 300_000).is_err());
        assert!(within(601_001, 301_000, 300_000).is_err());
    }
}
