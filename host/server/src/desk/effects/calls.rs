//! Calls that flows ask for: to whatever the operator wrote into them.

use std::time::Duration;

use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use trunkline_flows::run::Call;

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 << 10;
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Makes a call; the answer is JSON.
pub async fn look_up(call: &Call) -> Result<Value, String> {
    let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| "no method".to_owned())?;
    let client = client(call.timeout_ms)?;
    let mut request = client.request(method, &call.url);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    if let Some(body) = &call.body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
    }
    let (status, body) = answer(request).await?;
    if !(200..300).contains(&status) {
        return Err(format!("answered {status}"));
    }
    serde_json::from_slice(&body).map_err(|error| format!("answered no JSON: {error}"))
}

fn client(timeout_ms: u64) -> Result<reqwest::Client, String> {
    let timeout = Duration::from_millis(timeout_ms).min(TIMEOUT_MAX);
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        // The operator wrote where it goes, and nobody else says so.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}

/// Status and body. The error is without the URL, which may hold a secret.
async fn answer(request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), String> {
    let said = |error: reqwest::Error| match error.is_timeout() {
        true => "no answer in time".to_owned(),
        false => format!("no answer: {}", error.without_url()),
    };
    let mut response = request.send().await.map_err(said)?;
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(said)? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(format!("answered more than {ANSWER_BYTES_MAX} bytes"));
        }
    }
    Ok((response.status().as_u16(), body))
}
