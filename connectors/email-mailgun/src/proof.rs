//! The signature: HMAC-SHA256 over time stamp and token. It says that Mailgun sent something with this token, and
//! nothing about the rest of the body; see README.md for what follows of that.

use trunkline_sdk::{Interrupt, prelude::*};

const SIGNING_KEY: &str = "signing_key";
const TOLERANCE_HOURS: &str = "tolerance_hours";
const TOLERANCE_HOURS_DEFAULT: &str = "24";
/// Mailgun's tokens have 50 characters.
const TOKEN_SIZE_MAX: usize = 200;
/// `Not acceptable`: the one status that Mailgun does not repeat a webhook after. A signature that is wrong now is
/// wrong in an hour too.
const NEVER_AGAIN: u16 = 406;

/// The parts of a signature, empty where they are absent.
pub struct Proof {
    pub timestamp: String,
    pub token: String,
    /// One, or two for a sub-account: the second is made with the key of the account above.
    pub signatures: Vec<String>,
}

/// Refuses with 503, so that nothing is lost, where the connection lacks what is needed to verify.
pub fn require_settings(context: &Context) -> Result<(), Interrupt> {
    if context.setting(SIGNING_KEY).is_none() {
        return Err(signature::misconfigured("`signing_key` is empty").into());
    }
    tolerance(context).map(drop)
}

impl Proof {
    /// Refuses unless one of the signatures was made with one of the keys, within the tolerance.
    pub fn verify(&self, context: &Context) -> Result<(), Interrupt> {
        for (name, part) in [("timestamp", &self.timestamp), ("token", &self.token)] {
            if part.is_empty() {
                return Err(never_again(signature::missing(&format!("`{name}`"))));
            }
        }
        let seconds = self
            .timestamp
            .parse::<u64>()
            .ok()
            .filter(|_| self.timestamp.bytes().all(|byte| byte.is_ascii_digit()));
        let (Some(seconds), true) = (seconds, self.token.len() <= TOKEN_SIZE_MAX) else {
            let detail = "`timestamp` is no number of seconds, or `token` is too long";
            return Err(never_again(Refusal::new(RefusalReason::BadEncoding, NEVER_AGAIN, detail)));
        };
        let mut refusal = signature::missing("`signature`");
        // The first of the two is the account's own: what is wrong with it is what is said.
        let found = self.signatures.iter().rev().any(|given| match self.fits(given, context) {
            Ok(()) => true,
            Err(cause) => {
                refusal = cause;
                false
            }
        });
        if !found {
            return Err(never_again(refusal));
        }
        signature::within(seconds.saturating_mul(1000), context.now, tolerance(context)?).map_err(never_again)
    }

    fn fits(&self, given: &str, context: &Context) -> Result<(), Refusal> {
        let given = signature::hex_digest(Some(given), 32)?;
        let pieces: [&[u8]; 2] = [self.timestamp.as_bytes(), self.token.as_bytes()];
        signature::verify(Hmac::Sha256, context.setting_values(SIGNING_KEY), &pieces, &given).map_err(
            |refusal| {
                let detail =
                    format!("{} (the key is the HTTP webhook signing key, not an API key)", refusal.detail);
                Refusal { detail, ..refusal }
            },
        )
    }
}

fn never_again(refusal: Refusal) -> Interrupt {
    Refusal { status: NEVER_AGAIN, ..refusal }.into()
}

/// In milliseconds.
fn tolerance(context: &Context) -> Result<u64, Interrupt> {
    let hours = context.setting(TOLERANCE_HOURS).unwrap_or(TOLERANCE_HOURS_DEFAULT);
    let hours = hours.trim().parse::<u64>().ok().filter(|hours| (1..=168).contains(hours));
    let hours =
        hours.ok_or_else(|| signature::misconfigured("`tolerance_hours` is no number from 1 to 168"))?;
    Ok(hours * 3_600_000)
}

/// The signature that Mailgun would make, for the simulator.
pub fn signature(timestamp: &str, token: &str, context: &Context) -> Option<String> {
    let key = context.setting(SIGNING_KEY)?;
    Some(signature::hex(&Hmac::Sha256.digest(key.as_bytes(), &[timestamp.as_bytes(), token.as_bytes()])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known-answer vector of the facts.
    #[test]
    fn known_answer() {
        let context = Context {
            settings: vec![(SIGNING_KEY.into(), "key-signing-invented".into())],
            now: 1_700_000_000_000,
            ..Context::default()
        };
        let proof = Proof {
            timestamp: "1700000000".into(),
            token: "t".repeat(50),
            signatures: vec!["fae72e029ad0c92e36ade4c847b9844a279f21707781236f1f6906a7298b3644".into()],
        };
        assert_eq!(proof.verify(&context), Ok(()));
        assert_eq!(signature(&proof.timestamp, &proof.token, &context).as_ref(), proof.signatures.first());
    }
}
