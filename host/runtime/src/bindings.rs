//! The generated bindings of every ability, and their conversion to the model.
#![allow(missing_docs, reason = "generated code; the contract is documented in wit/")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "full-connector",
    exports: { default: async },
});

pub use exports::trunkline::connector as abilities;

trunkline_model::convert_types!(
    crate::bindings::trunkline::connector::http,
    crate::bindings::trunkline::connector::events
);
trunkline_model::convert_inbound!(crate::bindings::abilities::inbound);
trunkline_model::convert_outbound!(crate::bindings::abilities::outbound);
trunkline_model::convert_media!(crate::bindings::abilities::media);
trunkline_model::convert_profiles!(crate::bindings::abilities::profiles);
trunkline_model::convert_page!(crate::bindings::abilities::page);
