//! The generated bindings: what the adapter imports of the contract, and a connector exports.
//!
//! `about` has a name of the adapter's: Spin takes one interface of a package as a dependency, and that is `inbound`. Whoever
//! composes says that the connector's `about` stands for it.
#![allow(missing_docs, unsafe_code, reason = "generated code; the contract is documented in wit/")]

wit_bindgen::generate!({
    path: "../../wit",
    inline: "package trunkline:edge;
        interface about { manifest: func() -> string; }
        world edge {
            import about;
            import trunkline:connector/inbound@0.1.0;
        }",
    generate_unused_types: true,
    generate_all,
});

pub use trunkline::connector::inbound;
pub use trunkline::edge::about;

trunkline_model::convert_types!(
    crate::bindings::trunkline::connector::http,
    crate::bindings::trunkline::connector::events
);
trunkline_model::convert_inbound!(crate::bindings::trunkline::connector::inbound);
