//! Every request: a webhook, or somebody who asks for the outbox to be emptied.

use trunkline_model::manifest::Manifest;
use trunkline_model::{Headers, Response, header};

use crate::channel::Channel;
use crate::platform::Platform;
use crate::problem::problem;
use crate::{outbox, webhook};

/// A request as it comes in.
pub struct Incoming<B> {
    /// Upper case.
    pub method: String,
    /// As it was sent.
    pub path_and_query: String,
    /// In order of arrival.
    pub headers: Headers,
    /// Not read yet.
    pub body: B,
}

/// A body that arrives.
#[allow(async_fn_in_trait, reason = "one thread, and nobody else implements it")]
pub trait Body {
    /// Reads it whole.
    async fn read(self, bytes_max: u64) -> Result<Vec<u8>, Cut>;
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// More than it may have.
    TooLarge,
    /// It did not arrive whole.
    Broken,
}

/// Answers one request.
pub async fn serve<P: Platform, C: Channel, B: Body>(
    platform: &P,
    channel: &C,
    manifest: &Manifest,
    incoming: Incoming<B>,
) -> Response {
    let path = incoming.path_and_query.split('?').next().unwrap_or_default();
    match path.strip_prefix("/hooks/") {
        Some(name) => {
            let name = name.to_owned();
            let at_once = webhook::take(platform, channel, manifest, &name, incoming).await;
            at_once.unwrap_or_else(|response| response)
        }
        None if path == "/outbox" => outbox::asked(platform, incoming).await,
        None if path == "/healthz" => Response::with_body(200, "text/plain", "ok\n"),
        None => problem(404, "not_found", "there is nothing here"),
    }
}

/// Reads a body within its bound, announced or not. `Err` is the answer.
pub async fn read<B: Body>(headers: &Headers, body: B, bytes_max: u64) -> Result<Vec<u8>, Response> {
    let too_large = || problem(413, "too_large", "the body is larger than this webhook takes");
    let announced = header(headers, "content-length").and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|announced| announced > bytes_max) {
        return Err(too_large());
    }
    body.read(bytes_max).await.map_err(|cut| match cut {
        Cut::TooLarge => too_large(),
        Cut::Broken => problem(400, "body", "the body did not arrive whole"),
    })
}
