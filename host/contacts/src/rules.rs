//! Which identifiers link contacts by themselves.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::phone::Region;
use crate::scheme::Scheme;

/// More rules than a business has brands.
pub const RULES_MAX: usize = 100;

/// What makes two contacts one without anybody asking, as it stands in the configuration:
///
/// ```toml
/// default_region = "DE"
///
/// [[link]]
/// scheme = "phone"
/// connections = ["shop-chat", "shop-sms"]
/// ```
///
/// A rule is looked up when somebody is heard: a new one holds for what is known already, and without an old one
/// nobody is forgotten.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRules {
    /// The country of phone numbers without a country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<Region>,
    /// At most [`RULES_MAX`].
    #[serde(default)]
    pub link: Vec<LinkRule>,
}

/// The same identifier of this scheme, heard on two of these connections, is the same contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRule {
    /// What kind of identifier.
    pub scheme: LinkScheme,
    /// Whose providers have verified it. One alone makes sense: what the business gave of a contact counts too.
    pub connections: BTreeSet<String>,
}

/// Identifiers that mean the same person whoever says them. Ids of providers do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkScheme {
    /// A phone number in E.164.
    Phone,
    /// An e-mail address.
    Email,
}

/// What is wrong with the rules. Rules are counted from 1, as they stand in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// No connections.
    #[error("link rule {rule} has no connections: list those whose numbers or addresses are certain")]
    Empty {
        /// From 1.
        rule: usize,
    },
    /// A connection that is not there.
    #[error("link rule {rule} names `{connection}`, which is no connection: define it, or leave it out")]
    UnknownConnection {
        /// From 1.
        rule: usize,
        /// As it is written.
        connection: String,
    },
    /// More than anybody needs.
    #[error("{count} link rules, at most {RULES_MAX}: put connections of one brand into one rule")]
    TooMany {
        /// How many there are.
        count: usize,
    },
}

impl LinkRules {
    /// Whether they can be meant, with these connections.
    ///
    /// # Errors
    /// The first rule that cannot.
    pub fn check(&self, connections: &BTreeSet<String>) -> Result<(), RulesError> {
        if self.link.len() > RULES_MAX {
            return Err(RulesError::TooMany { count: self.link.len() });
        }
        for (rule, link) in (1..).zip(&self.link) {
            if link.connections.is_empty() {
                return Err(RulesError::Empty { rule });
            }
            if let Some(connection) = link.connections.difference(connections).next() {
                return Err(RulesError::UnknownConnection { rule, connection: connection.clone() });
            }
        }
        Ok(())
    }

    /// The rules by which an identifier of this scheme, heard on this connection, is certain.
    pub(crate) fn of<'a>(
        &'a self,
        scheme: &'a Scheme,
        connection: &'a str,
    ) -> impl Iterator<Item = &'a LinkRule> {
        self.link.iter().filter(move |rule| rule.scheme.is(scheme) && rule.connections.contains(connection))
    }
}

impl LinkScheme {
    fn is(self, scheme: &Scheme) -> bool {
        match self {
            Self::Phone => *scheme == Scheme::Phone,
            Self::Email => *scheme == Scheme::Email,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> String {
        let connections = ["chat", "sms"].map(str::to_owned).into();
        match toml::from_str::<LinkRules>(text) {
            Ok(rules) => rules.check(&connections).map_or_else(|error| error.to_string(), |()| "ok".into()),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn rules_are_checked() {
        let table = [
            ("", "ok"),
            ("default_region = 'DE'\n[[link]]\nscheme = 'phone'\nconnections = ['chat', 'sms']", "ok"),
            (
                "[[link]]\nscheme = 'phone'\nconnections = []",
                "link rule 1 has no connections: list those whose numbers or addresses are certain",
            ),
            (
                "[[link]]\nscheme = 'email'\nconnections = ['chat', 'mail']",
                "link rule 1 names `mail`, which is no connection: define it, or leave it out",
            ),
            (
                "[[link]]\nscheme = 'id'\nconnections = ['chat']",
                "unknown variant `id`, expected `phone` or `email`",
            ),
            ("links = []", "unknown field `links`, expected `default_region` or `link`"),
            (
                "default_region = 'Nowhere'",
                "`Nowhere` is no country: write two letters of ISO 3166, such as `DE`",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(checked(text), expected, "{text}");
        }
        let rule = LinkRule { scheme: LinkScheme::Phone, connections: BTreeSet::new() };
        let rules = LinkRules { default_region: None, link: vec![rule; RULES_MAX + 1] };
        assert_eq!(rules.check(&BTreeSet::new()), Err(RulesError::TooMany { count: RULES_MAX + 1 }));
    }
}
