//! How much is kept: by default, and of connections that say otherwise.

use std::collections::BTreeMap;

use trunkline_core::journal::Keep;

use crate::file::{File, Retention};

/// How much is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Of connections that say nothing.
    pub default: Keep,
    /// Of each connection of the file.
    pub connections: BTreeMap<String, Keep>,
}

impl RetentionConfig {
    pub(super) fn of(file: &File) -> Self {
        let default = file.store.retention;
        let keep = |own: Retention| Keep {
            days: own.days.or(default.days).filter(|days| *days > 0),
            bytes: own.bytes.or(default.bytes).filter(|bytes| *bytes > 0),
        };
        let connections = file.connections.iter();
        Self {
            default: keep(default),
            connections: connections
                .map(|(name, connection)| (name.clone(), keep(connection.retention)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_says_less_more_or_nothing() {
        let text = "config_version = 1\n[store.retention]\ndays = 90\nbytes = 5\n\
                    [connections.a]\nconnector = \"x\"\n[connections.b]\nconnector = \"x\"\nretention = { days = 0 }\n\
                    [connections.c]\nconnector = \"x\"\nretention = { days = 7, bytes = 0 }\n";
        let found = RetentionConfig::of(&toml::from_str(text).expect("a configuration"));
        let keep = |days, bytes| Keep { days, bytes };
        assert_eq!(found.default, keep(Some(90), Some(5)));
        assert_eq!(found.connections["a"], found.default);
        assert_eq!(found.connections["b"], keep(None, Some(5)));
        assert_eq!(found.connections["c"], keep(Some(7), None));
    }
}
