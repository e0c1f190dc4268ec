//! The signature of the SMS API: a parameter `sig` among those that it is made over.
//!
//! `https://developer.vonage.com/en/getting-started/concepts/signing-messages`, read 2026. It is off at Vonage unless asked for, and
//! here unless set: an MD5 of the text and the secret is weaker than the token.

use hmac::{KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use serde_json::{Map, Value};
use trunkline_sdk::form::Form;
use trunkline_sdk::{Interrupt, malformed, prelude::*};

use crate::SIGNATURE_SECRET;
use crate::claims::Settings;
use crate::scalar;

/// The account's signature method.
#[derive(Clone, Copy)]
enum Method {
    /// MD5 of the text and the secret after it.
    Md5Hash,
    /// HMAC with MD5.
    Md5,
    Hmac(Hmac),
}

impl Method {
    /// None: such webhooks are not taken.
    fn of(context: &Context) -> Result<Option<Self>, Refusal> {
        Ok(Some(match context.setting("sms_signature") {
            None | Some("off") => return Ok(None),
            Some("md5hash") => Self::Md5Hash,
            Some("md5") => Self::Md5,
            Some("sha1") => Self::Hmac(Hmac::Sha1),
            Some("sha256") => Self::Hmac(Hmac::Sha256),
            Some("sha512") => Self::Hmac(Hmac::Sha512),
            Some(_) => {
                let what = "`sms_signature` is not `off`, `md5hash`, `md5`, `sha1`, `sha256` or `sha512`";
                return Err(signature::misconfigured(what));
            }
        }))
    }

    fn bytes(self) -> usize {
        match self {
            Self::Md5Hash | Self::Md5 => 16,
            Self::Hmac(Hmac::Sha1) => 20,
            Self::Hmac(Hmac::Sha256) => 32,
            Self::Hmac(Hmac::Sha512) => 64,
        }
    }

    fn digest(self, secret: &str, text: &str) -> Vec<u8> {
        match self {
            Self::Md5Hash => Md5::digest([text, secret].concat()).to_vec(),
            Self::Md5 => match hmac::Hmac::<Md5>::new_from_slice(secret.as_bytes()) {
                Ok(mac) => mac.chain_update(text).finalize().into_bytes().to_vec(),
                // It takes keys of any length.
                Err(_) => Vec::new(),
            },
            Self::Hmac(hmac) => hmac.digest(secret.as_bytes(), &[text.as_bytes()]),
        }
    }
}

/// Signed parameters, and how.
pub struct Signed {
    form: Form,
    method: Method,
}

/// The parameters of a webhook of the SMS API: those of the query, of a form, or of a JSON object, whichever it has. None
/// where it is none, or they are not taken here: then it has to have a token.
pub fn signed_fields(request: &Request, context: &Context) -> Result<Option<Signed>, Interrupt> {
    let Some(method) = Method::of(context)? else {
        if request.method == "GET" {
            let detail =
                "method is `GET`: only for webhooks of the SMS API, which are switched off (`sms_signature`)";
            return Err(Refusal::new(RefusalReason::Method, 405, detail).into());
        }
        return Ok(None);
    };
    if request.header("authorization").is_some() {
        return Ok(None);
    }
    let form = if request.body.is_empty() {
        Form::parse(request.query().as_bytes()).ok_or_else(|| malformed("too many parameters"))?
    } else if is_json(request) {
        // What cannot be read holds no signature.
        let object: Map<String, Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        Form { fields: object.iter().filter_map(scalar::pair).collect() }
    } else {
        Form::parse(&request.body).ok_or_else(|| malformed("too many fields"))?
    };
    Ok(Some(Signed { form, method }))
}

fn is_json(request: &Request) -> bool {
    request.header("content-type").is_some_and(|value| value.to_ascii_lowercase().contains("json"))
}

/// The parameters without the signature, verified.
pub fn verify(signed: Signed, settings: &Settings, context: &Context) -> Result<Form, Interrupt> {
    let Signed { form, method } = signed;
    let (given, fields): (Vec<_>, Vec<_>) = form.fields.into_iter().partition(|(name, _)| name == "sig");
    let [(_, given)] = given.as_slice() else {
        return Err(match given.len() {
            // It happens that Vonage forgets to sign. Then it has to send again.
            0 => Refusal { status: 503, ..signature::missing("`sig`") },
            _ => Refusal::new(RefusalReason::BadEncoding, 401, "`sig` stands there more than once"),
        }
        .into());
    };
    let given = signature::hex_digest(Some(given), method.bytes())?;
    // It would be the text of other parameters as well.
    if fields.iter().any(|(name, _)| name.contains(['&', '='])) {
        let detail = "the name of a parameter holds `&` or `=`";
        return Err(Refusal::new(RefusalReason::BadEncoding, 401, detail).into());
    }
    let form = Form { fields };
    let text = text(&form);
    let secrets = context.setting_values(SIGNATURE_SECRET);
    signature::verify_with(secrets, &given, |secret| method.digest(secret, &text))?;
    let Some(seconds) = form.text("timestamp").and_then(|time| time.parse::<u64>().ok()) else {
        let detail = "`timestamp` is missing or no number of seconds";
        return Err(Refusal::new(RefusalReason::Stale, 401, detail).into());
    };
    settings.require_fresh(seconds.saturating_mul(1_000), context.now)?;
    if form.text("api-key").is_some_and(|key| key != settings.api_key) {
        let detail = "it is of another account (`api-key`)";
        return Err(Refusal::new(RefusalReason::WrongAccount, 401, detail).into());
    }
    Ok(form)
}

/// `&name=value` for each parameter, sorted by name, with what would divide them replaced in the values.
fn text(form: &Form) -> String {
    let mut fields: Vec<(&str, &str)> =
        form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.sort_by(|left, right| left.0.cmp(right.0));
    fields.iter().map(|(name, value)| format!("&{name}={}", value.replace(['&', '='], "_"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of Vonage's description: text and digests by all methods.
    #[test]
    fn known_answers() {
        let form = Form::parse(
            b"msisdn=447700900001&to=447700900002&messageId=0A0000000000ABC1&text=a%3Db+%26+c&type=text&\
              message-timestamp=2023-11-14+22%3A13%3A20&timestamp=1700000000&nonce=n-1",
        );
        let text = text(&form.expect("few fields"));
        assert_eq!(
            text,
            "&message-timestamp=2023-11-14 22:13:20&messageId=0A0000000000ABC1&msisdn=447700900001&nonce=n-1\
             &text=a_b _ c&timestamp=1700000000&to=447700900002&type=text"
        );
        for (method, expected) in [
            (Method::Md5Hash, "dc418f2b43f34a5703e41c6c1f017530"),
            (Method::Md5, "ff97f64ebf9825a4a58eb691c84e9010"),
            (Method::Hmac(Hmac::Sha1), "bd040bd48baaf6e86ce5447014e470b624216495"),
            (Method::Hmac(Hmac::Sha256), "bab0501071c87cc28b93c1fc7c0ed7333b99a400e3bf5301a3521c6bb63a7b8f"),
        ] {
            let digest = method.digest("sigsecret01", &text);
            assert_eq!((signature::hex(&digest), digest.len()), (expected.to_owned(), method.bytes()));
        }
    }
}
