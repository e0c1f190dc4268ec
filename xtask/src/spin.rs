//! `cargo xtask spin`: `spin.toml`, the edge with every connector that cargo alone can build.
//!
//! One that Node.js or Python is needed for would be missing where they are, and nothing could be served. Generated from the
//! manifests of the connectors alone, so that nothing has to be built. One connection for each, named like it; what a
//! deployment really serves is written by `trunkline edge spin`, which takes connectors in any language.

use std::collections::BTreeMap;

use anyhow::Result;
use trunkline_author::Language;
use trunkline_deploy::{Connection, Edge, spin};

use crate::generated::Page;
use crate::workspace;

/// Where things are below the root, and what makes them.
const LAYOUT: spin::Layout<'_> = spin::Layout {
    command: "cargo xtask spin",
    adapter: "target/edge/spin.wasm",
    connectors: "target/connectors",
    build: Some(spin::Build {
        // The adapter and all connectors: one alone would have other features of what they share, and build that again.
        command: "cargo xtask build --edge",
        watch: &[
            "connectors/**/*.rs",
            "connectors/*/connector.toml",
            "model/src/**/*.rs",
            "policy/src/**/*.rs",
            "wit/*.wit",
        ],
    }),
};

/// The manifest.
pub const PAGES: [Page; 1] = [("spin.toml", text)];

fn text() -> Result<String> {
    let edge = Edge::new(&connections()?).map_err(|refusal| {
        let hint = refusal.hint();
        anyhow::anyhow!("{refusal}\n\nhint: {hint}")
    })?;
    Ok(spin::manifest(&edge, &LAYOUT))
}

/// One connection for each connector in Rust, by its name.
fn connections() -> Result<BTreeMap<String, Connection>> {
    let connectors =
        workspace::connectors()?.into_iter().filter(|connector| connector.language == Language::Rust);
    connectors
        .map(|connector| {
            Ok((connector.id.clone(), Connection { manifest: connector.manifest()?, hosts: None }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};
    use trunkline_policy::variables;

    use super::*;

    fn texts(list: &Value) -> Vec<&str> {
        list.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
    }

    /// What stands in the repository, held against every connector's own words.
    #[test]
    fn every_connector_has_its_hosts_its_settings_and_its_secrets() {
        let file = std::fs::read_to_string(workspace::root().join(PAGES[0].0)).expect("it is checked in");
        let manifest: Table = toml::from_str(&file).expect("TOML");
        let connections = connections().expect("valid");
        assert!(connections.len() >= 5, "{} connectors", connections.len());
        let components = manifest["component"].as_table().expect("components");
        assert_eq!(components.len(), connections.len());
        let declared = manifest["variables"].as_table().expect("variables");
        let mut count = 5;
        for (id, connection) in &connections {
            let component = &components[id];
            let hosts = connection.manifest.hosts.iter().map(|host| format!("https://{host}"));
            let expected: Vec<String> = ["{{ ingest_url }}".to_owned()].into_iter().chain(hosts).collect();
            assert_eq!(texts(&component["allowed_outbound_hosts"]), expected, "{id}");
            for (name, setting) in &connection.manifest.settings {
                let mut names = vec![variables::setting(id, name)];
                names.extend(setting.multiple.then(|| variables::previous(id, name)));
                for name in names {
                    let marked = declared[&name].get("secret").and_then(Value::as_bool) == Some(true);
                    assert_eq!(marked, setting.secret.is_some(), "{name}");
                    assert_eq!(component["variables"][&name].as_str(), Some(&*format!("{{{{ {name} }}}}")));
                    count += 1;
                }
            }
        }
        assert_eq!(declared.len(), count, "and nothing else is a variable");
    }
}
