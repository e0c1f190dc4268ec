//! `/v1/ingest`.

use serde_json::json;
use trunkline_policy::ingest::{EDGE_HEADER, Ingest, PATH};

use super::operation::{Access, Content, Operation, Request};
use crate::http::ingest::{HandedIn, ingest};

const HANDING_IN: &str = "An edge takes a provider's webhook in, has the connector verify and read it, and hands in both, the \
    request and its events. An answer of 200 means that they are on disk: only then may the provider be told so. Handing the \
    same in again does no harm. What is refused with 400, 413, 415 or 422 will be refused again; everything else may be \
    handed in later.";

pub fn operations() -> Vec<Operation> {
    let request = Request {
        content: Content::json::<Ingest>(),
        description: "The webhook and its events. `Content-Encoding` is `gzip`, or it is left out.",
        examples: Vec::new(),
    };
    vec![
        Operation::post(PATH, ingest)
            .named("handInWebhook", "edges", "Hand in a webhook that an edge took in")
            .described(HANDING_IN)
            .access(Access::Edge)
            .required_header(
                EDGE_HEADER,
                "Which edge it is: a name below `[edges]` of the configuration.",
                json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$" }),
            )
            .required_header(
                "webhook-id",
                "The same whenever the same is handed in again.",
                json!({ "type": "string", "minLength": 1, "maxLength": 256 }),
            )
            .required_header(
                "webhook-timestamp",
                "Seconds since the Unix epoch.",
                json!({ "type": "string", "pattern": "^[0-9]+$" }),
            )
            .takes_bounded(request)
            .gives(200, "It is kept.", Content::json::<HandedIn>())
            .fails(&[
                (400, "body"),
                (400, "content_encoding"),
                (400, "json"),
                (403, "edge_connection"),
                (404, "connection"),
                (409, "edge_connector"),
                (409, "edge_version"),
                (413, "too_large"),
                (415, "content_encoding"),
                (415, "content_type"),
                (422, "clock"),
                (422, "contract"),
                (503, "journal"),
                (503, "overload"),
            ]),
    ]
}
