//! `cargo xtask schema`: the JSON Schemas and the OpenAPI document in `schema/`, generated from the types.
//!
//! The types live in the host, which takes minutes to build. So the generator is a test of the `tests` package
//! (`contract/schema.rs`) and one of the server: what it finds stale it writes where `BLESS=1`, and these commands stay quick.

use anyhow::Result;

use crate::generated::Arguments;
use crate::workspace;

/// Writes the schemas, or fails where one is stale.
pub fn run(arguments: &Arguments) -> Result<()> {
    let words = ["test", "--workspace", "--lib", "--bin", "trunkline", "--test", "contract", "--", "schema"];
    let bless = if arguments.check { "0" } else { "1" };
    workspace::run(workspace::cargo(words).env("BLESS", bless))
}
