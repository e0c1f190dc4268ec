//! The signature: id, time stamp and raw body, with a point between them. HMAC-SHA256 (`v1`) or Ed25519 (`v1a`), several in one
//! header while a sender changes its key.

use trunkline_sdk::prelude::*;
use trunkline_sdk::public_key::{EcdsaForm, PublicKey};

const SECRET: &str = "secret";
const TEXT_SECRET: &str = "text_secret";
const PUBLIC_KEY: &str = "public_key";
/// The specification's tolerance. Every attempt is signed anew, so that a late one is as new as the first.
const TOLERANCE_MS: u64 = 300_000;
/// How many keys of one setting, and how many signatures of one version, are tried.
const TRIED_MAX: usize = 8;
/// The names of one and the same three headers: those of the specification, and those of its first sender.
const PREFIXES: [&str; 2] = ["webhook", "svix"];

/// What the connection verifies with.
pub struct Keys {
    hmac: Vec<Vec<u8>>,
    ed25519: Vec<PublicKey>,
}

impl Keys {
    /// The keys of the settings. A public key is never taken for a secret: everybody knows it.
    pub fn of(context: &Context) -> Result<Self, Refusal> {
        let mut hmac = Vec::new();
        for text in context.setting_values(SECRET).take(TRIED_MAX) {
            let text = text.trim();
            let bytes = signature::base64_decode(text.strip_prefix("whsec_").unwrap_or(text));
            let bytes = bytes.filter(|bytes| !bytes.is_empty() && !is_half_of_a_pair(text));
            hmac.push(bytes.ok_or_else(|| misread(SECRET, "`whsec_` and Base64, or Base64 alone"))?);
        }
        for text in context.setting_values(TEXT_SECRET).take(TRIED_MAX) {
            if is_half_of_a_pair(text) {
                return Err(misread(TEXT_SECRET, "a secret"));
            }
            hmac.push(text.as_bytes().to_vec());
        }
        let mut ed25519 = Vec::new();
        for text in context.setting_values(PUBLIC_KEY).take(TRIED_MAX) {
            let text = text.trim();
            let key = PublicKey::ed25519(text.strip_prefix("whpk_").unwrap_or(text));
            ed25519.push(key.ok_or_else(|| misread(PUBLIC_KEY, "`whpk_` and 32 bytes in Base64"))?);
        }
        if hmac.is_empty() && ed25519.is_empty() {
            return Err(signature::misconfigured("`secret`, `text_secret` and `public_key` are empty"));
        }
        Ok(Self { hmac, ed25519 })
    }

    /// Whether one of the signatures fits one of the keys. Versions that there is no key for are passed over: others will come.
    fn verify(&self, pieces: [&[u8]; 5], header: &str) -> Result<(), Refusal> {
        let (mut hmacs, mut signatures, mut refused) = (Vec::new(), Vec::new(), None);
        for (version, text) in header.split(' ').filter_map(|entry| entry.split_once(',')) {
            let (found, bytes) = match version {
                "v1" if !self.hmac.is_empty() => (&mut hmacs, 32),
                "v1a" if !self.ed25519.is_empty() => (&mut signatures, 64),
                _ => continue,
            };
            match signature::base64_digest(Some(text), bytes) {
                Ok(digest) if found.len() < TRIED_MAX => found.push(digest),
                Ok(_) => {}
                Err(refusal) => refused = Some(refusal),
            }
        }
        if hmacs.is_empty() && signatures.is_empty() {
            return Err(refused
                .unwrap_or_else(|| signature::missing("a signature of a version that there is a key for")));
        }
        // Each digest is made once, and only where there is something to compare it with.
        let keys = self.hmac.iter().filter(|_| !hmacs.is_empty());
        let mut digests = keys.map(|key| Hmac::Sha256.digest(key, &pieces));
        if digests.any(|digest| hmacs.iter().any(|given| signature::equal(&digest, given))) {
            return Ok(());
        }
        if !signatures.is_empty() {
            let message = pieces.concat();
            let fits = |key: &PublicKey| {
                signatures.iter().any(|given| key.verifies(&message, given, EcdsaForm::Fixed))
            };
            if self.ed25519.iter().any(fits) {
                return Ok(());
            }
        }
        let keys = self.hmac.len() + self.ed25519.len();
        Err(Refusal::new(RefusalReason::Mismatch, 401, format!("no signature fits one of {keys} keys")))
    }
}

/// A public or private key of Ed25519, which is no secret to make an HMAC with.
fn is_half_of_a_pair(text: &str) -> bool {
    text.starts_with("whpk_") || text.starts_with("whsk_")
}

fn misread(setting: &str, expected: &str) -> Refusal {
    signature::misconfigured(&format!("a value of `{setting}` is not {expected}"))
}

/// Verifies, and gives the id, which is the same for every attempt.
pub fn verify<'a>(request: &'a Request, keys: &Keys, now: u64) -> Result<&'a str, Refusal> {
    let header = |prefix: &str, name: &str| request.header(&format!("{prefix}-{name}"));
    // One set or the other: an id that is signed must not stand beside a signature over another one.
    let begun =
        |prefix: &&&str| ["id", "timestamp", "signature"].iter().any(|name| header(prefix, name).is_some());
    let prefix = PREFIXES.iter().find(begun).unwrap_or(&PREFIXES[0]);
    let present = |name: &str| {
        let value = header(prefix, name).filter(|value| !value.is_empty());
        value.ok_or_else(|| signature::missing(&format!("`{prefix}-{name}`")))
    };
    let (id, timestamp, given) = (present("id")?, present("timestamp")?, present("signature")?);
    let seconds =
        timestamp.parse::<u64>().ok().filter(|_| timestamp.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(seconds) = seconds else {
        let detail = format!("`{prefix}-timestamp` is no number of seconds");
        return Err(Refusal::new(RefusalReason::BadEncoding, 401, detail));
    };
    keys.verify([id.as_bytes(), b".", timestamp.as_bytes(), b".", &request.body], given)?;
    signature::within(seconds.saturating_mul(1000), now, TOLERANCE_MS)?;
    // A point in the id would leave open where it ends, and with it what has been signed.
    if id.contains('.') {
        return Err(Refusal::new(RefusalReason::Malformed, 400, format!("`{prefix}-id` has a point in it")));
    }
    Ok(id)
}

