//! The API in one table: what the router is made of, and what `GET /v1/openapi.json` says of it.
//!
//! A route of the API exists by standing here, so that there is none without a description. What its handlers take and
//! give is described by their own types; see [`components`].

mod audit;
mod components;
mod connectors;
mod contacts;
mod deliveries;
mod desk;
mod document;
mod edges;
mod events;
mod examples;
mod files;
mod health;
mod messages;
mod operation;
mod problems;
mod replays;

use std::sync::LazyLock;

use axum::body::Bytes;
use http::header::CONTENT_TYPE;

pub use operation::Operation;

/// Every operation of the API, in the order in which it is published.
pub fn operations() -> Vec<Operation> {
    [
        messages::operations(),
        files::operations(),
        events::operations(),
        deliveries::operations(),
        replays::operations(),
        desk::operations(),
        contacts::operations(),
        connectors::operations(),
        edges::operations(),
        audit::operations(),
        health::operations(),
    ]
    .concat()
}

/// `GET /v1/openapi.json`. The same for everyone: what a host is asked for is in its source, after all.
pub async fn published() -> ([(http::HeaderName, &'static str); 1], Bytes) {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| document::document().to_string().into());
    ([(CONTENT_TYPE, "application/json")], TEXT.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::MediaConfig;

    /// `BLESS=1` writes it.
    #[test]
    fn the_published_schema_is_fresh() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/openapi.json");
        let text = serde_json::to_string_pretty(&document::document()).expect("JSON") + "\n";
        if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
            std::fs::write(&file, &text).expect("a file");
        }
        let published = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(published == text, "`schema/openapi.json` is stale\n\nhint: run `cargo xtask schema`");
    }

    /// Paths with their methods, as the router itself has them. It shows them in its form for debugging alone: where
    /// that changes, this finds nothing and the test fails.
    fn routed() -> BTreeSet<(String, String)> {
        let media = MediaConfig { upload_bytes_max: 1, fetch_bytes_max: 1, cache_bytes_max: 1 };
        let text = format!("{:?}", crate::http::routes(&media));
        let (routes, paths) = text.split_once("node: Node { paths: {").expect("paths");
        let mut found = BTreeSet::new();
        // `RouteId(7): "/v1/events", RouteId(3): …`
        for path in paths.split("RouteId(").skip(1) {
            let Some((id, path)) = path.split_once("): \"") else { break };
            let path = path.split_once('"').expect("a text").0;
            let (_, route) = routes.split_once(&format!("RouteId({id}): ")).expect("a route");
            let (_, allowed) = route.split_once("allow_header: ").expect("methods");
            let methods = allowed.strip_prefix("Bytes(b\"").and_then(|allowed| allowed.split_once('"'));
            let methods = methods.map_or("ANY", |(methods, _)| methods);
            found.extend(methods.split(',').map(|method| (path.to_owned(), method.to_owned())));
        }
        found
    }

    #[test]
    fn what_is_routed_is_described() {
        let mut expected: BTreeSet<_> = operations()
            .iter()
            .map(|operation| (operation.path.to_owned(), operation.method.to_string()))
            .collect();
        // Comes with every GET.
        let heads: Vec<_> = expected.iter().filter(|(_, method)| method == "GET").cloned().collect();
        expected.extend(heads.into_iter().map(|(path, _)| (path, "HEAD".to_owned())));
        // Called by providers and pages, each in its own way.
        for path in [
            "/hooks/{connection}",
            "/hooks/{connection}/{*rest}",
            "/pages/{connection}",
            "/pages/{connection}/{*rest}",
        ] {
            expected.insert((path.to_owned(), "ANY".to_owned()));
        }
        for method in ["GET", "HEAD"] {
            expected.insert(("/files/{token}/{name}".to_owned(), method.to_owned()));
        }
        let different: Vec<_> = routed().symmetric_difference(&expected).cloned().collect();
        assert!(different.is_empty(), "{different:?}: a route of the API stands in `http/openapi/*.rs`");
    }

    #[test]
    fn ids_are_unique() {
        let operations = operations();
        let ids: BTreeSet<_> = operations.iter().map(|operation| operation.id).collect();
        assert_eq!(ids.len(), operations.len());
    }
}
