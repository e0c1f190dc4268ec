//! Who a webhook is from: ECDSA over time stamp and body, or, of mails without a security policy, user and password.

use trunkline_sdk::{Interrupt, basic_auth, malformed, prelude::*, public_key};

/// The names are those of the Event Webhook. For Inbound Parse others have seen the same; SendGrid's pages name none.
pub const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
pub const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

pub const CREDENTIALS: &str = "credentials";
const PUBLIC_KEY: &str = "public_key";
const TOLERANCE_HOURS: &str = "tolerance_hours";
const TOLERANCE_HOURS_DEFAULT: &str = "73";
/// Digits of a time stamp in seconds, with room for centuries.
const TIMESTAMP_SIZE_MAX: usize = 12;

/// Refuses unless time stamp and body are signed by one of the keys, within the tolerance.
pub fn signature(request: &Request, context: &Context) -> Result<(), Interrupt> {
    if context.setting(PUBLIC_KEY).is_none() {
        return Err(signature::misconfigured("`public_key` is empty").into());
    }
    let tolerance = tolerance(context)?;
    let present = |name: &str| {
        let value = request.header(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| signature::missing(&format!("`{name}`")))
    };
    let (timestamp, given) = (present(TIMESTAMP)?, present(SIGNATURE)?);
    let given = signature::base64_decode(given)
        .ok_or_else(|| Refusal::new(RefusalReason::BadEncoding, 401, "the signature is no Base64"))?;
    let pieces: [&[u8]; 2] = [timestamp.as_bytes(), &request.body];
    public_key::verify_p256(context.setting_values(PUBLIC_KEY), &pieces, &given)?;
    let is_number =
        timestamp.len() <= TIMESTAMP_SIZE_MAX && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = timestamp.parse::<u64>().ok().filter(|_| is_number);
    let seconds = seconds.ok_or_else(|| malformed("the time stamp is no number of seconds"))?;
    Ok(signature::within(seconds * 1000, context.now, tolerance)?)
}

/// Refuses a mail unless it is signed; one without any signature, unless it has user and password where they are configured.
pub fn signature_or_credentials(request: &Request, context: &Context) -> Result<(), Interrupt> {
    let is_signed = [SIGNATURE, TIMESTAMP].iter().any(|name| request.header(name).is_some());
    if is_signed || context.setting(CREDENTIALS).is_none() {
        return signature(request, context);
    }
    Ok(basic_auth::verify(request, context.setting_values(CREDENTIALS))?)
}

/// In milliseconds.
fn tolerance(context: &Context) -> Result<u64, Interrupt> {
    let hours = context.setting(TOLERANCE_HOURS).unwrap_or(TOLERANCE_HOURS_DEFAULT);
    let hours = hours.trim().parse::<u64>().ok().filter(|hours| (1..=168).contains(hours));
    let hours =
        hours.ok_or_else(|| signature::misconfigured("`tolerance_hours` is no number from 1 to 168"))?;
    Ok(hours * 3_600_000)
}
