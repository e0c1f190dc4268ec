//! Who may hand webhooks in, and whether those can be reached that are asked for their outbox.

use super::{Finding, Level, reach};
use crate::config::Config;
use crate::edges::UNPACKED_TIMES;

pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for edge in &config.edges {
        let connections = match &edge.connections {
            None => "all connections".to_owned(),
            Some(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        findings.push(Finding::ok(format!("edge {}", edge.name), format!("may hand in {connections}")));
    }
    findings.extend(memory(config));
    for (_, reached) in reach::edges(config).await {
        // Webhooks come in all the same; only what waits there is not asked for.
        let level = reached.level.min(Level::Warning);
        findings.push(Finding { level, ..reached });
    }
    findings
}

/// What a large webhook of an edge needs, a small bound of memory never has.
fn memory(config: &Config) -> Option<Finding> {
    let (one, all) = (config.limits.body_bytes_max, u64::from(config.limits.bodies_bytes_max));
    let needed = one.saturating_mul(UNPACKED_TIMES);
    if config.edges.is_empty() || all >= needed {
        return None;
    }
    let found =
        format!("a webhook of {one} bytes may need {needed} when an edge hands it in, of {all} for all");
    let hint =
        format!("raise `bodies_bytes_max` under `[server.limits]` to {needed}, or lower `body_bytes_max`");
    Some(Finding::warning("edges", found).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    async fn examined(more: &str) -> Vec<(Level, String, String)> {
        let text = format!(
            "config_version = 1\n[connections.a]\nconnector = \"x\"\n[connections.b]\nconnector = \"x\"\n{more}"
        );
        let config = Source::new("t.toml", text).resolve();
        let config = config.unwrap_or_else(|problems| panic!("{problems:?}"));
        let findings = examine(&config).await.into_iter();
        findings.map(|finding| (finding.level, finding.check, finding.found)).collect()
    }

    fn edge(name: &str, more: &str) -> String {
        format!("[edges.{name}]\nsecret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n{more}\n")
    }

    #[tokio::test]
    async fn edges_are_told_with_what_they_may() {
        assert_eq!(examined("").await, []);
        let two = edge("fra", "connections = [\"b\", \"a\"]") + &edge("iad", "");
        let found = |check: &str, found: &str| (Level::Ok, check.to_owned(), found.to_owned());
        let expected =
            [found("edge fra", "may hand in `a`, `b`"), found("edge iad", "may hand in all connections")];
        assert_eq!(examined(&two).await, expected);
    }

    #[tokio::test]
    async fn an_edge_that_is_gone_is_no_breakage() {
        let gone = {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            listener.local_addr().expect("bound")
        };
        let found = examined(&edge("fra", &format!("url = \"http://{gone}\""))).await;
        let (level, check, told) = &found[1];
        assert!(*level <= Level::Warning && check == "edge fra", "{found:?}");
        assert!(told.contains("takes no connections") || told.starts_with("not tried"), "{found:?}");
    }

    #[tokio::test]
    async fn too_little_memory_is_told_before_it_is_needed() {
        let limits = "[server.limits]\nbody_bytes_max = 1000\nbodies_bytes_max = 4999\n";
        assert_eq!(examined(limits).await, []);
        let found = examined(&format!("{limits}{}", edge("fra", ""))).await;
        let expected = "a webhook of 1000 bytes may need 5000 when an edge hands it in, of 4999 for all";
        assert_eq!((found[1].0, found[1].2.as_str()), (Level::Warning, expected));
        let enough = limits.replace("4999", "5000");
        assert_eq!(examined(&format!("{enough}{}", edge("fra", ""))).await.len(), 1);
    }
}
