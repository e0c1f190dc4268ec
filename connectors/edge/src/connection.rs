//! A connection at the edge: its settings stand in variables.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use trunkline_model::manifest::Manifest;
use trunkline_policy::egress::Caller;
use trunkline_policy::{SettingProblem, Settings, variables};

use crate::platform::Platform;

/// One account, as its connector needs it.
pub struct Connection<'a> {
    /// The last segment of its URL.
    pub name: String,
    /// Of the connector.
    pub manifest: &'a Manifest,
    /// Its account.
    pub settings: Settings,
    /// Hosts that are really on this machine: for tests and for trying.
    pub loopback: BTreeMap<String, SocketAddr>,
}

/// Why there is no such connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Unconnected {
    /// The component serves others.
    Unknown,
    /// It lacks something: what, for the operator.
    Misconfigured(String),
}

impl<'a> Connection<'a> {
    /// Reads the variables of a connection.
    pub async fn read<P: Platform>(
        platform: &P,
        name: &str,
        manifest: &'a Manifest,
    ) -> Result<Self, Unconnected> {
        let served = platform.variable(variables::CONNECTIONS).await.unwrap_or_default();
        if !served.split_ascii_whitespace().any(|served| served == name) {
            return Err(Unconnected::Unknown);
        }
        let mut values: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (setting, declared) in &manifest.settings {
            let newest = platform.variable(&variables::setting(name, setting)).await;
            let previous = match declared.multiple {
                true => platform.variable(&variables::previous(name, setting)).await,
                false => None,
            };
            values.insert(setting, newest.into_iter().chain(previous).collect());
        }
        let given = |setting: &str| {
            let values = values.get(setting).map(Vec::as_slice).unwrap_or_default();
            values.iter().map(String::as_str).collect()
        };
        let settings = Settings::of(manifest, given).map_err(|problems| lacking(name, &problems))?;
        let loopback = loopback(platform).await.map_err(Unconnected::Misconfigured)?;
        Ok(Self { name: name.to_owned(), settings, loopback, manifest })
    }

    /// What it may call, and with what.
    pub fn caller(&self) -> Caller<'_> {
        Caller {
            connection: &self.name,
            manifest: self.manifest,
            hosts: None,
            loopback: &self.loopback,
            settings: &self.settings,
        }
    }
}

fn lacking(connection: &str, problems: &[SettingProblem]) -> Unconnected {
    let of = |problem: &SettingProblem| match problem {
        SettingProblem::Lacking { setting } => variables::setting(connection, setting),
        SettingProblem::TooMany { setting, .. } => variables::previous(connection, setting),
    };
    let names: Vec<String> = problems.iter().map(|problem| format!("`{}`", of(problem))).collect();
    Unconnected::Misconfigured(format!("variables that are not set: {}", names.join(", ")))
}

/// `dangerous_loopback`: `api.example.com=127.0.0.1:9000`, with spaces between several.
async fn loopback<P: Platform>(platform: &P) -> Result<BTreeMap<String, SocketAddr>, String> {
    let text = platform.variable(variables::DANGEROUS_LOOPBACK).await.unwrap_or_default();
    text.split_ascii_whitespace()
        .map(|pair| {
            let parsed = pair.split_once('=').and_then(|(host, address)| {
                let address: SocketAddr = address.parse().ok()?;
                address.ip().is_loopback().then(|| (host.to_owned(), address))
            });
            parsed.ok_or_else(|| format!("`{}` holds `{pair}`", variables::DANGEROUS_LOOPBACK))
        })
        .collect()
}
