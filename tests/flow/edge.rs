//! Connectors at the edge, in a runtime of `wasi:http` that we did not write: composed as an operator would, handing in to a
//! real host.

mod outage;
mod parity;
mod refusals;
mod serving;
mod steps;
