//! Errors as the routing host gives them: RFC 9457 problem details with a stable `code`.

use trunkline_model::Response;
pub use trunkline_policy::problem::RETRY_AFTER_S;
use trunkline_policy::problem::{CONTENT_TYPE, details};

use crate::platform::Platform;

/// `code` is stable and for programs, `title` for people.
pub fn problem(status: u16, code: &str, title: &str) -> Response {
    let body = details(status, code, title).to_string();
    let mut response = Response::with_body(status, CONTENT_TYPE, body);
    response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    response
}

/// 503: come again.
pub fn unavailable(code: &str, title: &str, retry_after_s: u64) -> Response {
    let mut response = problem(503, code, title);
    response.headers.push(("retry-after".to_owned(), retry_after_s.to_string()));
    response
}

/// Not the sender's fault: it is to come again when the operator has mended it.
pub fn misconfigured<P: Platform>(platform: &P, connection: &str, what: &str) -> Response {
    platform.log(&format!("connection={connection} misconfigured: {what}"));
    unavailable("misconfigured", "this edge is not set up for the connection", RETRY_AFTER_S)
}
