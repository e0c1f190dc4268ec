//! Files on their way to a contact: uploaded by a program, fetched by a provider.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_core::journal::BLOB_PREFIX;

use super::authorization::Authorized;
use super::parameters::Path;
use super::problem::Problem;
use crate::host::Host;

/// A file that is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UploadedFile {
    /// What `source` of a part `media` names it by, as `reference`.
    #[schemars(regex(pattern = "^blob:[0-9a-f]{64}$"))]
    reference: String,
    /// Lower-case hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    sha256: String,
    /// Bytes.
    size: usize,
}

/// `POST /v1/media`: keeps a file; `reference` of the answer is the `source` of a part `media`.
pub async fn upload(
    _: Authorized,
    State(host): State<Arc<Host>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<UploadedFile>), Problem> {
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let title = "the file is larger than `media.upload_bytes_max`";
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", title)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "body", "the file did not arrive whole"),
    })?;
    if body.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "body", "the file is empty"));
    }
    let size = body.len();
    let sha256 = host.journal.store_blob(body.to_vec()).await.map_err(|error| {
        tracing::error!(%error, "journal does not take a file");
        Problem::unavailable("journal", "the file could not be kept")
    })?;
    let reference = format!("{BLOB_PREFIX}{sha256}");
    Ok((StatusCode::CREATED, Json(UploadedFile { reference, sha256, size })))
}

/// `GET /files/{token}/{name}`: what a provider fetches. The token says what and until when.
pub async fn linked(
    State(host): State<Arc<Host>>,
    Path((token, _name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let gone = || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here");
    let linked = host.files.read(&token, host.clock.now_ms()).ok_or_else(gone)?;
    let bytes = host.journal.blob(&linked.sha256).await.map_err(|error| {
        tracing::error!(%error, "file cannot be read");
        Problem::unavailable("journal", "the file cannot be read")
    })?;
    let mut response = Response::new(Body::from(bytes.ok_or_else(gone)?));
    let headers = response.headers_mut();
    let content_type = HeaderValue::try_from(linked.content_type);
    headers
        .insert(CONTENT_TYPE, content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    // Whoever opens it in a browser must not run it in this host's name.
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    Ok(response)
}
