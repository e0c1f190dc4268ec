//! What Twilio's products share: the signature of a webhook, what it covers, and the account it is for.
//!
//! `https://www.twilio.com/docs/usage/webhooks/webhooks-security`, read 2026-09; the details are those of the
//! official SDKs (twilio-python 9.13.0). There is no time stamp: the journal's dedupe is what stops a replay.

mod account;
pub mod failure;
pub mod media;

use std::borrow::Cow;

use trunkline_model::{Context, Refusal, RefusalReason, Request};

pub use self::account::Account;
use crate::form::{self, Form};
use crate::signature::{self, Hmac};

/// The setting with the account that the webhooks are for.
pub const ACCOUNT_SID: &str = "account_sid";
/// The setting with the Auth Token(s) of that account.
pub const AUTH_TOKEN: &str = "auth_token";
/// The setting with the shared keys, each `ALGORITHM:KEY_ID:SECRET`.
pub const SHARED_KEYS: &str = "shared_keys";

const SIGNATURE_HEADER: &str = "x-twilio-signature";
const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";
const FORM_TYPE: &str = "application/x-www-form-urlencoded";
const BODY_HASH: &str = "bodySHA256";

/// What a signature covers besides the URL: the only part of a request that may be believed.
#[derive(Debug, PartialEq)]
pub enum Content<'a> {
    /// The fields of a form, or of the query of a `GET`.
    Fields(Form),
    /// A body of another type, whose hash is in the signed URL.
    Body(&'a [u8]),
}

/// Verifies `X-Twilio-Signature`, and gives what it covers.
///
/// The signature is over the URL exactly as Twilio called it, then the decoded fields of a form body, sorted.
/// Any other body is covered by its hash in the URL, and without one it is refused.
pub fn verify<'a>(request: &'a Request, context: &Context) -> Result<Content<'a>, Refusal> {
    let key = Key::choose(request.header(SETTINGS_HEADER), context)?;
    let header =
        request.header(SIGNATURE_HEADER).ok_or_else(|| signature::missing("`X-Twilio-Signature`"))?;
    let given = signature::base64_digest(Some(header), key.algorithm.digest_length())?;
    let (content, signed) = if request.method == "GET" {
        (Content::Fields(parse(request.query().as_bytes())?), Form::default())
    } else if is_form(request) {
        let form = parse(&request.body)?;
        (Content::Fields(form.clone()), form)
    } else {
        (Content::Body(&request.body), Form::default())
    };
    let fits = urls(&request.url).iter().any(|url| {
        let pieces: Vec<&[u8]> = std::iter::once(url.as_bytes()).chain(pieces(&signed)).collect();
        signature::verify(key.algorithm.hmac(), key.secrets.iter().copied(), &pieces, &given).is_ok()
    });
    if !fits {
        // The query stays out of the log: that of a `GET` holds the message.
        let url = request.url.split('?').next().unwrap_or_default();
        let detail = format!(
            "signature fits none of {} secrets for `{url}`: is it the URL, host and path, that Twilio was given?",
            key.secrets.len()
        );
        return Err(Refusal::new(RefusalReason::Mismatch, 401, detail));
    }
    if let Content::Body(body) = content {
        verify_hash(request.query(), body)?;
    }
    Ok(content)
}

/// Refuses with 403 what is genuine, but for another account: a subaccount has a token of its own, and a
/// connection of its own. A webhook that names no account is let pass.
pub fn require_account(account_sid: Option<&str>, context: &Context) -> Result<(), Refusal> {
    let Some(expected) = context.setting(ACCOUNT_SID) else {
        return Err(signature::misconfigured("`account_sid` is empty"));
    };
    if account_sid.is_none_or(|found| found == expected) {
        return Ok(());
    }
    let detail =
        "`AccountSid` is not the configured `account_sid`: give the subaccount a connection of its own";
    Err(Refusal::new(RefusalReason::WrongAccount, 403, detail))
}

/// A webhook as Twilio would send it: a form, signed with the newest Auth Token.
pub fn signed_form(url: &str, fields: &[(String, String)], context: &Context) -> Option<Request> {
    let form = Form { fields: fields.to_vec() };
    let message: Vec<&[u8]> = std::iter::once(url.as_bytes()).chain(pieces(&form)).collect();
    let digest = Hmac::Sha1.digest(context.setting(AUTH_TOKEN)?.as_bytes(), &message);
    let headers = vec![
        ("content-type".to_owned(), format!("{FORM_TYPE}; charset=UTF-8")),
        (SIGNATURE_HEADER.to_owned(), signature::base64(&digest)),
    ];
    let body = form::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.into_bytes() })
}

fn parse(bytes: &[u8]) -> Result<Form, Refusal> {
    let detail = || format!("more than {} fields", form::FIELDS_MAX);
    Form::parse(bytes).ok_or_else(|| Refusal::new(RefusalReason::Malformed, 400, detail()))
}

