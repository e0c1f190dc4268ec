//! The signature: Ed25519 over the time stamp, a bar, and the raw body.
//!
//! `https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks`, read 2026.

use trunkline_sdk::prelude::*;
use trunkline_sdk::public_key::{self, PublicKey};

const PUBLIC_KEY: &str = "public_key";
const SIGNATURE_HEADER: &str = "telnyx-signature-ed25519";
const TIMESTAMP_HEADER: &str = "telnyx-timestamp";

const SIGNATURE_BYTES: usize = 64;
const TOLERANCE_MINUTES: u64 = 60;
const TOLERANCE_MINUTES_MAX: u64 = 24 * 60;

/// Verifies a webhook with each of the account's keys.
pub fn verify(request: &Request, context: &Context) -> Result<(), Refusal> {
    if context.setting(PUBLIC_KEY).is_none() {
        return Err(signature::misconfigured("`public_key` is empty"));
    }
    let tolerance_ms = tolerance_minutes(context)? * 60_000;
    let time = request.header(TIMESTAMP_HEADER).filter(|time| !time.is_empty());
    let time = time.ok_or_else(|| signature::missing("`telnyx-timestamp`"))?;
    let given = signature::base64_digest(request.header(SIGNATURE_HEADER), SIGNATURE_BYTES)?;
    let signed = [time.as_bytes(), b"|", &request.body].concat();
    public_key::verify(context.setting_values(PUBLIC_KEY), PublicKey::ed25519, &signed, &given)?;
    let Ok(seconds) = time.parse::<u64>() else {
        let detail = "`telnyx-timestamp` is no number of seconds";
        return Err(Refusal::new(RefusalReason::BadEncoding, 401, detail));
    };
    signature::within(seconds.saturating_mul(1_000), context.now, tolerance_ms)
}

fn tolerance_minutes(context: &Context) -> Result<u64, Refusal> {
    let Some(text) = context.setting("tolerance_minutes") else { return Ok(TOLERANCE_MINUTES) };
    let minutes = text.trim().parse().ok().filter(|minutes| (1..=TOLERANCE_MINUTES_MAX).contains(minutes));
    minutes.ok_or_else(|| signature::misconfigured("`tolerance_minutes` is not 1 to 1440"))
}
