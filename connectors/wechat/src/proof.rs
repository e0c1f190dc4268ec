//! Whether a push is WeChat's: hashes of sorted texts in the query.
//!
//! `signature` is over token, time and nonce, and so says nothing of the body: whoever has seen one URL may send any body
//! for as long as its time is near. `msg_signature` is over the encrypted message as well.

use sha1::{Digest as _, Sha1};
use trunkline_sdk::form::Form;
use trunkline_sdk::prelude::*;

use crate::{SIGNATURE_AGE_SECONDS, TOKEN};

/// How many tokens are tried.
const TOKENS_MAX: usize = 8;
/// A time in seconds has ten.
const TIME_DIGITS_MAX: usize = 12;
/// Where the setting is absent.
const AGE_SECONDS_DEFAULT: u64 = 600;

/// What the query says of a push.
pub struct Proof<'a> {
    query: Form,
    tokens: Vec<&'a str>,
}

impl<'a> Proof<'a> {
    /// Reads the query. Refuses where there is no token to try, or no time and nonce.
    pub fn of(request: &Request, context: &'a Context) -> Result<Self, Refusal> {
        let tokens: Vec<&str> = context.setting_values(TOKEN).take(TOKENS_MAX).collect();
        if tokens.is_empty() {
            return Err(signature::misconfigured("`token` is empty"));
        }
        let query = Form::parse(request.query().as_bytes())
            .ok_or_else(|| Refusal::new(RefusalReason::Malformed, 400, "too many query parameters"))?;
        let proof = Self { query, tokens };
        for name in ["timestamp", "nonce"] {
            proof.text(name).ok_or_else(|| signature::missing(&format!("`{name}`")))?;
        }
        // The texts are hashed without marks between them. With digits only, none of another text passes for the time.
        if !is_time(proof.timestamp()) {
            return Err(Refusal::new(RefusalReason::Malformed, 400, "`timestamp` is no time in seconds"));
        }
        Ok(proof)
    }

    /// A parameter of the query, where it is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.query.text(name)
    }

    /// Of the push.
    pub fn nonce(&self) -> &str {
        self.text("nonce").unwrap_or_default()
    }

    fn timestamp(&self) -> &str {
        self.text("timestamp").unwrap_or_default()
    }

    /// Verifies `signature`.
    pub fn verify(&self) -> Result<&'a str, Refusal> {
        self.matching("signature", None)
    }

    /// Verifies `msg_signature`, and gives the token that fits.
    pub fn verify_encrypted(&self, encrypted: &str) -> Result<&'a str, Refusal> {
        self.matching("msg_signature", Some(encrypted))
    }

    fn matching(&self, name: &str, encrypted: Option<&str>) -> Result<&'a str, Refusal> {
        let given = self.text(name).ok_or_else(|| signature::missing(&format!("`{name}`")))?;
        let given = signature::hex_digest(Some(given), 20)?;
        let fits = |token: &&&str| {
            let texts = [Some(**token), Some(self.timestamp()), Some(self.nonce()), encrypted];
            signature::equal(&digest(texts.into_iter().flatten()), &given)
        };
        self.tokens.iter().find(fits).copied().ok_or_else(|| {
            let detail = format!("`{name}` fits none of {} tokens", self.tokens.len());
            Refusal::new(RefusalReason::Mismatch, 401, detail)
        })
    }

    /// Refuses a push whose time is far from now.
    pub fn fresh(&self, context: &Context) -> Result<(), Refusal> {
        let seconds = match context.setting(SIGNATURE_AGE_SECONDS) {
            None => AGE_SECONDS_DEFAULT,
            Some(text) => text.parse().map_err(|_| {
                signature::misconfigured(&format!("`{SIGNATURE_AGE_SECONDS}` is no number of seconds"))
            })?,
        };
        if seconds == 0 {
            return Ok(());
        }
        let at = self.timestamp().parse::<u64>().unwrap_or_default();
        signature::within(at.saturating_mul(1_000), context.now, seconds.saturating_mul(1_000))
    }
}

