//! Errors as the routing host gives them: RFC 9457 problem details with a stable `code`.

use serde_json::json;
use trunkline_model::Response;

/// Seconds after which a provider may come again, where the host did not say.
pub const RETRY_AFTER_S: u64 = 2;

/// `code` is stable and for programs, `title` for people.
pub fn problem(status: u16, code: &str, title: &str) -> Response {
    let body = json!({
        "type": format!("urn:trunkline:problem:{code}"),
        "title": title,
        "status": status,
        "code": code,
    });
    let mut response = Response::with_body(status, "application/problem+json", body.to_string());
    response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    response
}

/// 503: come again.
pub fn unavailable(code: &str, title: &str, retry_after_s: u64) -> Response {
    let mut response = problem(503, code, title);
    response.headers.push(("retry-after".to_owned(), retry_after_s.to_string()));
    response
}
