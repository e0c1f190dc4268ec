//! HTTP in: webhooks, the API, health. [`app`] is all of it; [`listen`] puts it on a socket.

mod admission;
mod api;
mod audit;
mod authorization;
mod body;
mod caller;
mod connectors;
mod contact_view;
mod contacts;
mod deliveries;
mod delivery_view;
mod desk;
mod disposition;
mod event_view;
mod health;
mod ingest;
mod intake;
mod json_body;
mod listen;
mod media;
mod message_view;
mod messages;
mod openapi;
mod page;
mod parameters;
mod problem;
mod range;
mod replays;
mod sockets;
mod stream;
mod uploads;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get};

pub use admission::Admission;
pub use audit::{ACTOR, actor_schema};
pub use body::pool;
pub use listen::serve;
pub use replays::ReplayRequest;

use crate::config::MediaConfig;
use crate::host::Host;

/// Every route of the host.
pub fn app(host: Arc<Host>) -> Router {
    routes(&host.media).with_state(host)
}

/// What providers and browsers call stands here, the API in the table of [`openapi`].
fn routes(media: &MediaConfig) -> Router<Arc<Host>> {
    let providers = Router::new()
        .route("/hooks/{connection}", any(webhook::receive))
        // Some providers choose the form of a webhook by the end of its path.
        .route("/hooks/{connection}/{*rest}", any(webhook::receive))
        .route("/pages/{connection}", any(page::page))
        .route("/pages/{connection}/{*rest}", any(page::page))
        .route("/files/{token}/{name}", get(uploads::linked));
    let api = openapi::operations().into_iter();
    api.fold(providers, |router, operation| operation.mount(router, media))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
}
