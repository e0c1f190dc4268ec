//! JSON that is sent along: whole, of its media type; and what is wrong with it is said without its values.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A body as a handler takes it.
pub type Sent = Result<Bytes, BytesRejection>;

/// Reads it. `what` begins the title of an error, for example `no message`.
pub fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Sent,
    bytes_max: usize,
    what: &str,
) -> Result<T, Problem> {
    expect_json(headers)?;
    let body = whole(body, bytes_max, None)?;
    serde_json::from_slice(&body).map_err(|error| Problem::json(what, &error))
}

/// All of it. `hint`: what to do where it is too large.
pub fn whole(body: Sent, bytes_max: usize, hint: Option<&str>) -> Result<Bytes, Problem> {
    body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let title = format!("the request has more than {bytes_max} bytes");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", title).hint(hint)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "body", "the request did not arrive whole"),
    })
}

/// A form or a file sent by mistake is told so, instead of where it is no JSON. No type at all is taken as JSON.
pub fn expect_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let given = given.to_str().unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json") {
        return Ok(());
    }
    let title = format!("the content type is `{given}`, expected `application/json`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", title)
        .hint(Some("send the header `Content-Type: application/json`; files go to `POST /v1/media`")))
}
