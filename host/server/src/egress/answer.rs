//! Reads answers within bounds.

use trunkline_model::Response;
use trunkline_runtime::Settings;

use super::uncalled::Uncalled;
use crate::headers::texts;

/// Names and values of an answer's headers together.
const HEADERS_BYTES_MAX: u64 = 64 << 10;

/// Reads an answer whole.
pub async fn read(host: &str, mut response: reqwest::Response, bytes_max: u64) -> Result<Response, Uncalled> {
    check_head(host, &response, bytes_max)?;
    let (status, headers) = (response.status().as_u16(), texts(response.headers()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Uncalled::sort(host, &error))? {
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
    if sizes.sum::<u64>() > HEADERS_BYTES_MAX {
        return Err(too_large(host, HEADERS_BYTES_MAX));
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

/// Takes the secrets out that a provider quotes: in an error text, in where it redirects to.
pub fn blot(response: &mut Response, settings: &Settings) {
    settings.blot(&mut response.body);
    for (_, value) in &mut response.headers {
        let mut bytes = std::mem::take(value).into_bytes();
        settings.blot(&mut bytes);
        *value = String::from_utf8(bytes).unwrap_or_default();
    }
}
