//! What changes where another component takes over, by what both say about themselves.

use std::collections::BTreeSet;

use serde::Serialize;
use trunkline_model::manifest::{Manifest, MediaForm, Secret, Setting};
use trunkline_runtime::Connector;

use crate::config::Problem;

/// Two connectors, held against each other.
#[derive(Debug, Serialize)]
pub struct ManifestChange {
    /// The one that is installed. None: there is none, or it cannot be loaded.
    pub installed: Option<Identity>,
    /// The one that is tried.
    pub tried: Identity,
    /// What only the installed one has.
    pub lost: Vec<String>,
    /// What only the tried one has.
    pub gained: Vec<String>,
    /// Why the host would not start with it: settings that it needs, or does not know.
    pub problems: Vec<Problem>,
}

/// Which component.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// As its manifest says.
    pub version: String,
    /// SHA-256 of its file, in hex.
    pub component: String,
}

impl Identity {
    fn of(connector: &Connector) -> Self {
        let (version, component) = (connector.manifest().version.clone(), connector.digest().to_owned());
        Self { version, component }
    }
}

impl ManifestChange {
    /// Compares.
    pub fn new(installed: Option<&Connector>, tried: &Connector, problems: Vec<Problem>) -> Self {
        let told = |connector: &Connector| facts(connector.manifest(), connector.abilities());
        // Without something to compare with, nothing has changed.
        let (before, after) = (installed.map_or_else(|| told(tried), told), told(tried));
        Self {
            installed: installed.map(Identity::of),
            tried: Identity::of(tried),
            lost: before.difference(&after).cloned().collect(),
            gained: after.difference(&before).cloned().collect(),
            problems,
        }
    }

    /// Whether anything but its version changes.
    pub fn differs(&self) -> bool {
        !(self.lost.is_empty() && self.gained.is_empty() && self.problems.is_empty())
    }
}

/// What matters of a connector, each in a few words. How it explains itself does not matter.
fn facts(manifest: &Manifest, abilities: &[&str]) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    facts.extend(abilities.iter().map(|ability| format!("ability `{ability}`")));
    facts.extend(manifest.methods.iter().map(|method| format!("method `{method}`")));
    facts.extend(manifest.hosts.iter().map(|host| format!("host `{host}`")));
    let limits = &manifest.limits;
    for (name, limit) in [
        ("time_ms_max", limits.time_ms_max),
        ("memory_bytes_max", limits.memory_bytes_max),
        ("body_bytes_max", limits.body_bytes_max),
    ] {
        facts.insert(format!("limit `{name}` = {limit}"));
    }
    facts.extend(
        manifest.settings.iter().map(|(name, setting)| format!("setting `{name}`: {}", marks(setting))),
    );
    if abilities.contains(&"outbound") {
        let outbound = &manifest.outbound;
        facts.insert(format!("outbound `scheme` = {}", outbound.scheme));
        facts.insert(format!("outbound `rate_per_second` = {}", outbound.rate_per_second));
        let form = match outbound.media {
            MediaForm::Url => "url",
            MediaForm::Bytes => "bytes",
        };
        facts.insert(format!("outbound `media` = {form}"));
        facts.extend(
            outbound.account_setting.iter().map(|name| format!("outbound `account_setting` = {name}")),
        );
    }
    facts
}

fn marks(setting: &Setting) -> String {
    let mut marks = vec![if setting.required { "required" } else { "optional" }.to_owned()];
    marks.extend(setting.secret.map(|secret| match secret {
        Secret::Verify => "secret".to_owned(),
        Secret::Call => "secret, never shown to the connector".to_owned(),
    }));
    marks.extend(setting.multiple.then(|| "several values".to_owned()));
    marks.extend(setting.default.as_ref().map(|default| format!("default `{default}`")));
    marks.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(more: &str) -> Manifest {
        let least = "manifest_version = 1\nid = \"post\"\ntitle = \"Post\"\nversion = \"0.1.0\"\nsummary = \"Letters.\"\n\
            documentation = \"https://example.com\"\nmethods = [\"POST\"]\n";
        Manifest::parse(&format!("{least}{more}")).expect("valid")
    }

    fn differing(more: &str, abilities: &[&str]) -> Vec<String> {
        let before = facts(&manifest("hosts = [\"a.example\"]\n[settings.key]\nhelp = \"x\""), &["inbound"]);
        let after = facts(&manifest(more), abilities);
        let lost = before.difference(&after).map(|fact| format!("- {fact}"));
        lost.chain(after.difference(&before).map(|fact| format!("+ {fact}"))).collect()
    }

    #[test]
    fn what_matters_is_compared_and_what_explains_is_not() {
        let same = "hosts = [\"a.example\"]\n[settings.key]\nhelp = \"another\"";
        assert_eq!(differing(same, &["inbound"]), [] as [&str; 0]);
        let other = "hosts = [\"b.example\"]\n[limits]\ntime_ms_max = 500\n\
            [settings.key]\nhelp = \"x\"\nrequired = false\n[settings.token]\nhelp = \"x\"\nsecret = \"call\"\nmultiple = true";
        assert_eq!(
            differing(other, &["inbound", "media"]),
            [
                "- host `a.example`",
                "- limit `time_ms_max` = 250",
                "- setting `key`: required",
                "+ ability `media`",
                "+ host `b.example`",
                "+ limit `time_ms_max` = 500",
                "+ setting `key`: optional",
                "+ setting `token`: required, secret, never shown to the connector, several values",
            ]
        );
    }
}
