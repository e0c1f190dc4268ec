//! Where events leave the host: what `trunkline-core` delivers to.

mod stdout;
mod webhook;

pub use stdout::StdoutSink;
pub use webhook::WebhookSink;