/// A body without a type is taken for a form, too: then the signature covers it.
fn is_form(request: &Request) -> bool {
    let media_type = request.header("content-type").and_then(|header| header.split(';').next());
    media_type.is_none_or(|media_type| media_type.trim().eq_ignore_ascii_case(FORM_TYPE))
}

/// Names and values sorted, each pair once, as the SDKs have it.
fn pieces(form: &Form) -> impl Iterator<Item = &[u8]> {
    let mut fields: Vec<&(String, String)> = form.fields.iter().collect();
    fields.sort_unstable();
    fields.dedup();
    fields.into_iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()])
}

/// The URL as it is, and with its port left out or the default port written out: Twilio is not consistent.
fn urls(url: &str) -> Vec<Cow<'_, str>> {
    let mut urls = vec![Cow::Borrowed(url)];
    let Some((scheme, rest)) = url.split_once("://") else { return urls };
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    urls.push(Cow::Owned(match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => format!("{scheme}://{host}{target}"),
        _ => format!("{scheme}://{authority}:{}{target}", if scheme == "https" { 443 } else { 80 }),
    }));
    urls
}

fn verify_hash(query: &str, body: &[u8]) -> Result<(), Refusal> {
    let query = parse(query.as_bytes())?;
    let given =
        query.text(BODY_HASH).ok_or_else(|| signature::missing("`bodySHA256` of a body that is no form"))?;
    let odd = |refusal| Refusal { detail: "`bodySHA256` is not 32 bytes in hex".to_owned(), ..refusal };
    let given = signature::hex_digest(Some(given), 32).map_err(odd)?;
    if signature::equal(&signature::sha256(&[body]), &given) {
        return Ok(());
    }
    Err(Refusal::new(RefusalReason::Mismatch, 401, "the body does not have the hash `bodySHA256` of the URL"))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Algorithm {
    Sha1,
    Sha256,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        match name {
            "HMAC_SHA1" => Some(Self::Sha1),
            "HMAC_SHA256" => Some(Self::Sha256),
            _ => None,
        }
    }

    fn hmac(self) -> Hmac {
        match self {
            Self::Sha1 => Hmac::Sha1,
            Self::Sha256 => Hmac::Sha256,
        }
    }

    fn digest_length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// What a request claims to be signed with, as far as the settings know it. The claim itself is not signed:
/// it may only choose among what the operator listed, algorithm included.
struct Key<'a> {
    algorithm: Algorithm,
    secrets: Vec<&'a str>,
}

impl<'a> Key<'a> {
    fn choose(claim: Option<&str>, context: &'a Context) -> Result<Self, Refusal> {
        let Some(claim) = claim.filter(|claim| !claim.trim().is_empty()) else {
            let secrets: Vec<&str> = context.setting_values(AUTH_TOKEN).collect();
            if secrets.is_empty() {
                return Err(signature::misconfigured("`auth_token` is empty"));
            }
            return Ok(Self { algorithm: Algorithm::Sha1, secrets });
        };
        let member = |name: &str| {
            let pairs = claim.split(',').filter_map(|pair| pair.split_once('='));
            pairs
                .map(|(key, value)| (key.trim(), value.trim()))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let id = member("key").unwrap_or_default();
        let algorithm = Algorithm::named(member("algorithm").unwrap_or("HMAC_SHA1"));
        let mut secrets = Vec::new();
        let mut unreadable = false;
        for value in context.setting_values(SHARED_KEYS) {
            match shared_key(value) {
                Some(key) if key.id == id && Some(key.algorithm) == algorithm => secrets.push(key.secret),
                Some(_) => {}
                None => unreadable = true,
            }
        }
        match algorithm {
            Some(algorithm) if !secrets.is_empty() => Ok(Self { algorithm, secrets }),
            _ if unreadable => {
                Err(signature::misconfigured("a value of `shared_keys` is not `ALGORITHM:KEY_ID:SECRET`"))
            }
            _ => {
                let detail =
                    "`X-Twilio-Webhooks-Signature-Settings` names no key and algorithm of `shared_keys`";
                Err(Refusal::new(RefusalReason::UnknownKey, 401, detail))
            }
        }
    }
}

struct SharedKey<'a> {
    algorithm: Algorithm,
    id: &'a str,
    secret: &'a str,
}

