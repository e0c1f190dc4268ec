//! The signature of the Messages API: a JSON Web Token that holds a hash of the body.
//!
//! `https://developer.vonage.com/en/getting-started/concepts/webhooks#signed-webhooks`, read 2026. Vonage's own libraries do not
//! compare the hash, so that a token that somebody has seen would be good for any body.

use serde_json::{Value, json};
use trunkline_sdk::jwt::{self, Claims, Token};
use trunkline_sdk::prelude::*;

use crate::SIGNATURE_SECRET;

const ISSUER: &str = "Vonage";
const TOLERANCE_HOURS: u64 = 25;
const TOLERANCE_HOURS_MAX: u64 = 7 * 24;

/// What a webhook is compared with.
pub struct Settings<'a> {
    pub api_key: &'a str,
    application_id: Option<&'a str>,
    tolerance_ms: u64,
}

impl<'a> Settings<'a> {
    /// Refuses with 503 where something is missing, before anything else is looked at.
    pub fn of(context: &'a Context) -> Result<Self, Refusal> {
        let api_key =
            context.setting("api_key").ok_or_else(|| signature::misconfigured("`api_key` is empty"))?;
        if context.setting(SIGNATURE_SECRET).is_none() {
            return Err(signature::misconfigured("`signature_secret` is empty"));
        }
        let hours = match context.setting("tolerance_hours") {
            None => TOLERANCE_HOURS,
            Some(text) => text
                .trim()
                .parse()
                .ok()
                .filter(|hours| (1..=TOLERANCE_HOURS_MAX).contains(hours))
                .ok_or_else(|| signature::misconfigured("`tolerance_hours` is not 1 to 168"))?,
        };
        let application_id = context.setting("application_id");
        Ok(Self { api_key, application_id, tolerance_ms: hours * 3_600_000 })
    }

    /// Whether a signed time, in seconds, is near enough.
    pub fn require_fresh(&self, at_ms: u64, now: u64) -> Result<(), Refusal> {
        signature::within(at_ms, now, self.tolerance_ms)
    }
}

/// Verifies the token and what it says of this webhook.
pub fn verify(request: &Request, settings: &Settings, context: &Context) -> Result<(), Refusal> {
    let header = request.header("authorization").unwrap_or_default();
    let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token.filter(|(_, token)| !token.is_empty()) else {
        // It happens that Vonage forgets to sign. Then it has to send again.
        let refusal = signature::missing("the token in `Authorization`");
        return Err(Refusal { status: 503, ..refusal });
    };
    let claims = Token::parse(Some(token))?.verify_hmac(context.setting_values(SIGNATURE_SECRET))?;
    require(&claims, request, settings)?;
    let Some(issued_at) = claims.time("iat") else {
        return Err(Refusal::new(RefusalReason::Stale, 401, "the token says no time (`iat`)"));
    };
    settings.require_fresh(issued_at, context.now)
}

fn require(claims: &Claims, request: &Request, settings: &Settings) -> Result<(), Refusal> {
    let mismatch = |detail: &str| Err(Refusal::new(RefusalReason::Mismatch, 401, detail));
    if claims.text("iss") != Some(ISSUER) {
        return mismatch("the token is not issued by Vonage (`iss`)");
    }
    if request.method == "GET" {
        return mismatch("nothing of a `GET` is signed but where it comes from: set the webhook to `POST`");
    }
    let Ok(hash) = signature::hex_digest(claims.text("payload_hash"), 32) else {
        return mismatch("the token holds no hash of the body (`payload_hash`)");
    };
    if !signature::equal(&hash, &signature::sha256(&[&request.body])) {
        return mismatch("the body is not the one that the token holds the hash of (`payload_hash`)");
    }
    let other = |detail: &str| Err(Refusal::new(RefusalReason::WrongAccount, 401, detail));
    if claims.text("api_key") != Some(settings.api_key) {
        return other("the token is of another account (`api_key`)");
    }
    if settings.application_id.is_some_and(|id| claims.text("application_id") != Some(id)) {
        return other("the token is of another application (`application_id`)");
    }
    Ok(())
}

/// A webhook as Vonage would send it.
pub fn signed(url: &str, body: &Value, context: &Context) -> Option<Request> {
    let body = body.to_string().into_bytes();
    let hash = signature::hex(&signature::sha256(&[&body]));
    let id = &hash[..32];
    let id = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
    let mut claims = json!({
        "iat": context.now / 1_000,
        "jti": id,
        "iss": ISSUER,
        "payload_hash": hash,
        "api_key": context.setting("api_key")?,
    });
    if let Some(id) = context.setting("application_id") {
        claims["application_id"] = json!(id);
    }
    let token = jwt::hmac_signed(&claims, context.setting(SIGNATURE_SECRET)?);
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("authorization".to_owned(), format!("Bearer {token}")),
    ];
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body })
}
