//! Any runtime of `wasi:http`: environment variables, nothing to keep anything in.

use trunkline_policy::variables;

pub use crate::outbox::NoStore as Store;

/// There is none.
pub const STORE: Option<Store> = None;

/// An environment variable.
pub async fn variable(name: &str) -> Option<String> {
    std::env::var(variables::environment(name)).ok()
}
