//! `/v1/connectors`.

use super::operation::{Content, Operation};
use crate::http::connectors::{self, ConnectorList};

const LISTING: &str = "Those that serve a connection: which component it is, what a call may use and what the calls used, and what \
    became of the last change of its file while the host ran.";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/connectors", connectors::list)
            .named("listConnectors", "connectors", "List the connectors that are in use")
            .described(LISTING)
            .gives(200, "All of them.", Content::json::<ConnectorList>()),
    ]
}
