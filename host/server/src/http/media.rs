//! Files that contacts sent, handed out to programs.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::authorization::Authorized;
use super::disposition;
use super::parameters::Path;
use super::problem::Problem;
use super::range::Range;
use crate::host::Host;
use crate::media::{self, Content, Reason, Unserved};

/// Characters of an entity tag: half a SHA-256.
const TAG_CHARS: usize = 32;

/// `GET /v1/media/{id}`: the bytes of a media item; `id` is its attribute `media_id`. With `Range`, a part of it.
pub async fn media(
    _: Authorized,
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let served = host.attachments.get(&id).await.map_err(problem)?;
    let tag = served.sha256.as_deref().and_then(tag);
    let range = |size| Range::of(wanted(&headers, tag.as_ref()), size);
    let mut response = match served.content {
        Content::Bytes(bytes) => {
            let size = bytes.len() as u64;
            part(range(size), size, |start, end| Body::from(slice(&bytes, start, end)))
        }
        Content::Stored(stored) => {
            let size = stored.facts.size;
            part(range(size), size, |start, end| Body::from_stream(media::of_stored(stored, start, end)))
        }
        Content::Arriving(arriving, follower) => {
            let mut response = Response::new(Body::from_stream(media::of_arriving(follower)));
            if let Some(length) = arriving.length {
                response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
            }
            response
        }
    };
    if response.status() != StatusCode::RANGE_NOT_SATISFIABLE {
        describe(response.headers_mut(), &served.content_type, served.name.as_deref(), tag);
    }
    Ok(response)
}

/// The range that is to be heeded: one of another state of the file is not.
fn wanted<'a>(headers: &'a HeaderMap, tag: Option<&HeaderValue>) -> Option<&'a str> {
    let same = headers.get(IF_RANGE).is_none_or(|known| Some(known) == tag);
    headers.get(RANGE).filter(|_| same)?.to_str().ok()
}

fn tag(sha256: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"{}\"", sha256.get(..TAG_CHARS)?)).ok()
}

fn part(range: Range, size: u64, body: impl FnOnce(u64, u64) -> Body) -> Response {
    let (status, start, end) = match range {
        Range::Whole => (StatusCode::OK, 0, size),
        Range::Part(start, end) => (StatusCode::PARTIAL_CONTENT, start, end),
        Range::Nowhere => {
            let title = format!("the file has {size} bytes, and none in that range");
            let mut response =
                Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", title).into_response();
            insert(response.headers_mut(), CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
    };
    let mut response = Response::new(body(start, end));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(end - start));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        insert(headers, CONTENT_RANGE, &format!("bytes {start}-{}/{size}", end - 1));
    }
    response
}

fn slice(bytes: &Bytes, start: u64, end: u64) -> Bytes {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(index(start)..index(end))
}

/// What it is. A stranger's file must not be run by a browser in this host's name.
fn describe(headers: &mut HeaderMap, content_type: &str, name: Option<&str>, tag: Option<HeaderValue>) {
    insert(headers, CONTENT_TYPE, content_type);
    headers.insert(CONTENT_DISPOSITION, disposition::attachment(name));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn problem(unserved: Unserved) -> Problem {
    let Unserved { reason, title, after_ms, url, failure } = unserved;
    let problem = Problem::new(status(reason), reason.code(), title).retry_after(after_ms).hint(hint(reason));
    match (url, failure) {
        (Some(url), _) => problem.with("url", Value::from(url)),
        (None, Some(failure)) => problem.with("failure", json!(failure)),
        (None, None) => problem,
    }
}

fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::NotFound | Reason::Connection | Reason::Gone => StatusCode::NOT_FOUND,
        Reason::NoAbility | Reason::NotHosted => StatusCode::UNPROCESSABLE_ENTITY,
        Reason::Preparing | Reason::RateLimited | Reason::Busy | Reason::Store => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Reason::Unauthorized | Reason::TooLarge | Reason::Type | Reason::Damaged | Reason::Unavailable => {
            StatusCode::BAD_GATEWAY
        }
    }
}

fn hint(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::NotHosted => Some("fetch `url` yourself: it needs no credential"),
        Reason::Unauthorized => Some("see to the credential in the settings of the connection"),
        Reason::TooLarge => Some("raise `fetch_bytes_max` under `[media]`"),
        _ => None,
    }
}
