//! What kind of identifier a text is, as the desk tells them apart.

use std::fmt;

use serde::{Deserialize, Serialize};
use trunkline_model::IdentifierScheme;

/// What kind of identifier. Written as JSON by its name: `phone`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Scheme {
    /// A phone number, E.164 where it is one.
    Phone,
    /// An e-mail address, in lower case.
    Email,
    /// The provider's own id.
    Id,
    /// A name that may change its owner: no key, unless a channel gives nothing else.
    Username,
    /// The id that the business itself has for the contact.
    External,
    /// By the provider's name for it, in snake_case.
    Other(Box<str>),
}

impl Scheme {
    /// The name as it stands in JSON.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Id => "id",
            Self::Username => "username",
            Self::External => "external",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Scheme {
    fn from(name: &str) -> Self {
        match name {
            "phone" => Self::Phone,
            "email" => Self::Email,
            "id" => Self::Id,
            "username" => Self::Username,
            "external" => Self::External,
            other => Self::Other(other.into()),
        }
    }
}

impl From<String> for Scheme {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<Scheme> for String {
    fn from(scheme: Scheme) -> Self {
        scheme.as_str().to_owned()
    }
}

impl From<&IdentifierScheme> for Scheme {
    fn from(scheme: &IdentifierScheme) -> Self {
        Self::from(scheme.as_str())
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_known_by_its_name() {
        for name in ["phone", "email", "id", "username", "external", "parent_user_id"] {
            assert_eq!(Scheme::from(name).to_string(), name);
            assert_eq!(Scheme::from(&IdentifierScheme::from(name)), Scheme::from(name));
        }
        assert_eq!(Scheme::from("parent_user_id"), Scheme::Other("parent_user_id".into()));
    }
}
