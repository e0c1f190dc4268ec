//! `/v1/deliveries` and `/v1/destinations`.

use serde_json::{Value, json};

use super::operation::{Content, Operation, Request};
use crate::http::{ACTOR, actor_schema, deliveries, delivery_view};

const DEAD: &str = "An event that failed for as long as `retry.give_up_seconds` of its destination is a dead letter: its \
    conversation goes on without it, and it waits until somebody retries or drops it.";

const RETRYING: &str =
    "Its attempts begin anew. What was delivered of its conversation meanwhile came before it.";

const DROPPING: &str = "The event stays in the journal; it is not delivered to this destination. Who dropped it is in \
    `GET /v1/audit`.";

const RETRYING_ALL: &str = "Its dead letters begin anew, what waits is attempted at once, and if it is paused it is \
    probed. Takes 1,000 dead letters at once: ask again until `deliveries` is 0.";

/// What a decision about one may be refused for.
const ONE: &[(u16, &str)] =
    &[(400, "parameter"), (404, "not_found"), (409, "delivery_state"), (500, "journal"), (503, "journal")];
/// What a decision about all may be refused for.
const ALL: &[(u16, &str)] = &[(400, "parameter"), (404, "destination"), (500, "journal"), (503, "journal")];
/// What a body may be refused for.
const BODY: &[(u16, &str)] = &[(400, "body"), (400, "json"), (413, "too_large")];

pub fn operations() -> Vec<Operation> {
    let list = vec![
        Operation::get("/v1/destinations", deliveries::destinations)
            .named("listDestinations", "deliveries", "List destinations and how they stand")
            .gives(200, "All of them.", Content::json::<delivery_view::DestinationList>())
            .fails(&[(500, "journal")]),
        decision(Operation::post("/v1/destinations/{destination}/retry", deliveries::retry_all))
            .named("retryDestination", "deliveries", "Retry what failed at a destination")
            .described(RETRYING_ALL)
            .gives(202, "They will be attempted.", Content::json::<delivery_view::Decided>())
            .fails(ALL),
        decision(Operation::post("/v1/destinations/{destination}/drop", deliveries::drop_all))
            .named("dropDestination", "deliveries", "Drop the dead letters of a destination")
            .described(DROPPING)
            .takes(reason(), |_| deliveries::REQUEST_BYTES_MAX)
            .gives(200, "They are dropped.", Content::json::<delivery_view::Decided>())
            .fails(ALL)
            .fails(BODY),
        Operation::get("/v1/deliveries", deliveries::deliveries)
            .named("listDeliveries", "deliveries", "List deliveries that failed")
            .described(DEAD)
            .query::<deliveries::Parameters>()
            .gives(200, "A page of deliveries.", Content::json::<delivery_view::DeliveryList>())
            .fails(&[(400, "parameter"), (500, "journal")]),
    ];
    let one = vec![
        event(Operation::get("/v1/deliveries/{destination}/{event}", deliveries::delivery))
            .named("getDelivery", "deliveries", "Get a delivery that failed")
            .gives(200, "How far it is.", Content::json::<delivery_view::DeliveryView>())
            .fails(&[(400, "parameter"), (404, "not_found"), (500, "journal")]),
        event(decision(Operation::post("/v1/deliveries/{destination}/{event}/retry", deliveries::retry)))
            .named("retryDelivery", "deliveries", "Retry a dead letter")
            .described(RETRYING)
            .gives(202, "It will be attempted.", Content::json::<delivery_view::Decided>())
            .fails(ONE),
        event(decision(Operation::post("/v1/deliveries/{destination}/{event}/drop", deliveries::drop_one)))
            .named("dropDelivery", "deliveries", "Drop a dead letter")
            .described(DROPPING)
            .takes(reason(), |_| deliveries::REQUEST_BYTES_MAX)
            .gives(200, "It is dropped.", Content::json::<delivery_view::Decided>())
            .fails(ONE)
            .fails(BODY),
    ];
    [list, one].concat()
}

fn decision(operation: Operation) -> Operation {
    let operation = operation.header(ACTOR, "Who asks, for the record.", actor_schema());
    if operation.path.contains("{event}") { operation } else { destination(operation) }
}

fn destination(operation: Operation) -> Operation {
    operation.path_parameter("destination", "Its name.", text())
}

fn event(operation: Operation) -> Operation {
    destination(operation).path_parameter("event", "Id of the event.", text())
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn reason() -> Request {
    Request {
        content: Content::json::<deliveries::DropRequest>(),
        description: "Why. May be left out.",
        examples: vec![("reason", "Why", json!({ "reason": "the order system was replaced" }))],
    }
}
