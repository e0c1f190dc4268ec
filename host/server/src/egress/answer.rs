//! Reads answers within bounds.

use trunkline_model::Response;
use trunkline_policy::egress::{ANSWER_HEADERS_BYTES_MAX, Uncalled};
use trunkline_policy::headers::texts;

use super::sort::sort;

/// Reads an answer whole.
pub async fn read(host: &str, mut response: reqwest::Response, bytes_max: u64) -> Result<Response, Uncalled> {
    check_head(host, &response, bytes_max)?;
    let (status, headers) = (response.status().as_u16(), texts(response.headers()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| sort(host, &error))? {
        if (body.len() + chunk.len()) as u64 > bytes_max {
            return Err(too_large(host, bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body })
}

/// Refuses an answer whose headers are too large, or that announces too large a body.
pub fn check_head(host: &str, response: &reqwest::Response, bytes_max: u64) -> Result<(), Uncalled> {
    let sizes = response.headers().iter().map(|(name, value)| (name.as_str().len() + value.len()) as u64);
    if sizes.sum::<u64>() > ANSWER_HEADERS_BYTES_MAX {
        return Err(too_large(host, ANSWER_HEADERS_BYTES_MAX));
    }
    match response.content_length() {
        Some(announced) if announced > bytes_max => Err(too_large(host, bytes_max)),
        _ => Ok(()),
    }
}

/// A body, or a head, of more than that.
pub fn too_large(host: &str, bytes_max: u64) -> Uncalled {
    Uncalled::TooLarge { host: host.to_owned(), bytes_max }
}
