//! Journal, routing and delivery: what happens to a webhook after a connector has read it.
//!
//! Bytes flow one way: [`journal`] makes raw webhook and events durable, [`route`] says which destination wants
//! an event, [`delivery`] hands it to a [`destination`] in the order of its [`conversation`], and repeats what
//! failed as [`retry`] says. [`cloud_event`] is what a consumer gets to see.
//!
//! This crate knows neither a wasm engine, nor an HTTP framework, nor a channel by name. Time comes from
//! [`clock`], so that every wait can be tested without waiting.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod clock;
pub mod cloud_event;
pub mod conversation;
pub mod delivery;
pub mod destination;
pub mod journal;
pub mod outbound;
pub mod retry;
pub mod route;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
