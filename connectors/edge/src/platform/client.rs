//! HTTP out, as WASI has it.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request};
use http_body_util::BodyExt as _;
use spin_sdk::http::{FullBody, send};
use spin_sdk::wasip3::http::types::ErrorCode;
use trunkline_model::Response;
use trunkline_policy::egress::Uncalled;
use trunkline_policy::headers::texts;

/// Makes a request and reads its answer whole.
pub async fn request(mut request: Request<Vec<u8>>, bytes_max: u64) -> Result<Response, Uncalled> {
    let length = request.body().len();
    if length > 0 || !matches!(*request.method(), Method::GET | Method::HEAD) {
        // Not in chunks: servers of old do not read them, and one write is sent sooner than two.
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let host = request.uri().host().unwrap_or_default().to_owned();
    let sort = |error: ErrorCode| sort(&host, &error);
    let request = request.map(|body| FullBody::new(Bytes::from(body)));
    let response = send(request).await.map_err(sort)?;
    let (status, headers) = (response.status().as_u16(), texts(response.headers()));
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(sort)?.into_data() else { continue };
        if (body.len() + data.len()) as u64 > bytes_max {
            return Err(Uncalled::TooLarge { host, bytes_max });
        }
        body.extend_from_slice(&data);
    }
    Ok(Response { status, headers, body })
}

/// What is not known to have happened before the first byte of the request was written counts as unknown.
fn sort(host: &str, error: &ErrorCode) -> Uncalled {
    match error {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            Uncalled::Forbidden(format!("`{host}` is not among `allowed_outbound_hosts` of this edge"))
        }
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => Uncalled::NotSent(format!("no connection to `{host}`: {error}")),
        other => Uncalled::Unknown(format!("no whole answer of `{host}`: {other}")),
    }
}
