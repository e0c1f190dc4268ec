//! `/v1/contacts`.

use serde_json::json;

use super::operation::{Content, Operation, Request};
use crate::http::contact_view::ErasedView;
use crate::http::contacts;

const ERASING: &str = "Removes the events of a person, the raw webhooks that brought them or name them, their files, \
    messages to them, their conversations and names; queued messages are not sent. What is kept: hashes by which a \
    repetition of a provider is known, opt-outs unless `opt_outs`, and a record that somebody was erased, without \
    whom. In groups, what others wrote stays; identifiers of the person in it are made unreadable. Can be repeated.";

const EXPORTING: &str = "One JSON object a line; `record` says what it is: `person`, `conversation`, `profile`, \
    `opt_out`, `event`, `media`, `message`, `webhook`, `mention`, and at last `end` with the number of lines before \
    it. Without that line something is missing. Raw webhooks are named and not given: they may hold other people.";

/// What may be wrong with either.
const PROBLEMS: &[(u16, &str)] = &[
    (400, "json"),
    (400, "body"),
    (400, "contact"),
    (404, "connection"),
    (409, "own_account"),
    (413, "too_large"),
    (415, "content_type"),
    (500, "journal"),
];

pub fn operations() -> Vec<Operation> {
    let whom = json!({ "contact": "phone:+15005550123" });
    let request = |content, summary| Request {
        content,
        description: "The person, by any identifier: `phone:+49…`, `email:…` or `id:…`.",
        examples: vec![("phone", summary, whom.clone())],
    };
    vec![
        Operation::post("/v1/contacts/erase", contacts::erase)
            .named("eraseContact", "contacts", "Remove a person")
            .described(ERASING)
            .takes(request(Content::json::<contacts::EraseRequest>(), "Whoever has a number"), |_| {
                contacts::REQUEST_BYTES_MAX
            })
            .gives(200, "What was removed, or would be.", Content::json::<ErasedView>())
            .fails(PROBLEMS)
            .fails(&[(503, "journal"), (503, "stopping")]),
        Operation::post("/v1/contacts/export", contacts::export)
            .named("exportContact", "contacts", "Hand out what is kept of a person")
            .described(EXPORTING)
            .takes(request(Content::json::<contacts::ExportRequest>(), "Whoever has a number"), |_| {
                contacts::REQUEST_BYTES_MAX
            })
            .gives(200, "What is kept.", Content::Opaque(contacts::LINES))
            .fails(PROBLEMS),
    ]
}
