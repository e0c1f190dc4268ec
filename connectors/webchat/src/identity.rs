//! Who a visitor is, proven by the customer's own server: a JSON Web Token, or the plain hash of the user's id that older
//! widgets have. What only the page says is a claim, and makes nobody somebody.

use serde::Deserialize;
use serde_json::Value;
use trunkline_sdk::email::address;
use trunkline_sdk::json::Text;
use trunkline_sdk::jwt::{Claims, Token};
use trunkline_sdk::phone::e164;
use trunkline_sdk::prelude::*;

use crate::session::ISSUER;
use crate::site::Site;

/// How far the clock of the customer's server may be off.
const LEEWAY_MS: u64 = 60_000;
/// A proof that is good for longer is a password that lies around in pages.
const LIFE_MS_MAX: u64 = 86_400_000;
const USER_CHARS_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 200;

/// What is proven of somebody.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// The id at the customer's.
    pub user: String,
    /// As it is shown.
    pub name: Option<String>,
    /// Domain in lower case.
    pub email: Option<String>,
    /// E.164.
    pub phone: Option<String>,
}

/// A user's id with its hash.
#[derive(Debug, Deserialize)]
pub struct Hashed {
    id: Text,
    #[serde(default)]
    hash: Option<String>,
}

impl Person {
    /// Name, address and number among claims that are verified. What is no address or number is left out.
    pub fn of(claims: &Claims) -> Self {
        Self {
            user: String::new(),
            name: claims.text("name").and_then(|name| shown(name, NAME_CHARS_MAX)),
            email: claims.text("email").and_then(address),
            phone: claims.text("phone").and_then(e164),
        }
    }

    /// As claims of a token.
    pub fn claims(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("name", &self.name), ("email", &self.email), ("phone", &self.phone)];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// The person whom a token of the customer's server stands for. `id` is what the browser brought: a token that names another
/// `nonce` was stolen.
pub fn of_token(token: &str, id: &str, site: &Site) -> Result<Person, Refusal> {
    let claims = Token::parse(Some(token))?.verify_hmac(site.identity_secrets())?;
    claims.within(site.now, LEEWAY_MS)?;
    let end = claims.time("exp").unwrap_or(u64::MAX);
    let begin = claims.time("iat").unwrap_or(site.now);
    let stale = |detail: &str| Err(Refusal::new(RefusalReason::Stale, 401, detail));
    if begin > site.now.saturating_add(LEEWAY_MS) {
        return stale("proof is signed in the future");
    }
    let latest = begin.min(site.now).saturating_add(LIFE_MS_MAX + LEEWAY_MS);
    if end > latest {
        return stale("proof is good for more than 24 hours");
    }
    let wrong = |detail: &str| Refusal::new(RefusalReason::Mismatch, 401, detail);
    if claims.text("iss") == Some(ISSUER) {
        return Err(wrong("a session proves nobody"));
    }
    let ours = |value: &Value| match value {
        Value::Array(values) => values.iter().any(|value| value == site.account),
        value => value == site.account,
    };
    if !claims.get("aud").is_none_or(ours) {
        return Err(Refusal::new(RefusalReason::WrongAccount, 401, "proof is for another audience"));
    }
    if !claims.get("nonce").is_none_or(|nonce| nonce == id) {
        return Err(wrong("proof is for another session"));
    }
    let user = match claims.get("sub") {
        Some(Value::String(user)) => user_id(user),
        Some(Value::Number(user)) => user_id(&user.to_string()),
        _ => None,
    };
    let user = user.ok_or_else(|| wrong("proof has no `sub`, or one that is too long"))?;
    Ok(Person { user, ..Person::of(&claims) })
}

/// The person whose id is hashed: HMAC-SHA256 in hex. Nothing else is proven by it.
pub fn of_hash(user: &Hashed, site: &Site) -> Result<Person, Refusal> {
    if !site.is_hash_proof {
        return Err(Refusal::new(
            RefusalReason::Mismatch,
            401,
            "hashes of ids are no proof here (`identity_hmac`)",
        ));
    }
    let given = signature::hex_digest(user.hash.as_deref(), 32)?;
    signature::verify(Hmac::Sha256, site.identity_secrets(), &[user.id.as_bytes()], &given)?;
    let user = user_id(&user.id)
        .ok_or_else(|| Refusal::new(RefusalReason::Mismatch, 401, "id is empty, or too long"))?;
    Ok(Person { user, ..Person::default() })
}

/// An id that can stand in an identifier as it is.
fn user_id(text: &str) -> Option<String> {
    let fits = !text.trim().is_empty()
        && text.chars().count() <= USER_CHARS_MAX
        && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// A text on one line, not empty and not longer than that.
pub fn shown(text: &str, chars_max: usize) -> Option<String> {
    let text: String = text.chars().filter(|letter| !letter.is_control()).take(chars_max).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
