//! What every connector must do, tried on the components as the host runs them: `trunkline_conformance` on every folder.
//!
//! Nothing here names a channel: the folders of `connectors/` are found, and so are their case files. The
//! components are those in `TRUNKLINE_CONNECTORS`, or else in `target/connectors`; `cargo xtask build` makes
//! them, and with `--guests` the connectors that break rules on purpose, in `TRUNKLINE_TEST_CONNECTORS` or else in
//! `target/test-connectors`. The rules are those of `connectors/README.md`.

mod captured;
mod groups;
mod kept;
mod reuse;
mod suite;
