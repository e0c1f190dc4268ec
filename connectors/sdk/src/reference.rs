//! Our own id of a message, in the URL of its status callback: what comes back with its statuses where the provider has no
//! field for it. Without an idempotency key, it is the only way to learn that a message has arrived whose answer was lost.

use crate::form::{self, Form};

/// The parameter of the URL.
pub const PARAMETER: &str = "client_reference";

/// The longest id that is taken from a URL: ours are UUIDs.
const LENGTH_MAX: usize = 128;

/// The URL with the id. What stands behind `#` stays last.
pub fn given_along(url: &str, id: &str) -> String {
    let (address, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}{}{fragment}", form::encode([(PARAMETER, id)]))
}

/// The id in the query of a status callback.
pub fn of_query(query: &str) -> Option<String> {
    let form = Form::parse(query.as_bytes())?;
    form.text(PARAMETER).filter(|id| id.len() <= LENGTH_MAX).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_comes_back() {
        for (url, expected) in [
            ("https://h.example/x", "https://h.example/x?client_reference=a-1"),
            ("https://h.example/x?a=b", "https://h.example/x?a=b&client_reference=a-1"),
            ("https://h.example/x#rc=3", "https://h.example/x?client_reference=a-1#rc=3"),
        ] {
            assert_eq!(given_along(url, "a-1"), expected);
        }
        assert_eq!(of_query("a=b&client_reference=a-1").as_deref(), Some("a-1"));
        assert_eq!((of_query(""), of_query("client_reference=")), (None, None));
        assert_eq!(of_query(&format!("client_reference={}", "x".repeat(LENGTH_MAX + 1))), None);
    }
}
