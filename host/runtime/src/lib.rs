//! Runs connectors: loads components, gives each call a fresh instance within limits, and hands back values.
//!
//! The only crate that names the wasm engine. It knows no channel, no HTTP and no database: bytes in, values
//! out. What a connector did wrong comes back as a [`CallError`] that names it; nothing a component does can
//! reach another call.

mod bindings;
mod call;
mod check;
mod connector;
mod engine;
mod error;
mod functions;
mod leak;
mod registry;
mod settings;

pub use connector::{ABILITIES, Connector};
pub use engine::{Engine, EngineOptions};
pub use error::{CallError, LoadError};
pub use functions::{ROUNDS_LOCATE_MAX, ROUNDS_LOOK_UP_MAX, ROUNDS_RECEIVE_MAX, ROUNDS_SEND_MAX};
pub use registry::Registry;
pub use settings::{Settings, Visibility};
