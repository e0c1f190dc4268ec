//! The adapter that makes any connector an HTTP function at the edge: on Spin, and on whatever runs `wasi:http`.
//!
//! It is joined with a connector by composition: what it imports of the contract ([`bindings`]) the connector exports.
//! Requests come to [`serve`]. A [`webhook`] is verified and read by the connector with the settings of its [`connection`] and
//! the calls that it asks for ([`egress`]), handed to the routing host ([`hand_in`]), and answered when the host has it. What
//! the host cannot be told waits in the [`outbox`], where there is one.
//!
//! The rules are those of `trunkline-policy`, which the host has as well; here is only what turns HTTP into the contract and
//! the contract into what the host takes in. What it needs of the world is behind [`platform::Platform`], so that tests can
//! be that world.

#[cfg(target_family = "wasm")]
mod bindings;
pub mod channel;
pub mod connection;
mod egress;
#[cfg(target_family = "wasm")]
mod entry;
pub mod hand_in;
pub mod outbox;
pub mod platform;
mod problem;
pub mod serve;
#[cfg(test)]
mod tests;
mod webhook;
