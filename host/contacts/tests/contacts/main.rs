//! Contacts as whoever uses them sees them.

mod details;
mod heard;
mod merges;
mod model;
mod properties;
mod samples;
mod search;
mod world;
