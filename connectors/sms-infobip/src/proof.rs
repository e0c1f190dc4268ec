//! What a webhook is known by: user name and password, an HMAC of the body, or both, as the notification profile says.
//!
//! `https://www.infobip.com/docs/essentials/integrations/subscriptions-management`. Header, algorithm and encoding of the HMAC are not
//! documented for messages, hence they are settings.

use trunkline_sdk::{basic_auth, prelude::*};

const WEBHOOK_CREDENTIALS: &str = "webhook_credentials";
const HMAC_SECRET: &str = "hmac_secret";

/// Verifies what the connection has settings for; all of it, lest the weaker proof stand for the stronger one.
pub fn verify(request: &Request, context: &Context) -> Result<(), Refusal> {
    let signed = context.setting(HMAC_SECRET).is_some();
    if !signed || context.setting(WEBHOOK_CREDENTIALS).is_some() {
        basic_auth::verify(request, context.setting_values(WEBHOOK_CREDENTIALS))?;
    }
    if !signed {
        return Ok(());
    }
    let scheme = Scheme::of(context)?;
    let header = request.header(scheme.header).filter(|header| !header.is_empty());
    let header = header.ok_or_else(|| signature::missing(&format!("`{}`", scheme.header)))?;
    let given = match scheme.encoding {
        Encoding::Hex => signature::hex_digest(Some(header), scheme.bytes)?,
        Encoding::Base64 => signature::base64_digest(Some(header), scheme.bytes)?,
    };
    signature::verify(scheme.hmac, context.setting_values(HMAC_SECRET), &[&request.body], &given)
}

/// A webhook as Infobip would send it: with whatever the connection has settings for.
pub fn proven(url: &str, body: Vec<u8>, context: &Context) -> Option<Request> {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let credential = context.setting(WEBHOOK_CREDENTIALS);
    headers.extend(credential.map(|one| ("authorization".to_owned(), basic_auth::header(one))));
    let secret = context.setting(HMAC_SECRET);
    if let Some(secret) = secret {
        let scheme = Scheme::of(context).ok()?;
        let digest = scheme.hmac.digest(secret.as_bytes(), &[&body]);
        let text = match scheme.encoding {
            Encoding::Hex => signature::hex(&digest),
            Encoding::Base64 => signature::base64(&digest),
        };
        headers.push((scheme.header.to_ascii_lowercase(), text));
    }
    credential.or(secret)?;
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body })
}

enum Encoding {
    Hex,
    Base64,
}

/// How the HMAC is made and written.
struct Scheme<'a> {
    header: &'a str,
    hmac: Hmac,
    bytes: usize,
    encoding: Encoding,
}

impl<'a> Scheme<'a> {
    fn of(context: &'a Context) -> Result<Self, Refusal> {
        let header = context
            .setting("hmac_header")
            .ok_or_else(|| signature::misconfigured("`hmac_header` is empty"))?;
        let (hmac, bytes) = match context.setting("hmac_algorithm") {
            None | Some("sha256") => (Hmac::Sha256, 32),
            Some("sha1") => (Hmac::Sha1, 20),
            Some("sha512") => (Hmac::Sha512, 64),
            Some(_) => {
                return Err(signature::misconfigured(
                    "`hmac_algorithm` is none of `sha1`, `sha256`, `sha512`",
                ));
            }
        };
        let encoding = match context.setting("hmac_encoding") {
            None | Some("hex") => Encoding::Hex,
            Some("base64") => Encoding::Base64,
            Some(_) => return Err(signature::misconfigured("`hmac_encoding` is neither `hex` nor `base64`")),
        };
        Ok(Self { header, hmac, bytes, encoding })
    }
}
