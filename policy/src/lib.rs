//! The rules between a connector and the world, written once for the routing host and for the edge.
//!
//! What a connector gets to know ([`settings`]), what it may say ([`check`], [`leak`]), where it may call and which secrets
//! are added there ([`egress`]), and how it is asked until it is done ([`steps`]). Nothing here computes with a wasm engine,
//! opens a socket, or looks at a clock: whoever does hands in what it saw. [`signature`] is how hosts, edges and consumers
//! sign what they send to each other, [`ingest`] what an edge hands to a host, [`variables`] what an edge is configured with.

pub mod check;
pub mod egress;
mod error;
pub mod headers;
pub mod hosts;
pub mod ingest;
mod leak;
pub mod problem;
pub mod settings;
pub mod signature;
pub mod steps;
pub mod variables;

pub use check::{
    ROUNDS_LOCATE_MAX, ROUNDS_LOOK_UP_MAX, ROUNDS_OPEN_MAX, ROUNDS_RECEIVE_MAX, ROUNDS_SEND_MAX,
};
pub use error::CallError;
pub use settings::{SettingProblem, Settings, Visibility};
