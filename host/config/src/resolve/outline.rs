//! What can be said of a configuration without its secrets, which are not on every machine: for what is made from names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Folders, read};
use crate::Source;
use crate::file::{OneOrMany, Unsigned};
use crate::problem::Problem;

/// What starts a reference to a value that stands elsewhere.
const REFERENCE: &str = "${";

/// A configuration as it is written.
pub struct Outline {
    /// The folder of the journal.
    pub store: PathBuf,
    /// The folder of the components.
    pub connectors: PathBuf,
    /// The folder of the compiled components.
    pub cache: PathBuf,
    /// Files of the keys that may sign components.
    pub connector_keys: Vec<PathBuf>,
    /// Which components need no signature.
    pub unsigned: Unsigned,
    /// What providers call, where the file says it itself.
    pub public_url: Option<String>,
    /// In alphabetical order.
    pub connections: Vec<OutlinedConnection>,
}

/// A connection as it is written.
pub struct OutlinedConnection {
    /// The last segment of its URL.
    pub name: String,
    /// The id of its connector.
    pub connector: String,
    /// What the connector's hosts are narrowed to.
    pub hosts: Option<Vec<String>>,
    /// Where it stands.
    pub line: Option<usize>,
    settings: BTreeMap<String, OneOrMany>,
}

/// How a setting is written.
#[derive(Debug, PartialEq, Eq)]
pub enum Written<'a> {
    /// Not at all, or empty.
    Not,
    /// Its newest value stands in the file.
    Here(&'a str),
    /// The file says where it stands.
    Elsewhere,
}

impl OutlinedConnection {
    /// How a setting is written. Its value may be a secret: only the connector's manifest says whether it is.
    pub fn written(&self, setting: &str) -> Written<'_> {
        match self.settings.get(setting).and_then(|values| values.values().first()) {
            Some(value) if value.contains(REFERENCE) => Written::Elsewhere,
            Some(value) if !value.is_empty() => Written::Here(value),
            _ => Written::Not,
        }
    }
}

pub fn outline(source: &Source) -> Result<Outline, Vec<Problem>> {
    let (mut resolver, file) = read(source)?;
    let Folders { store, connectors, cache, keys } = resolver.folders(&file);
    let unsigned = file.connectors.unsigned;
    let mut connections = Vec::new();
    for (name, connection) in file.connections {
        resolver.name("connections", &name);
        resolver.hosts(&name, connection.hosts.as_deref().unwrap_or_default());
        connections.push(OutlinedConnection {
            line: resolver.located.line(&["connections", &name]),
            name,
            connector: connection.connector,
            hosts: connection.hosts,
            settings: connection.settings,
        });
    }
    let public_url = file.server.public_url.filter(|url| !url.contains(REFERENCE));
    if resolver.problems.is_empty() {
        Ok(Outline { store, connectors, cache, connector_keys: keys, unsigned, public_url, connections })
    } else {
        Err(resolver.problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"config_version = 1
[server]
listen = "${env:TRUNKLINE_NOT_SET_ANYWHERE}"
public_url = "https://hooks.example.com"
[connectors]
path = "components"
[connections.support]
connector = "post"
hosts = ["api.example.com"]
[connections.support.settings]
signing_key = ["${env:TRUNKLINE_NOT_SET_ANYWHERE}", "old"]
token = "${file:nowhere}"
office = "7"
empty = ""
[connections.a]
connector = "pigeon"
"#;

    fn of(text: &str) -> Result<Outline, Vec<String>> {
        let source = Source::new("folder/trunkline.toml", text);
        source.outline().map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn secrets_are_not_looked_up() {
        let outline = of(TEXT).expect("valid");
        let names: Vec<_> =
            outline.connections.iter().map(|one| (&*one.name, &*one.connector, one.line)).collect();
        assert_eq!(names, [("a", "pigeon", Some(15)), ("support", "post", Some(7))]);
        let support = &outline.connections[1];
        assert_eq!(support.hosts.as_deref(), Some(&["api.example.com".to_owned()][..]));
        assert_eq!(support.written("office"), Written::Here("7"));
        for setting in ["signing_key", "token"] {
            assert_eq!(support.written(setting), Written::Elsewhere, "{setting}");
        }
        for setting in ["empty", "other"] {
            assert_eq!(support.written(setting), Written::Not, "{setting}");
        }
        assert_eq!(outline.public_url.as_deref(), Some("https://hooks.example.com"));
        assert_eq!(outline.connectors, PathBuf::from("folder/components"));
        assert_eq!(outline.cache, PathBuf::from("folder/trunkline-data/compiled"));
        let elsewhere = TEXT.replace("https://hooks.example.com", "${env:TRUNKLINE_NOT_SET_ANYWHERE}");
        assert_eq!(of(&elsewhere).expect("valid").public_url, None);
    }

    #[test]
    fn the_form_is_checked() {
        let wrong = TEXT.replace("office = \"7\"", "office = \"7\"\n[connections.support.sets]");
        let problems = of(&wrong).err().expect("an unknown key");
        assert!(problems[0].contains("unknown key `sets`"), "{problems:?}");
        for (from, to, expected) in [
            ("config_version = 1", "config_version = 2", "`config_version` is 2"),
            ("[connections.a]", "[connections.A]", "`A` is no name for one of `connections`"),
            ("api.example.com", "10.0.0.1", "`10.0.0.1` in `connections.support.hosts` is no name of a host"),
        ] {
            let problems = of(&TEXT.replace(from, to)).err().expect(expected);
            assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}");
        }
    }
}
