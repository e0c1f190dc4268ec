//! What must hold for any input: of a connector's `receive` and `send`, of the SDK's parsers, of what consumers get.
//!
//! A target is a function from bytes that panics where something does not hold. `cargo xtask fuzz` looks for such bytes,
//! guided by coverage; the tests here replay those that were found (`finds/`) and the seeds, without the fuzzer. Inputs
//! are texts in the notation of case files as far as they can be, so that a find can be read and made a case.

mod cloud_event;
mod configuration;
mod ingest;
mod mutate;
mod parsers;
mod receive;
mod seeds;
mod send;
mod subject;
mod target;

pub use mutate::mutate;
pub use seeds::{Seed, dictionary};
pub use subject::{Subject, subjects};
pub use target::{Target, targets};

#[cfg(test)]
mod tests;
