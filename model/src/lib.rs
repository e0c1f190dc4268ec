//! The connector contract (`wit/`) as plain Rust types, and the JSON form in which events leave the host.
//!
//! Everything speaks these types: authors through the SDK, the host's core, the test tools. The generated
//! bindings of guest and host are converted to them at the edge, by one list for both sides ([`convert`]).
//! What the fields mean is written once, in the `.wit` files; the comments here say only what the JSON form
//! adds. This crate knows neither a wasm engine nor a channel.

pub mod convert;
mod event;
mod http;
#[cfg(feature = "manifest")]
pub mod manifest;
mod message;
mod names;
mod outgoing;
mod pairs;
mod step;

pub use event::*;
pub use http::*;
pub use message::*;
pub use outgoing::*;
pub use step::*;

/// Bytes as standard, padded Base64 text: for `#[serde(with = "...")]`.
pub use pairs::bytes as base64_bytes;

/// Version of the contract: that of the WIT package. A test compares the two.
pub const CONTRACT_VERSION: &str = "0.1.0";

/// The full name of an interface of the contract: `trunkline:connector/inbound@0.1.0`.
pub fn interface_name(interface: &str) -> String {
    format!("trunkline:connector/{interface}@{CONTRACT_VERSION}")
}

/// Name and value pairs beyond the model, an object in JSON. Where a name repeats, JSON has its first value.
pub type Attributes = Vec<(String, String)>;

/// The JSON of an event, as it is kept and handed on.
pub fn event_json(event: &Event) -> String {
    serde_json::to_string(event).expect("events have text keys and finite numbers or null")
}

/// A text as it stands between the quotes of a JSON string.
pub fn json_text(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("texts serialize");
    quoted[1..quoted.len() - 1].to_owned()
}

/// Standard, padded Base64.
pub fn base64_text(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
