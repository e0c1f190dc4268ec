//! The signature of SNS: RSA over the fields of the envelope, with the key of a certificate that is named in it.

use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use trunkline_sdk::public_key::{EcdsaForm, PublicKey};
use trunkline_sdk::time::iso8601;
use trunkline_sdk::{Interrupt, prelude::*};

use crate::certificate::{Certificate, SIZE_MAX};
use crate::envelope::Envelope;
use crate::topic::Topic;

const CERTIFICATE: &str = "certificate";
const CERTIFICATES_MAX: usize = 4;
const VERSION_MIN: &str = "signature_version_min";
const TOLERANCE_HOURS: &str = "tolerance_hours";
/// An attempt an hour later, or a day, still has the time of the first one.
const TOLERANCE_HOURS_DEFAULT: &str = "24";
/// Bytes of a signature: keys of 2,048 to 8,192 bits.
const SIGNATURE_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;

/// What the settings say about verifying.
pub struct Rules {
    /// Where there are any, none is fetched.
    certificates: Vec<Certificate>,
    version_min: u8,
    tolerance_ms: u64,
}

impl Rules {
    /// Refuses with 503 where a setting cannot be read.
    pub fn of(context: &Context) -> Result<Self, Refusal> {
        let certificates = context.setting_values(CERTIFICATE).take(CERTIFICATES_MAX).map(|text| {
            let unreadable =
                || signature::misconfigured("a value of `certificate` is no certificate with an RSA key");
            Certificate::read(text).ok_or_else(unreadable)
        });
        let version_min = match context.setting(VERSION_MIN).unwrap_or("1").trim() {
            "1" => 1,
            "2" => 2,
            _ => return Err(signature::misconfigured("`signature_version_min` is neither 1 nor 2")),
        };
        let hours = context.setting(TOLERANCE_HOURS).unwrap_or(TOLERANCE_HOURS_DEFAULT).trim();
        let hours = hours.parse::<u64>().ok().filter(|hours| (1..=168).contains(hours));
        let hours =
            hours.ok_or_else(|| signature::misconfigured("`tolerance_hours` is no number from 1 to 168"))?;
        let certificates = certificates.collect::<Result<_, _>>()?;
        Ok(Self { certificates, version_min, tolerance_ms: hours * 3_600_000 })
    }
}

/// Refuses unless the envelope was signed by SNS, within the tolerance. Asks for the certificate where there is none.
pub fn verify(
    envelope: &Envelope,
    topic: &Topic,
    rules: &Rules,
    now: u64,
    calls: &mut Calls,
) -> Result<(), Interrupt> {
    let version = match envelope.version.as_str() {
        "1" => 1,
        "2" => 2,
        _ => return Err(version_refused("`SignatureVersion` is neither 1 nor 2")),
    };
    if version < rules.version_min {
        return Err(version_refused(
            "`SignatureVersion` is 1, and `signature_version_min` is 2: set the topic to 2",
        ));
    }
    let given =
        signature::base64_decode(&envelope.signature).filter(|given| SIGNATURE_BYTES.contains(&given.len()));
    let Some(given) = given else {
        let detail =
            format!("`Signature` is no RSA signature in Base64 ({} characters)", envelope.signature.len());
        return Err(Refusal::new(RefusalReason::BadEncoding, 401, detail).into());
    };
    let fetched;
    let certificates = if rules.certificates.is_empty() {
        fetched = [fetch(envelope, topic, calls)?];
        &fetched[..]
    } else {
        &rules.certificates
    };
    let valid: Vec<&Certificate> =
        certificates.iter().filter(|certificate| certificate.is_valid(now)).collect();
    if valid.is_empty() {
        // It may be the clock here, or the certificate there: either will be mended.
        return Err(signature::misconfigured("no certificate is valid now").into());
    }
    let text = envelope.signed_text();
    if !valid.iter().any(|certificate| is_signed(&certificate.key, version, text.as_bytes(), &given)) {
        let detail = format!("the signature fits none of {} certificates", valid.len());
        return Err(Refusal::new(RefusalReason::Mismatch, 401, detail).into());
    }
    let published = iso8601(&envelope.timestamp);
    let published = published.ok_or_else(|| trunkline_sdk::malformed("`Timestamp` is no time"))?;
    Ok(signature::within(published, now, rules.tolerance_ms)?)
}

