//! Health, metrics, and this description.

use super::operation::{Access, Content, Operation};
use super::published;
use crate::http::health;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/openapi.json", published)
            .named("getDescription", "host", "Get this description")
            .access(Access::Open)
            .gives(
                200,
                "An OpenAPI document.",
                Content::json::<serde_json::Map<String, serde_json::Value>>(),
            ),
        Operation::get("/healthz", health::alive)
            .named("isAlive", "host", "Does the process run?")
            .access(Access::Open)
            .gives(200, "It does.", Content::Opaque("text/plain")),
        Operation::get("/readyz", health::ready)
            .named("isReady", "host", "Would a webhook be taken?")
            .described("Whether the journal writes.")
            .access(Access::Open)
            .gives(200, "It would.", Content::Opaque("text/plain"))
            .fails(&[(503, "stopping"), (503, "journal")]),
        Operation::get("/metrics", health::metrics)
            .named("getMetrics", "host", "Get what is counted")
            .access(Access::Open)
            .gives(
                200,
                "In the text format of OpenMetrics.",
                Content::Opaque("application/openmetrics-text"),
            ),
    ]
}
