//! Whether the Bot Framework sent a webhook, for this bot, on behalf of the service and the channel that the body names.
//!
//! `https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication`, read 2026-09.
//! The keys are fetched: where they are is one call, the keys are another. The host answers both from its cache for as long as
//! the answers allow.

use serde::Deserialize;
use serde_json::Value;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::jwt::{Algorithm, Claims, KeySet, Token};
use trunkline_sdk::prelude::*;
use trunkline_sdk::public_key::PublicKey;

use crate::cloud::Cloud;
use crate::wire::{Activity, filled};
use crate::{APP_ID, CLOUD};

const HEADER: &str = "authorization";
/// How far the clocks may differ.
const LEEWAY_MS: u64 = 5 * 60 * 1_000;
/// How often keys are fetched anew because a token names one that is not among them.
const REFRESH_MS: u64 = 60 * 60 * 1_000;

/// What a token says, verified.
#[derive(Debug)]
pub struct Verified<'a> {
    /// The bot that it is for.
    pub app_id: &'a str,
    claims: Claims,
    /// The channels that the key may sign for.
    endorsements: Vec<String>,
}

/// Verifies the token of a webhook. Nothing of the body is read.
pub fn token<'a>(request: &Request, context: &'a Context) -> Result<Verified<'a>, Interrupt> {
    let app_id =
        context.setting(APP_ID).ok_or_else(|| signature::misconfigured("the setting `app_id` is empty"))?;
    let cloud = Cloud::of(context).ok_or_else(|| {
        signature::misconfigured(&format!("the setting `{CLOUD}` is neither `public` nor `usgov`"))
    })?;
    let token = Token::parse(bearer(request.header(HEADER))?)?;
    let key_id = token.key_id().filter(|id| !id.is_empty());
    let key_id = key_id.ok_or_else(|| Refusal::new(RefusalReason::BadEncoding, 401, "token names no key"))?;
    let (key, endorsements) = key(key_id, cloud, context)?;
    let claims = token.verify(Algorithm::Rs256, &key)?;
    if claims.text("iss") != Some(cloud.issuer) {
        let detail = format!("token is not issued by `{}`", cloud.issuer);
        return Err(Refusal::new(RefusalReason::Mismatch, 401, detail).into());
    }
    if claims.text("aud") != Some(app_id) {
        let detail = "token is for another bot than that of `app_id`";
        return Err(Refusal::new(RefusalReason::WrongAccount, 403, detail).into());
    }
    claims.within(context.now, LEEWAY_MS)?;
    Ok(Verified { app_id, claims, endorsements })
}

impl Verified<'_> {
    /// Whether the token stands for what the body says of itself: else somebody with a token for one service could have the
    /// answers, and the access token with them, sent to another.
    pub fn stands_for(&self, activity: &Activity) -> Result<(), Refusal> {
        let refuse = |detail| Err(Refusal::new(RefusalReason::Mismatch, 403, detail));
        let service = filled(&activity.service_url);
        if service.is_none() || self.claims.text("serviceurl") != service {
            return refuse("token is not for the `serviceUrl` of the activity");
        }
        let channel = filled(&activity.channel_id);
        if !channel.is_some_and(|channel| self.endorsements.iter().any(|endorsed| endorsed == channel)) {
            return refuse("key of the token does not endorse the `channelId` of the activity");
        }
        Ok(())
    }
}

fn bearer(header: Option<&str>) -> Result<Option<&str>, Refusal> {
    let Some(header) = header.filter(|header| !header.is_empty()) else {
        return Err(signature::missing("`Authorization`"));
    };
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token)),
        _ => Err(Refusal::new(RefusalReason::BadEncoding, 401, "`Authorization` holds no bearer token")),
    }
}

/// `{"issuer":"…","jwks_uri":"https://login.botframework.com/v1/.well-known/keys",…}`
#[derive(Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "lenient")]
    jwks_uri: Option<Text>,
}

/// The key of that id, and the channels that it endorses.
fn key(id: &str, cloud: &Cloud, context: &Context) -> Result<(PublicKey, Vec<String>), Interrupt> {
    let mut calls = Calls::new(context);
    let place = key_set_url(calls.make(cacheable(cloud.metadata))?, cloud)?;
    if let Some(found) = among(&key_set(calls.make(cacheable(&place))?)?, id) {
        return Ok(found);
    }
    // A key that is newer than what the host has kept. The hour makes another address of it, which is fetched once and kept
    // in turn: strangers cannot have the keys fetched for each token that they invent.
    let hour = context.now / REFRESH_MS;
    let newer = calls.make(cacheable(&format!("{place}?hour={hour}")))?;
    let unknown = || Refusal::new(RefusalReason::UnknownKey, 401, "token names a key that is not published");
    Ok(among(&key_set(newer)?, id).ok_or_else(unknown)?)
}

fn cacheable(url: &str) -> Call {
    Call { cacheable: true, ..Call::get(url) }
}

fn key_set_url(answer: &Response, cloud: &Cloud) -> Result<String, Refusal> {
    let metadata: Option<Metadata> = read(answer).and_then(|body| serde_json::from_slice(body).ok());
    let url = metadata.and_then(|metadata| metadata.jwks_uri).map(String::from);
    let trusted = |url: &String| url.starts_with(cloud.keys) && !url.contains(['?', '#']);
    url.filter(trusted).ok_or_else(|| unavailable("metadata of the Bot Framework names no place of its keys"))
}

fn key_set(answer: &Response) -> Result<KeySet, Refusal> {
    read(answer).and_then(KeySet::parse).ok_or_else(|| unavailable("answer is no set of keys"))
}

fn read(answer: &Response) -> Option<&[u8]> {
    (answer.status == 200).then_some(answer.body.as_slice())
}

/// Nobody's fault but that of whoever keeps the keys: 503, so that it comes again.
fn unavailable(what: &str) -> Refusal {
    Refusal::new(RefusalReason::Other("keys_unavailable".to_owned()), 503, what)
}

fn among(keys: &KeySet, id: &str) -> Option<(PublicKey, Vec<String>)> {
    let (key, described) = keys.key(id)?;
    let endorsed = described.get("endorsements").and_then(Value::as_array);
    let endorsed = endorsed.into_iter().flatten().filter_map(Value::as_str);
    Some((key, endorsed.map(str::to_owned).collect()))
}
