//! A connector and a connection that do not exist, for tests.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use trunkline_model::manifest::Manifest;

use super::caller::Caller;
use crate::settings::{Settings, Visibility};

/// The text of its manifest.
pub const MANIFEST: &str = r#"
manifest_version = 1
id = "post"
title = "Post"
version = "0.1.0"
summary = "Letters."
documentation = "https://example.com"
methods = ["POST"]
hosts = ["api.example.com", "*.files.example.com", "login.example.net"]
[settings]
sender = { help = "Who writes." }
token = { help = "A token.", secret = "call", multiple = true }
key = { help = "A key.", secret = "verify" }
unset = { help = "Another.", secret = "call", required = false }
odd = { help = "Not for headers.", secret = "call" }
"#;

/// What a caller borrows from.
pub struct Sample {
    /// Of the connector.
    pub manifest: Manifest,
    /// Of the connection.
    pub settings: Settings,
    /// What the operator narrowed the hosts to.
    pub hosts: Option<Vec<String>>,
    /// None.
    pub loopback: BTreeMap<String, SocketAddr>,
}

impl Default for Sample {
    /// Of a connection with values for all but `unset`.
    fn default() -> Self {
        let setting = |name: &str, value: &str, visibility| (name.to_owned(), value.to_owned(), visibility);
        Self {
            manifest: Manifest::parse(MANIFEST).expect("valid"),
            settings: Settings::new([
                setting("sender", "15550001111", Visibility::Plain),
                setting("token", "to/ken:1 &2", Visibility::SecretForCalls),
                setting("token", "older-token", Visibility::SecretForCalls),
                setting("key", "verify-key-1", Visibility::SecretToVerify),
                setting("odd", "line\nend", Visibility::SecretForCalls),
            ]),
            hosts: None,
            loopback: BTreeMap::new(),
        }
    }
}

impl Sample {
    /// Whose operator allows these hosts only.
    pub fn narrowed(hosts: &[&str]) -> Self {
        Self { hosts: Some(hosts.iter().map(|host| (*host).to_owned()).collect()), ..Self::default() }
    }

    /// Borrows from it.
    pub fn caller(&self) -> Caller<'_> {
        Caller {
            connection: "support",
            manifest: &self.manifest,
            hosts: self.hosts.as_deref(),
            loopback: &self.loopback,
            settings: &self.settings,
        }
    }
}
