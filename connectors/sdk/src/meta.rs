//! What the channels of Meta's Graph API share: the set-up handshake, the signature, errors, and (feature
//! `meta-messaging`) what the products of the Messenger Platform have in common.
//!
//! `https://developers.facebook.com/docs/graph-api/webhooks/getting-started`, read 2026-08.

pub mod graph;
#[cfg(feature = "meta-messaging")]
pub mod messaging;

use trunkline_model::{Answer, Context, Refusal, RefusalReason, Request, Response};

use crate::form::Form;
use crate::signature::{self, Hmac};

/// The setting with the App Secret(s).
pub const APP_SECRET: &str = "app_secret";
/// The setting with the verify token.
pub const VERIFY_TOKEN: &str = "verify_token";

const SIGNATURE_HEADER: &str = "x-hub-signature-256";
const SIGNATURE_PREFIX: &str = "sha256=";

/// Answers the `GET` with which Meta tries a new callback URL: the bare challenge, or 403.
pub fn handshake(request: &Request, context: &Context) -> Result<Answer, Refusal> {
    if context.setting(VERIFY_TOKEN).is_none() {
        return Err(signature::misconfigured("`verify_token` is empty"));
    }
    let refuse = |detail| Refusal::new(RefusalReason::Handshake, 403, detail);
    let query = Form::parse(request.query().as_bytes()).ok_or_else(|| refuse("too many query parameters"))?;
    if query.first("hub.mode") != Some("subscribe") {
        return Err(refuse("`hub.mode` is not `subscribe`"));
    }
    let token = query.first("hub.verify_token").unwrap_or_default();
    if !signature::equals_any(context.setting_values(VERIFY_TOKEN), token) {
        return Err(refuse("`hub.verify_token` is not the configured one"));
    }
    let challenge = query.first("hub.challenge").ok_or_else(|| refuse("`hub.challenge` is missing"))?;
    Ok(Answer { response: Response::with_body(200, "text/plain", challenge), events: Vec::new() })
}

/// Verifies `X-Hub-Signature-256` over the raw body. Meta escapes non-ASCII characters before it signs, so
/// that only the bytes as received will do. The older `X-Hub-Signature` with SHA-1 is never accepted.
pub fn verify(request: &Request, context: &Context) -> Result<(), Refusal> {
    if context.setting(APP_SECRET).is_none() {
        return Err(signature::misconfigured("`app_secret` is empty"));
    }
    let header =
        request.header(SIGNATURE_HEADER).ok_or_else(|| signature::missing("`X-Hub-Signature-256`"))?;
    let given = signature::hex_digest(header.strip_prefix(SIGNATURE_PREFIX), 32)?;
    signature::verify(Hmac::Sha256, context.setting_values(APP_SECRET), &[&request.body], &given)
}

/// A webhook as Meta would send it: JSON with non-ASCII characters and slashes escaped, signed.
pub fn signed_webhook(url: &str, body: &serde_json::Value, context: &Context) -> Option<Request> {
    let body = escape(&body.to_string());
    let digest = Hmac::Sha256.digest(context.setting(APP_SECRET)?.as_bytes(), &[body.as_bytes()]);
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        (SIGNATURE_HEADER.to_owned(), format!("{SIGNATURE_PREFIX}{}", signature::hex(&digest))),
    ];
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.into_bytes() })
}

fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '/' => escaped.push_str("\\/"),
            '\0'..='\x7f' => escaped.push(letter),
            _ => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        Context { settings: vec![(APP_SECRET.into(), "app-secret-1".into())], ..Context::default() }
    }

    /// The known-answer vector of the facts: the escaped text is signed, a re-serialized one is refused.
    #[test]
    fn known_answer() {
        let body = r#"{"object":"page","t":"\u00e9\ud83d\ude00 a\/b"}"#;
        let header = "sha256=8573606651f9ddc95f4ce6ae613b5476f470b94aed957403191c558deab207d4";
        let signed = |body: &str| Request {
            headers: vec![("X-Hub-Signature-256".into(), header.into())],
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        assert_eq!(verify(&signed(body), &context()), Ok(()));
        let refusal = verify(&signed(r#"{"object":"page","t":"é😀 a/b"}"#), &context()).expect_err("changed");
        assert_eq!(refusal.reason, RefusalReason::Mismatch);
        assert_eq!(escape(r#"{"object":"page","t":"é😀 a/b"}"#), body);
    }
}
