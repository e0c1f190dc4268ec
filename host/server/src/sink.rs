//! Where events leave the host: what `trunkline-core` delivers to.

mod named;
mod stdout;
mod webhook;

pub use named::NamedSink;
pub use stdout::StdoutSink;
pub use webhook::WebhookSink;
