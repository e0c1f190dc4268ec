//! `/v1/events`, `/v1/webhooks`, `/v1/streams` and the schema of events.

use serde_json::json;

use super::operation::{Access, Content, Operation};
use crate::http::event_view::{EventList, EventOrigin, WebhookView};
use crate::http::{api, stream};

const STREAMING: &str = "Server-sent events that do not end: `id` is the sequence number, `event` the type, `data` \
    the CloudEvent as JSON. A reader that comes back goes on where it was.";

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/events", api::events)
            .named("listEvents", "events", "List the events that are kept")
            .query::<api::Parameters>()
            .gives(200, "A page of events.", Content::json::<EventList>())
            .fails(&[(400, "parameter"), (500, "journal"), (500, "damaged")]),
        Operation::get("/v1/events/{id}", api::event)
            .named("getEvent", "events", "Get an event, and what brought it")
            .path_parameter(
                "id",
                "The event's id.",
                json!({ "type": "string", "pattern": "^evt_[0-9a-f]{32}$" }),
            )
            .gives(200, "The event.", Content::json::<EventOrigin>())
            .leading_to(&[("getWebhook", "id", "/webhook")])
            .fails(&[(400, "parameter"), (404, "not_found"), (500, "journal"), (500, "damaged")]),
        Operation::get("/v1/webhooks/{id}", api::webhook)
            .named("getWebhook", "events", "Get a provider's request as it came in")
            .path_parameter("id", "`webhook` of an event.", json!({ "type": "integer", "minimum": 0 }))
            .gives(200, "The request.", Content::json::<WebhookView>())
            .fails(&[(400, "parameter"), (404, "not_found"), (500, "journal")]),
        Operation::get("/v1/streams/{destination}", stream::stream)
            .named("followStream", "events", "Follow the events of a destination as they arrive")
            .described(STREAMING)
            .access(Access::StreamToken)
            .path_parameter(
                "destination",
                "Name of a destination of the kind `stream`.",
                json!({ "type": "string", "minLength": 1 }),
            )
            .header(
                "Last-Event-ID",
                "The sequence number to go on after; goes before `after`.",
                json!({ "type": "integer", "minimum": 0 }),
            )
            .query::<stream::Parameters>()
            .gives(200, "Events, one after the other.", Content::Opaque("text/event-stream"))
            .fails(&[(400, "parameter"), (404, "not_found"), (503, "readers")]),
        Operation::get("/v1/schemas/event", api::event_schema)
            .named("getEventSchema", "events", "Get the JSON Schema of events")
            .access(Access::Open)
            .gives(200, "The schema.", Content::json::<serde_json::Map<String, serde_json::Value>>()),
    ]
}
