//! The generated bindings: one world per ability, so that a component exports exactly what was implemented.
//!
//! Authors never see these; [`connector!`](crate::connector) does.
#![allow(missing_docs, unsafe_code, reason = "generated code")]

mod types {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-types; world types {
            import trunkline:connector/http@0.1.0;
            import trunkline:connector/events@0.1.0;
        }",
        generate_unused_types: true,
        generate_all,
    });
}

pub use types::trunkline::connector::{events, http};

pub mod about {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-about; world about { export trunkline:connector/about@0.1.0; }",
        pub_export_macro: true,
        export_macro_name: "export_about",
    });
    pub use exports::trunkline::connector::about::Guest;
}

pub mod inbound {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-inbound; world inbound { export trunkline:connector/inbound@0.1.0; }",
        with: {
            "trunkline:connector/http@0.1.0": crate::bindings::http,
            "trunkline:connector/events@0.1.0": crate::bindings::events,
        },
        pub_export_macro: true,
        export_macro_name: "export_inbound",
    });
    pub use exports::trunkline::connector::inbound::*;
}

pub mod outbound {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-outbound; world outbound { export trunkline:connector/outbound@0.1.0; }",
        with: {
            "trunkline:connector/http@0.1.0": crate::bindings::http,
            "trunkline:connector/events@0.1.0": crate::bindings::events,
        },
        pub_export_macro: true,
        export_macro_name: "export_outbound",
    });
    pub use exports::trunkline::connector::outbound::*;
}

pub mod media {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-media; world media { export trunkline:connector/media@0.1.0; }",
        with: {
            "trunkline:connector/http@0.1.0": crate::bindings::http,
            "trunkline:connector/events@0.1.0": crate::bindings::events,
        },
        pub_export_macro: true,
        export_macro_name: "export_media",
    });
    pub use exports::trunkline::connector::media::*;
}

pub mod profiles {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-profiles; world profiles { export trunkline:connector/profiles@0.1.0; }",
        with: {
            "trunkline:connector/http@0.1.0": crate::bindings::http,
            "trunkline:connector/events@0.1.0": crate::bindings::events,
        },
        pub_export_macro: true,
        export_macro_name: "export_profiles",
    });
    pub use exports::trunkline::connector::profiles::*;
}

pub mod page {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-page; world page { export trunkline:connector/page@0.1.0; }",
        with: {
            "trunkline:connector/http@0.1.0": crate::bindings::http,
            "trunkline:connector/events@0.1.0": crate::bindings::events,
        },
        pub_export_macro: true,
        export_macro_name: "export_page",
    });
    pub use exports::trunkline::connector::page::*;
}

pub mod simulator {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package trunkline:sdk-simulator; world simulator { export trunkline:connector/simulator@0.1.0; }",
        with: {
            "trunkline:connector/http@0.1.0": crate::bindings::http,
            "trunkline:connector/events@0.1.0": crate::bindings::events,
        },
        pub_export_macro: true,
        export_macro_name: "export_simulator",
    });
    pub use exports::trunkline::connector::simulator::Guest;
}

trunkline_model::convert_types!(crate::bindings::http, crate::bindings::events);
trunkline_model::convert_inbound!(crate::bindings::inbound);
trunkline_model::convert_outbound!(crate::bindings::outbound);
trunkline_model::convert_media!(crate::bindings::media);
trunkline_model::convert_profiles!(crate::bindings::profiles);
trunkline_model::convert_page!(crate::bindings::page);
