//! Certificates: PEM or Base64 alone, when they are valid, and the key in them.

use trunkline_sdk::prelude::*;
use trunkline_sdk::public_key::PublicKey;
use x509_cert::Certificate as X509;
use x509_cert::der::{Decode as _, Encode as _};

/// The most bytes of a certificate, of which one has two thousand.
pub const SIZE_MAX: usize = 16 << 10;
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The key of a certificate, and when it may be used.
pub struct Certificate {
    /// RSA.
    pub key: PublicKey,
    /// Seconds since the Unix epoch.
    valid: std::ops::RangeInclusive<u64>,
}

impl Certificate {
    /// Reads the first certificate of a text. None where there is none, or its key is not RSA.
    pub fn read(text: &str) -> Option<Self> {
        let base64 = match text.split_once(BEGIN) {
            Some((_, rest)) => rest.split_once(END)?.0,
            None => text,
        };
        if base64.len() > SIZE_MAX {
            return None;
        }
        let base64: String = base64.chars().filter(|letter| !letter.is_whitespace()).collect();
        let certificate = X509::from_der(&signature::base64_decode(&base64)?).ok()?;
        let certificate = certificate.tbs_certificate();
        let key = PublicKey::rsa_der(&certificate.subject_public_key_info().to_der().ok()?)?;
        let valid = certificate.validity();
        let (from, to) = (valid.not_before.to_unix_duration(), valid.not_after.to_unix_duration());
        Some(Self { key, valid: from.as_secs()..=to.as_secs() })
    }

    /// Whether it may be used at that time, in milliseconds since the Unix epoch.
    pub fn is_valid(&self, now: u64) -> bool {
        self.valid.contains(&(now / 1000))
    }
}
