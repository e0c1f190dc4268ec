//! What a contact is known by, in the one notation in which it is compared.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::phone::{self, Region};
use crate::scheme::Scheme;

/// The longest identifier, in bytes. Longer ones are nobody's.
pub const IDENTITY_BYTES_MAX: usize = 512;

/// An identifier, and where it counts. Equal identities are the same person's.
///
/// Ordered by value first, so that whoever has the same number on other connections is its neighbour, and so that a
/// prefix is a range.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    value: Box<str>,
    scheme: Scheme,
    /// The only connection on which it counts. None: the business says so, and it counts everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Box<str>>,
}

/// An identity as somebody gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// What kind.
    pub scheme: Scheme,
    /// As it is written.
    pub value: String,
    /// The only connection on which it counts. None: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl Given {
    /// In the notation in which it is compared: see [`Identity::new`].
    ///
    /// # Errors
    /// It identifies nobody.
    pub fn identity(&self, region: Option<Region>) -> Result<Identity, IdentityError> {
        Identity::new(self.scheme.clone(), &self.value, self.scope.as_deref(), region)
    }
}

/// A text that identifies nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Nothing there.
    #[error("the {0} is empty: leave it out")]
    Empty(Scheme),
    /// Longer than any identifier.
    #[error("the {scheme} has {bytes} bytes, at most {IDENTITY_BYTES_MAX} are kept")]
    TooLong {
        /// What kind.
        scheme: Scheme,
        /// Its length.
        bytes: usize,
    },
    /// A number that cannot be called from everywhere.
    #[error("`{0}` is no phone number: write it with its country code, such as `+491711234567`")]
    NotANumber(String),
    /// An address without one part.
    #[error("`{0}` is no e-mail address: write it as `name@example.org`")]
    NotAnAddress(String),
    /// An id of a provider that counts everywhere.
    #[error("the {0} `{1}` is a provider's: say on which connection it counts")]
    NoScope(Scheme, String),
}

impl Identity {
    /// An identifier of a connection, or with no connection one that the business gives and that counts everywhere:
    /// a `phone`, an `email` or an `external` id.
    ///
    /// Numbers without a country code are of that region. On a connection, what is no number or address identifies
    /// all the same, as it is: a short code, the name of a sender.
    ///
    /// # Errors
    /// The text identifies nobody.
    pub fn new(
        scheme: Scheme,
        value: &str,
        scope: Option<&str>,
        region: Option<Region>,
    ) -> Result<Self, IdentityError> {
        let value = value.trim();
        if value.is_empty() {
            return Err(IdentityError::Empty(scheme));
        }
        if value.len() > IDENTITY_BYTES_MAX {
            return Err(IdentityError::TooLong { scheme, bytes: value.len() });
        }
        let everywhere = scope.is_none();
        let value: Box<str> = match &scheme {
            Scheme::Phone => match phone::e164(value, region) {
                Some(number) => number.into(),
                None if everywhere => return Err(IdentityError::NotANumber(value.to_owned())),
                None => value.into(),
            },
            Scheme::Email if everywhere && !is_address(value) => {
                return Err(IdentityError::NotAnAddress(value.to_owned()));
            }
            Scheme::Email => value.to_lowercase().into(),
            Scheme::External => value.into(),
            Scheme::Id | Scheme::Username | Scheme::Other(_) if everywhere => {
                return Err(IdentityError::NoScope(scheme, value.to_owned()));
            }
            Scheme::Id | Scheme::Username | Scheme::Other(_) => value.into(),
        };
        Ok(Self { value, scheme, scope: scope.map(Into::into) })
    }

    /// What kind.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// As it is compared.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The only connection on which it counts. None: everywhere.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Whether it means the same person on every connection that verifies it.
    pub(crate) fn is_complete(&self) -> bool {
        match self.scheme {
            Scheme::Phone => phone::is_e164(&self.value),
            Scheme::Email => is_address(&self.value),
            _ => false,
        }
    }

    /// The text as it stands. Where somebody is known by it, it is in the right notation: found without the numbering
    /// plans of the world.
    pub(crate) fn as_written(scheme: Scheme, value: &str, scope: &str) -> Self {
        Self { value: value.trim().into(), scheme, scope: Some(scope.into()) }
    }

    /// Where everything with that prefix begins.
    pub(crate) fn prefix(prefix: &str) -> Self {
        Self { value: prefix.into(), scheme: Scheme::Phone, scope: None }
    }
}

/// An identity of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// As it is compared.
    #[serde(flatten)]
    pub identity: Arc<Identity>,
    /// As it was written, where that is something else: what an answer goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Box<str>>,
    /// Since when, in milliseconds since the Unix epoch.
    pub since: u64,
}

impl Known {
    pub(crate) fn new(identity: Identity, written: &str, since: u64) -> Self {
        let written = written.trim();
        let differs = identity.scheme == Scheme::Email && *identity.value != *written;
        Self { identity: Arc::new(identity), written: differs.then(|| written.into()), since }
    }

    /// What an answer goes to.
    pub fn address(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.identity.value)
    }
}

fn is_address(text: &str) -> bool {
    let whole = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    whole && text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(scheme: &str, value: &str, scope: Option<&str>) -> String {
        let region = Region::try_from("DE").ok();
        match Identity::new(Scheme::from(scheme), value, scope, region) {
            Ok(identity) => identity.value().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn identities_have_one_notation() {
        let long = "a".repeat(IDENTITY_BYTES_MAX + 1);
        let table = [
            ("phone", "0171 1234567", Some("chat"), "+491711234567"),
            ("phone", "0171 1234567", None, "+491711234567"),
            ("phone", "Shop", Some("sms"), "Shop"),
            (
                "phone",
                "Shop",
                None,
                "`Shop` is no phone number: write it with its country code, such as `+491711234567`",
            ),
            ("email", "Jane.Doe@Example.ORG", Some("mail"), "jane.doe@example.org"),
            ("email", "postmaster", Some("mail"), "postmaster"),
            (
                "email",
                "@example.org",
                None,
                "`@example.org` is no e-mail address: write it as `name@example.org`",
            ),
            ("id", " U1 ", Some("chat"), "U1"),
            ("id", "U1", None, "the id `U1` is a provider's: say on which connection it counts"),
            ("external", "C-7", None, "C-7"),
            ("id", "  ", Some("chat"), "the id is empty: leave it out"),
            ("id", &long, Some("chat"), "the id has 513 bytes, at most 512 are kept"),
        ];
        for (scheme, value, scope, expected) in table {
            assert_eq!(shown(scheme, value, scope), expected, "{scheme} {value}");
        }
    }

    #[test]
    fn only_what_is_complete_means_the_same_everywhere() {
        let table = [
            ("phone", "+491711234567", true),
            ("phone", "72975", false),
            ("email", "a@example.org", true),
            ("email", "a b@example.org", false),
            ("id", "+491711234567", false),
        ];
        for (scheme, value, complete) in table {
            let identity = Identity::new(Scheme::from(scheme), value, Some("chat"), None).unwrap();
            assert_eq!(identity.is_complete(), complete, "{scheme} {value}");
        }
    }

    #[test]
    fn an_answer_goes_to_the_address_as_it_was_written() {
        let identity = Identity::new(Scheme::Email, "Jane@example.org", Some("mail"), None).unwrap();
        assert_eq!(Known::new(identity.clone(), "Jane@example.org", 0).address(), "Jane@example.org");
        assert_eq!(Known::new(identity, "jane@example.org", 0).written, None);
    }
}
