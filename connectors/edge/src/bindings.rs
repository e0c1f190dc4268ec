//! The generated bindings: what the adapter imports of the contract, and a connector exports.
#![allow(missing_docs, unsafe_code, reason = "generated code; the contract is documented in wit/")]

wit_bindgen::generate!({
    path: "../../wit",
    inline: "package trunkline:edge; world edge {
        import trunkline:connector/about@0.1.0;
        import trunkline:connector/inbound@0.1.0;
    }",
    generate_unused_types: true,
    generate_all,
});

pub use trunkline::connector::{about, inbound};

trunkline_model::convert_types!(
    crate::bindings::trunkline::connector::http,
    crate::bindings::trunkline::connector::events
);
trunkline_model::convert_inbound!(crate::bindings::trunkline::connector::inbound);
