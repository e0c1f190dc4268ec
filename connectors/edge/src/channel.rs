//! The connector that the adapter is composed with, as functions.

use trunkline_model::{Context, ReceiveStep, Request};

/// What every connector can be asked.
pub trait Channel {
    /// `about.manifest`: the text of `connector.toml`.
    fn manifest(&self) -> String;

    /// `inbound.receive`: one round.
    fn receive(&self, request: &Request, context: Context) -> ReceiveStep;
}

/// The one that stands beside the adapter in the component.
#[cfg(target_family = "wasm")]
pub struct Composed;

#[cfg(target_family = "wasm")]
impl Channel for Composed {
    fn manifest(&self) -> String {
        crate::bindings::about::manifest()
    }

    fn receive(&self, request: &Request, context: Context) -> ReceiveStep {
        use trunkline_model::convert::Convert as _;
        crate::bindings::inbound::receive(&request.clone().convert(), &context.convert()).convert()
    }
}
