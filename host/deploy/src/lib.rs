//! What an edge is deployed as.
//!
//! An edge is an adapter that speaks `wasi:http`, and connectors. [`compose`] joins the two to one component, for whatever
//! runs `wasi:http`. [`Edge`] is a set of connections, checked: what each may call and which variables configure it. From
//! it follow [`spin`], the manifest of a Spin application, and [`kubernetes`], a SpinApp. All of it is text and bytes: this
//! crate runs nothing, reads no file and knows no channel.

mod compose;
mod edge;
pub mod kubernetes;
mod names;
#[cfg(test)]
mod samples;
pub mod spin;
mod text;

pub use compose::{ABOUT, ComposeError, INBOUND, Import, Part, compose, imports};
pub use edge::{Component, Connection, Edge, Refusal, Served, Variable};
pub use text::is_generated;
