//! Runs connectors: loads components, gives each call a fresh instance within limits, and hands back values.
//!
//! The only crate that names the wasm engine. It knows no channel, no HTTP and no database: bytes in, values
//! out. What a connector did wrong comes back as a [`CallError`] that names it; nothing a component does can
//! reach another call.

#[cfg(feature = "engine")]
mod bindings;
#[cfg(feature = "engine")]
mod call;
pub mod check;
#[cfg(feature = "engine")]
mod connector;
#[cfg(feature = "engine")]
mod engine;
mod error;
#[cfg(feature = "engine")]
mod functions;
mod leak;
#[cfg(feature = "engine")]
mod registry;
mod settings;

pub use check::{ROUNDS_LOCATE_MAX, ROUNDS_LOOK_UP_MAX, ROUNDS_RECEIVE_MAX, ROUNDS_SEND_MAX};
#[cfg(feature = "engine")]
pub use connector::{ABILITIES, Connector};
#[cfg(feature = "engine")]
pub use engine::{Engine, EngineOptions};
pub use error::CallError;
#[cfg(feature = "engine")]
pub use error::LoadError;
#[cfg(feature = "engine")]
pub use registry::Registry;
pub use settings::{Settings, Visibility};
