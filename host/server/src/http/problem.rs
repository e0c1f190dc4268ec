//! Errors as RFC 9457 problem details. They carry a stable `code` and nothing from the inside.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::Value;
use trunkline_core::journal::JournalError;
use trunkline_policy::problem;

/// An error as the client gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Parts>);

/// Boxed, since every handler's result has room for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: String,
    hint: Option<String>,
    more: Option<(&'static str, Value)>,
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// `code` is stable and for programs, `title` for people.
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        let parts =
            Parts { status, code, title: title.into(), hint: None, more: None, retry_after_seconds: None };
        Self(Box::new(parts))
    }

    /// JSON that cannot be read, with what is wrong and where. Values are left out: they may be somebody's.
    pub fn json(what: &str, error: &serde_json::Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "json", format!("{what}: {}", without_values(&error.to_string())))
    }

    /// The journal does not read.
    pub fn unreadable(error: &JournalError) -> Self {
        tracing::error!(%error, "journal cannot be read");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "journal", "the journal cannot be read")
    }

    /// The journal does not write: what was asked for is not done.
    pub fn unwritten(error: &JournalError, title: &str) -> Self {
        tracing::error!(%error, title, "journal does not write");
        Self::unavailable("journal", title)
    }

    /// With what to do about it.
    pub fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.0.hint = hint.map(Into::into);
        self
    }

    /// With a member of its own: what a program needs to react.
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.0.more = Some((name, value));
        self
    }

    /// With when to come again.
    pub fn retry_after(mut self, milliseconds: Option<u64>) -> Self {
        self.0.retry_after_seconds = milliseconds.map(|milliseconds| milliseconds.div_ceil(1_000));
        self
    }

    /// 503: come again.
    pub fn unavailable(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, title)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Parts { status, code, title, hint, more, retry_after_seconds } = *self.0;
        let mut body = problem::details(status.as_u16(), code, &title);
        if let Some(hint) = hint {
            body["hint"] = Value::from(hint);
        }
        if let Some((name, value)) = more {
            body[name] = value;
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = retry_after_seconds.or(unavailable.then_some(problem::RETRY_AFTER_S)) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED && code == "token" {
            headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// What a parser says, without what it found: that may be somebody's name or number.
pub fn without_values(said: &str) -> String {
    let mut words = String::with_capacity(said.len());
    for (number, piece) in said.split('"').enumerate() {
        words.push_str(if number % 2 == 0 { piece } else { "…" });
    }
    for before in ["unknown field ", "unknown variant ", "Cannot parse "] {
        if let Some((start, rest)) = words.split_once(&format!("{before}`"))
            && let Some((found, rest)) = rest.split_once('`')
        {
            words = match before {
                // A slip of the pen.
                "unknown field " if is_field(found) => continue,
                // The way to it is its name once more.
                "unknown field " => format!("unknown field{rest}"),
                _ => format!("{start}{}{rest}", before.trim_end()),
            };
        }
    }
    words
}

fn is_field(name: &str) -> bool {
    name.len() <= 24 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// No such path.
pub async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
}

/// A path of the API with another method.
pub async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this path has no such method")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_left_out_and_what_is_expected_stays() {
        for (said, told) in [
            (
                "invalid type: string \"+49170\", expected a map at line 1",
                "invalid type: string …, expected a map at line 1",
            ),
            ("+49: unknown field `+49`, expected `a` or `b`", "unknown field, expected `a` or `b`"),
            ("unknown field `txt`, expected `text`", "unknown field `txt`, expected `text`"),
            ("state: unknown variant `ana`, expected `sent`", "state: unknown variant, expected `sent`"),
            ("Invalid URL: Cannot parse `ana` to a `u64`", "Invalid URL: Cannot parse to a `u64`"),
            ("after: invalid digit found in string", "after: invalid digit found in string"),
        ] {
            assert_eq!(without_values(said), told);
        }
    }
}
