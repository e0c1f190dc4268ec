//! Sessions: a token that says whose browser it is. Nothing is kept of it; whoever has it is that visitor.
//!
//! A browser brings an id that nobody can guess, since a connector has no chance of its own. It is as good as a key, so it is in
//! no event and no token: what others see of it is a hash, keyed with the secret. With another secret, the same browser is
//! somebody new, unless it has a token.

use serde_json::{Map, Value};
use trunkline_sdk::jwt::{Claims, Token, hmac_signed};
use trunkline_sdk::prelude::*;

use crate::identity::Person;
use crate::site::Site;

/// Who signs: what a customer's server signs is no session, were the secret the same.
pub const ISSUER: &str = "trunkline-webchat";
/// 128 bits in Base64.
const ID_CHARS_MIN: usize = 22;
const ID_CHARS_MAX: usize = 128;
const VISITOR: &str = "visitor";
const USER: &str = "user:";

/// Whose browser it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The browser: a hash of its id.
    pub id: String,
    /// The contact's first identifier: `visitor:…`, or `user:…` where it is proven who it is.
    pub contact_id: String,
    /// What was proven beside it.
    pub person: Person,
}

impl Session {
    /// The session of a browser that brings this id. None where the id can be guessed, or is none.
    pub fn new(id: &str, person: Option<Person>, site: &Site) -> Option<Self> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(ID_CHARS_MIN..=ID_CHARS_MAX).contains(&id.len()) || !id.bytes().all(letter) {
            return None;
        }
        let secret = site.session_secrets().next()?;
        // No token has a colon in it: what is hashed here is never what is signed there.
        let digest = Hmac::Sha256.digest(secret.as_bytes(), &[b"visitor:", id.as_bytes()]);
        let visitor = signature::content_id(VISITOR, &[&signature::hex(&digest)]);
        let hash = visitor.trim_start_matches(VISITOR).trim_start_matches(':').to_owned();
        Some(match person {
            Some(person) => Self { id: hash, contact_id: format!("{USER}{}", person.user), person },
            None => Self { id: hash, contact_id: visitor, person: Person::default() },
        })
    }

    /// Whether it is proven who it is.
    pub fn is_identified(&self) -> bool {
        self.contact_id.starts_with(USER)
    }

    /// The token, good from now on, and when it ends in milliseconds.
    pub fn token(&self, site: &Site) -> Option<(String, u64)> {
        let now = site.now / 1_000;
        let end = now + site.session_seconds;
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        claim("iss", ISSUER.into());
        claim("aud", site.account.into());
        claim("sid", self.id.as_str().into());
        claim("sub", self.contact_id.as_str().into());
        claim("iat", now.into());
        claim("exp", end.into());
        for (name, value) in self.person.claims() {
            claim(name, value.into());
        }
        Some((hmac_signed(&Value::Object(claims), site.session_secrets().next()?), end * 1_000))
    }

    /// The session that a token is of. Refuses with 401 what is none of ours, or over; and with 403 one of nobody in particular
    /// where that is not enough.
    pub fn verify(token: Option<&str>, site: &Site) -> Result<Self, Refusal> {
        let session = Self::earlier(token, site)?;
        session.require_identity(site)?;
        Ok(session)
    }

    /// The same of whoever it was before: nobody in particular is enough.
    pub fn earlier(token: Option<&str>, site: &Site) -> Result<Self, Refusal> {
        let claims = Token::parse(token)?.verify_hmac(site.session_secrets())?;
        claims.within(site.now, 0)?;
        if claims.text("iss") != Some(ISSUER) {
            return Err(Refusal::new(RefusalReason::Mismatch, 401, "token is no session"));
        }
        if claims.text("aud") != Some(site.account) {
            return Err(Refusal::new(RefusalReason::WrongAccount, 401, "session is of another account"));
        }
        Self::of(&claims).ok_or_else(|| Refusal::new(RefusalReason::Mismatch, 401, "session is of nobody"))
    }

    /// Refuses with 403 a session of nobody in particular where that is not enough.
    pub fn require_identity(&self, site: &Site) -> Result<(), Refusal> {
        if site.is_identity_required && !self.is_identified() {
            let reason = RefusalReason::Other("identity_required".to_owned());
            return Err(Refusal::new(reason, 403, "who the visitor is has to be proven"));
        }
        Ok(())
    }

    fn of(claims: &Claims) -> Option<Self> {
        let text = |name| claims.text(name).filter(|text| !text.is_empty());
        let contact_id = text("sub")?.to_owned();
        let user = contact_id.strip_prefix(USER).unwrap_or_default().to_owned();
        let person = Person { user, ..Person::of(claims) };
        Some(Self { id: text("sid")?.to_owned(), contact_id, person })
    }

    /// Every identifier that is proven.
    pub fn identifiers(&self) -> Vec<Identifier> {
        let mut identifiers = vec![Identifier::new(IdentifierScheme::Id, &*self.contact_id)];
        let Person { email, phone, .. } = &self.person;
        identifiers.extend(email.iter().map(|email| Identifier::new(IdentifierScheme::Email, &**email)));
        identifiers.extend(phone.iter().map(|phone| Identifier::new(IdentifierScheme::Phone, &**phone)));
        identifiers
    }

    /// The contact, with what is proven.
    pub fn contact(&self) -> Contact {
        let mut contact = Contact::new(IdentifierScheme::Id, &*self.contact_id);
        contact.identifiers = self.identifiers();
        contact.name.clone_from(&self.person.name);
        contact
    }
}
