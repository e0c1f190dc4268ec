//! Runs connectors: loads components, gives each call a fresh instance within limits, and hands back values.
//!
//! The only crate that names the wasm engine. It knows no channel, no HTTP and no database: bytes in, values
//! out. What a connector did wrong comes back as a [`CallError`](trunkline_policy::CallError) that names it; nothing
//! a component does can reach another call.

mod bindings;
mod bounds;
mod call;
mod compiled;
mod connector;
mod denied;
mod engine;
mod error;
mod file;
mod functions;
mod imports;
mod kept;
mod lowered;
mod native;
mod registry;
mod usage;

pub use bounds::{Bounds, Narrowing};
pub use connector::{ABILITIES, Connector};
pub use engine::{Engine, EngineOptions};
pub use error::LoadError;
pub use file::ComponentFile;
pub use kept::Kept;
pub use native::{Native, Natives};
pub use registry::Registry;
pub use usage::Usage;
