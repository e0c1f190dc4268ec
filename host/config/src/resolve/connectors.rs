//! `[connectors]`: what is loaded from where, what of it may change while the host runs, and what each may use.

use std::collections::BTreeMap;
use std::path::PathBuf;

use trunkline_policy::hosts;

use super::{Folders, Resolver};
use crate::file::{ComponentLimits, File, Unsigned};

/// The components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentsConfig {
    /// The folder.
    pub path: PathBuf,
    /// The folder of the compiled ones.
    pub cache: PathBuf,
    /// Calls at once.
    pub calls_max: u32,
    /// Files of the keys that may sign components.
    pub keys: Vec<PathBuf>,
    /// Which components need no signature.
    pub unsigned: Unsigned,
    /// Whether a changed file is taken while the host runs.
    pub reload: bool,
    /// Webhooks as old as that are read by a changed component before it is taken: an age such as `1h`.
    pub reload_check: Option<String>,
    /// What an operator lets a component have, by its id.
    pub limits: BTreeMap<String, ComponentLimits>,
}

impl Resolver<'_> {
    pub(super) fn components(&mut self, file: &File, folders: &Folders) -> ComponentsConfig {
        let connectors = &file.connectors;
        if !(1..=512).contains(&connectors.calls_max) {
            let message = format!("`connectors.calls_max` is {}, expected 1 to 512", connectors.calls_max);
            self.problem(&["connectors", "calls_max"], message, None);
        }
        if connectors.unsigned == Unsigned::Refuse && connectors.keys.is_empty() {
            let message =
                "`connectors.unsigned` is `refuse`, but `connectors.keys` is empty: nothing could be loaded";
            let hint = "name the keys of those whose components you run: `keys = [\"cosign.pub\"]`";
            self.problem(&["connectors", "unsigned"], message, Some(hint));
        }
        for (id, limits) in &connectors.limits {
            let path = |key| ["connectors", "limits", id.as_str(), key];
            let bounds = [
                ("time_ms_max", limits.time_ms_max, 10),
                ("memory_bytes_max", limits.memory_bytes_max, 1 << 20),
                ("body_bytes_max", limits.body_bytes_max, 1 << 10),
                ("answer_bytes_max", limits.answer_bytes_max, 1 << 10),
            ];
            for (key, value, least) in bounds {
                if let Some(value) = value.filter(|value| *value < least) {
                    let message = format!("`{}` is {value}, expected at least {least}", path(key).join("."));
                    self.problem(&path(key), message, Some("no call of a connector could end within less"));
                }
            }
            for host in limits.hosts.iter().flatten().filter(|host| !hosts::is_pattern(host)) {
                let message = format!("`{host}` in `{}` is no name of a host", path("hosts").join("."));
                self.problem(
                    &path("hosts"),
                    message,
                    Some("for example `api.example.com` or `*.example.com`"),
                );
            }
        }
        ComponentsConfig {
            path: folders.connectors.clone(),
            cache: folders.cache.clone(),
            calls_max: connectors.calls_max,
            keys: folders.keys.clone(),
            unsigned: connectors.unsigned,
            reload: connectors.reload,
            reload_check: connectors.reload_check.clone().filter(|age| !age.is_empty()),
            limits: connectors.limits.clone(),
        }
    }

    /// What a connection's calls are narrowed to: by itself, or else for all connections of its connector.
    pub(super) fn narrowed_hosts(&mut self, file: &File, name: &str) -> Option<Vec<String>> {
        let connection = file.connections.get(name)?;
        let shared =
            file.connectors.limits.get(&connection.connector).and_then(|limits| limits.hosts.clone());
        let own = connection.hosts.clone();
        self.hosts(name, own.as_deref().unwrap_or_default());
        let (Some(own), Some(shared)) = (&own, &shared) else { return own.or(shared) };
        let wider = own.iter().filter(|host| !shared.iter().any(|pattern| hosts::covers(pattern, host)));
        for host in wider {
            let connector = &connection.connector;
            let message = format!("`{host}` is not among `connectors.limits.{connector}.hosts`");
            let hint = format!("those are: {}", shared.join(", "));
            self.problem(&["connections", name, "hosts"], message, Some(&hint));
        }
        Some(own.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::Source;

    fn problems(text: &str) -> Vec<String> {
        let source = Source::new("t.toml", format!("config_version = 1\n{text}"));
        match source.resolve() {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn bounds_that_nothing_could_keep_are_refused() {
        let text =
            "[connectors.limits.post]\ntime_ms_max = 1\nmemory_bytes_max = 33_554_432\nhosts = [\"*\"]\n";
        assert_eq!(
            problems(text),
            [
                "t.toml:3: `connectors.limits.post.time_ms_max` is 1, expected at least 10",
                "t.toml:5: `*` in `connectors.limits.post.hosts` is no name of a host",
            ]
        );
    }

    #[test]
    fn a_connection_narrows_what_all_of_its_connector_may_call() {
        let text = |hosts: &str| {
            format!(
                "[connectors.limits.post]\nhosts = [\"api.example.com\"]\n\
                 [connections.one]\nconnector = \"post\"\n{hosts}"
            )
        };
        let source = Source::new("t.toml", format!("config_version = 1\n{}", text("")));
        let config = source.resolve().unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(config.connections[0].hosts.as_deref(), Some(["api.example.com".to_owned()].as_slice()));
        assert_eq!(
            problems(&text("hosts = [\"files.example.com\"]\n")),
            ["t.toml:6: `files.example.com` is not among `connectors.limits.post.hosts`"]
        );
    }
}
