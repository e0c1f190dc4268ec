//! The real binary, real components, real HTTP on the loopback interface, real `kill -9`.
//!
//! The binary is that in `TRUNKLINE_BIN`, the components those in `TRUNKLINE_CONNECTORS` (and, for guests that
//! exist for tests only, in `TRUNKLINE_TEST_CONNECTORS`); for the edge the adapters are in `TRUNKLINE_EDGE`, and
//! `TRUNKLINE_WASI_SERVE` is the runtime. `cargo xtask test` sets all five.

mod author;
mod backup;
mod bad_input;
mod capture;
mod cli;
mod connectors;
mod consumer;
mod dead_letters;
mod delivery;
mod desk;
mod doctor;
mod edge;
mod edge_cli;
mod faults;
mod host;
mod hostile;
mod http;
mod ingest;
mod media;
mod mistakes;
mod overload;
mod pages;
mod privacy;
mod profiles;
mod reload;
mod replay;
mod samples;
mod sending;
mod stream;
mod testing;
