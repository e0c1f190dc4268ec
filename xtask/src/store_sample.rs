//! `cargo xtask store-sample`: a small journal as the host of now writes it, in `host/core/testdata/stores`.
//!
//! For the tests that open the journals of older hosts. Run when a schema is released, before the next migration is written.

use anyhow::Result;

use crate::workspace;

/// Where the samples stand, from the root.
const FOLDER: &str = "host/core/testdata/stores";

/// Writes the sample of the present schema, or replaces it.
pub fn run() -> Result<()> {
    let words = ["run", "--quiet", "--package", "trunkline-core", "--example", "store_sample", "--"];
    workspace::run(workspace::cargo(words).arg(workspace::root().join(FOLDER)))
}
