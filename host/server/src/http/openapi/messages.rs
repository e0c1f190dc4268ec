//! `/v1/messages`.

use serde_json::{Value, json};

use super::examples;
use super::operation::{Content, Operation, Request};
use crate::http::message_view::{LifeView, ListView, SummaryView};
use crate::http::messages;
use crate::sending::compose::SendRequest;

const SENDING: &str = "The message is checked as the connector of the connection would send it, and kept; the answer \
    says nothing of what the provider does with it. How far it has come is in its `state`, and in the events with its \
    id in `messageid`.";

const RETRYING: &str = "Only for a message that is `unconfirmed`: the provider was asked and nobody knows whether it \
    heard. If it did, the contact gets the message twice.";

/// What `POST /v1/messages` may be refused for.
const REFUSALS: &[(u16, &str)] = &[
    (400, "json"),
    (400, "body"),
    (400, "idempotency_key"),
    (400, "to"),
    (400, "parts"),
    (400, "account"),
    (400, "reply_to"),
    (400, "media"),
    (404, "connection"),
    (404, "conversation"),
    (409, "opted_out"),
    (409, "window_closed"),
    (409, "unauthorized"),
    (413, "too_large"),
    (415, "content_type"),
    (422, "invalid"),
    (422, "unreachable"),
    (422, "no_ability"),
    (422, "idempotency_key_reused"),
    (500, "journal"),
    (503, "queue_full"),
    (503, "connector"),
    (503, "journal"),
];

pub fn operations() -> Vec<Operation> {
    let request = Request {
        content: Content::json::<SendRequest>(),
        description: "The message. `conversation`, or `connection` and `to`, say whom it goes to.",
        examples: examples::messages(),
    };
    vec![
        Operation::post("/v1/messages", messages::send)
            .named("sendMessage", "messages", "Send a message to a contact")
            .described(SENDING)
            .header(
                "Idempotency-Key",
                "Makes the same request, however often it comes, one message. 1 to 255 characters.",
                json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\t -~]+$" }),
            )
            .takes(request, |_| messages::REQUEST_BYTES_MAX)
            .gives(202, "It is kept and will be sent.", Content::json::<SummaryView>())
            .giving_headers(&[
                ("Location", "Path of the message."),
                (
                    "Idempotency-Replayed",
                    "`true`: an earlier request with this key was accepted; this is its message.",
                ),
            ])
            .leading_to(&[("getMessage", "id", "/id"), ("retryMessage", "id", "/id")])
            .fails(REFUSALS),
        Operation::get("/v1/messages", messages::messages)
            .named("listMessages", "messages", "List messages, newest first")
            .query::<messages::Parameters>()
            .gives(200, "A page of messages.", Content::json::<ListView>())
            .fails(&[(400, "parameter"), (500, "journal")]),
        Operation::get("/v1/messages/{id}", messages::message)
            .named("getMessage", "messages", "Get a message with its whole life")
            .path_parameter("id", "Trunkline's id of the message.", uuid())
            .gives(200, "What is known of it.", Content::json::<LifeView>())
            .fails(&[(400, "parameter"), (404, "not_found"), (500, "journal")]),
        Operation::post("/v1/messages/{id}/retry", messages::retry)
            .named("retryMessage", "messages", "Send a message again")
            .described(RETRYING)
            .path_parameter("id", "Trunkline's id of the message.", uuid())
            .gives(202, "It will be sent again.", Content::json::<SummaryView>())
            .fails(&[
                (400, "parameter"),
                (404, "not_found"),
                (409, "state"),
                (500, "journal"),
                (503, "journal"),
            ]),
    ]
}

fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}
