//! `benches/channels.toml`: whose webhooks the load is made of.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::workspace;

/// What providers call: part of what some of them sign. Nothing is sent there.
pub const PUBLIC_URL: &str = "https://hooks.example.org";

/// How webhooks of one channel are made, and what a connection needs to take them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    case: PathBuf,
    id: String,
    #[serde(default)]
    contact: Vec<String>,
    secret: String,
    /// Of a connection.
    pub settings: BTreeMap<String, String>,
}

/// By the id of the connector.
pub type Channels = BTreeMap<String, Channel>;

/// All of them.
pub fn read() -> Result<Channels> {
    let path = workspace::root().join("benches/channels.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    toml::from_str(&text).with_context(|| format!("`{}` is not valid", path.display()))
}

impl Channel {
    /// What webhooks are signed with.
    pub fn secret(&self) -> Result<&str> {
        let secret = self.settings.get(&self.secret);
        Ok(secret.with_context(|| format!("`benches/channels.toml`: no setting `{}`", self.secret))?)
    }

    /// An entry of the load generator's plan: webhooks to that path.
    pub fn plan(&self, path: &str) -> Value {
        json!({
            "path": path,
            "public_url": PUBLIC_URL,
            "case": workspace::root().join(&self.case),
            "id": self.id,
            "contact": self.contact,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_its_case_and_its_secret() {
        let channels = read().expect("valid");
        assert!(!channels.is_empty());
        for (id, channel) in channels {
            assert!(!channel.secret().expect("a secret").is_empty(), "{id}");
            let case = std::fs::read_to_string(workspace::root().join(&channel.case)).expect("a case file");
            assert!(case.contains(&channel.id), "{id}");
            assert!(channel.contact.iter().all(|contact| case.contains(contact)), "{id}");
        }
    }
}