/// A body as a sender would sign it, with the newest secret. None where there is none: a public key signs nothing.
pub fn signed(body: String, id: &str, url: &str, keys: &Keys, now: u64) -> Option<Request> {
    let key = keys.hmac.first()?;
    let id = if id.contains('.') { signature::content_id("msg", &[id]) } else { id.to_owned() };
    let timestamp = (now / 1000).to_string();
    let pieces: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body.as_bytes()];
    let digest = signature::base64(&Hmac::Sha256.digest(key, &pieces));
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.clone()),
        ("webhook-timestamp", timestamp.clone()),
        ("webhook-signature", format!("v1,{digest}")),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.into_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_001";
    const SIGNATURE: &str = "v1,dRhmIUkN7CjjOA7k12UJs0l/J8sEB3cfVaOvbvAFqt4=";
    const ED25519: &str =
        "v1a,rHQzt+Q4CDy9WyqqVJfKSFCmgc4b0GQlZ/cSrrGuhGdW9CFto/WZW5BELHLuBO8vkUqjJz3TfyPl0yODY3W7Aw==";
    const SETTINGS: [(&str, &str); 2] = [
        (SECRET, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"),
        (PUBLIC_KEY, "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="),
    ];

    fn outcome(settings: &[(&str, &str)], prefix: &str, given: &str) -> Result<(), RefusalReason> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let context = Context { settings: settings.collect(), ..Context::default() };
        let headers = [("id", ID), ("timestamp", "1700000000"), ("signature", given)];
        let headers = headers.map(|(name, value)| (format!("{prefix}-{name}"), value.to_owned()));
        let body = br#"{"type":"x.y"}"#.to_vec();
        let request = Request { headers: headers.to_vec(), body, ..Request::default() };
        let keys = Keys::of(&context).map_err(|refusal| refusal.reason)?;
        let id = verify(&request, &keys, 1_700_000_000_000).map_err(|refusal| refusal.reason)?;
        assert_eq!(id, ID);
        Ok(())
    }

    /// The first is what the reference library for Python makes of it; OpenSSL verifies the second.
    #[test]
    fn known_answers() {
        for prefix in PREFIXES {
            assert_eq!(outcome(&SETTINGS[..1], prefix, SIGNATURE), Ok(()));
            assert_eq!(outcome(&SETTINGS[1..], prefix, ED25519), Ok(()));
        }
    }

    /// In any order, with versions that nobody knows yet, and broken ones beside it.
    #[test]
    fn one_of_many_is_enough() {
        let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        for given in [
            format!("{SIGNATURE} {other}"),
            format!("{other}  {SIGNATURE} v9,x"),
            format!("v1,broken v1 , {SIGNATURE}"),
            format!("{other} {ED25519}"),
        ] {
            assert_eq!(outcome(&SETTINGS, "webhook", &given), Ok(()), "{given}");
        }
        let ninth = format!("{} {SIGNATURE}", [other; TRIED_MAX].join(" "));
        assert_eq!(outcome(&SETTINGS, "webhook", &ninth), Err(RefusalReason::Mismatch));
    }

    #[test]
    fn a_version_without_a_key_proves_nothing() {
        let missing = Err(RefusalReason::MissingSignature);
        assert_eq!(outcome(&SETTINGS[1..], "webhook", SIGNATURE), missing);
        assert_eq!(outcome(&SETTINGS[..1], "webhook", ED25519), missing);
        let odd = Err(RefusalReason::BadEncoding);
        assert_eq!(outcome(&SETTINGS, "webhook", &SIGNATURE.replace("v1,", "v1a,")), odd);
    }

    /// Who knows the public key, which everybody does, could sign with it.
    #[test]
    fn no_key_of_a_pair_is_a_secret() {
        let misconfigured = Err(RefusalReason::Misconfigured);
        let public = SETTINGS[1].1;
        for settings in [
            [(SECRET, public)],
            [(TEXT_SECRET, public)],
            [(TEXT_SECRET, "whsk_AA==")],
            [(SECRET, "whsec_")],
            [(SECRET, "no Base64")],
            [(PUBLIC_KEY, "whpk_AA==")],
            [(PUBLIC_KEY, SETTINGS[0].1)],
            [(SECRET, "")],
        ] {
            assert_eq!(outcome(&settings, "webhook", SIGNATURE), misconfigured, "{settings:?}");
        }
    }

    /// Each header of one set stands with those of the same set.
    #[test]
    fn the_sets_of_headers_do_not_mix() {
        let context = Context { settings: vec![(SECRET.into(), SETTINGS[0].1.into())], ..Context::default() };
        let keys = Keys::of(&context).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let headers = [("svix-id", ID), ("svix-timestamp", "1700000000"), ("webhook-signature", SIGNATURE)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let request = Request { headers, body: br#"{"type":"x.y"}"#.to_vec(), ..Request::default() };
        let refusal = verify(&request, &keys, 1_700_000_000_000).expect_err("mixed");
        assert_eq!(refusal.detail, "`webhook-id` is missing");
    }
}
