//! Bearer tokens, compared in constant time.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use subtle::ConstantTimeEq as _;

use super::problem::Problem;
use crate::host::Host;

/// Refuses a request that does not carry this token.
pub fn require(headers: &HeaderMap, token: Option<&str>) -> Result<(), Problem> {
    let Some(token) = token else {
        let title = "the API is closed: set `api_token` under `[server]`";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "api_closed", title));
    };
    if is_same(bearer(headers), token) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNAUTHORIZED, "token", "a valid bearer token is needed"))
}

/// The bearer token that a request carries. Empty: it carries none.
pub fn bearer(headers: &HeaderMap) -> &str {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    given.map_or("", |(_, token)| token.trim())
}

/// Compares in constant time.
pub fn is_same(given: &str, token: &str) -> bool {
    given.as_bytes().ct_eq(token.as_bytes()).into()
}

/// The request carries the token of the API. As the first argument of a handler it is asked for before anything else
/// is read.
#[derive(Debug)]
pub struct Authorized;

impl FromRequestParts<Arc<Host>> for Authorized {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, Problem> {
        require(&parts.headers, host.api_token.as_deref()).map(|()| Self)
    }
}
