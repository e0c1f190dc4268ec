//! Plivo's signatures: HMAC-SHA256 in Base64 with the Auth Token, in two versions.
//!
//! V2, which messages have, covers the URL without its query and a nonce: of the message nothing. V3 covers the URL, its
//! query, the fields of a form and a nonce. Each may be there twice, with the token of the subaccount and with that of
//! the main account. `https://www.plivo.com/docs/messaging/concepts/signature-validation`; the details are those of
//! plivo-python 4.63.0.

use trunkline_sdk::form::{self, Form};
use trunkline_sdk::prelude::*;

/// The setting with the Auth Token(s).
pub const AUTH_TOKEN: &str = "auth_token";
const REQUIRE_V3: &str = "require_v3";

const V2: Version = Version {
    name: "V2",
    headers: ["x-plivo-signature-v2", "x-plivo-signature-ma-v2"],
    nonce: "x-plivo-signature-v2-nonce",
};
const V3: Version = Version {
    name: "V3",
    headers: ["x-plivo-signature-v3", "x-plivo-signature-ma-v3"],
    nonce: "x-plivo-signature-v3-nonce",
};
/// How many signatures of one header are tried: V3 may list several.
const SIGNATURES_MAX: usize = 4;

struct Version {
    name: &'static str,
    /// With the token of the account that the number belongs to, and with that of the main account.
    headers: [&'static str; 2],
    nonce: &'static str,
}

impl Version {
    fn given<'a>(&self, request: &'a Request) -> Vec<&'a str> {
        let found = self.headers.iter().filter_map(|name| request.header(name));
        found.filter(|value| !value.is_empty()).collect()
    }
}

/// Verifies the webhook. Where there is a V3 signature, that one counts; else a V2 signature does, unless the connection
/// requires V3.
pub fn verify(request: &Request, context: &Context) -> Result<(), Refusal> {
    let tokens: Vec<&str> = context.setting_values(AUTH_TOKEN).collect();
    if tokens.is_empty() {
        return Err(signature::misconfigured("`auth_token` is empty"));
    }
    let given = V3.given(request);
    if !given.is_empty() {
        let signatures: Vec<&str> =
            given.iter().flat_map(|header| header.split(',').take(SIGNATURES_MAX)).collect();
        let message = v3_message(request).ok_or_else(|| {
            let detail = format!("more than {} fields", form::FIELDS_MAX);
            Refusal::new(RefusalReason::Malformed, 400, detail)
        })?;
        return fits(&V3, &signatures, &[message.as_bytes(), b"."], request, &tokens);
    }
    if context.setting(REQUIRE_V3) == Some("true") {
        return Err(signature::missing("`X-Plivo-Signature-V3`, which `require_v3` asks for,"));
    }
    let given = V2.given(request);
    if given.is_empty() {
        return Err(signature::missing("`X-Plivo-Signature-V2`"));
    }
    fits(&V2, &given, &[address(&request.url).as_bytes()], request, &tokens)
}

/// Whether one of the signatures is made with one of the tokens over the pieces and the nonce.
fn fits(
    version: &Version,
    given: &[&str],
    pieces: &[&[u8]],
    request: &Request,
    tokens: &[&str],
) -> Result<(), Refusal> {
    let nonce = request.header(version.nonce).filter(|nonce| !nonce.is_empty());
    let nonce =
        nonce.ok_or_else(|| signature::missing(&format!("`X-Plivo-Signature-{}-Nonce`", version.name)))?;
    let pieces: Vec<&[u8]> = pieces.iter().copied().chain([nonce.as_bytes()]).collect();
    let mut refused = None;
    for text in given {
        let verified = signature::base64_digest(Some(text), 32)
            .and_then(|digest| signature::verify(Hmac::Sha256, tokens.iter().copied(), &pieces, &digest));
        match verified {
            Ok(()) => return Ok(()),
            // One that is none says less than one that does not fit.
            Err(refusal) if refused.is_none() || refusal.reason == RefusalReason::Mismatch => {
                refused = Some(refusal);
            }
            Err(_) => {}
        }
    }
    let refusal = refused.unwrap_or_else(|| signature::missing("signature"));
    if refusal.reason != RefusalReason::Mismatch {
        return Err(refusal);
    }
    let detail = format!(
        "{} signature fits none of {} tokens for `{}`: is it the URL, host and path, that Plivo was given?",
        version.name,
        tokens.len(),
        address(&request.url)
    );
    Err(Refusal { detail, ..refusal })
}

/// The URL without its query, which may hold the message.
fn address(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Address, `?` and the sorted query, `.`, the sorted fields. None where there are too many of them.
fn v3_message(request: &Request) -> Option<String> {
    let query: Vec<String> = sorted(request.query().as_bytes())?
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let query = query.join("&");
    let fields: String = match &*request.method {
        "GET" => String::new(),
        _ => sorted(&request.body)?.into_iter().map(|(name, value)| name + &value).collect(),
    };
    let mut message = address(&request.url).to_owned();
    if !query.is_empty() || !fields.is_empty() {
        message.push('?');
        message += &query;
    }
    if !query.is_empty() && !fields.is_empty() {
        message.push('.');
    }
    Some(message + &fields)
}

fn sorted(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let mut fields = Form::parse(bytes)?.fields;
    fields.sort_unstable();
    Some(fields)
}

/// A webhook as Plivo would send it: a form, with a V2 signature of the newest token.
pub fn signed_form(url: &str, fields: &[(String, String)], context: &Context) -> Option<Request> {
    let token = context.setting(AUTH_TOKEN)?;
    let body = form::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    // Another one for another message, and no clock: the same event is the same webhook.
    let hash = signature::sha256(&[body.as_bytes()]);
    let nonce: String = hash.iter().take(20).map(|byte| char::from(b'0' + byte % 10)).collect();
    let digest = Hmac::Sha256.digest(token.as_bytes(), &[address(url).as_bytes(), nonce.as_bytes()]);
    let headers = vec![
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        (V2.headers[0].to_owned(), signature::base64(&digest)),
        (V2.nonce.to_owned(), nonce),
    ];
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.into_bytes() })
}

#[cfg(test)]
mod tests;