/// The SHA-1 of texts in the order of their bytes.
pub fn digest<'t>(texts: impl Iterator<Item = &'t str>) -> [u8; 20] {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    let mut hash = Sha1::new();
    texts.iter().for_each(|text| hash.update(text));
    hash.finalize().into()
}

fn is_time(text: &str) -> bool {
    (1..=TIME_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of another implementation.
    const SIGNATURE: &str = "73a726a64facb01ad3969ddaecfecc3058942eda";

    fn context(settings: &[(&str, &str)]) -> Context {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Context { settings: settings.collect(), now: 1_790_000_010_000, ..Context::default() }
    }

    fn verified(query: &str, context: &Context) -> Result<String, Refusal> {
        let url = format!("https://hooks.example.org/hooks/wechat?{query}");
        let proof = Proof::of(&Request { url, ..Request::default() }, context)?;
        let token = proof.verify()?;
        proof.fresh(context)?;
        Ok(token.to_owned())
    }

    #[test]
    fn known_answer() {
        assert_eq!(signature::hex(&digest(["wxtoken1", "1790000000", "nonce1"].into_iter())), SIGNATURE);
    }

    #[test]
    fn every_part_of_the_query_counts() {
        let context = context(&[("token", "another"), ("token", "wxtoken1")]);
        let query = |signature: &str, time: &str, nonce: &str| {
            format!("signature={signature}&timestamp={time}&nonce={nonce}")
        };
        assert_eq!(verified(&query(SIGNATURE, "1790000000", "nonce1"), &context), Ok("wxtoken1".to_owned()));
        let upper = SIGNATURE.to_ascii_uppercase();
        assert!(verified(&query(&upper, "1790000000", "nonce1"), &context).is_ok());
        for (signature, time, nonce, reason) in [
            (SIGNATURE, "1790000001", "nonce1", RefusalReason::Mismatch),
            (SIGNATURE, "1790000000", "nonce2", RefusalReason::Mismatch),
            // The same texts, cut elsewhere.
            (SIGNATURE, "1790000000n", "once1", RefusalReason::Malformed),
            (SIGNATURE, "1790000000", "", RefusalReason::MissingSignature),
            (SIGNATURE, "", "nonce1", RefusalReason::MissingSignature),
            ("", "1790000000", "nonce1", RefusalReason::MissingSignature),
            (&SIGNATURE[1..], "1790000000", "nonce1", RefusalReason::BadEncoding),
            (&SIGNATURE[2..], "1790000000", "nonce1", RefusalReason::BadEncoding),
            ("x", "1790000000", "nonce1", RefusalReason::BadEncoding),
        ] {
            let refusal = verified(&query(signature, time, nonce), &context).expect_err("forged");
            assert_eq!(refusal.reason, reason, "{signature} {time} {nonce}");
        }
        // Of a parameter that stands twice the first counts.
        let twice = query(SIGNATURE, "1790000000", "nonce2") + "&nonce=nonce1";
        assert_eq!(verified(&twice, &context).expect_err("forged").reason, RefusalReason::Mismatch);
    }

    #[test]
    fn a_time_is_near_or_the_limit_is_off() {
        let query = format!("signature={SIGNATURE}&timestamp=1790000000&nonce=nonce1");
        let near = |now: u64, age: &str| {
            let mut context = context(&[("token", "wxtoken1"), (SIGNATURE_AGE_SECONDS, age)]);
            context.now = now * 1_000;
            verified(&query, &context).map_err(|refusal| refusal.reason)
        };
        assert!(near(1_790_000_600, "").is_ok() && near(1_789_999_400, "600").is_ok());
        assert_eq!(near(1_790_000_601, ""), Err(RefusalReason::Stale));
        assert_eq!(near(1_790_000_061, "60"), Err(RefusalReason::Stale));
        assert!(near(1_890_000_000, "0").is_ok());
        assert_eq!(near(1_790_000_000, "long"), Err(RefusalReason::Misconfigured));
    }

    #[test]
    fn no_token_is_our_fault() {
        let refusal = verified("signature=x&timestamp=1&nonce=1", &context(&[("token", "")]));
        let refusal = refusal.expect_err("no token");
        assert_eq!((refusal.reason, refusal.status), (RefusalReason::Misconfigured, 503));
    }
}
