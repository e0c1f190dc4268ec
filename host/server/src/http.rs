//! HTTP in: webhooks, the API, health. [`app`] is all of it; [`listen`] puts it on a socket.

mod api;
mod authorization;
mod health;
mod listen;
mod messages;
mod problem;
mod stream;
mod uploads;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};

pub use listen::serve;

use crate::host::Host;

/// Every route of the host.
pub fn app(host: Arc<Host>) -> Router {
    Router::new()
        .route("/hooks/{connection}", any(webhook::receive))
        // Some providers choose the form of a webhook by the end of its path.
        .route("/hooks/{connection}/{*rest}", any(webhook::receive))
        .route("/v1/events", get(api::events))
        .route("/v1/events/{id}", get(api::event))
        .route("/v1/webhooks/{id}", get(api::webhook))
        .route("/v1/blobs/{digest}", get(api::blob))
        .route(
            "/v1/messages",
            get(messages::messages)
                .post(messages::send)
                .layer(DefaultBodyLimit::max(messages::REQUEST_BYTES_MAX)),
        )
        .route("/v1/messages/{id}", get(messages::message))
        .route("/v1/messages/{id}/retry", post(messages::retry))
        .route("/v1/media", post(uploads::upload).layer(DefaultBodyLimit::max(host.media.upload_bytes_max)))
        .route("/files/{token}/{name}", get(uploads::linked))
        .route("/v1/schemas/event", get(api::event_schema))
        .route("/v1/streams/{destination}", get(stream::stream))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(host)
}
