//! Where requests come in.

use std::sync::OnceLock;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use spin_sdk::http::{FullBody, IncomingMessage, Request};
use spin_sdk::http_service;
use spin_sdk::wasip3::http_compat::IncomingBody;
use trunkline_model::Response;
use trunkline_model::manifest::Manifest;
use trunkline_policy::headers;

use crate::channel::{Channel as _, Composed};
use crate::platform::{Here, Platform as _};
use crate::problem::{RETRY_AFTER_S, unavailable};
use crate::serve::{Body, Cut, Incoming, serve};

/// Of the connector: it says the same as long as it is the same.
static MANIFEST: OnceLock<Result<Manifest, String>> = OnceLock::new();

#[http_service]
async fn handle(request: Request) -> http::Response<FullBody<Bytes>> {
    let manifest =
        MANIFEST.get_or_init(|| Manifest::parse(&Composed.manifest()).map_err(|error| error.to_string()));
    let manifest = match manifest {
        Ok(manifest) => manifest,
        Err(error) => {
            Here.log(&format!("manifest of the connector: {error}"));
            return response(unavailable("connector", "the connector has no manifest", RETRY_AFTER_S));
        }
    };
    let (parts, body) = request.into_parts();
    let incoming = Incoming {
        method: parts.method.as_str().to_owned(),
        path_and_query: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers::texts(&parts.headers),
        body: Arriving(body),
    };
    response(serve(&Here, &Composed, manifest, incoming).await)
}

struct Arriving<T>(IncomingBody<T>);

impl<T: IncomingMessage> Body for Arriving<T> {
    async fn read(mut self, bytes_max: u64) -> Result<Vec<u8>, Cut> {
        let mut bytes = Vec::new();
        while let Some(frame) = self.0.frame().await {
            let Ok(data) = frame.map_err(|_| Cut::Broken)?.into_data() else { continue };
            if (bytes.len() + data.len()) as u64 > bytes_max {
                return Err(Cut::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }
}

/// With its length, so that it goes out in one piece.
fn response(given: Response) -> http::Response<FullBody<Bytes>> {
    let length = HeaderValue::from(given.body.len());
    let mut response = http::Response::new(FullBody::new(Bytes::from(given.body)));
    *response.status_mut() = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    *response.headers_mut() = headers::of_answer(given.headers);
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}