fn version_refused(detail: &str) -> Interrupt {
    Refusal::new(RefusalReason::Other("signature_version".to_owned()), 401, detail).into()
}

/// Version 1 hashes with SHA-1, which still stands where nobody can choose both of two messages: the topic, which is one of
/// ours, is what a message ends with.
fn is_signed(key: &PublicKey, version: u8, text: &[u8], given: &[u8]) -> bool {
    match (version, key) {
        (1, PublicKey::Rsa(key)) => Signature::try_from(given)
            .is_ok_and(|given| VerifyingKey::<sha1::Sha1>::new(key.clone()).verify(text, &given).is_ok()),
        (2, key) => key.verifies(text, given, EcdsaForm::Der),
        _ => false,
    }
}

/// The certificate that the envelope names: on the host of SNS in the region of the topic, and nowhere else.
fn fetch(envelope: &Envelope, topic: &Topic, calls: &mut Calls) -> Result<Certificate, Interrupt> {
    let url = envelope.certificate_url.as_deref().ok_or_else(|| signature::missing("`SigningCertURL`"))?;
    if !is_certificate(url, topic) {
        let detail = "`SigningCertURL` is no certificate of SNS in the region of the topic";
        return Err(Refusal::new(RefusalReason::UnknownKey, 401, detail).into());
    }
    let answer = calls.make(Call { cacheable: true, ..Call::get(url) })?;
    // 503: what SNS is answered with 4xx, it does not send again.
    let unavailable = |detail: String| {
        Refusal::new(RefusalReason::Other("certificate_unavailable".to_owned()), 503, detail)
    };
    if answer.status != 200 || answer.body.len() > SIZE_MAX {
        let (status, size) = (answer.status, answer.body.len());
        return Err(unavailable(format!("the certificate was answered with {status}, {size} bytes")).into());
    }
    let certificate = std::str::from_utf8(&answer.body).ok().and_then(Certificate::read);
    Ok(certificate
        .ok_or_else(|| unavailable("what was fetched is no certificate with an RSA key".to_owned()))?)
}

/// `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem`
fn is_certificate(url: &str, topic: &Topic) -> bool {
    let name = url.strip_prefix(&topic.origin).and_then(|path| path.strip_suffix(".pem"));
    let Some(rest) = name.and_then(|name| name.strip_prefix("SimpleNotificationService")) else {
        return false;
    };
    match rest.strip_prefix('-') {
        Some(hash) => !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_come_from_the_host_of_the_topic() {
        let topic = Topic {
            arn: "arn:aws:sns:eu-west-1:111122223333:in-mail".into(),
            origin: "https://sns.eu-west-1.amazonaws.com/".into(),
        };
        let name = "SimpleNotificationService-0123abcd.pem";
        for (url, expected) in [
            (format!("https://sns.eu-west-1.amazonaws.com/{name}"), true),
            ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService.pem".to_owned(), true),
            (format!("http://sns.eu-west-1.amazonaws.com/{name}"), false),
            (format!("https://sns.us-east-1.amazonaws.com/{name}"), false),
            (format!("https://sns.eu-west-1.amazonaws.com.example.net/{name}"), false),
            (format!("https://sns.eu-west-1.amazonaws.com:8443/{name}"), false),
            (format!("https://sns.eu-west-1.amazonaws.com@example.net/{name}"), false),
            (format!("https://x@sns.eu-west-1.amazonaws.com/{name}"), false),
            (format!("https://bucket.s3.amazonaws.com/{name}"), false),
            (format!("https://sns.eu-west-1.amazonaws.com/a/{name}"), false),
            (format!("https://sns.eu-west-1.amazonaws.com/../{name}"), false),
            (format!("https://sns.eu-west-1.amazonaws.com/{name}?x=.pem"), false),
            (format!("https://sns.eu-west-1.amazonaws.com/{name}#.pem"), false),
            ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-.pem".to_owned(), false),
            ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a/b.pem".to_owned(), false),
            ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationServiceX.pem".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_certificate(&url, &topic), expected, "{url}");
        }
    }
}
