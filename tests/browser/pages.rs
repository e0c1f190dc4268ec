//! Pages in a real browser: `browser/test.mjs` in a channel's folder, against a real host.

use std::process::Command;

use crate::host::{Host, TOKEN, components, root};

/// By the id of the connector: what its script finds at the host.
fn connection(id: &str) -> &'static str {
    match id {
        "webchat" => include_str!("webchat.toml"),
        other => panic!("`connectors/{other}/browser` has no connection here"),
    }
}

#[test]
fn pages_work_in_a_browser() {
    let pages = std::env::var("TRUNKLINE_PAGES").expect("set by `cargo xtask test`");
    assert!(!pages.is_empty(), "no connector has a page");
    for id in pages.lines() {
        let host = Host::start(&components(), connection(id));
        let folder = root().join("connectors").join(id).join("browser");
        let status = Command::new("node")
            .arg("test.mjs")
            .current_dir(&folder)
            .env("TRUNKLINE_URL", format!("http://{}", host.address))
            .env("TRUNKLINE_TOKEN", TOKEN)
            .env("TRUNKLINE_CONNECTION", "chat")
            .status()
            .expect("Node.js starts");
        assert!(status.success(), "{id} ended with {status}; the host says:\n{}", host.log());
    }
}
