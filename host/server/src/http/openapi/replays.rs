//! `/v1/replays`.

use serde_json::json;

use super::operation::{Content, Operation, Request};
use crate::http::audit;
use crate::http::replays::{REQUEST_BYTES_MAX, ReplayRequest};
use crate::replay::line::ReplayLine;

const REPLAYING: &str = "Kept webhooks are read by the connector as it is now, in the order in which they came, and what \
    differs from what was read then is answered while it is found, then a summary. Without `dry_run: false` nothing is \
    written. Where it is, events that were not read then are added and delivered, those that are read otherwise are \
    replaced in their place and not delivered again, and those that are not read any more stay. It ends when the client \
    leaves; what was written until then stays, and another replay does the rest. One at a time.";

pub fn operations() -> Vec<Operation> {
    let request = Request {
        content: Content::json::<ReplayRequest>(),
        description: "Which webhooks, and whether to write.",
        examples: vec![
            ("show", "What differs in the last week", json!({ "connection": "support", "since": "7d" })),
            (
                "write",
                "The same, and write it",
                json!({ "connection": "support", "since": "2026-11-15T00:00:00Z", "dry_run": false }),
            ),
        ],
    };
    vec![
        Operation::post("/v1/replays", crate::http::replays::replay)
            .named("replayWebhooks", "events", "Have kept webhooks read once more")
            .described(REPLAYING)
            .header("Trunkline-Actor", "Who asks, for the record of what is written.", audit::actor_schema())
            .takes(request, |_| REQUEST_BYTES_MAX)
            .gives(200, "What differs, while it is found.", Content::lines::<ReplayLine>())
            .fails(&[
                (400, "json"),
                (400, "body"),
                (400, "time_range"),
                (404, "connection"),
                (409, "host_restarted"),
                (409, "replay_running"),
                (413, "too_large"),
                (415, "content_type"),
            ]),
    ]
}
