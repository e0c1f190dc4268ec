//! The contract and what is derived from it: the WIT package, and the JSON Schemas.

mod frozen;
mod schema;
mod wit;

use std::path::{Path, PathBuf};

/// A path in the repository.
fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
