//! What goes wrong, on purpose: processes killed, destinations, senders, components and disks that misbehave.
//!
//! Each test is bounded as it stands; the environment makes a long run of it, as `cargo xtask faults` does, and
//! each hands in a row of figures ([`figures`]).

mod attack;
mod components;
mod crafted;
mod crash;
mod destinations;
mod disk;
mod figures;
mod ill;
mod redelivery;
mod senders;
mod shutdown;
mod steady;

pub use components::TOLD;
