//! Pages of connectors in a real browser, before a real host.
//!
//! Needs Chromium and the packages of each page; `cargo xtask test` sets them up. Not run by a plain `cargo test`.

#[path = "../flow/host.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod host;
#[path = "../flow/http.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod http;
mod pages;
