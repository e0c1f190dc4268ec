//! Whether the connectors load, and whether the connections have what theirs need.

use std::collections::BTreeSet;

use super::Finding;
use crate::config::{Config, Source};
use crate::connections::connect;
use crate::host::load_connectors;

/// Of a digest, as people compare it.
const DIGEST_CHARACTERS: usize = 12;

pub async fn examine(source: &Source, config: &Config) -> Vec<Finding> {
    let registry = match load_connectors(config).await {
        Ok(registry) => registry,
        Err(failure) => return vec![failure.finding("connectors")],
    };
    let mut findings = Vec::new();
    for (file, error) in &registry.failures {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        let broken = Finding::broken("connectors", format!("{}: {error}{cause}", file.display()));
        let hint = error.hint().unwrap_or_else(|| {
            "take the file away, or put one there that was built for this host".to_owned()
        });
        findings.push(broken.hint(hint));
    }
    let used: BTreeSet<&str> =
        config.connections.iter().map(|connection| connection.connector.as_str()).collect();
    for connector in used.iter().filter_map(|id| registry.connectors.get(*id)) {
        let manifest = connector.manifest();
        let digest = &connector.digest()[..DIGEST_CHARACTERS];
        findings.push(Finding::ok(
            "connectors",
            format!("{} {}, sha256 {digest}…", manifest.id, manifest.version),
        ));
    }
    match connect(&source.path, config, &registry) {
        Ok(connections) if connections.is_empty() => {
            let none = Finding::warning("connections", "none: no webhook is taken");
            findings.push(none.hint("add one below `[connections]`"));
        }
        Ok(connections) => {
            findings
                .push(Finding::ok("connections", format!("{} with all their settings", connections.len())));
        }
        Err(problems) => {
            findings.extend(problems.into_iter().map(|problem| Finding::of("connections", problem)));
        }
    }
    findings
}
