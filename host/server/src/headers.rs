//! HTTP headers as connectors see them.

use http::{HeaderMap, HeaderValue};
use trunkline_model::Headers;

/// Names and values in order. Names are in lower case already; a value that is not UTF-8 is taken for Latin-1.
pub fn texts(headers: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