/// `HMAC_SHA256:webhooks_sharedkey_01j…:secret`. The secret comes last, since it may hold any character.
fn shared_key(value: &str) -> Option<SharedKey<'_>> {
    let (algorithm, rest) = value.split_once(':')?;
    let (id, secret) = rest.split_once(':')?;
    let algorithm = Algorithm::named(algorithm)?;
    (!id.is_empty() && !secret.is_empty()).then_some(SharedKey { algorithm, id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "HMAC_SHA256:webhooks_sharedkey_01jinvented:tok_invented_0001";
    const CLAIM: &str = "key=webhooks_sharedkey_01jinvented,algorithm=HMAC_SHA256";

    fn context() -> Context {
        let settings = [(AUTH_TOKEN, "tok_invented_0001"), (SHARED_KEYS, KEY), (ACCOUNT_SID, "AC1")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Context { settings, ..Context::default() }
    }

    fn request(url: &str, media_type: &str, body: &str, headers: &[(&str, &str)]) -> Request {
        let own = [("content-type", media_type)];
        let headers =
            own.iter().chain(headers).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request { method: "POST".into(), url: url.into(), headers: headers.collect(), body: body.into() }
    }

    /// Vectors that twilio-python 9.13.0 made.
    #[test]
    fn known_answers() {
        let shop = "https://hooks.example.org/in/twilio?shop=7";
        let form = "To=%2B15005550199&Body=Hi+%26+bye+%E2%82%AC&From=%2B15005550123&\
                    MessageSid=SM00000000000000000000000000000001&NumMedia=0";
        let hashed = "https://hooks.example.org/in/twilio?bodySHA256=\
                      015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
        let sha256 = ("x-twilio-signature", "6FQqZ6ikTgz2kwkFSDslfWlz+1ilz5hx4IONDf1RpNs=");
        for (url, media_type, body, headers) in [
            (shop, FORM_TYPE, form, &[("x-twilio-signature", "v+7ZpSWm0sWCCEcx8IjEat9GwGw=")][..]),
            (shop, FORM_TYPE, form, &[sha256, (SETTINGS_HEADER, CLAIM)]),
            (
                hashed,
                "application/json",
                r#"{"a":1}"#,
                &[("x-twilio-signature", "ZOA1QFozedQWHEhgqrAVvjWq/Ag=")],
            ),
            (
                "https://h.example.org/x",
                FORM_TYPE,
                "Tag=b&Tag=a&Tag=b",
                &[("x-twilio-signature", "gFcUa7O6HXtY8bbzwJIYZQ5gkQs=")],
            ),
        ] {
            let genuine = request(url, media_type, body, headers);
            assert!(verify(&genuine, &context()).is_ok(), "{body}");
            let forged = request(url, media_type, &body.replace('a', "A"), headers);
            let refusal = verify(&forged, &context()).expect_err(body);
            assert_eq!((refusal.reason, refusal.status), (RefusalReason::Mismatch, 401), "{body}");
        }
    }

    #[test]
    fn the_claim_chooses_only_among_what_is_listed() {
        let sha1 = "key=webhooks_sharedkey_01jinvented,algorithm=HMAC_SHA1";
        let other = "key=webhooks_sharedkey_2,algorithm=HMAC_SHA256";
        for claim in [
            sha1,
            other,
            "key=webhooks_sharedkey_01jinvented",
            "algorithm=HMAC_SHA1",
            "key=,algorithm=MD5",
            "x",
        ] {
            let refusal = Key::choose(Some(claim), &context()).err().expect(claim);
            assert_eq!((refusal.reason, refusal.status), (RefusalReason::UnknownKey, 401), "{claim}");
        }
        let mut context = context();
        for (value, reason) in [
            ("webhooks_sharedkey_01jinvented=secret", RefusalReason::Misconfigured),
            ("HMAC_SHA256:webhooks_sharedkey_01jinvented:", RefusalReason::Misconfigured),
            ("", RefusalReason::UnknownKey),
        ] {
            context.settings[1].1 = value.to_owned();
            assert_eq!(Key::choose(Some(CLAIM), &context).err().expect(value).reason, reason, "{value}");
        }
        assert!(Key::choose(Some(" "), &context).is_ok_and(|key| key.algorithm == Algorithm::Sha1));
    }

    #[test]
    fn a_port_is_left_out_or_written_out() {
        for (url, other) in [
            ("https://h.example/x?a=b:1", "https://h.example:443/x?a=b:1"),
            ("http://h.example", "http://h.example:80"),
            ("https://h.example:8443/x", "https://h.example/x"),
            ("https://[::1]/x", "https://[::1]:443/x"),
            ("https://[::1]:443/x", "https://[::1]/x"),
            ("https://h.example?a=1:2", "https://h.example:443?a=1:2"),
        ] {
            assert_eq!(urls(url), [url, other]);
        }
        assert_eq!(urls("nonsense"), ["nonsense"]);
    }

    #[test]
    fn another_account_is_refused() {
        assert!(require_account(Some("AC1"), &context()).is_ok());
        assert!(require_account(None, &context()).is_ok());
        assert_eq!(require_account(Some("AC2"), &context()).expect_err("other").status, 403);
        assert_eq!(require_account(None, &Context::default()).expect_err("none").status, 503);
    }

    #[test]
    fn what_is_signed_here_is_genuine() {
        let fields = [("b".to_owned(), "€ +".to_owned()), ("a".to_owned(), String::new())];
        let request = signed_form("https://h.example/x", &fields, &context()).expect("a token");
        assert_eq!(verify(&request, &context()), Ok(Content::Fields(Form { fields: fields.to_vec() })));
    }
}
