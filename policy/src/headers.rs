//! HTTP headers: as connectors see them, and what those say that host and edge themselves obey.

use std::time::SystemTime;

use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use trunkline_model::Headers;

/// Names and values in order. Names are in lower case already; a value that is not UTF-8 is taken for Latin-1.
pub fn texts(headers: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// What a connector answers a provider with. How the body is framed is the server's business.
pub fn of_answer(given: Headers) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(given.len() + 1);
    for (name, value) in given {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name)
        {
            headers.append(name, value);
        }
    }
    headers
}

/// Milliseconds of `Retry-After`: seconds, or a date reckoned from `now`.
pub fn retry_after_ms(text: &str, now: SystemTime) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let wait = httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default();
    u64::try_from(wait.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_does_not_frame_its_answer() {
        let pairs = [
            ("X-A", "1"),
            ("x-a", "2"),
            ("Content-Length", "7"),
            ("transfer-encoding", "chunked"),
            ("a b", "1"),
        ];
        let headers = of_answer(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        assert_eq!(
            texts(&headers),
            pairs[..2].iter().map(|(_, value)| ("x-a".to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT").expect("a date");
        assert_eq!(retry_after_ms("120", now), Some(120_000));
        assert_eq!(retry_after_ms(" 0 ", now), Some(0));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2026 07:29:30 GMT", now), Some(90_000));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2026 07:00:00 GMT", now), Some(0), "past");
        assert_eq!(retry_after_ms("soon", now), None);
        assert_eq!(retry_after_ms("99999999999999999999", now), None);
    }
}
