//! What RFC 9457 problem details hold, at the host and at the edge.

use serde_json::{Value, json};

/// The media type.
pub const CONTENT_TYPE: &str = "application/problem+json";
/// Seconds after which a sender may try again when its webhook could not be taken, where nobody says otherwise.
pub const RETRY_AFTER_S: u64 = 2;

/// The members that every problem has. `code` is stable and for programs, `title` for people.
pub fn details(status: u16, code: &str, title: &str) -> Value {
    json!({ "type": format!("urn:trunkline:problem:{code}"), "title": title, "status": status, "code": code })
}
